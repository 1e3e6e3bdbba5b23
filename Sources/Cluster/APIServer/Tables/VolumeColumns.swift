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

    private static let defaultAnnotations = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]

    static let classes: [TableColumn] = [
        .text("Name", format: "name", "The class's name.") { storage, _ in
            defaultAnnotations.contains { storage.annotations[$0] == "true" } ? storage.name + " (default)" : storage.name
        },
        .text("Provisioner", "Who makes the volumes.") { $0["provisioner"]?.string ?? "" },
        .text("ReclaimPolicy", "What happens to a volume when its claim is deleted.") { $0["reclaimPolicy"]?.string ?? "Delete" },
        .text("VolumeBindingMode", "When claims are bound.") { $0["volumeBindingMode"]?.string ?? "Immediate" },
        TableColumn(
            name: "AllowVolumeExpansion", type: "string", format: "", priority: 0, description: "Whether volumes can grow.",
            cell: { storage, _ in .bool(storage["allowVolumeExpansion"]?.bool ?? false) }), .age,
    ]

    static let attributesClasses: [TableColumn] = [
        .name, .text("DriverName", "The driver that knows the attributes.") { $0["driverName"]?.string ?? "" }, .age,
    ]

    static let attachments: [TableColumn] = [
        .name, .text("Attacher", format: "name", "Who attaches the volume.") { attachment, _ in attachment.spec["attacher"]?.string ?? "" },
        .text("PV", "The volume.") { $0["spec", "source", "persistentVolumeName"]?.string ?? "" },
        .text("Node", "The node that it is attached to.") { $0.spec["nodeName"]?.string ?? "" },
        .flag("Attached", "Whether it is attached.") { $0.status["attached"]?.bool ?? false }, .age,
    ]

    static let drivers: [TableColumn] = [
        .name, .flag("AttachRequired", "Whether volumes are attached before they are mounted.") { $0.spec["attachRequired"]?.bool ?? true },
        .flag("PodInfoOnMount", "Whether the driver is told of the pod.") { $0.spec["podInfoOnMount"]?.bool ?? false },
        .flag("StorageCapacity", "Whether capacity decides where pods go.") { $0.spec["storageCapacity"]?.bool ?? false },
        .text("TokenRequests", "Audiences of the tokens that the driver gets.") { driver in
            let audiences = driver.spec["tokenRequests"]?.array?.compactMap { $0["audience"]?.string } ?? []
            return audiences.isEmpty ? "<unset>" : audiences.joined(separator: ",")
        }, .flag("RequiresRepublish", "Whether the driver is called again and again.") { $0.spec["requiresRepublish"]?.bool ?? false },
        .text("Modes", "The lives that volumes can have.") { driver in
            let modes = driver.spec["volumeLifecycleModes"]?.array?.compactMap(\.string) ?? []
            return modes.isEmpty ? "<none>" : modes.joined(separator: ",")
        }, .age,
    ]

    static let driverNodes: [TableColumn] = [
        .name, .number("Drivers", "Drivers on the node.") { Int64($0.spec["drivers"]?.array?.count ?? 0) }, .age,
    ]

    static let capacities: [TableColumn] = [
        .name, .text("StorageClassName", "The class of which this is the capacity.") { $0["storageClassName"]?.string ?? "" },
        .text("Capacity", "What is left.") { $0["capacity"].plainText ?? "<unset>" },
    ]
}
