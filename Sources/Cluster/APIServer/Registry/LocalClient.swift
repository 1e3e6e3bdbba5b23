import APIMachinery

/// The registry as a client in the same process: no serialization, events share the store's objects.
package struct LocalClient: ResourceClient {
    private let registry: Registry
    private let user: UserInfo
    private let authorizer: Authorizer?
    private let component: String
    /// Who acts as whom, and the last as `user`; empty when that is the client's own.
    private let impersonators: [UserInfo]

    /// - Parameters:
    ///   - authorizer: asked before every verb, as the server asks it for requests; nil allows everything.
    ///   - component: the field manager of the client's writes; empty derives it from the user.
    package init(registry: Registry, user: UserInfo, authorizer: Authorizer? = nil, component: String = "") {
        self.registry = registry
        self.user = user
        self.authorizer = authorizer
        self.component = component
        impersonators = []
    }

    private init(_ base: LocalClient, as user: UserInfo) {
        registry = base.registry
        self.user = user
        authorizer = base.authorizer
        component = base.component
        impersonators = base.impersonators + [base.user]
    }

    package func impersonating(_ user: UserInfo) -> any ResourceClient { LocalClient(self, as: user) }

    private var context: RequestContext { RequestContext(user: user, userAgent: component) }

    private func authorize(
        _ verb: ResourceRoute.Verb, _ type: ResourceType, namespace: String?, name: String = "", subresource: String? = nil
    ) throws(APIStatus) {
        guard let authorizer else { return }
        for (actor, wanted) in zip(impersonators, impersonators.dropFirst() + [user]) {
            try Impersonation.check(wanted.withoutImpliedGroups, by: actor, authorizer: authorizer)
        }
        let question = AuthorizationQuestion(
            user: user, verb: verb.rawValue, type, subresource: subresource, namespace: type.isNamespaced ? namespace : nil, name: name)
        try authorizer.authorize(question)
    }

    private func authorize(_ verb: ResourceRoute.Verb, _ key: ObjectKey, subresource: String? = nil) throws(APIStatus) {
        try authorize(verb, key.type, namespace: key.namespace, name: key.name, subresource: subresource)
    }

    package func resourceTypes() async throws(APIStatus) -> [ResourceType] {
        registry.resourceTypes.filter { $0.verbs.contains("get") }
    }

    package func get(_ key: ObjectKey) async throws(APIStatus) -> Object {
        try authorize(.get, key)
        if key.type.isMeasured { return try await registry.measured(key).object }
        return try registry.get(key, context: context).object
    }

    package func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object {
        try authorize(.get, key, subresource: subresource)
        return try registry.get(key, subresource: subresource, context: context).object
    }

    package func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        try authorize(.list, type, namespace: namespace, name: options.fieldSelector.required("metadata.name") ?? "")
        let list =
            type.isMeasured
            ? try await registry.measuredList(type, namespace: namespace, options: options)
            : try registry.list(type, namespace: namespace, options: options, context: context)
        return ObjectList(
            items: list.items.map { options.wantsWatchedForm ? $0.watchedForm : $0.object }, resourceVersion: list.resourceVersion, continueToken: list.continueToken,
            remainingItemCount: list.remainingItemCount)
    }

    package func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        try authorize(.watch, type, namespace: namespace, name: options.fieldSelector.required("metadata.name") ?? "")
        let events = try registry.watch(type, namespace: namespace, options: options, context: context)
        // Pulled by the consumer: no task and no buffer between it and the hub.
        return WatchStream(AsyncThrowingStream(unfolding: { try await events.next().map { WatchEvent($0, inWatchedForm: options.wantsWatchedForm) } }))
    }

    package func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try authorize(.create, type, namespace: object.namespace)
        return try await registry.create(type, object, options: options, context: context).object
    }

    package func update(
        _ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        let key = ObjectKey(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
        try authorize(.update, key, subresource: subresource)
        return try await registry.update(key, object, subresource: subresource, options: options, context: context).object
    }

    package func patch(
        _ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        try authorize(.patch, key, subresource: subresource)
        return try await registry.patch(key, patch, subresource: subresource, options: options, context: context).object
    }

    @discardableResult
    package func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object {
        try authorize(.delete, key)
        return try await registry.delete(key, options: options, context: context).object
    }

    @discardableResult
    package func createSubresource(
        _ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        try authorize(.create, key, subresource: subresource)
        return try await registry.createSubresource(key, subresource, body, options: options, context: context)
    }
}

extension WatchEvent {
    init(_ event: StoreEvent, inWatchedForm: Bool) {
        var object: Object { inWatchedForm ? event.version.watchedForm : event.version.object }
        switch event.kind {
        case .added: self = .added(object)
        case .modified: self = .modified(object)
        case .deleted: self = .deleted(object)
        case .bookmark: self = .bookmark(resourceVersion: event.version.resourceVersion, endsInitialEvents: event.endsInitialEvents)
        }
    }
}
