import APIMachinery

/// Writes into each ResourceQuota's status what is used of it.
package struct ResourceQuotaController: Controller {
    package struct Snapshot: Sendable {
        var quota: Object
        var pods: [Object]
        var services: [Object]
        var claims: [Object]
        /// Numbers of objects of the kinds that the quota counts.
        var counts: [GroupResource: Int]
    }

    package let name = "resourcequota-controller"
    let quotas: Informer
    let quotasByNamespace: InformerIndex
    let pods: Informer
    let services: ServiceInformers
    /// Of every other namespaced kind: what comes and goes.
    let others: [Informer]

    package var sources: [ControllerSource<Informer.Key>] {
        [.own(quotas), waking(pods) { _ in true }]
            + others.map { informer in
                // Of what is merely counted, nothing but its coming and going matters.
                let isMeasured = QuotaCharge.isMeasured(informer.type.groupResource)
                return waking(informer) { change in
                    if case .updated = change { return isMeasured }
                    return true
                }.withoutAwaiting()
            }
    }

    private func waking(_ informer: Informer, when isConcerned: @escaping @Sendable (Informer.Change) -> Bool) -> ControllerSource<Informer.Key> {
        let index = quotasByNamespace
        return ControllerSource(informer) { change in
            guard isConcerned(change) else { return [] }
            return index[change.object.namespace].map { Informer.Key($0) }
        }
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) async throws -> Snapshot? {
        guard let quota = quotas.get(key) else { return nil }
        let names = Set(Quota(quota).hard.keys)
        var counts: [GroupResource: Int] = [:]
        for informer in [quotas] + others where !QuotaCharge.isMeasured(informer.type.groupResource) {
            let resource = informer.type.groupResource
            guard names.contains(QuotaCharge.countName(resource)) || names.contains(informer.type.plural) else { continue }
            var options = ListOptions()
            options.limit = 1
            let list = try await client.list(informer.type, namespace: key.namespace, options: options)
            counts[resource] = list.items.count + (list.remainingItemCount ?? 0)
        }
        func measured(_ type: ResourceType) async throws -> [Object] { try await client.list(type, namespace: key.namespace).items }
        let concernsServices = names.contains { $0.hasPrefix("services") || $0 == "count/services" }
        let concernsClaims = names.contains { $0.contains("storage") || $0.hasSuffix("persistentvolumeclaims") }
        return Snapshot(
            quota: quota, pods: services.pods(in: key.namespace), services: concernsServices ? try await measured(.services) : [],
            claims: concernsClaims ? try await measured(.persistentVolumeClaims) : [], counts: counts)
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan { Self.plan(snapshot, now: now) }

    static func plan(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let quota = Quota(snapshot.quota)
        var used = quota.hard.mapValues { _ in Quantity.zero }
        func add(_ charge: QuotaCharge) {
            if quota.selects(charge.traits) { used.merge(quota.bounded(charge.amounts), uniquingKeysWith: +) }
        }
        for (objects, type) in [(snapshot.pods, ResourceType.pods), (snapshot.services, .services), (snapshot.claims, .persistentVolumeClaims)] {
            for object in objects { add(QuotaCharge(object, type, now: now)) }
        }
        for (resource, count) in snapshot.counts where quota.selects(QuotaCharge.Traits(resource: resource)) {
            for name in [QuotaCharge.countName(resource), resource.resource] where used[name] != nil { used[name] = Quantity(units: Int64(count)) }
        }
        func json(_ list: ResourceList) -> JSON { JSON(list.mapValues(\.description)) }
        // Replaced as wholes: a name that is no longer bounded goes.
        let status: JSON = ["hard": json(quota.hard), "used": json(used)]
        if snapshot.quota["status"] == status { return ControllerPlan() }
        var object = snapshot.quota
        object["status"] = status
        return ControllerPlan([ClusterChange(.update(.resourceQuotas, object, subresource: "status"))])
    }
}
