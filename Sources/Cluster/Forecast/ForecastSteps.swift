import APIMachinery

/// Does the steps of a forecast on its fork, as whoever asked and with no more rights.
struct ForecastSteps: Sendable {
    /// How long something that is to be replaced may take to go, in the fork's time; as long as a sync waits.
    static let removalMax = Duration.seconds(30)

    private let registry: Registry
    private let clock: VirtualClock
    private let client: LocalClient
    private let fieldManager: String

    init(registry: Registry, clock: VirtualClock, user: UserInfo, fieldManager: String) {
        self.registry = registry
        self.clock = clock
        self.fieldManager = fieldManager
        client = LocalClient(registry: registry, user: user, authorizer: registry.guards.authorizer)
    }

    /// What the server says against a step; nil when it was done, or when the fork's time or room was over meanwhile,
    /// which is nothing that a server would say.
    func take(_ step: ForecastSpec.Step) async -> ForecastRecord.Refusal? {
        do throws(APIStatus) {
            let key = try key(of: step.object)
            switch step {
            case .delete: try await delete(key)
            case .apply(let object):
                // A sync waits for a deletion that has begun before it applies anew.
                if try await client.find(key)?.isDeleting == true { try await waitUntilGone(key) }
                try await apply(object, key)
            case .replace(let object):
                try await delete(key)
                try await waitUntilGone(key)
                try await apply(object, key)
            }
            return nil
        } catch {
            guard !Task.isCancelled, !registry.store.isFull else { return nil }
            return ForecastRecord.Refusal(subject: ObjectIdentity(step.object), status: error)
        }
    }

    /// Kinds that a step before made are known by now.
    private func key(of object: Object) throws(APIStatus) -> ObjectKey {
        guard let type = registry.resourceTypes.first(where: { $0.gvk == object.gvk && $0.isStored }) else {
            throw APIStatus(.notFound, "no kind \(object.kind) in version \(object.apiVersion) is served")
        }
        return ObjectKey(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
    }

    private func apply(_ object: Object, _ key: ObjectKey) async throws(APIStatus) {
        let options = WriteOptions(fieldManager: fieldManager, force: true, fieldValidation: .strict)
        _ = try await client.patch(key, .apply(object.json), subresource: nil, options: options)
    }

    private func delete(_ key: ObjectKey) async throws(APIStatus) {
        var options = DeleteOptions()
        options.propagation = .background
        do throws(APIStatus) { try await client.delete(key, options: options) } catch {
            guard error.reason == .notFound else { throw error }
        }
    }

    private func waitUntilGone(_ key: ObjectKey) async throws(APIStatus) {
        let deadline = clock.now + Self.removalMax
        let filter = VersionFilter(namespace: key.namespace, fields: FieldSelector("metadata.name", equals: key.name))
        let watch = try registry.store.watch(key.type, filter: filter, after: nil)
        let clock = clock
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // A watch that breaks leaves the decision to the look below.
                while let event = try? await watch.next(), event.kind != .deleted {}
            }
            group.addTask { try? await clock.sleep(until: deadline) }
            if registry.store.latest(key.type.groupResource, namespace: key.namespace ?? "", name: key.name) != nil { await group.next() }
            group.cancelAll()
        }
        guard registry.store.latest(key.type.groupResource, namespace: key.namespace ?? "", name: key.name) != nil else { return }
        throw APIStatus(.conflict, "\(key) is still being deleted; something holds it by a finalizer or it stops slowly")
    }
}
