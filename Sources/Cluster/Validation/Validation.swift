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

    private static let rules: [GroupResource: Rules] = [
        ResourceType.namespaces.groupResource: namespaces,
        ResourceType.nodes.groupResource: nodes,
        ResourceType.pods.groupResource: pods,
        ResourceType.services.groupResource: services,
        ResourceType.endpoints.groupResource: endpoints,
        ResourceType.configMaps.groupResource: configMaps,
        ResourceType.secrets.groupResource: secrets,
        ResourceType.serviceAccounts.groupResource: Rules(),
        ResourceType.events.groupResource: events,
        ResourceType.persistentVolumes.groupResource: persistentVolumes,
        ResourceType.persistentVolumeClaims.groupResource: persistentVolumeClaims,
        ResourceType.leases.groupResource: leases,
        ResourceType.endpointSlices.groupResource: endpointSlices,
        ResourceType.deployments.groupResource: deployments,
        ResourceType.replicaSets.groupResource: replicaSets,
        ResourceType.jobs.groupResource: jobs,
        ResourceType.applications.groupResource: applications,
    ]

    /// All errors of `new`, in the order of its fields; empty when it is valid.
    package static func validate(_ new: Object, old: Object?, type: ResourceType) -> [FieldError] {
        let rules = rules[type.groupResource] ?? Rules()
        let root = Field(new.json)
        var errors = Errors()
        checkMetadata(root, type: type, name: rules.name, &errors)
        rules.check(root, &errors)
        if let old {
            let before = Field(old.json)
            checkMetadataUpdate(root, before, &errors)
            rules.update(root, before, &errors)
        }
        return errors.found
    }
}
