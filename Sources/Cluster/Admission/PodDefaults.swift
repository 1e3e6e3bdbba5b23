import APIMachinery

extension Admission {
    /// How long a pod stays on a node that failed, unless it says otherwise.
    private static let failedNodeSeconds: Int64 = 300

    /// Tolerates a node's failure for five minutes. Source: Kubernetes documentation, "DefaultTolerationSeconds".
    static let defaultTolerations: Plugin = { pod, request throws(APIStatus) in
        guard request.type == .pods, request.isCreate else { return }
        var tolerations = pod["spec", "tolerations"]?.array ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let isTolerated = tolerations.contains { toleration in
                let tolerated = toleration["key"]?.string ?? ""
                let effect = toleration["effect"]?.string ?? ""
                return (tolerated == key || tolerated.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
            }
            if isTolerated { continue }
            tolerations.append([
                "effect": "NoExecute", "key": .string(key), "operator": "Exists", "tolerationSeconds": .int(failedNodeSeconds),
            ])
        }
        pod["spec", "tolerations"] = .array(tolerations)
    }

    /// Without priority classes every pod has priority 0.
    static let priority: Plugin = { pod, request throws(APIStatus) in
        guard request.type == .pods, request.isCreate else { return }
        if let name = pod["spec", "priorityClassName"]?.string, let value = systemPriorities[name] {
            pod["spec", "priority"] = .int(value)
        } else if let name = pod["spec", "priorityClassName"]?.string, !name.isEmpty {
            throw .forbidden(.pods, name: pod.name, "no PriorityClass with name \(name) was found")
        } else {
            pod["spec", "priority"] = 0
        }
        if pod["spec", "preemptionPolicy"] == nil { pod["spec", "preemptionPolicy"] = "PreemptLowerPriority" }
    }

    /// The classes that every cluster has.
    private static let systemPriorities: [String: Int64] = [
        "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000,
    ]
}
