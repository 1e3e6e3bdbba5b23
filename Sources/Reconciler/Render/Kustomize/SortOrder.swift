/// The order in which a build's objects are printed.
struct SortOrder {
    private let ranks: [String: Int]

    init(first: [String], last: [String]) {
        var ranks: [String: Int] = [:]
        for (index, kind) in first.enumerated() { ranks[kind] = index - first.count }
        for (index, kind) in last.enumerated() { ranks[kind] = index + 1 }
        self.ranks = ranks
    }

    /// What others depend on comes first.
    static let legacy = SortOrder(
        first: [
            "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy", "Role",
            "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service", "LimitRange",
            "PriorityClass",
            "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
        ],
        last: ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])

    func rank(_ kind: String) -> Int { ranks[kind] ?? 0 }

    func sorted(_ resources: [Resource]) -> [Resource] {
        resources.map { (resource: $0, id: $0.id) }.sorted { precedes($0.id, $1.id) }.map(\.resource)
    }

    private func precedes(_ a: ResourceID, _ b: ResourceID) -> Bool {
        if a.group == b.group, a.version == b.version, a.kind == b.kind {
            return Self.identityKey(a).utf8.lexicographicallyPrecedes(Self.identityKey(b).utf8)
        }
        let (rankA, rankB) = (rank(a.kind), rank(b.kind))
        if rankA != rankB { return rankA < rankB }
        let (keyA, keyB) = (Self.kindKey(a), Self.kindKey(b))
        // The core Namespace before any other kind of that name.
        if a.kind == "Namespace", a.group.isEmpty || b.group.isEmpty { return keyB.utf8.lexicographicallyPrecedes(keyA.utf8) }
        return keyA.utf8.lexicographicallyPrecedes(keyB.utf8)
    }

    private static func kindKey(_ id: ResourceID) -> String {
        "\(id.group.isEmpty ? "~G" : id.group)_\(id.version.isEmpty ? "~V" : id.version)_\(id.kind.isEmpty ? "~K" : id.kind)"
    }

    private static func identityKey(_ id: ResourceID) -> String {
        let kind =
            "\(id.kind.isEmpty ? "[noKind]" : id.kind).\(id.version.isEmpty ? "[noVer]" : id.version).\(id.group.isEmpty ? "[noGrp]" : id.group)"
        return "\(kind)|\(id.namespace.isEmpty ? "~X" : id.namespace)|\(id.name.isEmpty ? "~N" : id.name)"
    }
}
