import APIMachinery
import Logging
import Synchronization

/// The reconciler's view of the cluster: watched copies of the kinds and namespaces that
/// Applications deploy into, and of nothing else. Changes are told as they come.
final class LiveObjects: Sendable {
    struct Scope: Hashable, Sendable {
        var type: ResourceType
        /// nil for cluster-scoped kinds.
        var namespace: String?
    }

    private struct Watched: Sendable {
        var informer: Informer
        /// Fired when nobody needs it any more.
        var stop: Signal
    }

    private struct State {
        var watched: [Scope: Watched] = [:]
        /// By worker: an Application made again has another one while the first still ends.
        var needs: [ObjectIdentifier: Set<Scope>] = [:]
    }

    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    private let onChange: @Sendable (Scope, Informer.Change) -> Void
    private let state = Mutex(State())
    private let starts: AsyncStream<Watched>
    private let starter: AsyncStream<Watched>.Continuation

    /// - Parameter onChange: runs on the informer's task; must not block.
    init(
        client: any ResourceClient, clock: any WallClock, logger: Logger,
        onChange: @escaping @Sendable (Scope, Informer.Change) -> Void
    ) {
        self.client = client
        self.clock = clock
        self.logger = logger
        self.onChange = onChange
        (starts, starter) = AsyncStream.makeStream()
    }

    /// Runs the informers until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await watched in starts {
                group.addTask {
                    await withDiscardingTaskGroup { both in
                        both.addTask {
                            // Ends only by cancellation: the informer retries everything else itself.
                            try? await watched.informer.run()
                        }
                        await watched.stop.wait()
                        both.cancelAll()
                    }
                }
            }
        }
    }

    /// Watches what `owner` needs, and no longer what nobody does. Returns when all of it is there.
    func require(_ scopes: Set<Scope>, by owner: ObjectIdentifier) async {
        let needed = state.withLock { state -> [Informer] in
            state.needs[owner] = scopes.isEmpty ? nil : scopes
            let wanted = state.needs.values.reduce(into: Set<Scope>()) { $0.formUnion($1) }
            for (scope, watched) in state.watched where !wanted.contains(scope) {
                watched.stop.fire()
                state.watched[scope] = nil
            }
            for scope in scopes where state.watched[scope] == nil {
                let informer = Informer(
                    scope.type, client: client, namespace: scope.namespace, transform: Self.withoutManagedFields, clock: clock,
                    logger: logger)
                informer.onChange { [onChange] change in onChange(scope, change) }
                let watched = Watched(informer: informer, stop: Signal())
                state.watched[scope] = watched
                starter.yield(watched)
            }
            return scopes.compactMap { state.watched[$0]?.informer }
        }
        for informer in needed { await informer.waitUntilSynced() }
    }

    /// Half of an object's size, which neither drift nor health looks at, unless it is being deleted:
    /// they tell who holds it.
    private static let withoutManagedFields: @Sendable (Object) -> Object = { object in
        guard var metadata = object.fields["metadata"]?.object, metadata["deletionTimestamp"] == nil else { return object }
        var object = object
        metadata["managedFields"] = nil
        object.fields["metadata"] = .object(metadata)
        return object
    }

    /// Whether `owner` looks at what lies in `scope`.
    func isNeeded(_ scope: Scope, by owner: ObjectIdentifier) -> Bool { state.withLock { $0.needs[owner]?.contains(scope) ?? false } }

    func get(_ key: ObjectKey) -> Object? {
        informer(Scope(type: key.type, namespace: key.namespace))?.get(namespace: key.namespace ?? "", name: key.name)
    }

    /// Whether the watch has still to show a write of this version. Revisions of one server compare
    /// as integers (KEP-5504); where they are none, nothing counts as behind.
    func isBehind(_ key: ObjectKey, resourceVersion: String) -> Bool {
        guard let written = UInt64(resourceVersion), let informer = informer(Scope(type: key.type, namespace: key.namespace)) else { return false }
        if let seen = informer.get(namespace: key.namespace ?? "", name: key.name).flatMap({ UInt64($0.resourceVersion) }), seen >= written { return false }
        return informer.observedRevision < written
    }

    private func informer(_ scope: Scope) -> Informer? { state.withLock { $0.watched[scope]?.informer } }

    private func informers(_ type: ResourceType) -> [Informer] {
        state.withLock { state in state.watched.lazy.filter { $0.key.type == type }.map(\.value.informer) }
    }

    /// What the health rules look at.
    var view: ClusterView {
        ClusterView(
            dependents: { [self] type, uid in informers(type).flatMap { $0.dependents(ofOwner: uid) } },
            object: { [self] key in get(key) },
            events: { [self] key in
                guard let informer = informer(Scope(type: .events, namespace: key.namespace)) else { return [] }
                return informer.list().filter {
                    let object = $0.fields["involvedObject"]
                    return object?["name"]?.string == key.name && object?["kind"]?.string == key.type.kind
                }
            })
    }
}
