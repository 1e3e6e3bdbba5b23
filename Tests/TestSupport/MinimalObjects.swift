import APIMachinery

/// The least that Kubernetes accepts of each built-in kind.
package enum MinimalObjects {
    package static func of(_ type: ResourceType, name: String? = nil) -> Object {
        Object(type, namespace: type.isNamespaced ? "default" : nil, name: name ?? names[type] ?? "example", fields[type] ?? [:])
    }

    /// Where a name must have a form of its own.
    private static let names: [ResourceType: String] = [
        .ipAddresses: "10.43.0.77", .customResourceDefinitions: "widgets.example.com", .csiDrivers: "driver.example.com",
    ]

    private static let labels: JSON = ["app": "web"]
    private static let template: JSON = [
        "metadata": ["labels": labels], "spec": ["containers": [["name": "main", "image": "busybox:1"]]],
    ]
    private static let workload: JSON = ["selector": ["matchLabels": labels], "template": template]
    private static let jobTemplate: JSON = [
        "spec": ["restartPolicy": "Never", "containers": [["name": "main", "image": "busybox:1"]]]
    ]
    private static let webhook: JSON = [
        [
            "name": "check.example.com", "clientConfig": ["url": "https://hooks.example.com/check"], "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        ]
    ]
    private static let deviceClaim: JSON = ["devices": ["requests": [["name": "gpu", "exactly": ["deviceClassName": "gpu.example.com"]]]]]
    private static let policyRules: JSON = [
        "resourceRules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]]]
    ]
    private static let autoscaler: JSONObject = [
        "spec": ["scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"], "maxReplicas": 3]
    ]
    private static let roleReference: JSON = ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"]

    package static let fields: [ResourceType: JSONObject] = [
        .pods: ["spec": ["containers": [["name": "main", "image": "busybox:1"]]]],
        .services: ["spec": ["ports": [["port": 80]]]],
        .events: ["involvedObject": ["kind": "Pod", "name": "web", "namespace": "default"], "reason": "Tested"],
        .eventsV1: [
            "regarding": ["kind": "Pod", "name": "web", "namespace": "default"], "reason": "Tested", "note": "all is well", "type": "Normal",
            "action": "Test", "reportingController": "example.com/test", "reportingInstance": "test-1", "eventTime": "2026-01-01T00:00:00.000000Z",
        ],
        .persistentVolumes: ["spec": ["accessModes": ["ReadWriteOnce"], "capacity": ["storage": "1Gi"], "hostPath": ["path": "/data"]]],
        .persistentVolumeClaims: ["spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]],
        .limitRanges: ["spec": ["limits": [["type": "Container", "max": ["cpu": "1"]]]]],
        .resourceQuotas: ["spec": ["hard": ["pods": "40"]]],
        .podTemplates: ["template": template],
        .replicationControllers: ["spec": ["replicas": 2, "template": template]],
        .controllerRevisions: ["data": ["a": 1], "revision": 1],
        .daemonSets: ["spec": workload], .deployments: ["spec": workload], .replicaSets: ["spec": workload],
        .statefulSets: ["spec": ["serviceName": "web", "selector": ["matchLabels": labels], "template": template]],
        .jobs: ["spec": ["template": jobTemplate]],
        .cronJobs: ["spec": ["schedule": "*/5 * * * *", "jobTemplate": ["spec": ["template": jobTemplate]]]],
        .horizontalPodAutoscalers: autoscaler, .horizontalPodAutoscalersV1: autoscaler,
        .podDisruptionBudgets: ["spec": ["minAvailable": 1, "selector": ["matchLabels": labels]]],
        .ingresses: ["spec": ["defaultBackend": ["service": ["name": "web", "port": ["number": 80]]]]],
        .ingressClasses: ["spec": ["controller": "example.com/ingress"]],
        .networkPolicies: ["spec": ["podSelector": [:]]],
        .ipAddresses: ["spec": ["parentRef": ["resource": "services", "namespace": "default", "name": "web"]]],
        .serviceCIDRs: ["spec": ["cidrs": ["10.96.0.0/16"]]],
        .endpointSlices: ["addressType": "IPv4", "endpoints": [["addresses": ["10.0.0.9"]]]],
        .roles: ["rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]],
        .clusterRoles: ["rules": [["nonResourceURLs": ["/healthz"], "verbs": ["get"]]]],
        .roleBindings: ["roleRef": roleReference, "subjects": [["kind": "User", "name": "alice"]]],
        .clusterRoleBindings: ["roleRef": roleReference, "subjects": [["kind": "Group", "name": "team"]]],
        .storageClasses: ["provisioner": "example.com/disk"],
        .volumeAttributesClasses: ["driverName": "driver.example.com", "parameters": ["iops": "100"]],
        .volumeAttachments: ["spec": ["attacher": "driver.example.com", "nodeName": "n1", "source": ["persistentVolumeName": "pv"]]],
        .csiDrivers: ["spec": [:]], .csiNodes: ["spec": ["drivers": [["name": "driver.example.com", "nodeID": "n1"]]]],
        .csiStorageCapacities: ["storageClassName": "fast", "capacity": "1Ti"],
        .deviceClasses: ["spec": [:]], .resourceClaims: ["spec": deviceClaim], .resourceClaimTemplates: ["spec": ["spec": deviceClaim]],
        .resourceSlices: ["spec": ["driver": "gpu.example.com", "nodeName": "n1", "pool": ["name": "n1", "generation": 1, "resourceSliceCount": 1]]],
        .priorityClasses: ["value": 1000], .runtimeClasses: ["handler": "kata"],
        .certificateSigningRequests: [
            "spec": [
                "request": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQgo=", "signerName": "kubernetes.io/kube-apiserver-client",
                "usages": ["client auth"],
            ]
        ],
        .flowSchemas: ["spec": ["priorityLevelConfiguration": ["name": "exempt"]]],
        .priorityLevelConfigurations: ["spec": ["type": "Limited", "limited": ["limitResponse": ["type": "Reject"]]]],
        .mutatingWebhookConfigurations: ["webhooks": webhook], .validatingWebhookConfigurations: ["webhooks": webhook],
        .mutatingAdmissionPolicies: [
            "spec": [
                "matchConstraints": policyRules, "reinvocationPolicy": "Never",
                "mutations": [["patchType": "JSONPatch", "jsonPatch": ["expression": "[]"]]],
            ]
        ],
        .mutatingAdmissionPolicyBindings: ["spec": ["policyName": "example"]],
        .validatingAdmissionPolicies: ["spec": ["matchConstraints": policyRules, "validations": [["expression": "true"]]]],
        .validatingAdmissionPolicyBindings: ["spec": ["policyName": "example", "validationActions": ["Deny"]]],
        .customResourceDefinitions: [
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
                "versions": [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": ["type": "object"]]]],
            ]
        ],
        .applications: ["spec": ["source": ["repository": "shop"]]],
    ]
}
