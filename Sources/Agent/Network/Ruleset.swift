/// What the nftables table holds beyond its fixed part, as a value: two of them make a transaction.
///
/// Names follow the objects (`svc/NAMESPACE/NAME/tcp-80`), which nft's identifiers allow, so that
/// `nft list table` reads as the cluster does.
package struct Ruleset: Sendable, Equatable {
    /// The table's maps and sets that are there from the start.
    package enum Collection: String, Sendable, CaseIterable, Comparable {
        /// Address, protocol and port → chain.
        case serviceAddresses = "service-addresses"
        /// Protocol and port, on every address of the node → chain.
        case nodePorts = "node-ports"
        /// Address, protocol and port of services that have no endpoint and lie outside the service range.
        case refusedAddresses = "refused-addresses"
        case refusedNodePorts = "refused-node-ports"
        /// Endpoint, twice: a pod that reaches itself through a service.
        case hairpins

        package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    package struct Element: Sendable, Hashable, Comparable {
        package var collection: Collection
        /// As nft writes it: `10.43.0.1 . tcp . 80`.
        package var key: String

        package init(_ collection: Collection, _ key: String) {
            self.collection = collection
            self.key = key
        }

        package static func < (a: Self, b: Self) -> Bool { (a.collection, a.key) < (b.collection, b.key) }
    }

    /// Chain → its rules.
    package var chains: [String: [String]] = [:]
    /// Set of clients bound to an endpoint → how long they stay bound, in seconds.
    package var affinities: [String: Int] = [:]
    /// Element → verdict; empty for elements of sets.
    package var elements: [Element: String] = [:]

    package init() {}

    /// Adds another's content. What is there already stays: of two services that claim one address
    /// the one merged first has it.
    package mutating func merge(_ other: Ruleset) {
        chains.merge(other.chains) { first, _ in first }
        affinities.merge(other.affinities) { first, _ in first }
        elements.merge(other.elements) { first, _ in first }
    }

    /// The commands that turn `old` into this within table `inet NAME`; empty when nothing differs.
    /// `nft -f` applies them at once or not at all.
    package func transaction(from old: Ruleset, table: String) -> String {
        var lines: [String] = []
        for (name, seconds) in affinities.sorted(by: { $0.key < $1.key }) where old.affinities[name] == nil {
            lines.append("add set inet \(table) \(name) { type ipv4_addr; flags dynamic,timeout; timeout \(seconds)s; }")
        }
        let changed = chains.filter { old.chains[$0.key] != $0.value }.keys.sorted()
        // All chains exist before a rule goes to one of them.
        for name in changed { lines.append("\(old.chains[name] == nil ? "add" : "flush") chain inet \(table) \(name)") }
        for name in changed { for rule in chains[name] ?? [] { lines.append("add rule inet \(table) \(name) \(rule)") } }

        lines += Self.commands("delete", old.elements.filter { elements[$0.key] != $0.value }, table: table, withVerdicts: false)
        lines += Self.commands("add", elements.filter { old.elements[$0.key] != $0.value }, table: table, withVerdicts: true)

        let removed = old.chains.keys.filter { chains[$0] == nil }.sorted()
        for name in removed { lines.append("flush chain inet \(table) \(name)") }
        for name in removed { lines.append("delete chain inet \(table) \(name)") }
        for name in old.affinities.keys.sorted() where affinities[name] == nil { lines.append("delete set inet \(table) \(name)") }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    private static func commands(_ verb: String, _ elements: [Element: String], table: String, withVerdicts: Bool) -> [String] {
        var byCollection: [Collection: [String]] = [:]
        for (element, verdict) in elements.sorted(by: { $0.key < $1.key }) {
            let text = withVerdicts && !verdict.isEmpty ? "\(element.key) : \(verdict)" : element.key
            byCollection[element.collection, default: []].append(text)
        }
        return byCollection.sorted { $0.key < $1.key }.map { collection, texts in
            "\(verb) element inet \(table) \(collection.rawValue) { \(texts.joined(separator: ", ")) }"
        }
    }
}
