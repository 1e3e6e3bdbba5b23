import APIMachinery

/// Ingresses, their classes, network policies and what addresses belong to.
enum NetworkColumns {
    /// Hosts listed before `+ N more...`.
    private static let hostsMax = 3

    static let ingresses: [TableColumn] = [
        .name, .text("Class", "The class of the controller.") { $0.spec["ingressClassName"]?.string ?? "<none>" },
        .text("Hosts", "The hosts of the rules.", hosts),
        .text("Address", "Where the ingress is reached.") { ingress in
            let points = ingress["status", "loadBalancer", "ingress"]?.array ?? []
            return Set(points.compactMap { $0["ip"]?.string?.orNone ?? $0["hostname"]?.string?.orNone }).sorted().joined(separator: ",")
        },
        .text("Ports", "The ports of the rules and of TLS.") { $0.spec["tls"]?.array?.isEmpty == false ? "80, 443" : "80" }, .age,
    ]

    private static func hosts(_ ingress: Object) -> String {
        let rules = ingress.spec["rules"]?.array ?? []
        var list: [String] = []
        var isLong = false
        for rule in rules {
            if list.count == hostsMax { isLong = true }
            if !isLong, let host = rule["host"]?.string?.orNone { list.append(host) }
        }
        if list.isEmpty { return "*" }
        return list.joined(separator: ",") + (isLong ? " + \(rules.count - hostsMax) more..." : "")
    }

    static let ingressClasses: [TableColumn] = [
        .name, .text("Controller", "Who carries out ingresses of the class.") { $0.spec["controller"]?.string ?? "" },
        .text("Parameters", "The controller's settings.") { item in
            guard let parameters = item.spec["parameters"], !parameters.isNull else { return "<none>" }
            let group = parameters["apiGroup"]?.string?.orNone.map { "." + $0 } ?? ""
            return "\(parameters["kind"]?.string ?? "")\(group)/\(parameters["name"]?.string ?? "")"
        }, .age,
    ]

    static let policies: [TableColumn] = [.name, .text("Pod-Selector", "The pods concerned.") { $0.spec["podSelector"].selectorText }, .age]

    static let addresses: [TableColumn] = [
        .name,
        .text("ParentRef", "What the address belongs to.") { address in
            guard let parent = address.spec["parentRef"] else { return "<none>" }
            let group = parent["group"]?.string?.orNone.map { "." + $0 } ?? ""
            let namespace = parent["namespace"]?.string?.orNone.map { $0 + "/" } ?? ""
            return "\(parent["resource"]?.string ?? "")\(group)/\(namespace)\(parent["name"]?.string ?? "")"
        },
    ]

    static let serviceCIDRs: [TableColumn] = [
        .name, .text("CIDRs", "The ranges of addresses.") { ($0.spec["cidrs"]?.array ?? []).compactMap(\.string).joined(separator: ",") }, .age,
    ]
}
