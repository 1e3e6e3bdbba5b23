import APIMachinery
import Synchronization

/// The ConfigMaps and Secrets that an Application's spec names: watched, so that a change of one is acted upon at once.
final class WorkerInputs: Sendable {
    private struct Input {
        var request: WorkerState.Request
        /// A hash of the data last seen, 0 where there was none; nil before the first look.
        var seen: Int?
    }

    private let state = Mutex<[ObjectIdentity: Input]>([:])

    /// Watches what a spec names, and no longer what it does not. Returns when all of it is there.
    func follow(_ application: Application, live: LiveObjects, for worker: ApplicationWorker) async {
        let wanted = Self.inputs(of: application)
        let isChanged = state.withLock { state in
            let isChanged = Set(state.keys) != Set(wanted.keys)
            state = Dictionary(uniqueKeysWithValues: wanted.map { ($0.key, Input(request: $0.value, seen: state[$0.key]?.seen)) })
            return isChanged
        }
        guard isChanged else { return }
        let keys = Dictionary(uniqueKeysWithValues: wanted.keys.map { ($0, Self.key($0)) })
        live.hold(keys.keys, in: ObjectIdentifier(self), for: worker)
        await live.require(
            Set(keys.values.map { LiveObjects.Scope(type: $0.type, namespace: $0.namespace) }), by: ObjectIdentifier(self))
        state.withLock { state in
            for (identity, key) in keys where state[identity]?.seen == nil { state[identity]?.seen = Self.hash(live.get(key)) }
        }
    }

    /// What a change in the cluster asks for; nil when it concerns nothing here, or not its data.
    func request(after change: Informer.Change, in scope: LiveObjects.Scope) -> WorkerState.Request? {
        guard scope.type == .configMaps || scope.type == .secrets else { return nil }
        return state.withLock { state in
            guard !state.isEmpty else { return nil }
            let object = change.object
            let identity = ObjectIdentity(group: "", kind: scope.type.kind, namespace: object.namespace, name: object.name)
            guard let input = state[identity], let seen = input.seen else { return nil }
            let hash = if case .deleted = change { 0 } else { Self.hash(object) }
            guard hash != seen else { return nil }
            state[identity]?.seen = hash
            return input.request
        }
    }

    private static func inputs(of application: Application) -> [ObjectIdentity: WorkerState.Request] {
        var inputs: [ObjectIdentity: WorkerState.Request] = [:]
        func add(_ kind: Substitute.Reference.Kind, _ name: String, _ request: WorkerState.Request) {
            let identity = ObjectIdentity(group: "", kind: kind.rawValue, namespace: application.namespace, name: name)
            inputs[identity, default: request].merge(request)
        }
        for reference in application.substitute?.from ?? [] {
            add(reference.kind, reference.name, WorkerState.Request(isForced: true))
        }
        if let name = application.source.secretName { add(.secret, name, WorkerState.Request(fetches: true)) }
        return inputs
    }

    private static func key(_ identity: ObjectIdentity) -> ObjectKey {
        ObjectKey(
            identity.kind == ResourceType.secrets.kind ? .secrets : .configMaps, namespace: identity.namespace, name: identity.name)
    }

    private static func hash(_ object: Object?) -> Int {
        guard let object, !object.isDeleting else { return 0 }
        var hasher = Hasher()
        hasher.combine(object.fields["data"])
        let hash = hasher.finalize()
        return hash == 0 ? 1 : hash
    }
}
