import APIMachinery

/// What a node may do beyond its roles: reach what its own pods name, and write what is its own.
///
/// Source: Kubernetes documentation, "Using Node Authorization" and "NodeRestriction".
final class NodeAuthorizer: Sendable {
    static let group = "system:nodes"
    static let userPrefix = "system:node:"
    private static let leaseNamespace = "kube-node-lease"

    private let references: StoreFollower<NodeReferences>
    private let store: Store
    /// The role `system:node`, whatever became of the stored one: a node cannot lose its rights.
    private let role: [PolicyRule]

    init(store: Store) {
        self.store = store
        references = StoreFollower(store, [.pods], from: NodeReferences()) { references, _, version, isDeleted in
            references.set(version.namespace, version.name, isDeleted ? nil : version.object)
        }
        role = BootstrapPolicy.rules(ofClusterRole: "system:node")
    }

    var rule: Authorizer.Rule { Authorizer.Rule(decide: { [self] in decide($0) }) }

    private func decide(_ question: AuthorizationQuestion) -> Authorizer.Opinion {
        guard question.user.name.hasPrefix(Self.userPrefix), question.user.groups.contains(Self.group),
            case .resource(let group, _, let resource, let subresource, let namespace, let name) = question.target
        else { return .none }
        let target = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
        guard role.contains(where: { $0.allows(verb: question.verb, group: group, resource: target, name: name) }) else { return .none }
        let node = String(question.user.name.dropFirst(Self.userPrefix.count))
        let isOwn =
            switch (group, target) {
            case ("", "secrets"), ("", "configmaps"), ("", "persistentvolumeclaims"), ("", "persistentvolumeclaims/status"):
                refers(node, resource, namespace, name)
            case ("", "serviceaccounts/token"): refers(node, "serviceaccounts", namespace, name)
            case ("", "persistentvolumes"): refersToVolume(node, name)
            case ("", "nodes"), ("", "nodes/status"):
                question.verb != "update" && question.verb != "patch" && question.verb != "delete" || name == node
            case ("", "pods/status"), ("", "pods/eviction"): isBound(namespace, name, to: node)
            case ("", "pods"): question.verb != "delete" || isBound(namespace, name, to: node)
            case ("coordination.k8s.io", "leases"): namespace == Self.leaseNamespace && (name == node || question.verb == "create")
            case ("storage.k8s.io", "csinodes"): name == node || question.verb == "create"
            default: true
            }
        return isOwn ? .allow(reason: "") : .none
    }

    private func refers(_ node: String, _ resource: String, _ namespace: String, _ name: String) -> Bool {
        let reference = NodeReferences.Reference(resource: resource, namespace: namespace, name: name)
        return !name.isEmpty && references.read { $0.refers(node, to: reference) }
    }

    private func refersToVolume(_ node: String, _ name: String) -> Bool {
        guard let claim = store.version(ResourceType.persistentVolumes.groupResource, namespace: "", name: name)?.object["spec", "claimRef"] else { return false }
        return refers(node, "persistentvolumeclaims", claim["namespace"]?.string ?? "", claim["name"]?.string ?? "")
    }

    private func isBound(_ namespace: String, _ name: String, to node: String) -> Bool {
        references.read { $0.node(ofPod: name, in: namespace) == node }
    }
}

/// What the pods of each node name.
struct NodeReferences: Sendable {
    struct Reference: Hashable, Sendable {
        var resource: String
        var namespace: String
        var name: String
    }

    private struct PodKey: Hashable {
        var namespace: String
        var name: String
    }

    private var pods: [PodKey: (node: String, references: Set<Reference>)] = [:]
    private var counts: [String: [Reference: Int]] = [:]

    func refers(_ node: String, to reference: Reference) -> Bool { counts[node]?[reference] != nil }
    func node(ofPod name: String, in namespace: String) -> String? { pods[PodKey(namespace: namespace, name: name)]?.node }

    /// A pod as it is now; nil when it is gone.
    mutating func set(_ namespace: String, _ name: String, _ pod: Object?) {
        let key = PodKey(namespace: namespace, name: name)
        let node = pod?["spec", "nodeName"]?.string ?? ""
        // What a bound pod names does not change but by ephemeral containers, which are few.
        let references = node.isEmpty ? [] : pod.map { Self.references(of: $0) } ?? []
        if let old = pods[key] {
            if old.node == node, old.references == references { return }
            for reference in old.references {
                let count = (counts[old.node]?[reference] ?? 1) - 1
                counts[old.node]?[reference] = count == 0 ? nil : count
            }
            pods[key] = nil
        }
        guard !node.isEmpty else { return }
        pods[key] = (node, references)
        for reference in references { counts[node, default: [:]][reference, default: 0] += 1 }
    }

    static func references(of pod: Object) -> Set<Reference> {
        var found: Set<Reference> = []
        func add(_ resource: String, _ name: JSON?) {
            guard let name = name?.string, !name.isEmpty else { return }
            found.insert(Reference(resource: resource, namespace: pod.namespace, name: name))
        }
        let spec = pod.spec
        add("serviceaccounts", spec["serviceAccountName"])
        for secret in spec["imagePullSecrets"]?.array ?? [] { add("secrets", secret["name"]) }
        for volume in spec["volumes"]?.array ?? [] {
            add("secrets", volume["secret"]?["secretName"])
            add("configmaps", volume["configMap"]?["name"])
            add("persistentvolumeclaims", volume["persistentVolumeClaim"]?["claimName"])
            add("secrets", volume["csi"]?["nodePublishSecretRef"]?["name"])
            if volume["ephemeral"] != nil, let name = volume["name"]?.string { add("persistentvolumeclaims", .string("\(pod.name)-\(name)")) }
            for source in volume["projected"]?["sources"]?.array ?? [] {
                add("secrets", source["secret"]?["name"])
                add("configmaps", source["configMap"]?["name"])
            }
        }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec[list]?.array ?? [] {
                for variable in container["env"]?.array ?? [] {
                    add("secrets", variable["valueFrom"]?["secretKeyRef"]?["name"])
                    add("configmaps", variable["valueFrom"]?["configMapKeyRef"]?["name"])
                }
                for source in container["envFrom"]?.array ?? [] {
                    add("secrets", source["secretRef"]?["name"])
                    add("configmaps", source["configMapRef"]?["name"])
                }
            }
        }
        return found
    }
}
