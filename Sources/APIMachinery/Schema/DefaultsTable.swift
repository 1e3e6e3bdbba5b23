extension TypeDefaults {
    /// By definition, in the table's short names.
    static let table: [String: TypeDefaults] = [
        "admissionregistration.v1.MatchResources": TypeDefaults([
            "matchPolicy": "Equivalent", "namespaceSelector": [:], "objectSelector": [:],
        ]),
        "admissionregistration.v1.MutatingAdmissionPolicySpec": TypeDefaults(["failurePolicy": "Fail"]),
        "admissionregistration.v1.NamedRuleWithOperations": TypeDefaults(["scope": "*"]),
        "admissionregistration.v1.ValidatingAdmissionPolicySpec": TypeDefaults(["failurePolicy": "Fail"]),
        "admissionregistration.v1.MutatingWebhook": TypeDefaults([
            "failurePolicy": "Fail", "matchPolicy": "Equivalent", "namespaceSelector": [:], "objectSelector": [:],
            "reinvocationPolicy": "Never", "timeoutSeconds": 10,
        ]),
        "admissionregistration.v1.RuleWithOperations": TypeDefaults(["scope": "*"]),
        "admissionregistration.v1.ServiceReference": TypeDefaults(["port": 443]),
        "admissionregistration.v1.ValidatingWebhook": TypeDefaults([
            "failurePolicy": "Fail", "matchPolicy": "Equivalent", "namespaceSelector": [:], "objectSelector": [:], "timeoutSeconds": 10,
        ]),
        "apps.v1.DaemonSetSpec": TypeDefaults(["revisionHistoryLimit": 10]) { spec in
            rollingUpdate(&spec, "updateStrategy", ["maxUnavailable": 1, "maxSurge": 0])
        },
        "apps.v1.DeploymentSpec": TypeDefaults(["replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600]) { spec in
            rollingUpdate(&spec, "strategy", ["maxUnavailable": "25%", "maxSurge": "25%"])
        },
        "apps.v1.ReplicaSetSpec": TypeDefaults(["replicas": 1]),
        "apps.v1.StatefulSetSpec": TypeDefaults(["podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10]) { spec in
            rollingUpdate(&spec, "updateStrategy", ["partition": 0])
            spec.withObject("persistentVolumeClaimRetentionPolicy") { policy in
                policy.setDefault("whenDeleted", "Retain")
                policy.setDefault("whenScaled", "Retain")
            }
        },
        "autoscaling.v1.HorizontalPodAutoscalerSpec": TypeDefaults(["minReplicas": 1]),
        "autoscaling.v2.HorizontalPodAutoscalerBehavior": TypeDefaults { behavior in
            behavior.withObject("scaleUp") { rules in
                scaling(&rules, [["type": "Pods", "value": 4, "periodSeconds": 15], ["type": "Percent", "value": 100, "periodSeconds": 15]])
                rules.setDefault("stabilizationWindowSeconds", 0)
            }
            behavior.withObject("scaleDown") { scaling(&$0, [["type": "Percent", "value": 100, "periodSeconds": 15]]) }
        },
        "autoscaling.v2.HorizontalPodAutoscalerSpec": TypeDefaults(["minReplicas": 1]) { spec in
            if spec["metrics"]?.array?.isEmpty ?? true { spec["metrics"] = processorTarget }
        },
        "batch.v1.CronJobSpec": TypeDefaults([
            "concurrencyPolicy": "Allow", "suspend": false, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
        ]),
        "batch.v1.PodFailurePolicyOnPodConditionsPattern": TypeDefaults(["status": "True"]),
        // On the Job, not its spec: a CronJob's template is defaulted when its Job is created.
        "batch.v1.Job": TypeDefaults(rule: job),
        "core.v1.AzureDiskVolumeSource": TypeDefaults(["cachingMode": "ReadWrite", "fsType": "ext4", "kind": "Shared", "readOnly": false]),
        "core.v1.ConfigMapVolumeSource": TypeDefaults(["defaultMode": 420]),
        "core.v1.Container": container,
        "core.v1.ContainerPort": TypeDefaults(["protocol": "TCP"]),
        "core.v1.DownwardAPIVolumeSource": TypeDefaults(["defaultMode": 420]),
        "core.v1.EndpointPort": TypeDefaults(["protocol": "TCP"]),
        "core.v1.EphemeralContainer": container,
        "core.v1.GRPCAction": TypeDefaults(["service": ""]),
        "core.v1.HTTPGetAction": TypeDefaults(["path": "/", "scheme": "HTTP"]),
        "core.v1.HostPathVolumeSource": TypeDefaults(["type": ""]),
        "core.v1.ISCSIPersistentVolumeSource": TypeDefaults(["iscsiInterface": "default"]),
        "core.v1.ISCSIVolumeSource": TypeDefaults(["iscsiInterface": "default"]),
        "core.v1.LimitRangeItem": TypeDefaults(rule: limitRangeItem),
        "core.v1.Namespace": TypeDefaults { $0.withObject("status") { $0.setDefault("phase", "Active") } },
        "core.v1.NodeStatus": TypeDefaults { status in
            if let capacity = status["capacity"] { status.setDefault("allocatable", capacity) }
        },
        "core.v1.ObjectFieldSelector": TypeDefaults(["apiVersion": "v1"]),
        "core.v1.PersistentVolume": TypeDefaults { $0.withObject("status") { $0.setDefault("phase", "Pending") } },
        "core.v1.PersistentVolumeClaim": TypeDefaults { $0.withObject("status") { $0.setDefault("phase", "Pending") } },
        "core.v1.PersistentVolumeClaimSpec": TypeDefaults(["volumeMode": "Filesystem"]),
        "core.v1.PersistentVolumeSpec": TypeDefaults(["persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"]),
        "core.v1.Pod": TypeDefaults(rule: pod),
        "core.v1.PodSpec": TypeDefaults(
            [
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": [:],
                "terminationGracePeriodSeconds": 30,
            ], rule: serviceAccount),
        "core.v1.Probe": TypeDefaults(
            ["timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3], zeroIsAbsent: true),
        "core.v1.ProjectedVolumeSource": TypeDefaults(["defaultMode": 420]),
        "core.v1.RBDPersistentVolumeSource": blockDevice,
        "core.v1.RBDVolumeSource": blockDevice,
        "core.v1.ReplicationController": TypeDefaults { controller in
            let labels = JSON.object(controller)[path: ["spec", "template", "metadata", "labels"]]?.object ?? [:]
            guard !labels.isEmpty else { return }
            controller.withObject("spec") { spec in
                if spec["selector"]?.object?.isEmpty ?? true { spec["selector"] = .object(labels) }
            }
            guard controller["metadata"]?["labels"]?.object?.isEmpty ?? true else { return }
            controller.withObject("metadata") { $0["labels"] = .object(labels) }
        },
        "core.v1.ReplicationControllerSpec": TypeDefaults(["replicas": 1]),
        "core.v1.ScaleIOPersistentVolumeSource": TypeDefaults(["fsType": "xfs", "storageMode": "ThinProvisioned"]),
        "core.v1.ScaleIOVolumeSource": TypeDefaults(["fsType": "xfs", "storageMode": "ThinProvisioned"]),
        "core.v1.Secret": TypeDefaults(["type": "Opaque"]),
        "core.v1.SecretVolumeSource": TypeDefaults(["defaultMode": 420]),
        "core.v1.ServiceAccountTokenProjection": TypeDefaults(["expirationSeconds": 3600]),
        "core.v1.ServicePort": TypeDefaults(["protocol": "TCP"]) { port in
            if let number = port["port"], port.isAbsent("targetPort") || port["targetPort"] == .int(0) { port["targetPort"] = number }
        },
        "core.v1.ServiceSpec": TypeDefaults(["sessionAffinity": "None", "type": "ClusterIP"], rule: service),
        "core.v1.Volume": TypeDefaults(rule: volume),
        "discovery.v1.EndpointPort": TypeDefaults(["name": "", "protocol": "TCP"]),
        "flowcontrol.v1.ExemptPriorityLevelConfiguration": TypeDefaults(["lendablePercent": 0, "nominalConcurrencyShares": 0]),
        "flowcontrol.v1.FlowSchemaSpec": TypeDefaults(["matchingPrecedence": 1000], zeroIsAbsent: true),
        "flowcontrol.v1.LimitedPriorityLevelConfiguration": TypeDefaults(["lendablePercent": 0, "nominalConcurrencyShares": 30]),
        "flowcontrol.v1.PriorityLevelConfigurationSpec": TypeDefaults { spec in
            if spec["type"] == "Exempt" { spec.withObject("exempt") { _ in } }
        },
        "flowcontrol.v1.QueuingConfiguration": TypeDefaults(["handSize": 8, "queueLengthLimit": 50, "queues": 64], zeroIsAbsent: true),
        "gitctl.v1alpha1.ApplicationDestination": TypeDefaults(["namespace": "default"]),
        "gitctl.v1alpha1.ApplicationSource": TypeDefaults(["path": "."]),
        "gitctl.v1alpha1.ApplicationSpec": TypeDefaults(["destination": [:], "sync": [:], "suspend": false]),
        "gitctl.v1alpha1.ApplicationSync": TypeDefaults(["interval": "1m", "prune": true, "selfHeal": true]),
        "networking.v1.IngressClassParametersReference": TypeDefaults(["scope": "Cluster"]),
        "networking.v1.NetworkPolicyPort": TypeDefaults(["protocol": "TCP"]),
        "networking.v1.NetworkPolicySpec": TypeDefaults { spec in
            let hasEgress = spec["egress"]?.array?.isEmpty == false
            spec.setDefault("policyTypes", hasEgress ? ["Ingress", "Egress"] : ["Ingress"])
        },
        "rbac.v1.RoleRef": TypeDefaults(["apiGroup": "rbac.authorization.k8s.io"]),
        "rbac.v1.Subject": TypeDefaults { subject in
            let kind = subject["kind"]?.string
            if kind == "User" || kind == "Group" { subject.setDefault("apiGroup", "rbac.authorization.k8s.io") }
        },
        "resource.v1.DeviceSubRequest": deviceCount,
        "resource.v1.DeviceToleration": TypeDefaults(["operator": "Equal"]),
        "resource.v1.ExactDeviceRequest": deviceCount,
        "scheduling.v1.PriorityClass": TypeDefaults(["preemptionPolicy": "PreemptLowerPriority"]),
        "storage.v1.CSIDriverSpec": TypeDefaults([
            "attachRequired": true, "fsGroupPolicy": "ReadWriteOnceWithFSType", "podInfoOnMount": false, "requiresRepublish": false,
            "seLinuxMount": false, "storageCapacity": false,
        ]) { spec in
            if spec["volumeLifecycleModes"]?.array?.isEmpty ?? true { spec["volumeLifecycleModes"] = ["Persistent"] }
        },
        "storage.v1.StorageClass": TypeDefaults(["reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"]),
    ]
}

/// Rules: what depends on other fields.
extension TypeDefaults {
    private static let deviceCount = TypeDefaults(["allocationMode": "ExactCount"]) { request in
        if request["allocationMode"] == "ExactCount", request.isAbsent("count") || request["count"] == .int(0) { request["count"] = 1 }
    }

    private static let container = TypeDefaults([
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
    ]) { container in
        container.setDefault("imagePullPolicy", pullPolicy(container["image"]?.string ?? ""))
    }

    private static let blockDevice = TypeDefaults(["keyring": "/etc/ceph/keyring", "pool": "rbd", "user": "admin"])

    /// 80 % of the CPU that the pods ask for.
    private static let processorTarget: JSON = [
        ["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]]]
    ]

    private static func scaling(_ rules: inout JSONObject, _ policies: JSON) {
        rules.setDefault("selectPolicy", "Max")
        if rules["policies"]?.array?.isEmpty ?? true { rules["policies"] = policies }
    }

    /// Always for the tag `latest`, written or implied; a digest implies no tag.
    private static func pullPolicy(_ image: String) -> JSON {
        let parts = image.split(separator: "@", maxSplits: 1)
        let name = parts.first?.split(separator: "/").last ?? ""
        let tag = name.split(separator: ":", maxSplits: 1).dropFirst().first ?? (parts.count > 1 ? "" : "latest")
        return tag == "latest" ? "Always" : "IfNotPresent"
    }

    private static func rollingUpdate(_ spec: inout JSONObject, _ key: String, _ defaults: KeyValuePairs<String, JSON>) {
        spec.withObject(key) { strategy in
            strategy.setDefault("type", "RollingUpdate")
            guard strategy["type"] == "RollingUpdate" else { return }
            strategy.withObject("rollingUpdate") { update in
                for (key, value) in defaults { update.setDefault(key, value) }
            }
        }
    }

    private static let serviceAccount: Rule = { spec in
        // The deprecated field always mirrors the other.
        if !spec.isAbsent("serviceAccountName") {
            spec["serviceAccount"] = spec["serviceAccountName"]
        } else if let old = spec["serviceAccount"], !spec.isAbsent("serviceAccount") {
            spec["serviceAccountName"] = old
        }
    }

    private static let pod: Rule = { pod in
        guard pod["spec"]?.object != nil else { return }
        pod.withObject("spec") { spec in
            spec.setDefault("enableServiceLinks", true)
            let usesHostNetwork = spec["hostNetwork"] == .bool(true)
            for key in ["containers", "initContainers"] where spec[key] != nil {
                spec.forEachObject(of: key) { container in
                    requestsFromLimits(&container)
                    guard usesHostNetwork else { return }
                    container.forEachObject(of: "ports") { port in
                        if let number = port["containerPort"], port.isAbsent("hostPort") || port["hostPort"] == .int(0) {
                            port["hostPort"] = number
                        }
                    }
                }
            }
        }
    }

    private static func requestsFromLimits(_ container: inout JSONObject) {
        guard let limits = container["resources"]?["limits"]?.object, !limits.isEmpty else { return }
        container.withObject("resources") { resources in
            resources.withObject("requests") { requests in
                for limit in limits where requests[limit.key] == nil { requests[limit.key] = limit.value }
            }
        }
    }

    private static let job: Rule = { job in
        guard let before = job["spec"]?.object else { return }
        job.withObject("spec") { spec in
            if spec.isAbsent("completions"), spec.isAbsent("parallelism") { spec["completions"] = 1 }
            spec.setDefault("parallelism", 1)
            spec.setDefault("backoffLimit", spec.isAbsent("backoffLimitPerIndex") ? 6 : .int(Int64(Int32.max)))
            spec.setDefault("completionMode", "NonIndexed")
            spec.setDefault("manualSelector", false)
            spec.setDefault("suspend", false)
            spec.setDefault("podReplacementPolicy", spec.isAbsent("podFailurePolicy") ? "TerminatingOrFailed" : "Failed")
        }
        let labels = JSON.object(before)[path: ["template", "metadata", "labels"]]?.object ?? [:]
        guard !labels.isEmpty, job["metadata"]?["labels"]?.object?.isEmpty ?? true else { return }
        job.withObject("metadata") { $0["labels"] = .object(labels) }
    }

    private static let service: Rule = { spec in
        let affinity = spec["sessionAffinity"]
        if affinity == "None" { spec["sessionAffinityConfig"] = nil }
        if affinity == "ClientIP", JSON.object(spec)[path: ["sessionAffinityConfig", "clientIP", "timeoutSeconds"]]?.int == nil {
            spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
        }
        let type = spec["type"]?.string ?? ""
        let hasExternalIPs = type == "ClusterIP" && spec["externalIPs"]?.array?.isEmpty == false
        if type == "NodePort" || type == "LoadBalancer" || hasExternalIPs { spec.setDefault("externalTrafficPolicy", "Cluster") }
        if type != "ExternalName" { spec.setDefault("internalTrafficPolicy", "Cluster") }
        if type == "LoadBalancer" { spec.setDefault("allocateLoadBalancerNodePorts", true) }
    }

    private static let volume: Rule = { volume in
        if volume.allSatisfy({ $0.key == "name" || $0.value.isNull }) { volume["emptyDir"] = [:] }
        guard volume["image"]?.object != nil else { return }
        volume.withObject("image") { $0.setDefault("pullPolicy", pullPolicy($0["reference"]?.string ?? "")) }
    }

    private static let limitRangeItem: Rule = { item in
        guard item["type"] == "Container" else { return }
        func fill(_ key: String, from source: String) {
            guard let values = item[source]?.object, !values.isEmpty else { return }
            item.withObject(key) { target in
                for value in values where target[value.key] == nil { target[value.key] = value.value }
            }
        }
        fill("default", from: "max")
        fill("defaultRequest", from: "default")
        fill("defaultRequest", from: "min")
    }
}
