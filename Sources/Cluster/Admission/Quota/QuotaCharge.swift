import APIMachinery

/// What one object takes of its namespace's quotas, and what scopes look at.
///
/// Source: Kubernetes documentation, "Resource Quotas"; kubernetes, pkg/quota/v1/evaluator/core.
struct QuotaCharge: Sendable, Hashable {
    /// The traits by which a quota's scopes choose objects.
    struct Traits: Sendable, Hashable {
        var resource: GroupResource
        var isTerminating = false
        var isBestEffort = false
        var hasCrossNamespaceAffinity = false
        var priorityClass = ""
    }

    var traits: Traits
    var amounts: ResourceList

    init(_ object: Object, _ type: ResourceType, now: Timestamp) {
        traits = Traits(resource: type.groupResource)
        amounts = [Self.countName(type.groupResource): Quantity(units: 1)]
        switch type {
        case .pods: chargePod(object, now)
        case .services: chargeService(object)
        case .persistentVolumeClaims: chargeClaim(object)
        default: if Self.legacyNames.contains(type.groupResource) { amounts[type.plural] = Quantity(units: 1) }
        }
    }

    /// Whether more than the number of objects counts for this kind.
    static func isMeasured(_ resource: GroupResource) -> Bool { measured.contains { $0.groupResource == resource } }
    static let measured: [ResourceType] = [.pods, .services, .persistentVolumeClaims]

    /// `count/deployments.apps`.
    static func countName(_ resource: GroupResource) -> String { "count/\(resource)" }

    /// Kinds that are also counted by their plural alone.
    private static let legacyNames: Set<GroupResource> = Set(
        [ResourceType.configMaps, .secrets, .replicationControllers, .resourceQuotas].map(\.groupResource))

    private mutating func chargePod(_ pod: Object, _ now: Timestamp) {
        traits.isTerminating = pod["spec", "activeDeadlineSeconds"]?.int != nil
        traits.isBestEffort = QualityOfService(of: pod) == .bestEffort
        traits.priorityClass = pod["spec", "priorityClassName"]?.string ?? ""
        traits.hasCrossNamespaceAffinity = Self.crossesNamespaces(pod.spec)
        // What has ended, or should have by now, takes nothing but its place in the store.
        if ["Succeeded", "Failed"].contains(pod["status", "phase"]?.string) { return }
        if let end = pod.deletionTimestamp.flatMap(Timestamp.init), let grace = pod["metadata", "deletionGracePeriodSeconds"]?.int,
            now > end + .seconds(grace)
        {
            return
        }
        amounts["pods"] = Quantity(units: 1)
        for (name, amount) in PodResources.total(pod.spec, "requests") {
            if Self.plainNames.contains(name) || name.hasPrefix("hugepages-") {
                amounts[name] = amount
                amounts["requests.\(name)"] = amount
            } else if name.contains("/") {
                amounts["requests.\(name)"] = amount
            }
        }
        for (name, amount) in PodResources.total(pod.spec, "limits") where Self.plainNames.contains(name) { amounts["limits.\(name)"] = amount }
    }

    private static let plainNames: Set = ["cpu", "memory", "ephemeral-storage"]

    private static func crossesNamespaces(_ spec: JSON) -> Bool {
        ["podAffinity", "podAntiAffinity"].contains { kind in
            let affinity = spec["affinity"]?[kind]
            let terms = (affinity?["requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? [])
                + (affinity?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).compactMap { $0["podAffinityTerm"] }
            return terms.contains { !($0["namespaces"]?.array?.isEmpty ?? true) || !($0["namespaceSelector"] ?? .null).isNull }
        }
    }

    private mutating func chargeService(_ service: Object) {
        amounts["services"] = Quantity(units: 1)
        let ports = service["spec", "ports"]?.array ?? []
        switch service["spec", "type"]?.string {
        case "NodePort": amounts["services.nodeports"] = Quantity(units: Int64(ports.count))
        case "LoadBalancer":
            amounts["services.loadbalancers"] = Quantity(units: 1)
            let isAllocated = service["spec", "allocateLoadBalancerNodePorts"]?.bool ?? true
            amounts["services.nodeports"] = Quantity(units: Int64(isAllocated ? ports.count : ports.count { $0["nodePort"]?.int ?? 0 != 0 }))
        default: break
        }
    }

    private mutating func chargeClaim(_ claim: Object) {
        amounts["persistentvolumeclaims"] = Quantity(units: 1)
        let asked = Quantity(claim["spec", "resources", "requests", "storage"]) ?? .zero
        // A volume that grew stays what it is.
        let storage = max(asked, Quantity(claim["status", "allocatedResources", "storage"]) ?? .zero)
        amounts["requests.storage"] = storage
        let className = claim["spec", "storageClassName"]?.string ?? claim.annotations["volume.beta.kubernetes.io/storage-class"] ?? ""
        guard !className.isEmpty else { return }
        amounts["\(className).storageclass.storage.k8s.io/requests.storage"] = storage
        amounts["\(className).storageclass.storage.k8s.io/persistentvolumeclaims"] = Quantity(units: 1)
    }
}

extension ResourceList {
    static func + (a: Self, b: Self) -> Self { a.merging(b, uniquingKeysWith: +) }

    /// `cpu=1,pods=2`.
    var text: String { sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
}
