extension TransformerConfig {
    /// kustomize's own field specs. Source: api/internal/konfig/builtinpluginconsts of kustomize 5.
    static let standard: TransformerConfig = {
        var config = TransformerConfig()
        config.namePrefix = [FieldSpec(path: "metadata/name")]
        config.nameSuffix = config.namePrefix
        config.namespace = specs(
            "+ metadata/name Namespace", "+ spec/service/namespace apiregistration.k8s.io//APIService",
            "- spec/conversion/webhook/clientConfig/service/namespace apiextensions.k8s.io//CustomResourceDefinition")
        config.templateLabels = metadataLabels + claimLabels
        config.commonLabels = selectorLabels + metadataLabels + claimLabels
        config.commonAnnotations = specs(
            "+ metadata/annotations",
            "+ spec/template/metadata/annotations /v1/ReplicationController Deployment ReplicaSet DaemonSet StatefulSet batch//Job",
            "+ spec/jobTemplate/metadata/annotations batch//CronJob",
            "+ spec/jobTemplate/spec/template/metadata/annotations batch//CronJob")
        config.images = ["", "spec/template/"].flatMap { pod in
            specs(
                "+ \(pod)spec/containers[]/image", "+ \(pod)spec/initContainers[]/image", "+ \(pod)spec/volumes[]/image/reference")
        }.map { FieldSpec(path: $0.path, create: true) }
        config.replicas = specs("+ spec/replicas Deployment ReplicationController ReplicaSet StatefulSet")
        config.varReference = variables
        config.nameReference = references
        return config.asStandard()
    }()

    /// `+ path kind…` makes the path where it is missing, `- path kind…` does not; a kind may be `group/version/Kind`.
    private static func specs(_ lines: String...) -> [FieldSpec] {
        lines.flatMap { line in
            let words = line.split(separator: " ").map(String.init)
            let kinds = words.count == 2 ? [KindSelector()] : words.dropFirst(2).map(selector)
            return kinds.map { FieldSpec(kind: $0, path: words[1], create: words[0] == "+") }
        }
    }

    private static func selector(_ text: String) -> KindSelector {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 3 ? KindSelector(group: parts[0], version: parts[1], kind: parts[2]) : KindSelector(kind: text)
    }

    // MARK: Labels

    private static let metadataLabels = specs(
        "+ metadata/labels",
        "+ spec/template/metadata/labels /v1/ReplicationController Deployment ReplicaSet DaemonSet apps//StatefulSet batch//Job",
        "+ spec/jobTemplate/metadata/labels batch//CronJob", "+ spec/jobTemplate/spec/template/metadata/labels batch//CronJob")

    private static let claimLabels = specs("+ spec/volumeClaimTemplates[]/metadata/labels apps//StatefulSet")

    private static let selectorLabels: [FieldSpec] =
        specs(
            "+ spec/selector /v1/Service /v1/ReplicationController",
            "+ spec/selector/matchLabels Deployment ReplicaSet DaemonSet apps//StatefulSet",
            "- spec/selector/matchLabels batch//Job policy//PodDisruptionBudget",
            "- spec/jobTemplate/spec/selector/matchLabels batch//CronJob",
            "- spec/podSelector/matchLabels networking.k8s.io//NetworkPolicy",
            "- spec/ingress/from/podSelector/matchLabels networking.k8s.io//NetworkPolicy",
            "- spec/egress/to/podSelector/matchLabels networking.k8s.io//NetworkPolicy")
        + ["podAffinity", "podAntiAffinity"].flatMap { affinity in
            specs(
                "- spec/template/spec/affinity/\(affinity)/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels apps//Deployment apps//StatefulSet",
                "- spec/template/spec/affinity/\(affinity)/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels apps//Deployment apps//StatefulSet"
            )
        } + specs("- spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels apps//Deployment apps//StatefulSet")

    // MARK: Vars

    private static let variables: [FieldSpec] = {
        var result = specs("- spec/jobTemplate/spec/template/volumes/nfs/server CronJob")
        let kinds = [
            "spec/": ["Pod"], "spec/template/spec/": ["DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"],
            "spec/jobTemplate/spec/template/spec/": ["CronJob"],
        ]
        for (prefix, names) in kinds.sorted(by: { $0.key < $1.key }) {
            for name in names {
                for list in ["containers", "initContainers"] {
                    for field in ["args", "command", "env/value", "volumeMounts/mountPath"] {
                        result += specs("- \(prefix)\(list)/\(field) \(name)")
                    }
                }
                if name != "CronJob", name != "StatefulSet" { result += specs("- \(prefix)volumes/nfs/server \(name)") }
            }
        }
        return result
            + specs(
                "- spec/template/metadata/annotations Deployment", "- spec/rules/host Ingress", "- spec/tls/hosts Ingress",
                "- spec/tls/secretName Ingress",
                "- spec/ports/port Service", "- spec/ports/targetPort Service",
                "- spec/volumeClaimTemplates/spec/nfs/server StatefulSet",
                "- spec/nfs/server PersistentVolume", "- metadata/labels", "- metadata/annotations")
    }()

    // MARK: Names

