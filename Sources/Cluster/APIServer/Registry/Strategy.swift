import APIMachinery

/// What the server itself sets on the objects of a kind, and which ways of writing them it allows.
/// Source: kubernetes, pkg/registry/*/*/strategy.go.
struct Strategy: Sendable {
    /// `metadata.generation` counts the changes to what is asked for.
    var hasGeneration = false
    /// A write to `status` may also change labels and annotations.
    var statusCarriesMetadata = true
    /// A client may create with a status (a kubelet registers its Node so).
    var keepsStatusOnCreate = false
    /// The status of an object just created: the members that Kubernetes' encoder never leaves out.
    var initialStatus: JSON?
    /// A PUT of an object that is not there creates it.
    var createsOnUpdate = false
    /// A PUT must say which version it replaces.
    var needsVersionOnUpdate = false
    /// Its deletion answers with the object, not with a Status.
    var answersDeleted = false
    /// Without a propagation policy its dependents stay.
    var orphansByDefault = false
    /// Called after decoding, before admission.
    var prepareForCreate: @Sendable (inout Object, RequestContext) -> Void = { _, _ in }
    /// new, old; called before comparison.
    var prepareForUpdate: @Sendable (inout Object, Object) -> Void = { _, _ in }

    static func of(_ type: ResourceType) -> Strategy {
        table[type.groupResource] ?? (builtin.contains(type.groupResource) ? Strategy() : custom)
    }

    private static let builtin = Set((ResourceType.builtin + ResourceType.derived).map(\.groupResource))

    /// Of the kinds that CustomResourceDefinitions add.
    private static let custom = Strategy(hasGeneration: true, statusCarriesMetadata: false)

    private static let table: [GroupResource: Strategy] = Dictionary(uniqueKeysWithValues: rows.map { ($0.0.groupResource, $0.1) })

