import APIMachinery
import Logging
import Synchronization

/// The reconciler's view of the cluster: watched copies of the kinds and namespaces that
/// Applications deploy into, and of nothing else. Changes are told as they come, to whom they concern.
final class LiveObjects: Sendable {
    struct Scope: Hashable, Sendable {
        var type: ResourceType
        /// nil for cluster-scoped kinds.
        var namespace: String?
    }

    private struct Watched: Sendable {
        var informer: Informer
        /// How many need it.
        var needs = 0
        /// Fired when nobody needs it any more.
        var stop: Signal
    }

    private struct State {
        var watched: [Scope: Watched] = [:]
        /// By worker: an Application made again has another one while the first still ends.
        var needs: [ObjectIdentifier: Set<Scope>] = [:]
        var workers: [ObjectIdentifier: ApplicationWorker] = [:]
        var holders: [ObjectIdentity: [ObjectIdentifier]] = [:]
        var held: [ObjectIdentifier: Set<ObjectIdentity>] = [:]
    }

    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())
    private let starts: AsyncStream<Watched>
    private let starter: AsyncStream<Watched>.Continuation

    init(client: any ResourceClient, clock: any WallClock, logger: Logger) {
        self.client = client
        self.clock = clock
        self.logger = logger
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
            let earlier = state.needs.updateValue(scopes, forKey: owner) ?? []
            if scopes.isEmpty { state.needs[owner] = nil }
            for scope in scopes where !earlier.contains(scope) { begin(scope, &state) }
            for scope in earlier where !scopes.contains(scope) {
                state.watched[scope]?.needs -= 1
                if let watched = state.watched[scope], watched.needs == 0 {
                    watched.stop.fire()
                    state.watched[scope] = nil
                }
            }
            return scopes.compactMap { state.watched[$0]?.informer }
        }
        for informer in needed where !informer.isSynced { await informer.waitUntilSynced() }
    }

    private func begin(_ scope: Scope, _ state: inout State) {
        if state.watched[scope] == nil {
            let informer = Informer(
                scope.type, client: client, namespace: scope.namespace, clock: clock, logger: logger)
            informer.onChange { [weak self] change in self?.tell(scope, change) }
            let watched = Watched(informer: informer, stop: Signal())
            state.watched[scope] = watched
            starter.yield(watched)
        }
        state.watched[scope]?.needs += 1
    }

    // MARK: Who is told

    /// From now on `worker` is told of what happens to `identities`, and no longer of what it held in this `slot` before.
    func hold(_ identities: some Sequence<ObjectIdentity>, in slot: ObjectIdentifier, for worker: ApplicationWorker) {
        let new = Set(identities)
        state.withLock { state in
            let old = state.held[slot] ?? []
            guard new != old else { return }
            for identity in old where !new.contains(identity) {
                state.holders[identity]?.removeAll { $0 == slot }
                if state.holders[identity]?.isEmpty == true { state.holders[identity] = nil }
            }
            for identity in new where !old.contains(identity) { state.holders[identity, default: []].append(slot) }
            state.held[slot] = new.isEmpty ? nil : new
            state.workers[slot] = new.isEmpty ? nil : worker
        }
    }

    private func tell(_ scope: Scope, _ change: Informer.Change) {
        let affected = affected(by: change, in: scope)
        let told = state.withLock { state in
            var told: [ObjectIdentifier: (worker: ApplicationWorker, held: [ObjectIdentity])] = [:]
            for identity in affected {
                for slot in state.holders[identity] ?? [] {
                    guard let worker = state.workers[slot] else { continue }
                    let found = told[ObjectIdentifier(worker)]?.held ?? []
                    if !found.contains(identity) { told[ObjectIdentifier(worker)] = (worker, found + [identity]) }
                }
            }
            return told.values
        }
        for (worker, held) in told { worker.observe(scope, change, affecting: held) }
    }

    /// Objects that one change is told of: itself, and owners of owners.
    private static let affectedMax = 16

    /// The changed object, what it is an event about, and what all of these belong to.
    private func affected(by change: Informer.Change, in scope: Scope) -> [ObjectIdentity] {
        let object = change.object
        let namespace = object.namespace
        var open: [(identity: ObjectIdentity, owners: [OwnerReference])] = []
        if scope.type == .events {
            let about = object.fields["involvedObject"]
            let group = GroupVersion(about?["apiVersion"]?.string ?? "")?.group ?? ""
            let identity = ObjectIdentity(
                group: group, kind: about?["kind"]?.string ?? "", namespace: about?["namespace"]?.string ?? "", name: about?["name"]?.string ?? "")
            open.append((identity, owners(of: identity)))
        } else {
            let identity = ObjectIdentity(group: scope.type.group, kind: scope.type.kind, namespace: namespace, name: object.name)
            open.append((identity, object.ownerReferences))
        }
        var affected: [ObjectIdentity] = []
        while let (identity, owners) = open.popLast() {
            guard affected.count < Self.affectedMax else { break }
            affected.append(identity)
            for owner in owners {
                let next = ObjectIdentity(group: GroupVersion(owner.apiVersion)?.group ?? "", kind: owner.kind, namespace: namespace, name: owner.name)
                open.append((next, self.owners(of: next)))
            }
        }
        return affected
    }

    /// What an object of a kind that controllers make belongs to, as far as it is watched.
    private func owners(of identity: ObjectIdentity) -> [OwnerReference] {
        guard let type = Self.made.first(where: { $0.kind == identity.kind && $0.group == identity.group }) else { return [] }
        return get(ObjectKey(type, namespace: identity.namespace, name: identity.name))?.ownerReferences ?? []
    }

    private static let made = Set(HealthRules.lookedAt.values.joined())

    /// Whether `owner` looks at what lies in `scope`.
    func isNeeded(_ scope: Scope, by owner: ObjectIdentifier) -> Bool { state.withLock { $0.needs[owner]?.contains(scope) ?? false } }

    func get(_ key: ObjectKey) -> Object? {
        informer(Scope(type: key.type, namespace: key.namespace))?.get(namespace: key.namespace ?? "", name: key.name)
    }

    /// A moment of the view, to tell later whether anything in it has changed since.
    struct Moment: Sendable {
        fileprivate var counts: [(informer: Informer, count: UInt64)] = []

        /// Whether both are of the same objects, none of them changed in between.
        func isSame(as other: Moment) -> Bool {
            counts.count == other.counts.count && zip(counts, other.counts).allSatisfy { $0.informer === $1.informer && $0.count == $1.count }
        }
    }

    /// nil while one of the scopes is not watched, or not there yet.
    func moment(of scopes: [Scope]) -> Moment? {
        let informers = state.withLock { state in scopes.compactMap { state.watched[$0]?.informer } }
        guard informers.count == scopes.count, informers.allSatisfy(\.isSynced) else { return nil }
        return Moment(counts: informers.map { ($0, $0.changeCount) })
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
