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

    package struct Snapshot: Sendable {
        package var service: Object
        package var pods: [Object]
        /// The slices that this controller keeps for the Service.
        package var slices: [Object]
    }

    package let name = "endpointslice-controller"
    let services: ServiceInformers
    let slices: Informer
    let slicesByService: InformerIndex

    package init(services: ServiceInformers, slices: Informer) {
        self.services = services
        self.slices = slices
        slicesByService = InformerIndex(slices) { slice in
            slice.labels[Self.managerLabel] == Self.manager
                ? slice.labels[Self.serviceLabel].map { ["\(slice.namespace)/\($0)"] } ?? [] : []
        }
    }

    package var sources: [ControllerSource<Informer.Key>] {
        services.sources + [
            ControllerSource(slices) { change in
                let slice = change.object
                guard slice.labels[Self.managerLabel] == Self.manager, let service = slice.labels[Self.serviceLabel] else {
                    return []
                }
                return [Informer.Key(namespace: slice.namespace, name: service)]
            }
        ]
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        // The slices of a Service that is gone are the garbage collector's: it owns them.
        guard let service = services.service(key), !service.isDeleting else { return nil }
        return Snapshot(
            service: service, pods: services.pods(in: key.namespace), slices: slicesByService["\(key.namespace)/\(key.name)"])
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
            let portsJSON = ports.map { JSON.object($0.json) }
            let own = slices.filter { ($0.fields["ports"]?.array ?? []) == portsJSON }
            slices.removeAll { slice in own.contains { $0.uid == slice.uid } }
            let wanted = members.map { Self.endpoint($0, of: backends) }
            let (writes, spare) = Self.distribute(wanted, over: own, ports: portsJSON, of: backends)
            changes += writes
            slices += spare
        }
        changes += slices.map { .delete(.endpointSlices, $0) }
        return ControllerPlan(changes)
    }

    /// Keeps each endpoint in the slice where it is, fills what has room, and makes slices for the rest.
    private static func distribute(
        _ wanted: [JSON], over slices: [Object], ports: [JSON], of backends: ServiceBackends
    ) -> (writes: [ClusterChange], spare: [Object]) {
        // Not the address alone: a pod that goes may have the one of a pod that comes, and on the host's network all do.
        func identity(_ endpoint: JSON) -> [String] {
            [endpoint["targetRef"]?["name"]?.string ?? "", endpoint["targetRef"]?["uid"]?.string ?? "", endpoint["addresses"]?.array?.first?.string ?? ""]
        }
        var rest = Dictionary(wanted.map { (identity($0), $0) }, uniquingKeysWith: { first, _ in first })
        var contents = slices.map { slice in
            (slice.fields["endpoints"]?.array ?? []).prefix(endpointsMax).compactMap { rest.removeValue(forKey: identity($0)) }
        }
        var loose = rest.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)[...]
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
                writes += update(slice, contents[index], labels(for: backends))
            }
        }
        while !loose.isEmpty || (wanted.isEmpty && slices.isEmpty && writes.isEmpty) {
            let part = loose.prefix(endpointsMax)
            loose = loose.dropFirst(part.count)
            writes.append(.create(.endpointSlices, make(Array(part), ports: ports, of: backends)))
        }
        return (writes, spare)
    }

    private static func update(_ slice: Object, _ endpoints: [JSON], _ labels: [String: String]) -> [ClusterChange] {
        var patch: JSON = [:]
        if slice.fields["endpoints"]?.array ?? [] != endpoints { patch.set(.array(endpoints), at: ["endpoints"]) }
        patch.setLabels(labels, of: slice)
        if patch == [:] { return [] }
        patch.set(.string(slice.uid), at: ["metadata", "uid"])
        return [.patch(ObjectKey(.endpointSlices, slice), patch)]
    }

    private static func make(_ endpoints: [JSON], ports: [JSON], of backends: ServiceBackends) -> Object {
        let service = backends.service
        var slice = Object(.endpointSlices, namespace: service.namespace, name: "")
        slice.fields["metadata"] = [
            "generateName": .string("\(service.name)-"), "namespace": .string(service.namespace),
            "labels": JSON(labels(for: backends)),
            "ownerReferences": [OwnerReference(controller: service).json],
        ]
        slice.fields["addressType"] = "IPv4"
        slice.fields["endpoints"] = .array(endpoints)
        slice.fields["ports"] = .array(ports)
        return slice
    }

    /// With those by which readers find the slice.
    private static func labels(for backends: ServiceBackends) -> [String: String] {
        backends.labels.merging([serviceLabel: backends.service.name, managerLabel: manager]) { $1 }
    }

    private static func endpoint(_ backend: ServiceBackends.Backend, of backends: ServiceBackends) -> JSON {
        var endpoint = backends.identity(of: backend.pod)
        endpoint["addresses"] = [.string(PodState(backend.pod).ip)]
        endpoint["conditions"] = [
            "ready": .bool(backend.isReady), "serving": .bool(backend.isServing), "terminating": .bool(backend.isTerminating),
        ]
        return .object(endpoint)
    }
}
