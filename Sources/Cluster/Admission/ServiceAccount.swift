import APIMachinery

extension Admission {
    /// Where pods find their API credentials.
    static let tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    static let rootCertificateConfigMap = "kube-root-ca.crt"
    /// An hour, and a little to tell it from a user's own hour.
    private static let tokenSeconds: Int64 = 3607
    private static let annotationMirror = "kubernetes.io/config.mirror"

    /// Gives a pod its service account and, unless declined, the account's token.
    /// Source: Kubernetes documentation, "ServiceAccount admission controller".
    static let serviceAccount: Plugin = { pod, request throws(APIStatus) in
        guard request.type == .pods, request.isCreate, pod.annotations[annotationMirror] == nil else { return }
        let name = accountName(of: pod)
        pod["spec", "serviceAccountName"] = .string(name)
        pod["spec", "serviceAccount"] = .string(name)
        guard let account = request.lookup(.serviceAccounts, pod.namespace, name) else {
            throw .forbidden(
                .pods, name: pod.name.isEmpty ? pod.generateName : pod.name,
                "error looking up service account \(pod.namespace)/\(name): serviceaccount \"\(name)\" not found")
        }
        if pod["spec", "imagePullSecrets"]?.array?.isEmpty ?? true, let secrets = account["imagePullSecrets"]?.array, !secrets.isEmpty {
            pod["spec", "imagePullSecrets"] = .array(secrets)
        }
        if pod["spec", "automountServiceAccountToken"]?.bool ?? account["automountServiceAccountToken"]?.bool ?? true {
            mountToken(&pod, request.suffix)
        }
    }

    /// The account that a pod asks for, by either of its names.
    static func accountName(of pod: Object) -> String {
        for key in ["serviceAccountName", "serviceAccount"] {
            if let name = pod["spec", key]?.string, !name.isEmpty { return name }
        }
        return "default"
    }

    private static func mountToken(_ pod: inout Object, _ suffix: () -> String) {
        var volume: String?
        var isMounted = false
        let volumes = pod["spec", "volumes"]?.array ?? []
        // A pod copied from another one brings that one's volume along.
        for existing in volumes where existing["name"]?.string?.hasPrefix("kube-api-access-") == true { volume = existing["name"]?.string }
        let name = volume ?? "kube-api-access-" + suffix()
        for key in ["initContainers", "containers"] {
            guard let containers = pod["spec", key]?.array else { continue }
            pod["spec", key] = .array(
                containers.map { container in
                    var mounts = container["volumeMounts"]?.array ?? []
                    if mounts.contains(where: { $0["mountPath"]?.string == tokenMountPath }) { return container }
                    mounts.append(["mountPath": .string(tokenMountPath), "name": .string(name), "readOnly": true])
                    isMounted = true
                    var container = container
                    container.set(.array(mounts), at: ["volumeMounts"])
                    return container
                })
        }
        if isMounted, volume == nil { pod["spec", "volumes"] = .array(volumes + [tokenVolume(name)]) }
    }

    private static func tokenVolume(_ name: String) -> JSON {
        [
            "name": .string(name),
            "projected": [
                "defaultMode": 420,
                "sources": [
                    ["serviceAccountToken": ["expirationSeconds": .int(tokenSeconds), "path": "token"]],
                    ["configMap": ["items": [["key": "ca.crt", "path": "ca.crt"]], "name": .string(rootCertificateConfigMap)]],
                    [
                        "downwardAPI": [
                            "items": [["fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"], "path": "namespace"]]
                        ]
                    ],
                ],
            ],
        ]
    }
}
