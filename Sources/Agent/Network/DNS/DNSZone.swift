import APIMachinery

/// The names of a cluster's services and pods, and what they stand for. Pure: changes in, answers out.
///
/// Source: "Kubernetes DNS-Based Service Discovery" (the DNS specification, schema 1.1.0).
package struct DNSZone: Sendable {
    private static let typeAddress: UInt16 = 1
    private static let typePointer: UInt16 = 12
    private static let typeService: UInt16 = 33
    private static let typeAny: UInt16 = 255

    /// `cluster.local`, by labels.
    package let domain: [String]
    private let ranges: [IPv4Range]
    private var services: [Informer.Key: Object] = [:]
    private var byAddress: [UInt32: Informer.Key] = [:]
    /// Service → slice name → slice.
    private var slices: [Informer.Key: [String: Object]] = [:]
    private var namespaces: [String: Int] = [:]

    /// `ranges` are the cluster's own addresses: no one else is asked for their names.
    package init(domain: String = "cluster.local", ranges: [String]) {
        self.domain = domain.split(separator: ".").map(String.init)
        self.ranges = ranges.compactMap { IPv4Range($0) }
    }

    package mutating func setService(_ service: Object, isDeleted: Bool) {
        let key = Informer.Key(service)
        if let old = services[key] {
            if let address = Self.clusterIP(old), byAddress[address] == key { byAddress[address] = nil }
            namespaces[key.namespace, default: 1] -= 1
        }
        services[key] = isDeleted ? nil : service
        guard !isDeleted else { return }
        if let address = Self.clusterIP(service) { byAddress[address] = key }
        namespaces[key.namespace, default: 0] += 1
    }

    package mutating func setSlice(_ slice: Object, isDeleted: Bool) {
        guard let service = slice.labels["kubernetes.io/service-name"] else { return }
        let key = Informer.Key(namespace: slice.namespace, name: service)
        slices[key, default: [:]][slice.name] = isDeleted ? nil : slice
        if slices[key]?.isEmpty == true { slices[key] = nil }
    }

    private static func clusterIP(_ service: Object) -> UInt32? { IPv4Range.address(service.spec["clusterIP"]?.string ?? "") }

    /// The answer to a question; nil when the name is not the cluster's, and another server is to be asked.
    package func answer(_ labels: [String], type: UInt16) -> DNSAnswer? {
        if labels.suffix(2) == ["in-addr", "arpa"] { return reverse(labels, type: type) }
        guard labels.suffix(domain.count).elementsEqual(domain) else { return nil }
        let rest = Array(labels.dropLast(domain.count))
        switch rest.last {
        case nil: return DNSAnswer()
        case "svc": return service(rest.dropLast(), type: type)
        case "pod": return pod(rest.dropLast(), type: type)
        default: return DNSAnswer(.noSuchName)
        }
    }

    /// `NAME.NAMESPACE`, `HOST.NAME.NAMESPACE`, `_PORT._PROTOCOL.NAME.NAMESPACE`.
    private func service(_ labels: ArraySlice<String>, type: UInt16) -> DNSAnswer {
        let labels = Array(labels)
        // Names that lie between a service's and the zone exist, though they hold nothing.
        guard let namespace = labels.last else { return DNSAnswer() }
        guard labels.count > 1 else { return DNSAnswer(namespaces[namespace, default: 0] > 0 ? .success : .noSuchName) }
        let key = Informer.Key(namespace: namespace, name: labels[labels.count - 2])
        guard let service = services[key] else { return DNSAnswer(.noSuchName) }
        if service.spec["type"]?.string == "ExternalName" {
            guard labels.count == 2, let name = service.spec["externalName"]?.string else { return DNSAnswer(.noSuchName) }
            return DNSAnswer(.success, [.canonicalName(name.split(separator: ".").map(String.init))])
        }
        let address = Self.clusterIP(service)
        switch labels.count {
        case 2:
            let addresses = address.map { [$0] } ?? endpoints(of: key).map(\.address)
            if addresses.isEmpty { return DNSAnswer(.noSuchName) }
            return asks(type, Self.typeAddress) ? DNSAnswer(.success, addresses.map { .address($0) }) : DNSAnswer()
        case 3 where address == nil:
            let addresses = endpoints(of: key).filter { $0.host == labels[0] }.map(\.address)
            if addresses.isEmpty { return DNSAnswer(.noSuchName) }
            return asks(type, Self.typeAddress) ? DNSAnswer(.success, addresses.map { .address($0) }) : DNSAnswer()
        case 4 where labels[0].hasPrefix("_") && labels[1].hasPrefix("_"):
            return ports(of: key, service, port: String(labels[0].dropFirst()), transport: String(labels[1].dropFirst()), type: type)
        default:
            return DNSAnswer(.noSuchName)
        }
    }

    private func ports(of key: Informer.Key, _ service: Object, port name: String, transport: String, type: UInt16) -> DNSAnswer {
        let own = ["svc"] + domain
        var answer = DNSAnswer()
        if let address = Self.clusterIP(service) {
            let port = service.spec["ports"]?.array?.first { port in
                port["name"]?.string == name && (port["protocol"]?.string ?? "TCP").lowercased() == transport
            }
            guard let number = ServiceRules.portNumber(port?["port"]) else { return DNSAnswer(.noSuchName) }
            let target = [key.name, key.namespace] + own
            answer.records = [.service(port: number, target: target)]
            answer.targets = [(target, address)]
        } else {
            for endpoint in endpoints(of: key) {
                guard let number = endpoint.ports["\(name)/\(transport)"] else { continue }
                let target = [endpoint.host, key.name, key.namespace] + own
                answer.records.append(.service(port: number, target: target))
                answer.targets.append((target, endpoint.address))
            }
            if answer.records.isEmpty { return DNSAnswer(.noSuchName) }
        }
        return asks(type, Self.typeService) ? answer : DNSAnswer()
    }

    /// `A-B-C-D.NAMESPACE`.
    private func pod(_ labels: ArraySlice<String>, type: UInt16) -> DNSAnswer {
        guard labels.count == 2, let first = labels.first, let address = IPv4Range.address(first.map { $0 == "-" ? "." : String($0) }.joined())
        else { return DNSAnswer(labels.isEmpty ? .success : .noSuchName) }
        return asks(type, Self.typeAddress) ? DNSAnswer(.success, [.address(address)]) : DNSAnswer()
    }

    /// `D.C.B.A.in-addr.arpa`.
    private func reverse(_ labels: [String], type: UInt16) -> DNSAnswer? {
        guard labels.count == 6, let address = IPv4Range.address(labels.prefix(4).reversed().joined(separator: ".")) else { return nil }
        var names: [[String]] = []
        if let key = byAddress[address] {
            names = [[key.name, key.namespace, "svc"] + domain]
        } else {
            for key in slices.keys.sorted() where services[key].map({ Self.clusterIP($0) == nil }) == true {
                for endpoint in endpoints(of: key) where endpoint.address == address {
                    names.append([endpoint.host, key.name, key.namespace, "svc"] + domain)
                }
            }
        }
        if names.isEmpty { return ranges.contains { $0.contains(address) } ? DNSAnswer(.noSuchName) : nil }
        return asks(type, Self.typePointer) ? DNSAnswer(.success, names.map { .pointer($0) }) : DNSAnswer()
    }

    private func asks(_ type: UInt16, _ wanted: UInt16) -> Bool { type == wanted || type == Self.typeAny }

    private struct Endpoint {
        var address: UInt32
        /// The pod's host name, else its address with dashes.
        var host: String
        /// `NAME/PROTOCOL` → number.
        var ports: [String: Int]
    }

    /// The ready endpoints, by address.
    private func endpoints(of key: Informer.Key) -> [Endpoint] {
        var found: [UInt32: Endpoint] = [:]
        for slice in (slices[key] ?? [:]).values where slice.fields["addressType"]?.string == "IPv4" {
            var ports: [String: Int] = [:]
            for port in slice.fields["ports"]?.array ?? [] {
                guard let number = ServiceRules.portNumber(port["port"]) else { continue }
                ports["\(port["name"]?.string ?? "")/\((port["protocol"]?.string ?? "TCP").lowercased())"] = number
            }
            for endpoint in slice.fields["endpoints"]?.array ?? [] where endpoint[path: ["conditions", "ready"]]?.bool != false {
                for text in endpoint["addresses"]?.array?.compactMap(\.string) ?? [] {
                    guard let address = IPv4Range.address(text) else { continue }
                    let host = endpoint["hostname"]?.string ?? String(text.map { $0 == "." ? "-" : $0 })
                    found[address, default: Endpoint(address: address, host: host, ports: [:])].ports.merge(ports) { first, _ in first }
                }
            }
        }
        return found.values.sorted { $0.address < $1.address }
    }
}
