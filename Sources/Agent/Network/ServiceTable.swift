import APIMachinery

/// What the proxy has seen of the cluster, and the ruleset that follows from it. Pure: changes in,
/// ruleset out; only the services that changed are computed anew.
package struct ServiceTable: Sendable {
    private let nodeName: String
    private var services: [Informer.Key: Object] = [:]
    /// Service → slice name → slice.
    private var slices: [Informer.Key: [String: Object]] = [:]
    private var serviceParts: [Informer.Key: ServiceRules.Part] = [:]
    private var podParts: [Informer.Key: ServiceRules.Part] = [:]
    private var nameServer = ServiceRules.Part()
    private var changed: Set<Informer.Key> = []

    package init(nodeName: String) { self.nodeName = nodeName }

    package mutating func setService(_ service: Object, isDeleted: Bool) {
        let key = Informer.Key(service)
        services[key] = isDeleted ? nil : service
        changed.insert(key)
    }

    package mutating func setSlice(_ slice: Object, isDeleted: Bool) {
        guard let service = slice.labels["kubernetes.io/service-name"] else { return }
        let key = Informer.Key(namespace: slice.namespace, name: service)
        slices[key, default: [:]][slice.name] = isDeleted ? nil : slice
        if slices[key]?.isEmpty == true { slices[key] = nil }
        changed.insert(key)
    }

    package mutating func setPod(_ pod: Object, isDeleted: Bool) {
        let part = isDeleted ? ServiceRules.Part() : ServiceRules.part(pod: pod)
        podParts[Informer.Key(pod)] = part == ServiceRules.Part() ? nil : part
    }

    /// Leads the cluster DNS address to the node's name server; nil ports take it away.
    package mutating func setNameServer(_ address: String, host: String, ports: NameServer.Ports?) {
        nameServer = ServiceRules.Part()
        guard let ports else { return }
        for (transport, port) in [("udp", ports.datagrams), ("tcp", ports.connections)] {
            let chain = "dns/\(transport)-53"
            nameServer.ruleset.chains[chain] = ["meta l4proto \(transport) dnat ip to \(host):\(port)"]
            nameServer.ruleset.elements[Ruleset.Element(.serviceAddresses, "\(address) . \(transport) . 53")] = "goto \(chain)"
        }
    }

    /// What everything seen comes to.
    package struct Outcome: Sendable {
        package var ruleset = Ruleset()
        /// Addresses that rules lead to.
        package var addresses: Set<String> = []
        /// Those of them that receive datagrams.
        package var datagramEndpoints: Set<String> = []
    }

    package mutating func outcome() -> Outcome {
        for key in changed {
            serviceParts[key] = services[key].map {
                ServiceRules.part(service: $0, slices: (slices[key] ?? [:]).values.sorted { $0.name < $1.name }, nodeName: nodeName)
            }
        }
        changed = []
        var outcome = Outcome()
        // In a fixed order, so that of two claims to one address the same one always wins.
        for parts in [serviceParts, podParts] {
            for (_, part) in parts.sorted(by: { $0.key < $1.key }) {
                outcome.ruleset.merge(part.ruleset)
                outcome.addresses.formUnion(part.addresses)
                outcome.datagramEndpoints.formUnion(part.datagramEndpoints)
            }
        }
        // Last: a service that was given the DNS address (CoreDNS, say) keeps it.
        outcome.ruleset.merge(nameServer.ruleset)
        return outcome
    }
}
