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
}