    private static let rows: [(ResourceType, Strategy)] = [
        (
            .namespaces,
            Strategy(
                prepareForCreate: { object, _ in
                    object["spec", "finalizers"] = ["kubernetes"]
                    object["status"] = ["phase": "Active"]
                },
                prepareForUpdate: { new, old in new["spec"] = old["spec"] })
        ),
        (.nodes, Strategy(keepsStatusOnCreate: true)),
        (
            .pods,
            Strategy(
                hasGeneration: true, answersDeleted: true,
                prepareForCreate: { object, _ in
                    object["status"] = ["phase": "Pending", "qosClass": .string(QualityOfService(of: object).rawValue)]
                },
                prepareForUpdate: { new, old in
                    // The class is a fact of the creation; no writer of status may lose it.
                    if let quality = old["status", "qosClass"], new["status", "qosClass"] == nil { new["status", "qosClass"] = quality }
                })
        ),
        (.services, Strategy(initialStatus: ["loadBalancer": [:]], createsOnUpdate: true, answersDeleted: true)),
        (.endpoints, Strategy(createsOnUpdate: true)),
        (.events, Strategy(createsOnUpdate: true)),
        (.limitRanges, Strategy(createsOnUpdate: true)),
        (.podTemplates, Strategy(hasGeneration: true, createsOnUpdate: true, answersDeleted: true)),
        (.resourceQuotas, Strategy(initialStatus: [:], answersDeleted: true)),
        (.serviceAccounts, Strategy(answersDeleted: true)),
        (.secrets, Strategy(prepareForCreate: { object, _ in SecretData.encode(&object) }, prepareForUpdate: { new, _ in SecretData.encode(&new) })),
        (.persistentVolumes, Strategy(initialStatus: ["phase": "Pending"], answersDeleted: true)),
        (.persistentVolumeClaims, Strategy(initialStatus: ["phase": "Pending"], answersDeleted: true)),
        (.replicationControllers, Strategy(hasGeneration: true, initialStatus: ["replicas": 0], orphansByDefault: true)),
        (.deployments, Strategy(hasGeneration: true, initialStatus: [:])),
        (.replicaSets, Strategy(hasGeneration: true, initialStatus: ["replicas": 0])),
        (.statefulSets, Strategy(hasGeneration: true, initialStatus: ["availableReplicas": 0, "replicas": 0])),
        (
            .daemonSets,
            Strategy(
                hasGeneration: true,
                initialStatus: ["currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0])
        ),
        (.jobs, Strategy(hasGeneration: true, initialStatus: [:], orphansByDefault: true)),
        (.cronJobs, Strategy(hasGeneration: true, initialStatus: [:])),
        (.horizontalPodAutoscalers, Strategy(initialStatus: ["desiredReplicas": 0])),
        (
            .podDisruptionBudgets,
            Strategy(
                hasGeneration: true, initialStatus: ["currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0],
                needsVersionOnUpdate: true)
        ),
        (.ingresses, Strategy(hasGeneration: true, initialStatus: ["loadBalancer": [:]])),
        (.ingressClasses, counted), (.networkPolicies, counted),
        (.ipAddresses, Strategy(createsOnUpdate: true)), (.serviceCIDRs, Strategy(initialStatus: [:], createsOnUpdate: true)),
        (.endpointSlices, Strategy(hasGeneration: true, createsOnUpdate: true)),
        (.roles, Strategy(createsOnUpdate: true)), (.roleBindings, Strategy(createsOnUpdate: true)),
        (.clusterRoles, Strategy(createsOnUpdate: true)), (.clusterRoleBindings, Strategy(createsOnUpdate: true)),
        (.storageClasses, Strategy(answersDeleted: true)), (.volumeAttributesClasses, Strategy(answersDeleted: true)),
        (.volumeAttachments, Strategy(initialStatus: ["attached": false], needsVersionOnUpdate: true, answersDeleted: true)),
        (.csiDrivers, Strategy(hasGeneration: true, needsVersionOnUpdate: true, answersDeleted: true)),
        (.csiNodes, Strategy(needsVersionOnUpdate: true, answersDeleted: true)),
        (.csiStorageCapacities, Strategy(needsVersionOnUpdate: true, answersDeleted: true)),
        (.leases, Strategy(createsOnUpdate: true, needsVersionOnUpdate: true)),
        (.priorityClasses, counted), (.runtimeClasses, Strategy(needsVersionOnUpdate: true)),
        (.deviceClasses, Strategy(hasGeneration: true, createsOnUpdate: true)), (.resourceClaims, Strategy(initialStatus: [:], createsOnUpdate: true)),
        (.resourceClaimTemplates, Strategy(createsOnUpdate: true)), (.resourceSlices, Strategy(hasGeneration: true, createsOnUpdate: true)),
        (.certificateSigningRequests, Strategy(initialStatus: [:], prepareForCreate: signedByRequester, prepareForUpdate: { $0["spec"] = $1["spec"] })),
        (.flowSchemas, versioned(status: [:])), (.priorityLevelConfigurations, versioned(status: [:])),
        (.mutatingWebhookConfigurations, versioned()), (.validatingWebhookConfigurations, versioned()),
        (.mutatingAdmissionPolicies, versioned()), (.mutatingAdmissionPolicyBindings, versioned()),
        (.validatingAdmissionPolicies, versioned(status: [:])), (.validatingAdmissionPolicyBindings, versioned()),
        (.customResourceDefinitions, versioned()),
        (.applications, Strategy(hasGeneration: true, statusCarriesMetadata: false)),
    ]

    private static let counted = Strategy(hasGeneration: true)

    private static func versioned(status: JSON? = nil) -> Strategy {
        Strategy(hasGeneration: true, initialStatus: status, needsVersionOnUpdate: true)
    }

    /// A signer trusts who the request says that it is from: the server says it.
    private static let signedByRequester: @Sendable (inout Object, RequestContext) -> Void = { request, context in
        let user = context.user.json
        for (field, member) in [("username", "username"), ("uid", "uid"), ("groups", "groups"), ("extra", "extra")] {
            request["spec", field] = user[member].flatMap { $0.isNull ? nil : $0 }
        }
    }
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
