/// Which lists a strategic merge patch merges, and by which keys; every other list it replaces.
///
/// Source: the OpenAPI of Kubernetes 1.21, which is built into kustomize.
indirect enum MergeSchema {
    case object([String: MergeSchema])
    /// Elements that agree in `keys` are one; without keys scalars that are equal.
    case list(keys: [String], element: MergeSchema?)

    static func of(apiVersion: String, kind: String) -> MergeSchema? {
        guard KnownKinds.described.contains("\(apiVersion) \(kind)") else { return nil }
        var fields: [String: MergeSchema] = kinds[kind] ?? [:]
        if kind == "StatefulSet" || kind == "Deployment" || kind == "ReplicaSet" || kind == "DaemonSet" || kind == "Job"
            || kind == "ReplicationController"
        {
            fields = ["spec": .object(["template": podTemplate]), "status": conditions]
        }
        fields["metadata"] = metadata
        return .object(fields)
    }

    subscript(field: String) -> MergeSchema? {
        if case .object(let fields) = self { return fields[field] }
        return nil
    }

    private static func by(_ keys: String..., element: [String: MergeSchema] = [:]) -> MergeSchema {
        .list(keys: keys, element: .object(element))
    }

    private static let metadata: MergeSchema = .object(["finalizers": .list(keys: [], element: nil), "ownerReferences": by("uid")])
    private static let conditions: MergeSchema = .object(["conditions": by("type")])

    private static let ephemeralContainer: [String: MergeSchema] = [
        "env": by("name"), "volumeDevices": by("devicePath"), "volumeMounts": by("mountPath"),
    ]

    private static let container: [String: MergeSchema] =
        ephemeralContainer.merging(["ports": by("containerPort", "protocol")]) { old, _ in old }

    private static let podSpec: MergeSchema = .object([
        "containers": by("name", element: container), "initContainers": by("name", element: container),
        "ephemeralContainers": by("name", element: ephemeralContainer), "hostAliases": by("ip"), "imagePullSecrets": by("name"),
        "topologySpreadConstraints": by("topologyKey", "whenUnsatisfiable"), "volumes": by("name"),
    ])

    private static let podTemplate: MergeSchema = .object(["metadata": metadata, "spec": podSpec])

    private static let kinds: [String: [String: MergeSchema]] = [
        "Pod": ["spec": podSpec, "status": .object(["conditions": by("type"), "podIPs": by("ip")])],
        "PodTemplate": ["template": podTemplate],
        "CronJob": [
            "spec": .object(["jobTemplate": .object(["metadata": metadata, "spec": .object(["template": podTemplate])])])
        ],
        "Service": ["spec": .object(["ports": by("port", "protocol")]), "status": conditions],
        "ServiceAccount": ["secrets": by("name")],
        "MutatingWebhookConfiguration": ["webhooks": by("name")],
        "ValidatingWebhookConfiguration": ["webhooks": by("name")],
        "ComponentStatus": ["conditions": by("type")],
        "Namespace": ["status": conditions],
        "Node": [
            "spec": .object(["podCIDRs": .list(keys: [], element: nil)]),
            "status": .object(["addresses": by("type"), "conditions": by("type")]),
        ],
        "PersistentVolumeClaim": ["status": conditions],
        "PodDisruptionBudget": ["status": conditions],
        "APIService": ["status": conditions],
        "CSINode": ["spec": .object(["drivers": by("name")])],
    ]
}
