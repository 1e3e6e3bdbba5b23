import APIMachinery

/// Tells where a Service's pods are, in slices of at most a hundred.
///
/// A pod that begins to end leaves `ready` with the event that says so: nothing is batched.
/// Source: kubernetes, staging endpointslice; API reference, discovery.k8s.io/v1 EndpointSlice.
package struct EndpointSliceController: Controller {
    /// Endpoints in one slice.
    static let endpointsMax = 100
    static let serviceLabel = "kubernetes.io/service-name"
    static let managerLabel = "endpointslice.kubernetes.io/managed-by"
    static let manager = "endpointslice-controller.k8s.io"
    static let headlessLabel = "service.kubernetes.io/headless"

    package struct Snapshot: Sendable {
        package var service: Object
        package var pods: [Object]
        /// The slices that this controller keeps for the Service.
        package var slices: [Object]
    }

    package let name = "endpointslice-controller"
    let services: Informer
    let servicesByNamespace: InformerIndex
    let pods: Informer
    let podsByNamespace: InformerIndex
    let slices: Informer
    let slicesByService: InformerIndex

    package init(
        services: Informer, servicesByNamespace: InformerIndex, pods: Informer, podsByNamespace: InformerIndex, slices: Informer
    ) {
        self.services = services
        self.servicesByNamespace = servicesByNamespace
        self.pods = pods
        self.podsByNamespace = podsByNamespace
        self.slices = slices
        slicesByService = InformerIndex(slices) { slice in
            slice.labels[Self.managerLabel] == Self.manager
                ? slice.labels[Self.serviceLabel].map { ["\(slice.namespace)/\($0)"] } ?? [] : []
        }
    }

    package var sources: [ControllerSource<Informer.Key>] {
        [
            .own(services), ServiceBackends.source(pods: pods, services: servicesByNamespace),
            ControllerSource(slices) { change in
                let slice = change.object
                guard slice.labels[Self.managerLabel] == Self.manager, let service = slice.labels[Self.serviceLabel] else {
                    return []
                }
                return [Informer.Key(namespace: slice.namespace, name: service)]
            },
        ]
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        // The slices of a Service that is gone are the garbage collector's: it owns them.
        guard let service = services.get(key), !service.isDeleting else { return nil }
        return Snapshot(
            service: service, pods: podsByNamespace[key.namespace], slices: slicesByService["\(key.namespace)/\(key.name)"])
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let service = snapshot.service
        guard let backends = ServiceBackends(service, pods: snapshot.pods) else { return ControllerPlan() }
        var slices = snapshot.slices.filter { !$0.isDeleting && $0.fields["addressType"]?.string == "IPv4" }
            .sorted { ($0.creationTimestamp, $0.name) < ($1.creationTimestamp, $1.name) }
        var changes: [ClusterChange] = []
        var groups = Dictionary(grouping: backends.backends, by: \.ports)
        // A Service without pods has one empty slice, so that readers know it was looked at.
        if groups.isEmpty { groups[[]] = [] }
        for (ports, members) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let portsJSON = Self.json(of: ports)
            let own = slices.filter { ($0.fields["ports"]?.array ?? []) == portsJSON }
            slices.removeAll { slice in own.contains { $0.uid == slice.uid } }
            let wanted = members.map { Self.endpoint($0, of: backends) }
            let (writes, spare) = Self.distribute(wanted, over: own, ports: portsJSON, service: service)
            changes += writes
            slices += spare
        }
        changes += slices.map { .delete(.endpointSlices, $0) }
        return ControllerPlan(changes)
    }

    /// Keeps each endpoint in the slice where it is, fills what has room, and makes slices for the rest.
    private static func distribute(
        _ wanted: [JSON], over slices: [Object], ports: [JSON], service: Object
    ) -> (writes: [ClusterChange], spare: [Object]) {
        func address(_ endpoint: JSON) -> String { endpoint["addresses"]?.array?.first?.string ?? "" }
        var rest = Dictionary(wanted.map { (address($0), $0) }, uniquingKeysWith: { first, _ in first })
        var contents = slices.map { slice in
            (slice.fields["endpoints"]?.array ?? []).prefix(endpointsMax).compactMap { rest.removeValue(forKey: address($0)) }
        }
        var loose = rest.values.sorted { address($0) < address($1) }[...]
        for index in contents.indices {
            let room = min(endpointsMax - contents[index].count, loose.count)
            contents[index] += loose.prefix(room)
            loose = loose.dropFirst(room)
        }
        var writes: [ClusterChange] = []
        var spare: [Object] = []
        for (index, slice) in slices.enumerated() {
            let keepsEmpty = wanted.isEmpty && index == 0
            if contents[index].isEmpty, !keepsEmpty {
                spare.append(slice)
            } else {
                writes += update(slice, contents[index], service)
            }
        }
        while !loose.isEmpty || (wanted.isEmpty && slices.isEmpty && writes.isEmpty) {
            let part = loose.prefix(endpointsMax)
            loose = loose.dropFirst(part.count)
            writes.append(.create(.endpointSlices, make(Array(part), ports: ports, service: service)))
        }
        return (writes, spare)
    }

    private static func update(_ slice: Object, _ endpoints: [JSON], _ service: Object) -> [ClusterChange] {
        var patch: JSON = [:]
        if slice.fields["endpoints"]?.array ?? [] != endpoints { patch.set(.array(endpoints), at: ["endpoints"]) }
        let labels = labels(for: service)
        for (key, value) in labels where slice.labels[key] != value { patch.set(.string(value), at: ["metadata", "labels", key]) }
        for key in slice.labels.keys where labels[key] == nil { patch.set(.null, at: ["metadata", "labels", key]) }
        if patch == [:] { return [] }
        patch.set(.string(slice.uid), at: ["metadata", "uid"])
        return [.patch(ObjectKey(.endpointSlices, slice), patch)]
    }

    private static func make(_ endpoints: [JSON], ports: [JSON], service: Object) -> Object {
        var slice = Object(.endpointSlices, namespace: service.namespace, name: "")
        slice.fields["metadata"] = [
            "generateName": .string("\(service.name)-"), "namespace": .string(service.namespace),
            "labels": JSON(labels(for: service)),
            "ownerReferences": [OwnerReference(controller: service).json],
        ]
        slice.fields["addressType"] = "IPv4"
        slice.fields["endpoints"] = .array(endpoints)
        slice.fields["ports"] = .array(ports)
        return slice
    }

    /// The Service's own labels, and those by which readers find the slice.
    private static func labels(for service: Object) -> [String: String] {
        var labels = service.labels
        labels[headlessLabel] = service.spec["clusterIP"]?.string == "None" ? "" : nil
        labels[serviceLabel] = service.name
        labels[managerLabel] = manager
        return labels
    }

    private static func json(of ports: [ServiceBackends.Port]) -> [JSON] {
        ports.map { port in
            var json: JSONObject = ["name": .string(port.name), "port": .int(port.number), "protocol": .string(port.protocol)]
            if let appProtocol = port.appProtocol { json["appProtocol"] = .string(appProtocol) }
            return .object(json)
        }
    }

    private static func endpoint(_ backend: ServiceBackends.Backend, of backends: ServiceBackends) -> JSON {
        let pod = backend.pod
        var endpoint: JSONObject = [
            "addresses": [.string(PodState(pod).ip)],
            "conditions": [
                "ready": .bool(backend.isReady), "serving": .bool(backend.isServing), "terminating": .bool(backend.isTerminating),
            ],
            "targetRef": ServiceBackends.reference(to: pod),
        ]
        if !PodState(pod).nodeName.isEmpty { endpoint["nodeName"] = .string(PodState(pod).nodeName) }
        if let host = backends.hostname(of: pod) { endpoint["hostname"] = .string(host) }
        return .object(endpoint)
    }
}
