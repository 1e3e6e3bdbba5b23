import APIMachinery

/// What a schema cannot say: rules across fields, and which fields may change.
///
/// Pure; called by the registry after defaulting and schema checks, on create (`old` nil) and on
/// every update. Wording and causes are Kubernetes' own, because people search for them and
/// clients compare them. Source: kubernetes, pkg/apis/*/validation.
package enum Validation {
    /// One kind's rules: what the object must be, and how it may differ from what it was.
    struct Rules: Sendable {
        var name: NameFormat = .dnsSubdomain
        var check: @Sendable (Field, inout Errors) -> Void = { _, _ in }
        /// new, old
        var update: @Sendable (Field, Field, inout Errors) -> Void = { _, _, _ in }
    }

    private static let rules: [GroupResource: Rules] = Dictionary(uniqueKeysWithValues: rows.map { ($0.0.groupResource, $0.1) })

    private static let rows: [(ResourceType, Rules)] = [
        (.namespaces, namespaces), (.nodes, nodes), (.pods, pods), (.services, services), (.endpoints, endpoints),
        (.configMaps, configMaps), (.secrets, secrets), (.events, events), (.persistentVolumes, persistentVolumes),
        (.persistentVolumeClaims, persistentVolumeClaims), (.limitRanges, limitRanges), (.resourceQuotas, resourceQuotas),
        (.podTemplates, podTemplates), (.replicationControllers, replicationControllers), (.leases, leases),
        (.endpointSlices, endpointSlices), (.controllerRevisions, controllerRevisions), (.daemonSets, daemonSets),
        (.deployments, deployments), (.replicaSets, replicaSets), (.statefulSets, statefulSets), (.jobs, jobs), (.cronJobs, cronJobs),
        (.horizontalPodAutoscalers, horizontalPodAutoscalers), (.podDisruptionBudgets, podDisruptionBudgets), (.ingresses, ingresses),
        (.ingressClasses, ingressClasses), (.networkPolicies, networkPolicies), (.ipAddresses, ipAddresses), (.serviceCIDRs, serviceCIDRs),
        (.roles, roles), (.clusterRoles, clusterRoles), (.roleBindings, roleBindings), (.clusterRoleBindings, clusterRoleBindings),
        (.certificateSigningRequests, certificateSigningRequests), (.storageClasses, storageClasses),
        (.volumeAttributesClasses, volumeAttributesClasses), (.volumeAttachments, volumeAttachments), (.csiDrivers, csiDrivers),
        (.csiNodes, csiNodes), (.csiStorageCapacities, csiStorageCapacities), (.priorityClasses, priorityClasses),
        (.deviceClasses, deviceClasses), (.resourceClaims, resourceClaims), (.resourceClaimTemplates, resourceClaimTemplates),
        (.resourceSlices, resourceSlices), (.runtimeClasses, runtimeClasses), (.flowSchemas, flowSchemas), (.priorityLevelConfigurations, priorityLevelConfigurations),
        (.mutatingWebhookConfigurations, mutatingWebhookConfigurations), (.validatingWebhookConfigurations, validatingWebhookConfigurations),
        (.mutatingAdmissionPolicies, mutatingAdmissionPolicies), (.mutatingAdmissionPolicyBindings, mutatingAdmissionPolicyBindings),
        (.validatingAdmissionPolicies, validatingAdmissionPolicies),
        (.validatingAdmissionPolicyBindings, validatingAdmissionPolicyBindings), (.applications, applications),
    ]

    /// All errors of `new`, in the order of its fields; empty when it is valid.
    ///
    /// - Parameter subresource: of pods, the part that was written: it may change what the pod itself may not.
    package static func validate(_ new: Object, old: Object?, type: ResourceType, subresource: String? = nil) -> [FieldError] {
        let rules = rules[type.groupResource] ?? Rules()
        let root = Field(new.json)
        var errors = Errors()
        checkMetadata(root, type: type, name: rules.name, &errors)
        rules.check(root, &errors)
        if let old {
            let before = Field(old.json)
            checkMetadataUpdate(root, before, &errors)
            rules.update(root, type == .pods ? checkPart(subresource, root, before, &errors) : before, &errors)
        }
        return errors.found
    }
}
