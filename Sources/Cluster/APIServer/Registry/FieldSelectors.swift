import APIMachinery

/// Which fields each kind can be selected by. Source: kubernetes, pkg/apis/*/*/conversion.go.
enum FieldSelectors {
    private static let fields: [GroupResource: Set<String>] = [
        ResourceType.pods.groupResource: [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
            "status.podIP", "status.nominatedNodeName",
        ],
        ResourceType.events.groupResource: [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
            "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        ],
        ResourceType.secrets.groupResource: ["type"],
        ResourceType.namespaces.groupResource: ["status.phase"],
        ResourceType.nodes.groupResource: ["spec.unschedulable"],
        ResourceType.replicaSets.groupResource: ["status.replicas"],
        ResourceType.jobs.groupResource: ["status.successful"],
        ResourceType.services.groupResource: ["spec.clusterIP", "spec.type"],
    ]

    /// Throws `badRequest` for a field that the kind does not offer.
    /// - Parameter custom: the fields of a custom kind.
    static func check(_ selector: FieldSelector, _ type: ResourceType, custom: Set<String>?) throws(APIStatus) {
        for requirement in selector.requirements {
            let field = requirement.field
            if field == "metadata.name" || field == "metadata.namespace" && type.isNamespaced { continue }
            guard let known = custom ?? fields[type.groupResource] else {
                throw .badRequest("\"\(field)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
            }
            if !known.contains(field) { throw .badRequest("field label not supported: \(field)") }
        }
    }
}
