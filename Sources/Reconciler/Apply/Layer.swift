import APIMachinery

/// The order in which kinds depend on one another: what is applied first and pruned last.
enum Layer: Int, CaseIterable, Comparable, Sendable {
    case definitions, namespaces, foundations, bindings, network, workloads, rest

    static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    private static let table: [GroupResource: Layer] = {
        let core: [(Layer, [String])] = [
            (.namespaces, ["namespaces"]),
            (.foundations, ["persistentvolumes", "serviceaccounts", "secrets", "configmaps", "resourcequotas", "limitranges"]),
            (.network, ["services", "persistentvolumeclaims"]),
            (.workloads, ["pods", "replicationcontrollers"]),
        ]
        let grouped: [(Layer, String, [String])] = [
            (.definitions, "apiextensions.k8s.io", ["customresourcedefinitions"]),
            (.foundations, "scheduling.k8s.io", ["priorityclasses"]),
            (.foundations, "storage.k8s.io", ["storageclasses", "csidrivers"]),
            (.foundations, "node.k8s.io", ["runtimeclasses"]),
            (.foundations, "rbac.authorization.k8s.io", ["roles", "clusterroles"]),
            (.bindings, "rbac.authorization.k8s.io", ["rolebindings", "clusterrolebindings"]),
            (.bindings, "networking.k8s.io", ["networkpolicies", "ingressclasses"]),
            (.workloads, "apps", ["deployments", "replicasets", "statefulsets", "daemonsets"]),
            (.workloads, "batch", ["jobs", "cronjobs"]),
        ]
        var table: [GroupResource: Layer] = [:]
        for (layer, names) in core { for name in names { table[GroupResource(group: "", resource: name)] = layer } }
        for (layer, group, names) in grouped { for name in names { table[GroupResource(group: group, resource: name)] = layer } }
        return table
    }()

    /// Kinds that are not in the table (Ingress, HorizontalPodAutoscaler, custom resources, …) come last.
    static func of(_ type: ResourceType) -> Layer { table[type.groupResource] ?? .rest }
}
