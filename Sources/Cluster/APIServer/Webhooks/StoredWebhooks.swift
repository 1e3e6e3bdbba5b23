import APIMachinery

extension Webhooks {
    /// The webhooks of the store's configurations, known from the moment that these are.
    init(store: Store, caller: WebhookCaller) {
        func follow(_ type: ResourceType) -> @Sendable () -> [Webhook] {
            let configurations = StoreFollower(store, [type], from: Configurations()) { configurations, _, version, isDeleted in
                configurations.byName[version.name] = isDeleted ? nil : Webhook.all(of: version.object)
                // In the order of the configurations' names, as Kubernetes calls them.
                configurations.all = configurations.byName.sorted { $0.key < $1.key }.flatMap(\.value)
            }
            return { configurations.read { $0.all } }
        }
        self.init(
            mutating: follow(.mutatingWebhookConfigurations), validating: follow(.validatingWebhookConfigurations),
            call: { webhook, body async throws(AdmissionReview.Failure) in try await caller.call(webhook, body) })
    }

    private struct Configurations: Sendable {
        var byName: [String: [Webhook]] = [:]
        var all: [Webhook] = []
    }
}

extension Registry {
    /// A ready endpoint of a service's port: webhooks are called there directly, whatever node-local proxy there is.
    func endpoint(namespace: String, service name: String, port: Int) -> (address: String, port: Int)? {
        guard let service = store.version(ResourceType.services.groupResource, namespace: namespace, name: name)?.object,
            let wanted = service["spec", "ports"]?.array?.first(where: { $0["port"]?.int == Int64(port) })
        else { return nil }
        if service["spec", "type"]?.string == "ExternalName" {
            return service["spec", "externalName"]?.string.map { ($0, port) }
        }
        let slices = store.snapshot(ResourceType.endpointSlices.groupResource).versions.objects(in: namespace)
            .filter { $0.labels["kubernetes.io/service-name"]?.string == name }.map(\.object)
        for slice in slices {
            let ports = slice["ports"]?.array ?? []
            guard let target = ports.first(where: { ($0["name"]?.string ?? "") == (wanted["name"]?.string ?? "") })?["port"]?.int else { continue }
            let ready = (slice["endpoints"]?.array ?? []).first { $0["conditions"]?["ready"]?.bool ?? true }
            if let address = ready?["addresses"]?.array?.first?.string { return (address, Int(target)) }
        }
        return nil
    }
}
