import APIMachinery

/// PersistentVolumes and their claims.
enum VolumeColumns {
    private static let modes = [
        "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
    ]

    private static func accessModes(_ modes: JSON?) -> String {
        let given = Set(modes?.array?.compactMap(\.string) ?? [])
        return ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"].filter(given.contains).compactMap { Self.modes[$0] }
            .joined(separator: ",")
    }

    private static let volumeMode = TableColumn.text("VolumeMode", wide: true, "Filesystem or Block.") {
        $0.spec["volumeMode"]?.string ?? "<unset>"
    }
    private static let attributesClass = TableColumn.text("VolumeAttributesClass", "The class of the volume's attributes.") {
        $0.spec["volumeAttributesClassName"]?.string ?? "<unset>"
    }

    static let volumes: [TableColumn] = [
        .name, .text("Capacity", "The volume's size.") { $0["spec", "capacity", "storage"]?.string ?? "" },
        .text("Access Modes", "How the volume may be mounted.") { accessModes($0.spec["accessModes"]) },
        .text("Reclaim Policy", "What happens when its claim is deleted.") { $0.spec["persistentVolumeReclaimPolicy"]?.string ?? "" },
        .text("Status", "Whether the volume is bound.") { $0.isDeleting ? "Terminating" : $0.status["phase"]?.string ?? "" },
        .text("Claim", "The claim it is bound to.") { volume in
            guard let claim = volume.spec["claimRef"] else { return "" }
            return "\(claim["namespace"]?.string ?? "")/\(claim["name"]?.string ?? "")"
        },
        .text("StorageClass", "The class it belongs to.") { $0.spec["storageClassName"]?.string ?? "" }, attributesClass,
        .text("Reason", "Why it is in this state.") { $0.status["reason"]?.string ?? "" }, .age, volumeMode,
    ]

    static let claims: [TableColumn] = [
        .name, .text("Status", "Whether the claim is bound.") { $0.isDeleting ? "Terminating" : $0.status["phase"]?.string ?? "" },
        .text("Volume", "The volume it is bound to.") { $0.spec["volumeName"]?.string ?? "" },
        .text("Capacity", "The size of that volume.") { claim in
            isBound(claim) ? claim["status", "capacity", "storage"]?.string ?? "" : ""
        },
        .text("Access Modes", "How it may be mounted.") { isBound($0) ? accessModes($0.status["accessModes"]) : "" },
        .text("StorageClass", "The class asked for.") { $0.spec["storageClassName"]?.string ?? "" }, attributesClass, .age, volumeMode,
    ]

    private static func isBound(_ claim: Object) -> Bool { claim.spec["volumeName"]?.string?.isEmpty == false }
}
