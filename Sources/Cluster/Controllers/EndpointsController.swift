import APIMachinery

/// Keeps the older form of EndpointSlices, one object for each Service.
///
/// Source: kubernetes, pkg/controller/endpoint; API reference, core/v1 Endpoints.
package struct EndpointsController: Controller {
    /// Addresses in one object; with more it is marked as truncated.
    static let addressesMax = 1000
    static let managerLabel = "endpoints.kubernetes.io/managed-by"
    static let overCapacity = "endpoints.kubernetes.io/over-capacity"

    package struct Snapshot: Sendable {
        /// nil: the Service is gone.
        package var service: Object?
        package var pods: [Object]
        package var endpoints: Object?
    }

    package let name = "endpoint-controller"
    let services: ServiceInformers
    let endpoints: Informer

    package init(services: ServiceInformers, endpoints: Informer) {
        self.services = services
        self.endpoints = endpoints
    }

    package var sources: [ControllerSource<Informer.Key>] {
        services.sources + [.own(endpoints)]
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        let service = services.service(key)
        let endpoints = endpoints.get(key)
        if service == nil, endpoints == nil { return nil }
        return Snapshot(service: service, pods: service == nil ? [] : services.pods(in: key.namespace), endpoints: endpoints)
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        guard let service = snapshot.service else {
            // Only what this controller made goes with the Service.
            guard let endpoints = snapshot.endpoints, endpoints.labels[Self.managerLabel] != nil else { return ControllerPlan() }
            return ControllerPlan([.delete(.endpoints, endpoints)])
        }
        guard let backends = ServiceBackends(service, pods: snapshot.pods) else { return ControllerPlan() }
        let (subsets, isTruncated) = Self.subsets(of: backends)
        var labels = backends.labels
        labels[Self.managerLabel] = name
        guard let current = snapshot.endpoints else {
            var object = Object(.endpoints, namespace: service.namespace, name: service.name)
            object.labels = labels
            if isTruncated { object.annotations[Self.overCapacity] = "truncated" }
            object.fields["subsets"] = subsets.isEmpty ? nil : .array(subsets)
            return ControllerPlan([
                ClusterChange.create(.endpoints, object).onFailure(object, "FailedToCreateEndpoint") {
                    "Failed to create endpoint for service \(service.namespace)/\(service.name): \($0.message)"
                }
            ])
        }
        var patch: JSON = [:]
        if current.fields["subsets"]?.array ?? [] != subsets {
            patch.set(subsets.isEmpty ? .null : .array(subsets), at: ["subsets"])
        }
        patch.setLabels(labels, of: current)
        if (current.annotations[Self.overCapacity] != nil) != isTruncated {
            patch.set(isTruncated ? "truncated" : .null, at: ["metadata", "annotations", Self.overCapacity])
        }
        if patch == [:] { return ControllerPlan() }
        patch.set(.string(current.uid), at: ["metadata", "uid"])
        return ControllerPlan([.patch(ObjectKey(.endpoints, current), patch)])
    }

    /// Addresses grouped by the ports on which they answer; ready ones first to be kept when there are too many.
    private static func subsets(of backends: ServiceBackends) -> (subsets: [JSON], isTruncated: Bool) {
        let isTruncated = backends.backends.count > addressesMax
        let kept =
            isTruncated
            ? Array((backends.backends.filter(\.isReady) + backends.backends.filter { !$0.isReady }).prefix(addressesMax))
            : backends.backends
        let groups = Dictionary(grouping: kept, by: \.ports).sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let subsets = groups.map { ports, members -> JSON in
            var subset = JSONObject()
            for (key, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
                let addresses = members.filter { $0.isReady == isReady }.map { address($0.pod, of: backends) }
                if !addresses.isEmpty { subset[key] = .array(addresses) }
            }
            if !ports.isEmpty { subset["ports"] = .array(ports.map(json)) }
            return .object(subset)
        }
        return (subsets, isTruncated)
    }

    private static func address(_ pod: Object, of backends: ServiceBackends) -> JSON {
        var address = backends.identity(of: pod)
        address["ip"] = .string(PodState(pod).ip)
        return .object(address)
    }

    private static func json(_ port: ServiceBackends.Port) -> JSON {
        var json = port.json
        if port.name.isEmpty { json["name"] = nil }
        return .object(json)
    }
}
