import APIMachinery

/// The registry as a client in the same process: no serialization, events share the store's objects.
package struct LocalClient: ResourceClient {
    private let registry: Registry
    private let user: UserInfo

    package init(registry: Registry, user: UserInfo) {
        self.registry = registry
        self.user = user
    }

    private var context: RequestContext { RequestContext(user: user) }

    package func resourceTypes() async throws(APIStatus) -> [ResourceType] {
        registry.resourceTypes.filter { $0.verbs.contains("get") }
    }

    package func get(_ key: ObjectKey) async throws(APIStatus) -> Object { try registry.get(key, context: context).object }

    package func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        let list = try registry.list(type, namespace: namespace, options: options, context: context)
        return ObjectList(
            items: list.items.map(\.object), resourceVersion: list.resourceVersion, continueToken: list.continueToken,
            remainingItemCount: list.remainingItemCount)
    }

    package func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        let events = try registry.watch(type, namespace: namespace, options: options, context: context)
        // Pulled by the consumer: no task and no buffer between it and the hub.
        return WatchStream(AsyncThrowingStream(unfolding: { try await events.next().map(WatchEvent.init) }))
    }

    package func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await registry.create(type, object, options: options, context: context).object
    }

    package func update(
        _ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        let key = ObjectKey(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
        return try await registry.update(key, object, subresource: subresource, options: options, context: context).object
    }

    package func patch(
        _ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        try await registry.patch(key, patch, subresource: subresource, options: options, context: context).object
    }

    @discardableResult
    package func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object {
        try await registry.delete(key, options: options, context: context).object
    }

    @discardableResult
    package func createSubresource(
        _ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        try await registry.createSubresource(key, subresource, body, options: options, context: context)
    }
}

extension WatchEvent {
    init(_ event: StoreEvent) {
        switch event.kind {
        case .added: self = .added(event.version.object)
        case .modified: self = .modified(event.version.object)
        case .deleted: self = .deleted(event.version.object)
        case .bookmark: self = .bookmark(resourceVersion: event.version.resourceVersion, endsInitialEvents: event.endsInitialEvents)
        }
    }
}
