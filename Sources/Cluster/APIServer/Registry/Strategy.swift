import APIMachinery

/// What the server itself sets on the objects of a kind. Source: kubernetes, pkg/registry/*/*/strategy.go.
struct Strategy: Sendable {
    /// `metadata.generation` counts the changes to what is asked for.
    var hasGeneration = false
    /// A write to `status` may also change labels and annotations.
    var statusCarriesMetadata = true
    /// A client may create with a status (a kubelet registers its Node so).
    var keepsStatusOnCreate = false
    /// Called after decoding, before admission.
    var prepareForCreate: @Sendable (inout Object) -> Void = { _ in }
    /// new, old; called before comparison.
    var prepareForUpdate: @Sendable (inout Object, Object) -> Void = { _, _ in }

    static func of(_ type: ResourceType) -> Strategy {
        table[type.groupResource] ?? (builtin.contains(type.groupResource) ? Strategy() : custom)
    }

    private static let builtin = Set(ResourceType.builtin.map(\.groupResource))

    /// Of the kinds that CustomResourceDefinitions add.
    private static let custom = Strategy(hasGeneration: true, statusCarriesMetadata: false)

    private static let counted = Strategy(hasGeneration: true)

    private static let table: [GroupResource: Strategy] = [
        ResourceType.namespaces.groupResource: Strategy(
            prepareForCreate: { object in
                object["spec", "finalizers"] = ["kubernetes"]
                object["status"] = ["phase": "Active"]
            },
            prepareForUpdate: { new, old in new["spec"] = old["spec"] }),
        ResourceType.nodes.groupResource: Strategy(keepsStatusOnCreate: true),
        ResourceType.pods.groupResource: Strategy(
            hasGeneration: true,
            prepareForCreate: { object in
                object["status"] = ["phase": "Pending", "qosClass": .string(QualityOfService(of: object).rawValue)]
            },
            prepareForUpdate: { new, old in
                // The class is a fact of the creation; no writer of status may lose it.
                if let quality = old["status", "qosClass"], new["status", "qosClass"] == nil { new["status", "qosClass"] = quality }
            }),
        ResourceType.services.groupResource: Strategy(prepareForCreate: { $0["status"] = ["loadBalancer": [:]] }),
        ResourceType.persistentVolumes.groupResource: Strategy(prepareForCreate: { $0["status"] = ["phase": "Pending"] }),
        ResourceType.persistentVolumeClaims.groupResource: Strategy(prepareForCreate: { $0["status"] = ["phase": "Pending"] }),
        ResourceType.deployments.groupResource: counted,
        ResourceType.replicaSets.groupResource: counted,
        ResourceType.jobs.groupResource: counted,
        ResourceType.endpointSlices.groupResource: counted,
        ResourceType.applications.groupResource: Strategy(hasGeneration: true, statusCarriesMetadata: false),
        ResourceType.secrets.groupResource: Strategy(
            prepareForCreate: SecretData.encode, prepareForUpdate: { new, _ in SecretData.encode(&new) }),
    ]
}

/// A pod's class by its requests and limits. Source: Kubernetes documentation, "Pod Quality of Service Classes".
enum QualityOfService: String, Sendable {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"

    init(of pod: Object) {
        let containers = (pod["spec", "initContainers"]?.array ?? []) + (pod["spec", "containers"]?.array ?? [])
        var asksForAnything = false
        var isGuaranteed = true
        for container in containers {
            let requests = Self.amounts(container["resources"]?["requests"])
            let limits = Self.amounts(container["resources"]?["limits"])
            asksForAnything = asksForAnything || !requests.isEmpty || !limits.isEmpty
            for resource in ["cpu", "memory"] where limits[resource] == nil || (requests[resource] ?? limits[resource]) != limits[resource] {
                isGuaranteed = false
            }
        }
        self = !asksForAnything ? .bestEffort : isGuaranteed ? .guaranteed : .burstable
    }

    private static func amounts(_ json: JSON?) -> [String: Quantity] {
        var amounts: [String: Quantity] = [:]
        for key in ["cpu", "memory"] {
            let text = json?[key].flatMap { $0.string ?? $0.int.map { String($0) } }
            guard let text, let quantity = Quantity(text), quantity.milli != 0 else { continue }
            amounts[key] = quantity
        }
        return amounts
    }
}
