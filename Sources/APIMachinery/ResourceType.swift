/// A kind as the API serves it: its names, scope and subresources. What discovery publishes.
///
/// Identity is group, version and plural; the other fields follow from those.
package struct ResourceType: Sendable, CustomStringConvertible {
    package var gvk: GroupVersionKind
    /// The name in the URL: lower case, plural.
    package var plural: String
    package var singular: String
    package var shortNames: [String]
    package var categories: [String]
    package var isNamespaced: Bool
    /// Names of the subresources served (`status`, `scale`, `log`, …).
    package var subresources: Set<String>

    package init(
        group: String, version: String, kind: String, plural: String, singular: String? = nil, shortNames: [String] = [],
        categories: [String] = [], isNamespaced: Bool = true, subresources: Set<String> = []
    ) {
        gvk = GroupVersionKind(group: group, version: version, kind: kind)
        self.plural = plural
        self.singular = singular ?? kind.lowercased()
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.subresources = subresources
    }

    package var group: String { gvk.group }
    package var version: String { gvk.version }
    package var kind: String { gvk.kind }
    package var groupResource: GroupResource { GroupResource(group: gvk.group, resource: plural) }
    package var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

extension ResourceType: Hashable {
    package static func == (a: Self, b: Self) -> Bool { a.plural == b.plural && a.gvk == b.gvk }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(plural)
        hasher.combine(gvk.group)
    }
}

/// A resource without its version: what storage, RBAC and messages go by.
package struct GroupResource: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var group: String
    package var resource: String

    package init(group: String, resource: String) {
        self.group = group
        self.resource = resource
    }

    package var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
    package static func < (a: Self, b: Self) -> Bool { (a.group, a.resource) < (b.group, b.resource) }
}

/// Names one object: type, namespace (nil for cluster-scoped kinds) and name.
package struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    package var type: ResourceType
    package var namespace: String?
    package var name: String

    package init(_ type: ResourceType, namespace: String? = nil, name: String) {
        self.type = type
        self.namespace = namespace
        self.name = name
    }

    /// `Deployment default/web`, as messages name objects.
    package var description: String {
        namespace.map { "\(type.kind) \($0)/\(name)" } ?? "\(type.kind) \(name)"
    }
}

extension ResourceType {
    package static let namespaces = ResourceType(
        group: "", version: "v1", kind: "Namespace", plural: "namespaces", shortNames: ["ns"], isNamespaced: false,
        subresources: ["status", "finalize"])
    package static let nodes = ResourceType(
        group: "", version: "v1", kind: "Node", plural: "nodes", shortNames: ["no"], isNamespaced: false, subresources: ["status"])
    package static let pods = ResourceType(
        group: "", version: "v1", kind: "Pod", plural: "pods", shortNames: ["po"], categories: ["all"],
        subresources: ["status", "log", "binding", "eviction", "exec", "attach", "portforward", "ephemeralcontainers", "resize"])
    package static let services = ResourceType(
        group: "", version: "v1", kind: "Service", plural: "services", shortNames: ["svc"], categories: ["all"],
        subresources: ["status"])
    package static let endpoints = ResourceType(
        group: "", version: "v1", kind: "Endpoints", plural: "endpoints", singular: "endpoints", shortNames: ["ep"])
    package static let configMaps = ResourceType(
        group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", shortNames: ["cm"])
    package static let secrets = ResourceType(group: "", version: "v1", kind: "Secret", plural: "secrets")
    package static let serviceAccounts = ResourceType(
        group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", shortNames: ["sa"], subresources: ["token"])
    package static let events = ResourceType(
        group: "", version: "v1", kind: "Event", plural: "events", shortNames: ["ev"])
    package static let persistentVolumes = ResourceType(
        group: "", version: "v1", kind: "PersistentVolume", plural: "persistentvolumes", shortNames: ["pv"],
        isNamespaced: false, subresources: ["status"])
    package static let persistentVolumeClaims = ResourceType(
        group: "", version: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims", shortNames: ["pvc"],
        subresources: ["status"])
    package static let leases = ResourceType(group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases")
    package static let endpointSlices = ResourceType(
        group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice", plural: "endpointslices")
    package static let deployments = ResourceType(
        group: "apps", version: "v1", kind: "Deployment", plural: "deployments", shortNames: ["deploy"], categories: ["all"],
        subresources: ["status", "scale"])
    package static let replicaSets = ResourceType(
        group: "apps", version: "v1", kind: "ReplicaSet", plural: "replicasets", shortNames: ["rs"], categories: ["all"],
        subresources: ["status", "scale"])
    package static let jobs = ResourceType(
        group: "batch", version: "v1", kind: "Job", plural: "jobs", categories: ["all"], subresources: ["status"])
    package static let applications = ResourceType(
        group: "gitctl.dev", version: "v1alpha1", kind: "Application", plural: "applications", shortNames: ["app"],
        categories: ["gitops"], subresources: ["status"])

    /// The kinds built into the embedded server.
    package static let builtin: [ResourceType] = [
        namespaces, nodes, pods, services, endpoints, configMaps, secrets, serviceAccounts, events, persistentVolumes,
        persistentVolumeClaims, leases, endpointSlices, deployments, replicaSets, jobs, applications,
    ]
}
