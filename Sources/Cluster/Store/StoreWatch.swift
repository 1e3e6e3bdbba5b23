import APIMachinery

/// The events of one watch, in order: first the initial objects when they were asked for, then the
/// changes. Ends without an error at its timeout, when its task is cancelled and when the store
/// closes; throws `expired` when its consumer is slower than the hub's history is long.
///
/// For one consumer. Dropping the watch and its iterator ends it.
package struct Watch: AsyncSequence, Sendable {
    package typealias Element = StoreEvent
    package typealias Failure = APIStatus

    let initial: [ObjectVersion]
    /// Delivered after the initial objects.
    let endOfInitial: StoreEvent?
    fileprivate let subscription: Subscription

    init(hub: WatchHub, id: UInt64, type: ResourceType, initial: [ObjectVersion], endOfInitial: StoreEvent?) {
        self.initial = initial
        self.endOfInitial = endOfInitial
        subscription = Subscription(hub: hub, id: id, type: type)
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: self) }

    package struct AsyncIterator: AsyncIteratorProtocol {
        private let subscription: Subscription
        private var initial: ArraySlice<ObjectVersion>
        private var endOfInitial: StoreEvent?
        private var batch: ArraySlice<StoreEvent> = []

        fileprivate init(watch: Watch) {
            subscription = watch.subscription
            initial = watch.initial[...]
            endOfInitial = watch.endOfInitial
        }

        package mutating func next() async throws(APIStatus) -> StoreEvent? {
            if let event = batch.popFirst() { return event }
            guard let events = try await nextBatch() else { return nil }
            batch = events[...]
            return batch.popFirst()
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws(APIStatus) -> StoreEvent? { try await next() }

        /// Everything that can be delivered now (at least one event), or nil at the end: for
        /// writers that send many frames at once. Not to be mixed with `next`.
        package mutating func nextBatch() async throws(APIStatus) -> [StoreEvent]? {
            if !initial.isEmpty {
                let page = initial.prefix(WatchHub.batchMax)
                initial = initial.dropFirst(page.count)
                return page.map { StoreEvent(.added, $0) }
            }
            if let event = endOfInitial {
                endOfInitial = nil
                return [event]
            }
            return try await subscription.nextBatch()
        }
    }
}

/// Keeps a watch registered at its hub for as long as somebody holds it.
final class Subscription: Sendable {
    private let hub: WatchHub
    private let id: UInt64
    private let type: ResourceType

    init(hub: WatchHub, id: UInt64, type: ResourceType) {
        self.hub = hub
        self.id = id
        self.type = type
    }

    deinit { hub.unfollow(id) }

    func nextBatch() async throws(APIStatus) -> [StoreEvent]? {
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
