import Logging
import Synchronization

/// A watched, local copy of one type's objects: list once, then follow the watch.
///
/// Handlers run on the informer's task, in order, one at a time; they must not block. After a
/// broken watch the informer resumes from the last version seen, and lists again only when the
/// server answers `expired`; the difference is then delivered as ordinary changes. An object that was
/// replaced meanwhile by another of its name (with another uid) is delivered as deleted, then added.
package final class Informer: Sendable {
    package enum Change: Sendable {
        case added(Object)
        case updated(old: Object, new: Object)
        case deleted(Object)

        /// The object as it is now, or was last.
        package var object: Object {
            switch self {
            case .added(let object), .updated(_, let object), .deleted(let object): object
            }
        }
    }

    /// Namespace ("" for cluster-scoped objects) and name.
    package struct Key: Sendable, Hashable, Comparable, CustomStringConvertible {
        package var namespace: String
        package var name: String

        package init(namespace: String, name: String) {
            self.namespace = namespace
            self.name = name
        }
        package init(_ object: Object) { self.init(namespace: object.namespace, name: object.name) }

        package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
        package static func < (a: Self, b: Self) -> Bool { (a.namespace, a.name) < (b.namespace, b.name) }
    }

    /// Waits between failed attempts.
    package static let backoff: ClosedRange<Duration> = .milliseconds(50) ... .seconds(10)

    private struct State {
        var objects: [Key: Object] = [:]
        /// Owner uid → dependents.
        var byOwner: [String: Set<Key>] = [:]
        var resourceVersion = ""
        /// The revision whose effects `objects` shows completely.
        var observedRevision: UInt64 = 0
        var isSynced = false
        var changeCount: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var handlers: [@Sendable (Change) -> Void] = []

        mutating func forgetOwners(of object: Object, _ key: Key) {
            for owner in object.ownerReferences {
                byOwner[owner.uid]?.remove(key)
                if byOwner[owner.uid]?.isEmpty == true { byOwner[owner.uid] = nil }
            }
        }
    }

    package let type: ResourceType
    private let client: any ResourceClient
    private let namespace: String?
    private let options: ListOptions
    private let transform: (@Sendable (Object) -> Object)?
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    /// `options` carries the selectors; its version and paging fields are the informer's own. Objects are kept
    /// in their `watchedForm`.
    /// `transform` drops what nobody reads before an object is kept; it must keep `metadata`.
    package init(
        _ type: ResourceType, client: any ResourceClient, namespace: String? = nil, options: ListOptions = ListOptions(),
        transform: (@Sendable (Object) -> Object)? = nil, clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.type = type
        self.client = client
        self.namespace = namespace
        var options = options
        options.wantsWatchedForm = true
        self.options = options
        self.transform = transform
        self.clock = clock
        self.logger = logger
    }

    /// Adds a handler; before `run`, so that it sees every change.
    package func onChange(_ handler: @escaping @Sendable (Change) -> Void) {
        state.withLock { $0.handlers.append(handler) }
    }

    package var isSynced: Bool { state.withLock { $0.isSynced } }

    /// Every change up to this revision has been delivered; 0 before the first list. A controller
    /// that wrote revision *v* reads its own write from here once this is at least *v*.
    package var observedRevision: UInt64 { state.withLock { $0.observedRevision } }

    /// How often an object was put in or taken out: while it stays, so do the objects.
    package var changeCount: UInt64 { state.withLock { $0.changeCount } }

    /// Returns when the first list has been delivered, or when the task is cancelled.
    package func waitUntilSynced() async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.isSynced || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }

    package func get(namespace: String = "", name: String) -> Object? {
        state.withLock { $0.objects[Key(namespace: namespace, name: name)] }
    }
    package func get(_ key: Key) -> Object? { state.withLock { $0.objects[key] } }

    /// All objects, or those of a namespace, in no order.
    package func list(namespace: String? = nil) -> [Object] {
        state.withLock { state in
            guard let namespace else { return Array(state.objects.values) }
            return state.objects.values.filter { $0.namespace == namespace }
        }
    }

    /// The objects whose ownerReferences name `uid`.
    package func dependents(ofOwner uid: String) -> [Object] {
        state.withLock { state in (state.byOwner[uid] ?? []).compactMap { state.objects[$0] } }
    }

    /// Lists and watches until cancelled; once only. Handlers end with it: they may hold what holds the informer.
    package func run() async throws {
        defer { state.withLock { $0.handlers = [] } }
        var wait = Self.backoff.lowerBound
        var hasExpired = false
        while true {
            do {
                if state.withLock({ $0.resourceVersion.isEmpty }) { try await relist() }
                let begin = clock.now
                let isWorking = try await follow {
                    wait = Self.backoff.lowerBound
                    hasExpired = false
                }
                // A server that ends watches at once must not be asked in a tight loop.
                if !isWorking, clock.now - begin < .seconds(1) {
                    try await clock.sleep(for: wait)
                    wait = min(wait * 2, Self.backoff.upperBound)
                }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try Task.checkCancellation()
                if let status = error as? APIStatus, status.reason == .expired || status.reason == .gone {
                    state.withLock { $0.resourceVersion = "" }
                    // The first is answered by a new list at once. More in a row are a server that cannot keep up.
                    if !hasExpired {
                        hasExpired = true
                        continue
                    }
                }
                logger.debug("watch broke; trying again", metadata: ["type": "\(type)", "error": "\(error)"])
                try await clock.sleep(for: wait)
                wait = min(wait * 2, Self.backoff.upperBound)
            }
        }
    }

    private func relist() async throws {
        var items: [Object] = []
        var page = options
        page.limit = 500
        var version = ""
        repeat {
            let list = try await client.list(type, namespace: namespace, options: page)
            items += list.items
            page.continueToken = list.continueToken
            version = list.resourceVersion
        } while !page.continueToken.isEmpty
        replace(with: items, version: version)
    }

    /// Follows one watch to its end; whether it delivered anything. `onEvent` runs at each event.
    private func follow(_ onEvent: () -> Void) async throws -> Bool {
        var watch = options
        watch.resourceVersion = state.withLock { $0.resourceVersion }
        watch.allowWatchBookmarks = true
        var isWorking = false
        for try await event in try await client.watch(type, namespace: namespace, options: watch) {
            isWorking = true
            onEvent()
            switch event {
            case .added(let object), .modified(let object): store(object)
            case .deleted(let object): remove(Key(object), last: object)
            case .bookmark(let version, _):
                state.withLock { state in
                    state.resourceVersion = version
                    state.observedRevision = UInt64(version) ?? 0
                }
            }
        }
        try Task.checkCancellation()
        return isWorking
    }

    private func replace(with items: [Object], version: String) {
        let present = Set(items.map(Key.init))
        let gone = state.withLock { $0.objects.filter { !present.contains($0.key) } }
        for (key, object) in gone { remove(key, last: object, isListing: true) }
        for object in items { store(object, isListing: true) }
        let waiters = state.withLock { state in
            state.resourceVersion = version
            state.observedRevision = UInt64(version) ?? 0
            state.isSynced = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    private func store(_ received: Object, isListing: Bool = false) {
        let whole = received.watchedForm
        let object = transform?(whole) ?? whole
        let key = Key(object)
        let (changes, handlers) = state.withLock { state -> ([Change], [@Sendable (Change) -> Void]) in
            let old = state.objects.updateValue(object, forKey: key)
            state.changeCount += 1
            state.resourceVersion = object.resourceVersion
            if !isListing { state.observedRevision = UInt64(object.resourceVersion) ?? 0 }
            if let old {
                if old.resourceVersion == object.resourceVersion { return ([], []) }
                state.forgetOwners(of: old, key)
            }
            for owner in object.ownerReferences { state.byOwner[owner.uid, default: []].insert(key) }
            guard let old else { return ([.added(object)], state.handlers) }
            // Another object under the same name: that the one before went was not seen.
            if old.uid != object.uid { return ([.deleted(old), .added(object)], state.handlers) }
            return ([.updated(old: old, new: object)], state.handlers)
        }
        for change in changes { for handler in handlers { handler(change) } }
    }

    private func remove(_ key: Key, last: Object, isListing: Bool = false) {
        let handlers = state.withLock { state -> [@Sendable (Change) -> Void]? in
            state.resourceVersion = last.resourceVersion
            if !isListing { state.observedRevision = UInt64(last.resourceVersion) ?? 0 }
            guard let old = state.objects.removeValue(forKey: key) else { return nil }
            state.changeCount += 1
            state.forgetOwners(of: old, key)
            return state.handlers
        }
        for handler in handlers ?? [] { handler(.deleted(last)) }
    }
}
