import APIMachinery

extension Admission {
    static let claimProtection = "kubernetes.io/pvc-protection"
    static let volumeProtection = "kubernetes.io/pv-protection"

    /// Claims and volumes are kept while something uses them; the controllers take the finalizers off.
    static let storageProtection: Plugin = { object, request throws(APIStatus) in
        guard request.isCreate else { return }
        let finalizer: String
        switch request.type {
        case .persistentVolumeClaims: finalizer = claimProtection
        case .persistentVolumes: finalizer = volumeProtection
        default: return
        }
        if !object.finalizers.contains(finalizer) { object.finalizers.append(finalizer) }
    }
}
