import APIMachinery

/// Services and their endpoints.
enum ServiceColumns {
    /// Addresses and ports listed before `+ N more...`.
    private static let shownMax = 3

    static let services: [TableColumn] = [
        .name, .text("Type", "How the service is reached.") { $0.spec["type"]?.string ?? "ClusterIP" },
        .text("Cluster-IP", "The address inside the cluster.") { $0.spec["clusterIP"]?.string?.orNone ?? "<none>" },
        .text("External-IP", "The addresses outside the cluster.", externalIP), .text("Port(s)", "Ports, node ports and protocols.", ports), .age,
        .text("Selector", wide: true, "The labels that select the pods behind the service.") { service in
            service.spec["selector"].labelText
        },
    ]

    private static func externalIP(_ service: Object) -> String {
        let fixed = service.spec["externalIPs"]?.array?.compactMap(\.string) ?? []
        switch service.spec["type"]?.string {
        case "ExternalName": return service.spec["externalName"]?.string ?? ""
        case "LoadBalancer":
            let ingress = service["status", "loadBalancer", "ingress"]?.array ?? []
            let all = ingress.compactMap { $0["ip"]?.string ?? $0["hostname"]?.string } + fixed
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        default: return fixed.isEmpty ? "<none>" : fixed.joined(separator: ",")
        }
    }

    private static func ports(_ service: Object) -> String {
        let ports = service.spec["ports"]?.array ?? []
        guard !ports.isEmpty else { return "<none>" }
        return ports.map { port in
            let node = port["nodePort"]?.int ?? 0
            return "\(port["port"]?.int ?? 0)\(node == 0 ? "" : ":\(node)")/\(port["protocol"]?.string ?? "TCP")"
        }.joined(separator: ",")
    }

    static let endpoints: [TableColumn] = [
        .name,
        .text("Endpoints", "Ready addresses with their ports.") { object in
            var pairs: [String] = []
            for subset in object["subsets"]?.array ?? [] {
                let addresses = (subset["addresses"]?.array ?? []).compactMap { $0["ip"]?.string }
                let ports = (subset["ports"]?.array ?? []).compactMap { $0["port"]?.int }
                if ports.isEmpty { pairs += addresses }
                for port in ports { pairs += addresses.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" } }
            }
            return shortened(pairs) ?? "<none>"
        }, .age,
    ]

    static let endpointSlices: [TableColumn] = [
        .name, .text("AddressType", "IPv4, IPv6 or FQDN.") { $0["addressType"]?.string ?? "" },
        .text("Ports", "The ports of all endpoints.") { slice in
            shortened((slice["ports"]?.array ?? []).map { $0["port"]?.int.map { String($0) } ?? $0["name"]?.string ?? "*" }) ?? "<unset>"
        },
        .text("Endpoints", "The addresses, ready or not.") { slice in
            shortened((slice["endpoints"]?.array ?? []).flatMap { $0["addresses"]?.array?.compactMap(\.string) ?? [] }) ?? "<unset>"
        }, .age,
    ]

    private static func shortened(_ texts: [String]) -> String? {
        guard !texts.isEmpty else { return nil }
        let shown = texts.prefix(shownMax).joined(separator: ",")
        return texts.count > shownMax ? "\(shown) + \(texts.count - shownMax) more..." : shown
    }
}
