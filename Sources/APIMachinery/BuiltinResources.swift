/// The built-in kinds, by group: what discovery says of each. Source: kubernetes, pkg/registry/*/*/storage.
extension ResourceType {
    /// Core, v1.
    package static let namespaces = core("Namespace", "namespaces", ["ns"], isNamespaced: false, "status", "finalize")
    package static let nodes = core("Node", "nodes", ["no"], isNamespaced: false, "status")
    package static let pods = core(
        "Pod", "pods", ["po"], isInAll: true, "status", "log", "binding", "eviction", "exec", "attach", "portforward",
        "ephemeralcontainers", "resize")
    package static let services = core("Service", "services", ["svc"], isInAll: true, "status")
    package static let endpoints = core("Endpoints", "endpoints", ["ep"])
    package static let configMaps = core("ConfigMap", "configmaps", ["cm"])
    package static let secrets = core("Secret", "secrets")
    package static let serviceAccounts = core("ServiceAccount", "serviceaccounts", ["sa"], "token")
    package static let events = core("Event", "events", ["ev"])
    package static let persistentVolumes = core("PersistentVolume", "persistentvolumes", ["pv"], isNamespaced: false, "status")
    package static let persistentVolumeClaims = core("PersistentVolumeClaim", "persistentvolumeclaims", ["pvc"], "status")
    package static let limitRanges = core("LimitRange", "limitranges", ["limits"])
    package static let resourceQuotas = core("ResourceQuota", "resourcequotas", ["quota"], "status")
    package static let podTemplates = core("PodTemplate", "podtemplates")
    package static let replicationControllers = core(
        "ReplicationController", "replicationcontrollers", ["rc"], isInAll: true, "status", "scale")