    /// The prefix of a pod's fields in each kind that has pods.
    private static let podPrefixes: [(prefix: String, kinds: [String])] = [
        ("", ["/v1/Pod"]), ("template/", ["PodTemplate"]),
        ("spec/template/", ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"]),
        ("spec/jobTemplate/spec/template/", ["CronJob"]),
    ]

    private static func inPods(_ paths: [String]) -> [FieldSpec] {
        podPrefixes.flatMap { prefix, kinds in
            kinds.flatMap { kind in paths.flatMap { specs("- \(prefix)\($0) \(kind)") } }
        }
    }

    /// The same field of the kinds that name an account, claim or priority class.
    private static func inWorkloads(_ path: String) -> [FieldSpec] {
        specs(
            "- \(path) Pod", "- spec/template/\(path) StatefulSet Deployment ReplicationController",
            "- spec/jobTemplate/spec/template/\(path) CronJob",
            "- spec/template/\(path) Job DaemonSet")
    }

    private static let containerLists = ["spec/containers", "spec/initContainers"]

    private static let references: [NameReference] = {
        func reference(_ target: String, _ referrers: [FieldSpec]) -> NameReference {
            NameReference(target: selector(target), referrers: referrers)
        }
        let scaled = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map {
            reference($0, specs("- spec/scaleTargetRef/name HorizontalPodAutoscaler"))
        }
        let configMap = inPods(
            ["spec/volumes/configMap/name"] + containerLists.map { $0 + "/env/valueFrom/configMapKeyRef/name" }
                + containerLists.map { $0 + "/envFrom/configMapRef/name" } + ["spec/volumes/projected/sources/configMap/name"])
        let secret = inPods(
            ["spec/volumes/secret/secretName"] + containerLists.map { $0 + "/env/valueFrom/secretKeyRef/name" }
                + containerLists.map { $0 + "/envFrom/secretRef/name" } + [
                    "spec/imagePullSecrets/name", "spec/volumes/projected/sources/secret/name",
                ])
        return scaled + [
            reference(
                "/v1/ConfigMap",
                configMap
                    + specs(
                        "- spec/configSource/configMap Node", "- rules/resourceNames Role ClusterRole",
                        "- metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap Ingress")),
            reference(
                "/v1/Secret",
                secret
                    + specs(
                        "- spec/tls/secretName Ingress", "- metadata/annotations/ingress.kubernetes.io\\/auth-secret Ingress",
                        "- metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret Ingress",
                        "- metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret Ingress",
                        "- imagePullSecrets/name ServiceAccount",
                        "- parameters/secretName StorageClass", "- parameters/adminSecretName StorageClass",
                        "- parameters/userSecretName StorageClass", "- parameters/secretRef StorageClass",
                        "- rules/resourceNames Role ClusterRole",
                        "- spec/template/spec/containers/env/valueFrom/secretKeyRef/name serving.knative.dev/v1/Service",
                        "- spec/azureFile/secretName PersistentVolume")),
            reference(
                "/v1/Service",
                specs(
                    "- spec/serviceName apps//StatefulSet", "- spec/rules/http/paths/backend/serviceName Ingress",
                    "- spec/backend/serviceName Ingress",
                    "- spec/rules/http/paths/backend/service/name Ingress", "- spec/defaultBackend/service/name Ingress",
                    "- spec/service/name apiregistration.k8s.io//APIService",
                    "- webhooks/clientConfig/service admissionregistration.k8s.io//ValidatingWebhookConfiguration admissionregistration.k8s.io//MutatingWebhookConfiguration"
                )),
            reference("rbac.authorization.k8s.io//Role", specs("- roleRef/name rbac.authorization.k8s.io//RoleBinding")),
            reference(
                "rbac.authorization.k8s.io//ClusterRole",
                specs("- roleRef/name rbac.authorization.k8s.io//RoleBinding rbac.authorization.k8s.io//ClusterRoleBinding")),
            reference(
                "/v1/ServiceAccount",
                specs("- subjects rbac.authorization.k8s.io//RoleBinding rbac.authorization.k8s.io//ClusterRoleBinding")
                    + inWorkloads("spec/serviceAccountName")),
            reference("/v1/PersistentVolumeClaim", inWorkloads("spec/volumes/persistentVolumeClaim/claimName")),
            reference(
                "/v1/PersistentVolume", specs("- spec/volumeName PersistentVolumeClaim", "- rules/resourceNames ClusterRole")),
            reference(
                "storage.k8s.io/v1/StorageClass",
                specs(
                    "- spec/storageClassName PersistentVolume PersistentVolumeClaim",
                    "- spec/volumeClaimTemplates/spec/storageClassName StatefulSet")),
            reference("scheduling.k8s.io/v1/PriorityClass", inWorkloads("spec/priorityClassName")),
            NameReference(
                target: KindSelector(group: "networking.k8s.io/v1", version: "v1", kind: "IngressClass"),
                referrers: specs("- spec/ingressClassName Ingress")),
            reference(
                "admissionregistration.k8s.io//ValidatingAdmissionPolicy",
                specs("- spec/policyName admissionregistration.k8s.io//ValidatingAdmissionPolicyBinding")),
        ]
    }()
}
