import APIMachinery

/// From Service, EndpointSlices and Pods to rules. Pure.
///
/// Which endpoints count follows Kubernetes' service proxies (KEP-1672): the ready ones, and when
/// none is ready those that still serve while they terminate.
enum ServiceRules {
    struct Endpoint: Sendable, Hashable, Comparable {
        var address: String
        var port: Int
        var isLocal: Bool

        static func < (a: Self, b: Self) -> Bool { (a.address, a.port) < (b.address, b.port) }
    }

    /// The part of the ruleset that one service takes, and the pods it leads to.
    struct Part: Sendable, Equatable {
        var ruleset = Ruleset()
        /// Addresses of endpoints that a rule leads to.
        var addresses: Set<String> = []
        /// UDP: connection tracking remembers endpoints without a handshake to end it.
        var datagramEndpoints: Set<String> = []
    }

    static func part(service: Object, slices: [Object], nodeName: String) -> Part {
        let spec = service.spec
        let clusterIPs = (spec["clusterIPs"]?.array?.compactMap(\.string) ?? [spec["clusterIP"]?.string ?? ""]).filter(isIPv4)
        guard spec["type"]?.string != "ExternalName" else { return Part() }
        let externals =
            (spec["externalIPs"]?.array?.compactMap(\.string) ?? []).filter(isIPv4)
            + (service.status[path: ["loadBalancer", "ingress"]]?.array ?? []).filter { $0["ipMode"]?.string != "Proxy" }
            .compactMap { $0["ip"]?.string }.filter(isIPv4)
        var part = Part()
        for port in spec["ports"]?.array ?? [] {
            guard let number = portNumber(port["port"]), let transport = transport(port) else { continue }
            let all = endpoints(slices: slices, portName: port["name"]?.string ?? "", transport: transport, nodeName: nodeName)
            let id = "\(service.namespace)/\(service.name)/\(transport)-\(number)"
            let affinity =
                spec["sessionAffinity"]?.string == "ClientIP"
                ? Int(min(max(spec[path: ["sessionAffinityConfig", "clientIP", "timeoutSeconds"]]?.int ?? 10800, 1), affinitySecondsMax)) : nil

            let keepsInside = spec["internalTrafficPolicy"]?.string == "Local"
            if !clusterIPs.isEmpty {
                let verdict = part.lead(to: usable(all, localOnly: keepsInside), id: "svc/\(id)", transport: transport, affinity: affinity)
                for address in clusterIPs {
                    // Without endpoints it is refused, as the whole of the service range is by default.
                    if let verdict { part.add(.serviceAddresses, "\(address) . \(transport) . \(number)", verdict) }
                }
            }
            let nodePort = portNumber(port["nodePort"]) ?? 0
            guard !externals.isEmpty || nodePort != 0 else { continue }
            let keepsOutside = spec["externalTrafficPolicy"]?.string == "Local"
            let reachable = usable(all, localOnly: keepsOutside)
            var verdict = part.lead(
                to: reachable, id: keepsOutside == keepsInside && !clusterIPs.isEmpty ? "svc/\(id)" : "ext/\(id)", transport: transport,
                affinity: affinity)
            // With endpoints only elsewhere a balancer in front must see silence, not a refusal.
            if verdict == nil, keepsOutside, !usable(all, localOnly: false).isEmpty { verdict = "drop" }
            for address in externals {
                let key = "\(address) . \(transport) . \(number)"
                if let verdict { part.add(.serviceAddresses, key, verdict) } else { part.add(.refusedAddresses, key, "") }
            }
            if nodePort != 0 {
                let key = "\(transport) . \(nodePort)"
                if let verdict { part.add(.nodePorts, key, verdict) } else { part.add(.refusedNodePorts, key, "") }
            }
        }
        return part
    }

    /// Host ports of a pod of this node.
    static func part(pod: Object) -> Part {
        var part = Part()
        let address = pod.status["podIP"]?.string ?? ""
        let phase = pod.status["phase"]?.string ?? ""
        guard isIPv4(address), pod.spec["hostNetwork"]?.bool != true, phase != "Succeeded", phase != "Failed" else { return part }
        let sidecars = (pod.spec["initContainers"]?.array ?? []).filter { $0["restartPolicy"]?.string == "Always" }
        for container in sidecars + (pod.spec["containers"]?.array ?? []) {
            for port in container["ports"]?.array ?? [] {
                guard let hostPort = portNumber(port["hostPort"]), let number = portNumber(port["containerPort"]), let transport = transport(port)
                else { continue }
                let endpoint = Endpoint(address: address, port: number, isLocal: true)
                let id = "host/\(pod.namespace)/\(short(pod.name))/\(transport)-\(hostPort)"
                guard let verdict = part.lead(to: [endpoint], id: id, transport: transport, affinity: nil) else { continue }
                let hostIP = port["hostIP"]?.string ?? ""
                if isIPv4(hostIP), hostIP != "0.0.0.0" {
                    part.add(.serviceAddresses, "\(hostIP) . \(transport) . \(hostPort)", verdict)
                } else {
                    part.add(.nodePorts, "\(transport) . \(hostPort)", verdict)
                }
            }
        }
        return part
    }

