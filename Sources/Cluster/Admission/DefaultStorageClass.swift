import APIMachinery

extension Admission {
    private static let defaultClassAnnotations = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]

    /// A claim that names no class gets the default one, the newest if there are several; none if there is none.
    /// Source: Kubernetes documentation, "DefaultStorageClass".
    static let defaultStorageClass: Plugin = { claim, request throws(APIStatus) in
        guard request.type == .persistentVolumeClaims, request.isCreate else { return }
        // An empty name declines a class.
        guard claim["spec", "storageClassName"]?.string == nil, claim.annotations["volume.beta.kubernetes.io/storage-class"] == nil else { return }
        let defaults = request.list(.storageClasses, "").filter { storageClass in
            let annotations = storageClass.annotations
            return defaultClassAnnotations.contains { annotations[$0] == "true" }
        }
        let chosen = defaults.min { a, b in
            a.creationTimestamp == b.creationTimestamp ? a.name < b.name : a.creationTimestamp > b.creationTimestamp
        }
        if let chosen { claim["spec", "storageClassName"] = .string(chosen.name) }
    }
}
