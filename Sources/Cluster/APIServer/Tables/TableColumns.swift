import APIMachinery

/// The columns of every kind, as Kubernetes names and orders them.
enum TableColumns {
    static func of(_ type: ResourceType) -> [TableColumn] { byType[type.groupResource]?() ?? [.name, .createdAt] }

    /// Functions, so that a kind that nobody lists costs nothing.
    private static let byType: [GroupResource: @Sendable () -> [TableColumn]] = {
        let columns: [(ResourceType, @Sendable () -> [TableColumn])] = [
            (.pods, { PodColumns.all }), (.podTemplates, { WorkloadColumns.podTemplates }), (.services, { ServiceColumns.services }),
            (.endpoints, { ServiceColumns.endpoints }), (.endpointSlices, { ServiceColumns.endpointSlices }),
            (.replicationControllers, { WorkloadColumns.replicationControllers }), (.deployments, { WorkloadColumns.deployments }),
            (.replicaSets, { WorkloadColumns.replicaSets }), (.statefulSets, { WorkloadColumns.statefulSets }),
            (.daemonSets, { WorkloadColumns.daemonSets }), (.jobs, { WorkloadColumns.jobs }), (.cronJobs, { WorkloadColumns.cronJobs }),
            (.controllerRevisions, { WorkloadColumns.controllerRevisions }), (.horizontalPodAutoscalers, { AutoscalerColumns.all }),
            (.podDisruptionBudgets, { PolicyColumns.disruptionBudgets }), (.resourceQuotas, { PolicyColumns.resourceQuotas }),
            (.priorityClasses, { PolicyColumns.priorityClasses }), (.runtimeClasses, { PolicyColumns.runtimeClasses }),
            (.deviceClasses, { DeviceColumns.named }), (.resourceClaims, { DeviceColumns.claims }),
            (.resourceClaimTemplates, { DeviceColumns.named }), (.resourceSlices, { DeviceColumns.slices }),
            (.flowSchemas, { PolicyColumns.flowSchemas }), (.priorityLevelConfigurations, { PolicyColumns.priorityLevels }),
            (.ingresses, { NetworkColumns.ingresses }), (.ingressClasses, { NetworkColumns.ingressClasses }),
            (.networkPolicies, { NetworkColumns.policies }), (.ipAddresses, { NetworkColumns.addresses }),
            (.serviceCIDRs, { NetworkColumns.serviceCIDRs }), (.roleBindings, { AccessColumns.bindings }),
            (.clusterRoleBindings, { AccessColumns.bindings }), (.certificateSigningRequests, { AccessColumns.signingRequests }),
            (.nodes, { NodeColumns.all }), (.persistentVolumes, { VolumeColumns.volumes }), (.persistentVolumeClaims, { VolumeColumns.claims }),
            (.storageClasses, { VolumeColumns.classes }), (.volumeAttributesClasses, { VolumeColumns.attributesClasses }),
            (.volumeAttachments, { VolumeColumns.attachments }), (.csiDrivers, { VolumeColumns.drivers }), (.csiNodes, { VolumeColumns.driverNodes }),
            (.csiStorageCapacities, { VolumeColumns.capacities }), (.mutatingWebhookConfigurations, { AdmissionColumns.webhooks }),
            (.validatingWebhookConfigurations, { AdmissionColumns.webhooks }), (.mutatingAdmissionPolicies, { AdmissionColumns.mutatingPolicies }),
            (.validatingAdmissionPolicies, { AdmissionColumns.validatingPolicies }),
            (.mutatingAdmissionPolicyBindings, { AdmissionColumns.policyBindings }),
            (.validatingAdmissionPolicyBindings, { AdmissionColumns.policyBindings }), (.events, { EventColumns.all }),
            (.eventsV1, { EventColumns.all }), (.namespaces, { namespaces }), (.configMaps, { configMaps }), (.secrets, { secrets }),
            (.serviceAccounts, { serviceAccounts }), (.leases, { leases }), (.componentStatuses, { componentStatuses }),
            (.applications, { applications }), (.podMetrics, { MetricsColumns.pods }), (.nodeMetrics, { MetricsColumns.nodes }),
        ]
        return Dictionary(uniqueKeysWithValues: columns.map { ($0.0.groupResource, $0.1) })
    }()

    /// Of the document that every `/scale` answers.
    static let scale: [TableColumn] = [
        .name, .number("Desired", "The replicas asked for.") { $0.spec["replicas"]?.int ?? 0 },
        .number("Available", "The replicas there are.") { $0.status["replicas"]?.int ?? 0 }, .age,
    ]

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
    private static let componentStatuses: [TableColumn] = [
        .name,
        .text("Status", "Whether the component is healthy.") { component in
            let healthy = component["conditions"]?.array?.first { $0["type"] == "Healthy" }?["status"]?.string
            return healthy == "True" ? "Healthy" : healthy == "False" ? "Unhealthy" : "Unknown"
        },
        .text("Message", "What the component says.") { $0["conditions"]?.array?.first { $0["type"] == "Healthy" }?["message"]?.string ?? "" },
        .text("Error", "What is wrong with it.") { $0["conditions"]?.array?.first { $0["type"] == "Healthy" }?["error"]?.string ?? "" },
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

/// Cells as kubectl's users know them.
extension JSON? {
    /// `a=b,c=d`, or `<none>`.
    var labelText: String {
        let labels = self?.stringMap ?? [:]
        return labels.isEmpty ? "<none>" : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// A label selector; `<none>` when it is absent or selects everything.
    var selectorText: String {
        // A stored selector parses; what does not is shown as nothing.
        guard let selector = try? LabelSelector(json: self), !selector.matchesNothing, !selector.isEverything else { return "<none>" }
        return selector.description
    }

    /// A number or a string, as it stands; nil when absent.
    var plainText: String? { self?.string ?? self?.int.map { String($0) } }
}
