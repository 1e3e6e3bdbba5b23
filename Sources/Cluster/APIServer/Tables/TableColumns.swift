import APIMachinery

/// The columns of every kind, as Kubernetes names and orders them.
enum TableColumns {
    static func of(_ type: ResourceType) -> [TableColumn] { byType[type.groupResource] ?? [.name, .age] }

    private static let byType: [GroupResource: [TableColumn]] = {
        let columns: [(ResourceType, [TableColumn])] = [
            (.pods, PodColumns.all), (.services, ServiceColumns.services), (.endpoints, ServiceColumns.endpoints),
            (.endpointSlices, ServiceColumns.endpointSlices), (.deployments, WorkloadColumns.deployments),
            (.replicaSets, WorkloadColumns.replicaSets), (.jobs, WorkloadColumns.jobs), (.nodes, NodeColumns.all),
            (.persistentVolumes, VolumeColumns.volumes), (.persistentVolumeClaims, VolumeColumns.claims), (.events, EventColumns.all),
            (.namespaces, namespaces), (.configMaps, configMaps), (.secrets, secrets), (.serviceAccounts, serviceAccounts), (.leases, leases),
            (.applications, applications),
        ]
        return Dictionary(uniqueKeysWithValues: columns.map { ($0.0.groupResource, $0.1) })
    }()

    private static let namespaces: [TableColumn] = [
        .name, .text("Status", "Active, or Terminating while the namespace is emptied.") { $0.status["phase"]?.string ?? "" }, .age,
    ]
    private static let configMaps: [TableColumn] = [
        .name,
        .number("Data", "The number of keys.") { Int64(($0["data"]?.object?.count ?? 0) + ($0["binaryData"]?.object?.count ?? 0)) }, .age,
    ]
    private static let secrets: [TableColumn] = [
        .name, .text("Type", "What kind of secret it is.") { $0["type"]?.string ?? "" },
        .number("Data", "The number of keys.") { Int64($0["data"]?.object?.count ?? 0) }, .age,
    ]
    private static let serviceAccounts: [TableColumn] = [
        .name, .number("Secrets", "The number of secrets listed.") { Int64($0["secrets"]?.array?.count ?? 0) }, .age,
    ]
    private static let leases: [TableColumn] = [
        .name, .text("Holder", "Who holds the lease.") { $0.spec["holderIdentity"]?.string ?? "" }, .age,
    ]
    private static let applications: [TableColumn] = [
        .name,
        .text("Synced", "Whether the cluster is as the commit says.") { $0.conditionStatus("Synced") },
        .text("Health", "The health of what the Application deploys.") { $0.status["health"]?.string ?? "Unknown" },
        .text("Revision", "The commit that is live.") { String(($0.status["observedRevision"]?.string ?? "").prefix(12)) },
        .text("Message", wide: true, "The state in words.") { $0.status["summary"]?.string ?? "" }, .age,
    ]
}

extension Object {
    /// The status of a condition: `True`, `False` or `Unknown`.
    func conditionStatus(_ type: String) -> String {
        status["conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string ?? "Unknown"
    }

    func hasCondition(_ type: String) -> Bool { conditionStatus(type) == "True" }

    func names(of containers: JSON?) -> String { (containers?.array ?? []).compactMap { $0["name"]?.string }.joined(separator: ",") }
    func images(of containers: JSON?) -> String { (containers?.array ?? []).compactMap { $0["image"]?.string }.joined(separator: ",") }
}
