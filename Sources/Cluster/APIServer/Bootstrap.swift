import APIMachinery

/// The objects that every cluster has from its first moment: namespaces, and the Service by which pods reach the API.
struct Bootstrap: Sendable {
    static let namespaces = ["default", "kube-system", "kube-public", "kube-node-lease", "gitctl-system"]

    let registry: Registry
    /// Where the API server listens.
    let address: IPAddress
    let port: Int
    let serviceAddress: IPAddress
    private let context = RequestContext(user: .component("apiserver"))

    init(registry: Registry, address: IPAddress, port: Int, serviceAddress: IPAddress) {
        self.registry = registry
        self.address = address
        self.port = port
        self.serviceAddress = serviceAddress
    }

    /// Makes what is missing and corrects what differs. Writes nothing where all is as it should be.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in Self.namespaces { group.addTask { try await ensure(.namespaces, Object(.namespaces, name: name)) { $0 } } }
            try await group.waitForAll()
        }
        try refuseOtherRange()
        // Roles before bindings, which are judged by them.
        for types in [[ResourceType.clusterRoles, .roles, .priorityClasses], [.clusterRoleBindings, .roleBindings]] {
            let objects = (BootstrapPolicy.objects + priorityClasses).filter { types.contains($0.0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (type, object) in objects {
                    group.addTask { try await ensure(type, object) { type == .priorityClasses ? $0 : BootstrapPolicy.reconciled($0, object) } }
                }
                try await group.waitForAll()
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ensure(.services, service) { correct($0, ["spec", "ports"]) } }
            group.addTask { try await ensure(.endpoints, endpoints) { correct($0, ["subsets"], from: endpoints) } }
            group.addTask {
                try await ensure(.endpointSlices, endpointSlice) { live in
                    correct(correct(live, ["endpoints"], from: endpointSlice), ["ports"], from: endpointSlice)
                }
            }
            try await group.waitForAll()
        }
    }

    /// Services keep their addresses, so the range that they come from cannot change under them.
    private func refuseOtherRange() throws {
        do throws(APIStatus) {
            let live = try registry.get(ObjectKey(.services, namespace: "default", name: service.name), context: context).object
            let address = live.spec["clusterIP"]?.string ?? ""
            guard address == serviceAddress.description else {
                throw APIStatus(.conflict, "the Services of this data directory have addresses of another range (the API's is \(address), and would be \(serviceAddress)); start with the --service-cidr of before, or with another --data-dir")
            }
        } catch {
            guard error.reason == .notFound else { throw error }
        }
    }

    /// - Parameter correction: the live object as it should be.
    private func ensure(_ type: ResourceType, _ object: Object, correction: @Sendable (Object) -> Object) async throws(APIStatus) {
        let key = ObjectKey(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
        do throws(APIStatus) {
            let live = try registry.get(key, context: context).object
            let wanted = correction(live)
            if wanted != live { _ = try await registry.update(key, wanted, options: WriteOptions(), context: context) }
        } catch {
            guard error.reason == .notFound else { throw error }
            _ = try await registry.create(type, object, namespace: key.namespace, options: WriteOptions(), context: context)
        }
    }

    private var priorityClasses: [(ResourceType, Object)] {
        Admission.systemPriorities.map { name, value in
            (
                .priorityClasses,
                Object(
                    .priorityClasses, name: name,
                    [
                        "value": .int(value), "globalDefault": false, "preemptionPolicy": "PreemptLowerPriority",
                        "description": .string("Used for system critical pods that must \(name.contains("node") ? "not be moved from their current node." : "run in the cluster, but can be moved to another node if necessary.")"),
                    ])
            )
        }
    }

    private func correct(_ live: Object, _ path: [String], from wanted: Object? = nil) -> Object {
        var object = live
        object.set((wanted ?? service).json[path: path], at: path)
        return object
    }

    private static let labels = ["component": "apiserver", "provider": "kubernetes"]

    private var service: Object {
        var object = Object(
            .services, namespace: "default", name: "kubernetes",
            [
                "spec": [
                    "type": "ClusterIP", "clusterIP": .string(serviceAddress.description), "clusterIPs": [.string(serviceAddress.description)],
                    "ipFamilies": [.string(family)], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
                    "internalTrafficPolicy": "Cluster",
                    "ports": [["name": "https", "port": 443, "protocol": "TCP", "targetPort": JSON(port)]],
                ]
            ])
        object.labels = Self.labels
        return object
    }

    private var family: String { serviceAddress.isV4 ? "IPv4" : "IPv6" }

    private var endpoints: Object {
        var object = Object(
            .endpoints, namespace: "default", name: "kubernetes",
            [
                "subsets": [
                    [
                        "addresses": [["ip": .string(address.description)]],
                        "ports": [["name": "https", "port": JSON(port), "protocol": "TCP"]],
                    ]
                ]
            ])
        object.labels = ["endpointslice.kubernetes.io/skip-mirror": "true"]
        return object
    }

    private var endpointSlice: Object {
        var object = Object(
            .endpointSlices, namespace: "default", name: "kubernetes",
            [
                "addressType": .string(address.isV4 ? "IPv4" : "IPv6"),
                "endpoints": [["addresses": [.string(address.description)], "conditions": ["ready": true]]],
                "ports": [["name": "https", "port": JSON(port), "protocol": "TCP"]],
            ])
        object.labels = ["kubernetes.io/service-name": "kubernetes"]
        return object
    }
}