    package static let controllerRevisions = grouped("apps", "ControllerRevision", "controllerrevisions")
    package static let daemonSets = grouped("apps", "DaemonSet", "daemonsets", ["ds"], isInAll: true, "status")
    package static let deployments = grouped("apps", "Deployment", "deployments", ["deploy"], isInAll: true, "status", "scale")
    package static let replicaSets = grouped("apps", "ReplicaSet", "replicasets", ["rs"], isInAll: true, "status", "scale")
    package static let statefulSets = grouped("apps", "StatefulSet", "statefulsets", ["sts"], isInAll: true, "status", "scale")
    package static let jobs = grouped("batch", "Job", "jobs", isInAll: true, "status")
    package static let cronJobs = grouped("batch", "CronJob", "cronjobs", ["cj"], isInAll: true, "status")
    package static let horizontalPodAutoscalers = grouped(
        "autoscaling", version: "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ["hpa"], isInAll: true, "status")
    package static let podDisruptionBudgets = grouped("policy", "PodDisruptionBudget", "poddisruptionbudgets", ["pdb"], "status")

    package static let ingresses = grouped("networking.k8s.io", "Ingress", "ingresses", ["ing"], "status")
    package static let ingressClasses = grouped("networking.k8s.io", "IngressClass", "ingressclasses", isNamespaced: false)
    package static let networkPolicies = grouped("networking.k8s.io", "NetworkPolicy", "networkpolicies", ["netpol"])
    package static let ipAddresses = grouped("networking.k8s.io", "IPAddress", "ipaddresses", ["ip"], isNamespaced: false)
    package static let serviceCIDRs = grouped("networking.k8s.io", "ServiceCIDR", "servicecidrs", isNamespaced: false, "status")
    package static let endpointSlices = grouped("discovery.k8s.io", "EndpointSlice", "endpointslices")

    package static let roles = grouped("rbac.authorization.k8s.io", "Role", "roles")
    package static let roleBindings = grouped("rbac.authorization.k8s.io", "RoleBinding", "rolebindings")
    package static let clusterRoles = grouped("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", isNamespaced: false)
    package static let clusterRoleBindings = grouped(
        "rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", isNamespaced: false)

    package static let storageClasses = grouped("storage.k8s.io", "StorageClass", "storageclasses", ["sc"], isNamespaced: false)
    package static let volumeAttributesClasses = grouped(
        "storage.k8s.io", "VolumeAttributesClass", "volumeattributesclasses", ["vac"], isNamespaced: false)
    package static let volumeAttachments = grouped(
        "storage.k8s.io", "VolumeAttachment", "volumeattachments", isNamespaced: false, "status")
    package static let csiDrivers = grouped("storage.k8s.io", "CSIDriver", "csidrivers", isNamespaced: false)
    package static let csiNodes = grouped("storage.k8s.io", "CSINode", "csinodes", isNamespaced: false)
    package static let csiStorageCapacities = grouped("storage.k8s.io", "CSIStorageCapacity", "csistoragecapacities")

    package static let leases = grouped("coordination.k8s.io", "Lease", "leases")
    package static let priorityClasses = grouped("scheduling.k8s.io", "PriorityClass", "priorityclasses", ["pc"], isNamespaced: false)
    package static let runtimeClasses = grouped("node.k8s.io", "RuntimeClass", "runtimeclasses", isNamespaced: false)
    package static let deviceClasses = grouped("resource.k8s.io", "DeviceClass", "deviceclasses", isNamespaced: false)
    package static let resourceClaims = grouped("resource.k8s.io", "ResourceClaim", "resourceclaims", [], "status")
    package static let resourceClaimTemplates = grouped("resource.k8s.io", "ResourceClaimTemplate", "resourceclaimtemplates")
    package static let resourceSlices = grouped("resource.k8s.io", "ResourceSlice", "resourceslices", isNamespaced: false)
    package static let certificateSigningRequests = grouped(
        "certificates.k8s.io", "CertificateSigningRequest", "certificatesigningrequests", ["csr"], isNamespaced: false, "status",
        "approval")
    package static let flowSchemas = grouped(
        "flowcontrol.apiserver.k8s.io", "FlowSchema", "flowschemas", isNamespaced: false, "status")
    package static let priorityLevelConfigurations = grouped(
        "flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", "prioritylevelconfigurations", isNamespaced: false, "status")

    package static let mutatingWebhookConfigurations = extending("MutatingWebhookConfiguration", "mutatingwebhookconfigurations")
    package static let validatingWebhookConfigurations = extending("ValidatingWebhookConfiguration", "validatingwebhookconfigurations")
    package static let mutatingAdmissionPolicies = extending("MutatingAdmissionPolicy", "mutatingadmissionpolicies")
    package static let mutatingAdmissionPolicyBindings = extending(
        "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings")
    package static let validatingAdmissionPolicies = extending("ValidatingAdmissionPolicy", "validatingadmissionpolicies", "status")
    package static let validatingAdmissionPolicyBindings = extending(
        "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings")
    package static let customResourceDefinitions = ResourceType(
        group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition", plural: "customresourcedefinitions",
        shortNames: ["crd", "crds"], categories: ["api-extensions"], isNamespaced: false, subresources: ["status"])

    package static let applications = ResourceType(
        group: "gitctl.dev", version: "v1alpha1", kind: "Application", plural: "applications", shortNames: ["app"],
        categories: ["gitops"], subresources: ["status"])

    /// Other versions of kinds above: served from the same objects.
    package static let horizontalPodAutoscalersV1 = grouped(
        "autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ["hpa"], isInAll: true, "status")
    package static let eventsV1 = grouped("events.k8s.io", "Event", "events", ["ev"])

    /// What writes would lead to, tried on a fork of the cluster; see `ForecastSpec`.
    package static let forecasts = ResourceType(
        group: "gitctl.dev", version: "v1alpha1", kind: "Forecast", plural: "forecasts", isNamespaced: false, verbs: ["create"])

    /// Kinds of which nothing is stored.
    package static let bindings = ResourceType(group: "", version: "v1", kind: "Binding", plural: "bindings", verbs: ["create"])
    package static let componentStatuses = ResourceType(
        group: "", version: "v1", kind: "ComponentStatus", plural: "componentstatuses", shortNames: ["cs"], isNamespaced: false,
        verbs: ["get", "list"])
    /// Measured by the nodes' agents when asked for.
    package static let podMetrics = ResourceType(
        group: "metrics.k8s.io", version: "v1beta1", kind: "PodMetrics", plural: "pods", singular: "", verbs: ["get", "list"])
    package static let nodeMetrics = ResourceType(
        group: "metrics.k8s.io", version: "v1beta1", kind: "NodeMetrics", plural: "nodes", singular: "", isNamespaced: false,
        verbs: ["get", "list"])

    /// The kinds built into the embedded server, each in the version in which it is stored.
    package static let builtin: [ResourceType] = [
        namespaces, nodes, pods, services, endpoints, configMaps, secrets, serviceAccounts, events, persistentVolumes,
        persistentVolumeClaims, limitRanges, resourceQuotas, podTemplates, replicationControllers,
        controllerRevisions, daemonSets, deployments, replicaSets, statefulSets, horizontalPodAutoscalers, jobs, cronJobs,
        certificateSigningRequests, ingresses, ingressClasses, networkPolicies, ipAddresses, serviceCIDRs, podDisruptionBudgets,
        roles, roleBindings, clusterRoles, clusterRoleBindings,
        storageClasses, volumeAttributesClasses, volumeAttachments, csiDrivers, csiNodes, csiStorageCapacities,
        mutatingWebhookConfigurations, validatingWebhookConfigurations, mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings,
        validatingAdmissionPolicies, validatingAdmissionPolicyBindings, customResourceDefinitions,
        priorityClasses, leases, runtimeClasses, deviceClasses, resourceClaims, resourceClaimTemplates, resourceSlices, endpointSlices, flowSchemas,
        priorityLevelConfigurations, applications,
    ]

    /// What the embedded server serves beside `builtin`: further versions, and kinds that are computed or measured.
    package static let derived: [ResourceType] = [
        horizontalPodAutoscalersV1, eventsV1, bindings, componentStatuses, podMetrics, nodeMetrics, forecasts,
    ]

    private static func core(
        _ kind: String, _ plural: String, _ shortNames: [String] = [], isInAll: Bool = false, isNamespaced: Bool = true,
        _ subresources: String...
    ) -> ResourceType {
        ResourceType(
            group: "", version: "v1", kind: kind, plural: plural, shortNames: shortNames, categories: isInAll ? ["all"] : [],
            isNamespaced: isNamespaced, subresources: Set(subresources))
    }

    private static func grouped(
        _ group: String, version: String = "v1", _ kind: String, _ plural: String, _ shortNames: [String] = [], isInAll: Bool = false,
        isNamespaced: Bool = true, _ subresources: String...
    ) -> ResourceType {
        ResourceType(
            group: group, version: version, kind: kind, plural: plural, shortNames: shortNames, categories: isInAll ? ["all"] : [],
            isNamespaced: isNamespaced, subresources: Set(subresources))
    }

    private static func extending(_ kind: String, _ plural: String, _ subresources: String...) -> ResourceType {
        ResourceType(
            group: "admissionregistration.k8s.io", version: "v1", kind: kind, plural: plural, categories: ["api-extensions"],
            isNamespaced: false, subresources: Set(subresources))
    }
}
