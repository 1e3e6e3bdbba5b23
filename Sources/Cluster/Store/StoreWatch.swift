import APIMachinery
import Synchronization

/// The events of one watch, in order: first the initial objects when they were asked for, then the
/// changes. Ends without an error at its timeout, when its task is cancelled and when the store
/// closes; throws `expired` when its consumer is slower than the hub's history is long.
///
/// For one consumer. Dropping the watch and its iterator ends it.
package struct Watch: AsyncSequence, Sendable {
    package typealias Element = StoreEvent
    package typealias Failure = APIStatus

    private let subscription: Subscription
    /// Turns each event into what this watch delivers; nil delivers the hub's own, which all watchers share.
    private var transform: (@Sendable (StoreEvent) -> StoreEvent)?

    init(_ subscription: Subscription) { self.subscription = subscription }

    /// The same watch, each event turned into another.
    func map(_ transform: @escaping @Sendable (StoreEvent) -> StoreEvent) -> Watch {
        var copy = self
        copy.transform = transform
        return copy
    }

    /// The next event, for a consumer that cannot keep an iterator.
    func next() async throws(APIStatus) -> StoreEvent? {
        guard let event = try await subscription.next() else { return nil }
        return transform?(event) ?? event
    }

    /// What can be delivered now, without waiting; empty when nothing can. For a consumer that has no task of its own.
    func poll() throws(APIStatus) -> [StoreEvent] {
        let events = try subscription.poll()
        return transform.map { events.map($0) } ?? events
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(subscription: subscription, transform: transform) }

    package struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        fileprivate let subscription: Subscription
        fileprivate let transform: (@Sendable (StoreEvent) -> StoreEvent)?

        package mutating func next() async throws(APIStatus) -> StoreEvent? {
            guard let event = try await subscription.next() else { return nil }
            return transform?(event) ?? event
        }
        package mutating func next(isolation actor: isolated (any Actor)?) async throws(APIStatus) -> StoreEvent? { try await next() }

        /// Everything that can be delivered now (at least one event), or nil at the end: for
        /// writers that send many frames at once.
        package mutating func nextBatch() async throws(APIStatus) -> [StoreEvent]? {
            guard let events = try await subscription.nextBatch() else { return nil }
            guard let transform else { return events }
            return events.map(transform)
        }
    }
}

/// One watch's place in its hub, held for as long as somebody holds the watch or its iterator.
final class Subscription: Sendable {
    /// What is delivered before the hub is asked again.
    private struct Ready {
        var initial: ArraySlice<ObjectVersion>
        var endOfInitial: StoreEvent?
        var batch: ArraySlice<StoreEvent> = []

        mutating func next() -> StoreEvent? {
            if let event = batch.popFirst() { return event }
            if let version = initial.popFirst() { return StoreEvent(.added, version) }
            return endOfInitial.take()
        }

        mutating func takeAll() -> [StoreEvent] {
            var events: [StoreEvent] = []
            while events.count < WatchHub.batchMax, let event = next() { events.append(event) }
            return events
        }
    }

    private let hub: WatchHub
    private let id: UInt64
    private let type: ResourceType
    private let ready: Mutex<Ready>

    /// - Parameter endOfInitial: delivered after the `initial` objects.
    init(hub: WatchHub, id: UInt64, type: ResourceType, initial: [ObjectVersion], endOfInitial: StoreEvent?) {
        self.hub = hub
        self.id = id
        self.type = type
        ready = Mutex(Ready(initial: initial[...], endOfInitial: endOfInitial))
    }

    deinit { hub.unfollow(id) }

    func next() async throws(APIStatus) -> StoreEvent? {
        if let event = ready.withLock({ $0.next() }) { return event }
        guard let events = try await fetch() else { return nil }
        return ready.withLock { ready in
            ready.batch = events[...]
            return ready.batch.popFirst()
        }
    }

    func nextBatch() async throws(APIStatus) -> [StoreEvent]? {
        let events = ready.withLock { $0.takeAll() }
        return events.isEmpty ? try await fetch() : events
    }

    func poll() throws(APIStatus) -> [StoreEvent] {
        let events = ready.withLock { $0.takeAll() }
        if !events.isEmpty { return events }
        switch hub.take(id) {
        case .events(let events): return events
        case .bookmark, .ended, .nothing: return []
        case .expired(let status): throw status
        }
    }

    private func fetch() async throws(APIStatus) -> [StoreEvent]? {
        while true {
            switch hub.take(id) {
            case .events(let events): return events
            case .bookmark(let revision): return [.bookmark(type, revision: revision)]
            case .ended: return nil
            case .expired(let status): throw status
            case .nothing:
                await withTaskCancellationHandler {
                    await hub.wait(id)
                } onCancel: {
                    hub.end(id)
                }
            }
        }
    }
}

extension StoreEvent {
    /// A bookmark; `endsInitialEvents` carries the annotation of KEP-3157.
    static func bookmark(_ type: ResourceType, revision: UInt64, endsInitialEvents: Bool = false) -> StoreEvent {
        var object = Object(type, name: "")
        object.resourceVersion = String(revision)
        if endsInitialEvents { object.annotations = ["k8s.io/initial-events-end": "true"] }
        return StoreEvent(.bookmark, ObjectVersion(unstored: object), endsInitialEvents: endsInitialEvents)
    }
}
