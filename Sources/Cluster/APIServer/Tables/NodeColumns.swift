import APIMachinery

enum NodeColumns {
    private static let rolePrefix = "node-role.kubernetes.io/"

    static let all: [TableColumn] = [
        .name,
        .text("Status", "Whether the node is ready and takes pods.") { node in
            let ready = node.conditionStatus("Ready")
            let text = ready == "True" ? "Ready" : ready == "False" ? "NotReady" : hasReady(node) ? "NotReady" : "Unknown"
            return node.spec["unschedulable"]?.bool == true ? text + ",SchedulingDisabled" : text
        },
        .text("Roles", "The roles that the node's labels name.") { node in
            var roles = node.labels.keys.filter { $0.hasPrefix(rolePrefix) }.map { String($0.dropFirst(rolePrefix.count)) }.filter { !$0.isEmpty }
            if let role = node.labels["kubernetes.io/role"]?.orNone { roles.append(role) }
            return roles.isEmpty ? "<none>" : Set(roles).sorted().joined(separator: ",")
        }, .age,
        .text("Version", "The version of the node's agent.") { info($0, "kubeletVersion") ?? "" },
        .text("Internal-IP", wide: true, "The address inside the cluster.") { address($0, "InternalIP") },
        .text("External-IP", wide: true, "The address outside the cluster.") { address($0, "ExternalIP") },
        .text("OS-Image", wide: true, "The operating system.") { info($0, "osImage") ?? "<unknown>" },
        .text("Kernel-Version", wide: true, "The kernel's version.") { info($0, "kernelVersion") ?? "<unknown>" },
        .text("Container-Runtime", wide: true, "The container runtime and its version.") { info($0, "containerRuntimeVersion") ?? "<unknown>" },
    ]

    private static func hasReady(_ node: Object) -> Bool {
        node.status["conditions"]?.array?.contains { $0["type"]?.string == "Ready" } ?? false
    }

    private static func info(_ node: Object, _ field: String) -> String? { node["status", "nodeInfo", field]?.string?.orNone }

    private static func address(_ node: Object, _ type: String) -> String {
        node.status["addresses"]?.array?.first { $0["type"]?.string == type }?["address"]?.string ?? "<none>"
    }
}
