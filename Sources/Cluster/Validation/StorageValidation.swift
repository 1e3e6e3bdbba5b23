import APIMachinery

/// PersistentVolume and PersistentVolumeClaim.
extension Validation {
    private static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

    private static func checkAccessModes(_ modes: Field, _ errors: inout Errors) {
        if modes.isEmpty { errors.required(modes, "at least 1 access mode is required") }
        for mode in modes.elements { errors.oneOf(mode, accessModes) }
        let names = Set(modes.elements.map(\.text))
        if names.contains("ReadWriteOncePod"), names.count > 1 {
            errors.forbidden(modes, "may not use ReadWriteOncePod with other access modes")
        }
    }

    static let persistentVolumes = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkAccessModes(spec["accessModes"], &errors)
            let storage = spec["capacity"]["storage"]
            if storage.isPresent {
                checkQuantity(storage, &errors)
                if let quantity = quantity(storage), quantity.milli == 0 { errors.invalid(storage, "must be greater than zero") }
            } else {
                errors.required(spec["capacity"], "must have capacity storage")
            }
            errors.oneOf(spec["persistentVolumeReclaimPolicy"], ["Delete", "Recycle", "Retain"])
            errors.oneOf(spec["volumeMode"], ["Block", "Filesystem"])
            if !spec["storageClassName"].isEmpty { errors.format(spec["storageClassName"], .dnsSubdomain) }
            let sources = volumeSources.filter { spec[$0].isPresent }
            if sources.isEmpty { errors.required(spec, "must specify a volume type") }
            for extra in sources.dropFirst() { errors.forbidden(spec[extra], "may not specify more than 1 volume type") }
            if spec["hostPath"].isPresent {
                checkHostPath(spec["hostPath"], &errors)
                if spec["hostPath"]["path"].text == "/", spec["persistentVolumeReclaimPolicy"].text == "Recycle" {
                    errors.forbidden(spec["persistentVolumeReclaimPolicy"], "may not be 'recycle' for a hostPath mount of '/'")
                }
            }
            if spec["local"].isPresent {
                errors.requiredText(spec["local"]["path"])
                if !spec["nodeAffinity"].isPresent { errors.required(spec["nodeAffinity"], "Local volume requires node affinity") }
            }
        },
        update: { new, old, errors in
            let (spec, before) = (new["spec"], old["spec"])
            if volumeSources.contains(where: { !spec[$0].equals(before[$0]) }) {
                errors.forbidden(spec["persistentvolumesource"], "spec.persistentvolumesource is immutable after creation")
            }
            errors.immutable(spec["volumeMode"], before["volumeMode"])
        })

    private static let volumeSources = [
        "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
        "gcePersistentDisk",
        "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO",
        "storageos", "vsphereVolume",
    ]

    static let persistentVolumeClaims = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkAccessModes(spec["accessModes"], &errors)
            if spec["selector"].isPresent { checkSelector(spec["selector"], &errors) }
            let storage = spec["resources"]["requests"]["storage"]
            if storage.isPresent {
                checkQuantity(storage, &errors)
                if let quantity = quantity(storage), quantity.milli == 0 { errors.invalid(storage, "must be greater than zero") }
            } else {
                errors.required(storage)
            }
            if !spec["storageClassName"].isEmpty { errors.format(spec["storageClassName"], .dnsSubdomain) }
            errors.oneOf(spec["volumeMode"], ["Block", "Filesystem"])
        }, update: checkClaimUpdate)

    /// A claim stays as it is but for the binder's `volumeName`, a class given late, and growth.
    private static func checkClaimUpdate(_ new: Field, _ old: Field, _ errors: inout Errors) {
        let (spec, before) = (new["spec"], old["spec"])
        var (left, right) = (spec.value?.withoutNulls ?? [:], before.value?.withoutNulls ?? [:])
        var free = [["resources"], ["volumeAttributesClassName"]]
        if before["volumeName"].isEmpty { free.append(["volumeName"]) }
        if !before["storageClassName"].isPresent { free.append(["storageClassName"]) }
        for path in free {
            left.set(nil, at: path)
            right.set(nil, at: path)
        }
        if left != right {
            errors.forbidden(
                spec,
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")
        }
        let request = spec["resources"]["requests"]["storage"]
        guard let size = quantity(request), let sizeBefore = quantity(before["resources"]["requests"]["storage"]) else { return }
        if size < sizeBefore { errors.forbidden(request, "field can not be less than status.capacity") }
        if size != sizeBefore, old["status"]["phase"].text != "Bound" {
            errors.forbidden(
                spec, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")
        }
    }
}
