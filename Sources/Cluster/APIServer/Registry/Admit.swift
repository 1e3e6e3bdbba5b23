import APIMachinery

extension Registry {
    /// How long a pod waits for its namespace's default account, which a controller makes.
    static let defaultAccountWait = Duration.seconds(1)

    /// Runs admission on `object`.
    func admit(_ object: inout Object, old: Object?, _ type: ResourceType, _ context: RequestContext) async throws(APIStatus) {
        if type == .pods, old == nil, !isFork { await waitForDefaultAccount(of: object) }
        let store = store
        let random = random
        let request = Admission.Request(
            type: type, old: old,
            lookup: { type, namespace, name in store.latest(type.groupResource, namespace: namespace, name: name)?.object },
            suffix: { random.suffix() })
        try Admission.admit(&object, request)
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
