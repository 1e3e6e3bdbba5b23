import APIMachinery

extension Registry {
    /// How long a pod waits for its namespace's default account, which a controller makes.
    static let defaultAccountWait = Duration.seconds(1)

    /// What admission is told of a write.
    func admissionRequest(
        _ operation: Admission.Operation, _ type: ResourceType, namespace: String, name: String, old: Object?, subresource: String? = nil,
        isDryRun: Bool, context: RequestContext
    ) -> Admission.Request {
        let store = store
        let random = random
        return Admission.Request(
            operation: operation, type: type, subresource: subresource, namespace: namespace, name: name, old: old, user: context.user,
            isDryRun: isDryRun,
            lookup: { type, namespace, name in store.latest(type.groupResource, namespace: namespace, name: name)?.object },
            list: { type, namespace in store.latest(type.groupResource).objects(in: namespace).map(\.object) },
            suffix: { random.suffix() }, warn: { context.warnings.add($0) }, annotate: { context.audit.add($0, $1) })
    }

    /// Runs mutating admission on `object`: the plugins, then the webhooks.
    func admit(
        _ object: inout Object, old: Object?, _ type: ResourceType, subresource: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) {
        if type == .pods, old == nil { await waitForDefaultAccount(of: object) }
        let request = admissionRequest(
            old == nil ? .create : .update, type, namespace: object.namespace, name: object.name, old: old, subresource: subresource,
            isDryRun: options.isDryRun, context: context)
        try Admission.mutate(&object, request)
        guard let webhooks = guards.webhooks else { return }
        var changed: Object? = object
        try await webhooks.mutate(&changed, request, surroundings(type, old == nil ? "CreateOptions" : "UpdateOptions", options)) { object throws(APIStatus) in
            object = try decoded(object, type, validation: .ignore, context: context)
            try Admission.mutate(&object, request)
        }
        if let changed { object = changed }
    }

    /// Judges what is about to be stored: escalation, the plugins, webhooks, and last the quotas. The
    /// claim is to be released when the write is over.
    func judge(
        _ object: Object, old: ObjectVersion?, _ type: ResourceType, subresource: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> QuotaLedger.Claim? {
        let request = admissionRequest(
            old == nil ? .create : .update, type, namespace: object.namespace, name: object.name, old: old?.object, subresource: subresource,
            isDryRun: options.isDryRun, context: context)
        if subresource == nil, let escalation = guards.escalation { try escalation.check(object, old: old?.object, type, user: context.user) }
        try Admission.judge(object, request)
        if let webhooks = guards.webhooks {
            try await webhooks.validate(object, request, surroundings(type, old == nil ? "CreateOptions" : "UpdateOptions", options))
        }
        guard subresource == nil else { return nil }
        let claim = try quotas.claim(object, old: old, type)
        guard options.isDryRun else { return claim }
        quotas.release(claim)
        return nil
    }

    /// Asks the webhooks about a deletion.
    func admitDeletion(of old: Object, _ type: ResourceType, options: DeleteOptions, context: RequestContext) async throws(APIStatus) {
        guard let webhooks = guards.webhooks else { return }
        let request = admissionRequest(
            .delete, type, namespace: old.namespace, name: old.name, old: old, isDryRun: options.isDryRun, context: context)
        let around = surroundings(type, "DeleteOptions", WriteOptions(isDryRun: options.isDryRun))
        var nothing: Object?
        try await webhooks.mutate(&nothing, request, around) { _ throws(APIStatus) in }
        try await webhooks.validate(nil, request, around)
    }

    /// Asks the webhooks about a document for a subresource (`pods/binding`, `pods/eviction`, `serviceaccounts/token`).
    func admitDocument(
        _ document: Object, _ key: ObjectKey, _ subresource: String, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> Object {
        guard let webhooks = guards.webhooks else { return document }
        let request = admissionRequest(
            .create, key.type, namespace: key.namespace ?? "", name: key.name, old: nil, subresource: subresource, isDryRun: options.isDryRun,
            context: context)
        let around = surroundings(key.type, "CreateOptions", options)
        var changed: Object? = document
        try await webhooks.mutate(&changed, request, around) { _ throws(APIStatus) in }
        try await webhooks.validate(changed, request, around)
        return changed ?? document
    }

    private func surroundings(_ type: ResourceType, _ kind: String, _ options: WriteOptions) -> Webhooks.Surroundings {
        var json: JSONObject = ["apiVersion": "meta.k8s.io/v1", "kind": .string(kind)]
        if options.isDryRun { json["dryRun"] = ["All"] }
        if !options.fieldManager.isEmpty { json["fieldManager"] = .string(options.fieldManager) }
        let random = random
        return Webhooks.Surroundings(
            versions: { [self] in resourceTypes.filter { $0.plural == type.plural && $0.group == type.group } }, options: .object(json),
            served: { [self] object, type in served(object, as: type) }, stored: { [self] object, type in stored(object, type) },
            uid: { random.uid() }, clock: clock)
    }

    /// The default account of a new namespace follows within milliseconds: waits for it instead of failing.
    private func waitForDefaultAccount(of pod: Object) async {
        let resource = ResourceType.serviceAccounts.groupResource
        guard Admission.accountName(of: pod) == "default", store.latest(resource, namespace: pod.namespace, name: "default") == nil,
            store.latest(ResourceType.namespaces.groupResource, namespace: "", name: pod.namespace) != nil
        else { return }
        let filter = VersionFilter(namespace: pod.namespace, fields: FieldSelector("metadata.name", equals: "default"))
        let clock = clock
        // A watch that cannot begin or breaks leaves the decision to admission, which looks again.
        guard let watch = try? store.watch(.serviceAccounts, filter: filter, after: nil) else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try? await watch.next()
            }
            group.addTask { try? await clock.sleep(for: Self.defaultAccountWait) }
            await group.next()
            group.cancelAll()
        }
    }
}
