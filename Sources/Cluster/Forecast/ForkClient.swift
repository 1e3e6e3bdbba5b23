import APIMachinery

/// What the parts of a fork see: to begin with the objects in scope, as they were when it was made, and then every change.
///
/// Lists cost no decoding: all parts share the scope's objects.
struct ForkClient: ResourceClient {
    private let base: LocalClient
    private let objects: [GroupResource: [Object]]
    /// Of the state that `objects` are of.
    private let revision: String

    /// - Parameter registry: the fork's, before anything was written to it.
    init(base: LocalClient, registry: Registry, objects: [GroupResource: [Object]]) {
        self.base = base
        self.objects = objects
        revision = String(registry.store.revision)
    }

    func impersonating(_ user: UserInfo) -> any ResourceClient { base.impersonating(user) }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { try await base.resourceTypes() }

    /// The whole at once, whatever the page asked for.
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        let all = objects[type.groupResource] ?? []
        return ObjectList(items: namespace.map { name in all.filter { $0.namespace == name } } ?? all, resourceVersion: revision)
    }

    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        try await base.watch(type, namespace: namespace, options: options)
    }

    func get(_ key: ObjectKey) async throws(APIStatus) -> Object { try await base.get(key) }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object {
        try await base.getSubresource(key, subresource)
    }
    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await base.create(type, object, options: options)
    }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        try await base.update(type, object, subresource: subresource, options: options)
    }
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        try await base.patch(key, patch, subresource: subresource, options: options)
    }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object { try await base.delete(key, options: options) }
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await base.createSubresource(key, subresource, body, options: options)
    }
}