    /// Longest lifetime of a client's binding. Source: API reference, core/v1 ClientIPConfig.
    private static let affinitySecondsMax: Int64 = 86_400

    /// nil for what is no port: one element that nft refuses would keep out all rules.
    static func portNumber(_ json: JSON?) -> Int? { json?.int.flatMap { (1...65_535).contains($0) ? Int($0) : nil } }

    /// Of a pod's name (at most 253 bytes) as much as leaves room in a chain's (255), and a hash of the whole.
    private static func short(_ name: String) -> String {
        guard name.utf8.count > 128 else { return name }
        return "\(name.prefix(119))-\(Instance(dataDirectory: name).id)"
    }

    /// A protocol that both Kubernetes and connection tracking know, as nft spells it.
    private static func transport(_ port: JSON) -> String? {
        switch port["protocol"]?.string ?? "TCP" {
        case "TCP": "tcp"
        case "UDP": "udp"
        case "SCTP": "sctp"
        default: nil
        }
    }

    private static func isIPv4(_ text: String) -> Bool { IPv4Range.address(text) != nil }

    private struct Candidate {
        var endpoint: Endpoint
        var isReady: Bool
        var servesWhileTerminating: Bool
    }

    private static func endpoints(slices: [Object], portName: String, transport: String, nodeName: String) -> [Candidate] {
        var candidates: [Candidate] = []
        for slice in slices where slice.fields["addressType"]?.string == "IPv4" {
            let port = slice.fields["ports"]?.array?.first {
                ($0["name"]?.string ?? "") == portName && self.transport($0) == transport
            }
            guard let number = portNumber(port?["port"]) else { continue }
            for entry in slice.fields["endpoints"]?.array ?? [] {
                let conditions = entry["conditions"] ?? .null
                let isReady = conditions["ready"]?.bool ?? true
                let serves = (conditions["serving"]?.bool ?? isReady) && conditions["terminating"]?.bool == true
                guard isReady || serves else { continue }
                for address in entry["addresses"]?.array?.compactMap(\.string) ?? [] where isIPv4(address) {
                    candidates.append(
                        Candidate(
                            endpoint: Endpoint(address: address, port: number, isLocal: entry["nodeName"]?.string == nodeName),
                            isReady: isReady, servesWhileTerminating: serves))
                }
            }
        }
        return candidates
    }

    private static func usable(_ candidates: [Candidate], localOnly: Bool) -> [Endpoint] {
        let here = localOnly ? candidates.filter(\.endpoint.isLocal) : candidates
        let ready = here.filter(\.isReady)
        return Set((ready.isEmpty ? here.filter(\.servesWhileTerminating) : ready).map(\.endpoint)).sorted()
    }
}

extension ServiceRules.Part {
    fileprivate mutating func add(_ collection: Ruleset.Collection, _ key: String, _ verdict: String) {
        ruleset.elements[Ruleset.Element(collection, key)] = verdict
    }

    /// Makes the chain that spreads connections over `endpoints`; nil when there are none.
    fileprivate mutating func lead(to endpoints: [ServiceRules.Endpoint], id: String, transport: String, affinity: Int?) -> String? {
        guard !endpoints.isEmpty else { return nil }
        for endpoint in endpoints {
            addresses.insert(endpoint.address)
            if transport == "udp" { datagramEndpoints.insert(endpoint.address) }
            if endpoint.isLocal { add(.hairpins, "\(endpoint.address) . \(endpoint.address)", "") }
        }
        if let affinity {
            var rules: [String] = []
            var choices: [String] = []
            for (index, endpoint) in endpoints.enumerated() {
                let chain = "ep/\(id)/\(endpoint.address)-\(endpoint.port)"
                let clients = "clients/\(id)/\(endpoint.address)-\(endpoint.port)/\(affinity)s"
                ruleset.affinities[clients] = affinity
                ruleset.chains[chain] = [
                    "update @\(clients) { ip saddr }", "meta l4proto \(transport) dnat ip to \(endpoint.address):\(endpoint.port)",
                ]
                rules.append("ip saddr @\(clients) goto \(chain)")
                choices.append("\(index) : goto \(chain)")
            }
            rules.append("numgen random mod \(endpoints.count) vmap { \(choices.joined(separator: ", ")) }")
            ruleset.chains[id] = rules
        } else if endpoints.count == 1 {
            ruleset.chains[id] = ["meta l4proto \(transport) dnat ip to \(endpoints[0].address):\(endpoints[0].port)"]
        } else {
            let choices = endpoints.enumerated().map { "\($0) : \($1.address) . \($1.port)" }.joined(separator: ", ")
            ruleset.chains[id] = ["meta l4proto \(transport) dnat ip to numgen random mod \(endpoints.count) map { \(choices) }"]
        }
        return "goto \(id)"
    }
}
