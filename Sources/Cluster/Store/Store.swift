import APIMachinery
import Dispatch
import Glibc
import Logging
import Synchronization

/// The cluster's state: every object in memory, every durable change on disk before its answer.
///
/// Reads see `visible`, which holds only what is on disk. Writes are checked against `head`, which
/// holds the writes on their way as well; the writer queue puts all that wait into one transaction
/// (group commit) and then moves `visible` up. Both are copy-on-write, so `fork` is O(1).
package final class Store: Sendable {
    /// Most writes that wait for the disk.
    static let pendingMax = 16_384
    /// Revisions reserved at a time for changes that never reach the disk; after a crash the
    /// counter continues behind the reserved range.
    static let reservedRevisions: UInt64 = 100_000
    /// How long an Event is kept, as Kubernetes does by default.
    static let eventLifetime = Duration.seconds(3600)
    /// Most writes of Events that are remembered; beyond it the oldest Events end before their time.
    static let eventsMax = 20_000
    /// Events wait at most this long for the disk.
    static let flushInterval = Duration.seconds(60)
    /// Between the bookmarks of a watch.
    static let bookmarkInterval = Duration.seconds(60)

    /// All objects at one revision.
    struct Tables: Sendable {
        var objects: [GroupResource: SortedVersions] = [:]
        var revision: UInt64 = 1

        func version(_ resource: GroupResource, namespace: String, name: String) -> ObjectVersion? {
            objects[resource]?.version(namespace: namespace, name: name)
        }

        mutating func apply(_ change: Change) {
            if change.operation == .deleted {
                objects[change.resource]?.remove(namespace: change.version.namespace, name: change.version.name)
            } else {
                objects[change.resource, default: SortedVersions()].insert(change.version)
            }
            revision = change.version.revision
        }
    }

    struct Key: Hashable, Sendable {
        var resource: GroupResource
        var namespace: String
        var name: String
    }

    /// A write, or a mere wait for those before it, on its way to the disk.
    struct Pending: Sendable {
        var change: Change?
        var completion: @Sendable (CommitError?) -> Void
    }

    struct Expiry: Sendable {
        var deadline: Timestamp
        var key: Key
        var revision: UInt64
    }

    struct State {
        var head: Tables
        var visible: Tables
        /// The last revision given out; beyond `head.revision` after a failed write.
        var revision: UInt64
        /// Encoded bytes of all writes since this store was made.
        var bytesWritten = 0
        var reserved: UInt64
        var hubs: [GroupResource: WatchHub] = [:]
        var queue: [Pending] = []
        var isDraining = false
        var isClosed = false
        /// Lazy changes that the database does not have yet, the newest of each object.
        var unflushed: [Key: Change] = [:]
        var flushDeadline: Timestamp?
        var isFlushDue = false
        var bookmarkDeadline: Timestamp?
        /// In order of deadline: the lifetime is the same for all.
        var expiries: [Expiry] = []
    }

    package let clock: any WallClock
    let trees: TreeCache
    let state: Mutex<State>
    /// nil for a store in memory alone.
    let journal: Journal?
    let writer = DispatchQueue(label: "gitctl.store")
    /// Fired when a timer became earlier.
    let timers = Signal()
    let logger: Logger
    /// Revisions up to this one have no history in the hubs.
    private let floor: UInt64
    private let history: EventRing.Limits
    /// No revision beyond this one is given out: what a fork may come to.
    let revisionMax: UInt64
    /// Nothing is written once as many encoded bytes were.
    let bytesMax: Int
    private let lock: Mutex<DataDirectoryLock?>

    private init(
        tables: Tables, reserved: UInt64, expiries: [Expiry], journal: Journal?, lock: consuming DataDirectoryLock?, trees: TreeCache,
        history: EventRing.Limits = EventRing.Limits(), revisionMax: UInt64 = .max, bytesMax: Int = .max, clock: any WallClock,
        logger: Logger
    ) {
        self.history = history
        self.revisionMax = revisionMax
        self.bytesMax = bytesMax
        self.clock = clock
        self.journal = journal
        self.trees = trees
        self.logger = logger
        self.lock = Mutex(lock)
        floor = tables.revision
        state = Mutex(State(head: tables, visible: tables, revision: tables.revision, reserved: reserved, expiries: expiries))
    }

    /// Opens (or makes) `cluster.db` in `directory`, which no other process may be using.
    ///
    /// Throws with a whole message when the directory is in use, or the file damaged or unusable.
    package static func open(directory: String, clock: any WallClock, logger: Logger) throws(StoreError) -> Store {
        let lock = try DataDirectoryLock(directory: directory)
        let path = directory + "/cluster.db"
        // Secrets are in it: made before SQLite does, so that its -wal inherits the mode.
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(reason: .unusable, description: "cannot open \(path): \(String(cString: strerror(errno))); check its owner and that the disk is writable")
        }
        Glibc.close(descriptor)
        let journal = try Journal(path: path)
        let trees = TreeCache()
        let loaded = try journal.load(trees: trees)
        var tables = Tables()
        tables.revision = max(1, loaded.revision)
        var expiries: [Expiry] = []
        for (resource, version, time) in loaded.objects {
            tables.objects[resource, default: SortedVersions()].insert(version)
            if Durability.of(resource) == .lazy {
                expiries.append(
                    Expiry(
                        deadline: time + eventLifetime, key: Key(resource: resource, namespace: version.namespace, name: version.name),
                        revision: version.revision))
            }
        }
        expiries.sort { $0.deadline < $1.deadline }
        let reserved = tables.revision + reservedRevisions
        do throws(SQLiteError) { try journal.append([], reserve: reserved, now: clock.now) } catch {
            throw StoreError(reason: .unusable, description: "cannot write to \(path): \(error.message); check that the disk is writable and not full")
        }
        return Store(
            tables: tables, reserved: reserved, expiries: expiries, journal: journal, lock: lock, trees: trees, clock: clock, logger: logger)
    }

    /// A store without a disk: for tests, simulations and forks.
    package static func inMemory(clock: any WallClock, logger: Logger = Logger(label: "store")) -> Store {
        inMemory(history: EventRing.Limits(), clock: clock, logger: logger)
    }

    static func inMemory(history: EventRing.Limits, clock: any WallClock, logger: Logger = Logger(label: "store")) -> Store {
        Store(
            tables: Tables(), reserved: .max, expiries: [], journal: nil, lock: nil, trees: TreeCache(), history: history, clock: clock,
            logger: logger)
    }

    /// An in-memory copy of what is visible now: O(1), and nothing written to it reaches this store or the disk.
    ///
    /// - Parameter clock: the fork's own time; nil goes on with this store's.
    package func fork(clock: (any WallClock)? = nil) -> Store {
        let tables = state.withLock { $0.visible }
        // Trees of its own: what is decoded in a fork must not crowd out what is looked at here.
        return Store(
            tables: tables, reserved: .max, expiries: [], journal: nil, lock: nil, trees: TreeCache(), history: Self.forkHistory,
            revisionMax: tables.revision + Self.forkChangesMax, bytesMax: Self.forkBytesMax, clock: clock ?? self.clock, logger: logger)
    }

    /// Most writes to a fork, and what they may come to in encoded bytes; beyond it takes no more. All of them are its
    /// history.
    static let forkChangesMax: UInt64 = 20_000
    static let forkBytesMax = 64 << 20
    private static let forkHistory = EventRing.Limits(countMax: Int(forkChangesMax), bytesMax: .max)

    /// Whether it takes no further writes because it has taken all that it may.
    var isFull: Bool { state.withLock { isFull($0) } }

    func isFull(_ state: State) -> Bool { state.revision >= revisionMax || state.bytesWritten >= bytesMax }

    /// Every change since this store was made, in order; nil when some have left the history.
    func changes() -> [(resource: GroupResource, event: StoreEvent)]? {
        let hubs = state.withLock { $0.hubs }
        var changes: [(resource: GroupResource, event: StoreEvent)] = []
        for (resource, hub) in hubs {
            guard let events = hub.history else { return nil }
            changes += events.map { (resource, $0) }
        }
        return changes.sorted { $0.event.revision < $1.event.revision }
    }

    /// Lets another process use the data directory.
    func releaseLock() { lock.withLock { $0 = nil } }

    // MARK: Reading

    /// The revision of the newest visible change.
    package var revision: UInt64 { state.withLock { $0.visible.revision } }

    /// Number of visible objects of a type.
    func count(_ resource: GroupResource) -> Int { state.withLock { $0.visible.objects[resource]?.count ?? 0 } }

    /// The visible object.
    func version(_ resource: GroupResource, namespace: String, name: String) -> ObjectVersion? {
        state.withLock { $0.visible.version(resource, namespace: namespace, name: name) }
    }

    /// The newest version, on disk or on its way: what a write starts from.
    func latest(_ resource: GroupResource, namespace: String, name: String) -> ObjectVersion? {
        state.withLock { $0.head.version(resource, namespace: namespace, name: name) }
    }

    /// A type's newest objects, those on their way to the disk included.
    func latest(_ resource: GroupResource) -> SortedVersions { state.withLock { $0.head.objects[resource] ?? SortedVersions() } }

    struct Snapshot {
        var versions: SortedVersions
        var revision: UInt64
    }

    /// Whether it takes writes: false once it is closed.
    package var isOpen: Bool { state.withLock { !$0.isClosed } }

    func snapshot(_ resource: GroupResource) -> Snapshot {
        state.withLock { Snapshot(versions: $0.visible.objects[resource] ?? SortedVersions(), revision: $0.visible.revision) }
    }

    /// The objects as they were at `revision`; nil when history does not reach back so far.
    func snapshot(_ resource: GroupResource, at revision: UInt64) -> Snapshot? {
        let (snapshot, hub) = state.withLock { state in
            (Snapshot(versions: state.visible.objects[resource] ?? SortedVersions(), revision: state.visible.revision), self.hub(resource, &state))
        }
        if revision == snapshot.revision { return snapshot }
        // Changes that reached the hub since are taken back together with those before.
        guard revision < snapshot.revision, let versions = hub.rolledBack(snapshot.versions, to: revision) else { return nil }
        return Snapshot(versions: versions, revision: revision)
    }

    /// The versions of one object that the database still has, newest first. In memory alone: none.
    package func history(_ type: ResourceType, namespace: String, name: String, limit: Int = 100) async throws -> [HistoryEntry] {
        guard let journal else { return [] }
        return try await withCheckedThrowingContinuation { continuation in
            writer.async {
                continuation.resume(
                    with: Result { try journal.history(type.groupResource, namespace: namespace, name: name, limit: limit) })
            }
        }
    }

    // MARK: Watching

    func hub(_ resource: GroupResource, _ state: inout State) -> WatchHub {
        if let hub = state.hubs[resource] { return hub }
        let hub = WatchHub(floor: floor, limits: history)
        state.hubs[resource] = hub
        return hub
    }

    /// Follows changes after `revision`, or (nil) begins with the present objects.
    func watch(
        _ type: ResourceType, filter: VersionFilter, after revision: UInt64?, deadline: Timestamp? = nil, wantsBookmarks: Bool = false,
        marksEndOfInitial: Bool = false
    ) throws(APIStatus) -> Watch {
        let resource = type.groupResource
        let result = state.withLock { state -> Result<Watch, APIStatus> in
            let hub = self.hub(resource, &state)
            var initial: [ObjectVersion] = []
            if revision == nil {
                initial = (state.visible.objects[resource] ?? SortedVersions()).objects(in: filter.namespace).filter(filter.matches)
            }
            do throws(APIStatus) {
                let id = try hub.follow(
                    after: revision ?? state.visible.revision, filter: filter, deadline: deadline, wantsBookmarks: wantsBookmarks)
                if state.isClosed { hub.end(id) }
                let end = marksEndOfInitial ? StoreEvent.bookmark(type, revision: state.visible.revision, endsInitialEvents: true) : nil
                return .success(Watch(Subscription(hub: hub, id: id, type: type, initial: initial, endOfInitial: end)))
            } catch {
                return .failure(error)
            }
        }
        let watch = try result.get()
        if deadline != nil || wantsBookmarks { timers.fire() }
        return watch
    }
}
