import APIMachinery

/// Dynamic resource allocation.
enum DeviceColumns {
    static let named: [TableColumn] = [.name, .age]

    static let claims: [TableColumn] = [.name, .text("State", "Whether devices are allocated, and to pods reserved.", state), .age]

    private static func state(_ claim: Object) -> String {
        var states: [String] = []
        if claim.isDeleting { states.append("deleted") }
        if claim["status", "allocation"] == nil {
            if !claim.isDeleting { states.append("pending") }
        } else {
            states.append("allocated")
            states.append(claim["status", "reservedFor"]?.array?.isEmpty ?? true ? "" : "reserved")
        }
        return states.filter { !$0.isEmpty }.joined(separator: ",")
    }

    static let slices: [TableColumn] = [
        .name, .text("Node", "The node whose devices they are.") { $0["spec", "nodeName"]?.string ?? "<unset>" },
        .text("Driver", "Who drives the devices.") { $0["spec", "driver"]?.string ?? "" },
        .text("Pool", "What the devices are a part of.") { $0["spec", "pool", "name"]?.string ?? "" }, .age,
    ]
}
