/// What service addresses stand on besides the table: a route, so that the node itself can reach them
/// without a default route and with an address that pods can answer, and loopback addresses that may
/// be translated, so that node ports answer on 127.0.0.1.
///
/// The table is the record of what was done: it lives exactly as long as these do.
package struct ServiceNetwork: Sendable {
    private static let routeLocalnet = "/proc/sys/net/ipv4/conf/all/route_localnet"

    private let instance: Instance

    package init(_ instance: Instance) { self.instance = instance }

    /// Puts a whole table in the place of the old one without a gap, and then what it stands on.
    package func replace(podCIDR: String, serviceCIDR: String, content: Ruleset) async throws {
        let earlier = try await serviceCIDRInUse()
        let base = BaseTable(
            name: instance.tableName, podCIDR: podCIDR, serviceCIDR: serviceCIDR, restoresRouteLocalnet: try await restoresRouteLocalnet())
        try await Command("nft", "-f", "-").output(input: base.replacement(content: content))
        // After the table, whose input chain keeps strangers off the loopback addresses.
        try KernelFile.set("1", at: Self.routeLocalnet)
        if let earlier, earlier != serviceCIDR { await removeRoute(earlier) }
        // Through lo, because what the table does not translate goes nowhere.
        var route = ["route", "replace", serviceCIDR, "dev", "lo", "proto", PodNetwork.routeProtocol]
        if let gateway = PodNetwork.gateway(of: podCIDR) { route += ["src", gateway] }
        try await Command("ip", route).output()
    }

    /// Removes all of it; what another instance relies on stays.
    package func remove() async throws {
        if let range = try await serviceCIDRInUse() { await removeRoute(range) }
        let tables = try await tables()
        // Without a table no chain guards the loopback addresses; another instance's table does.
        if try await restoresRouteLocalnet(),
            !tables.contains(where: { $0.hasPrefix("table inet gitctl-") && $0 != "table inet \(instance.tableName)" })
        {
            try KernelFile.set("0", at: Self.routeLocalnet)
        }
        if try await hasTable() {
            try await Command("nft", "delete", "table", "inet", instance.tableName).output()
        }
    }

    func hasTable() async throws -> Bool { try await tables().contains("table inet \(instance.tableName)") }

    private func tables() async throws -> [Substring] {
        try await Command("nft", "list", "tables", "inet").output().split(separator: "\n")
    }

    private func removeRoute(_ range: String) async {
        // It fails when the route is gone already, which is what is wanted.
        _ = try? await Command("ip", "route", "delete", range, "dev", "lo", "proto", PodNetwork.routeProtocol).run()
    }

    /// Whether `route_localnet` is off without us: it is now, or a table of ours remembers it.
    private func restoresRouteLocalnet() async throws -> Bool {
        if Files.text(Self.routeLocalnet).hasPrefix("0") { return true }
        let chains = try await Command("nft", "list", "chains", "inet").output()
        return chains.contains("chain \(BaseTable.restoreMark) ")
    }

    /// The service range of the table in the kernel; nil without one.
    private func serviceCIDRInUse() async throws -> String? {
        let chain = try await Command("nft", "list", "chain", "inet", instance.tableName, BaseTable.refusingChain).run()
        guard chain.isSuccess else { return nil }
        let words = chain.output.split(whereSeparator: \.isWhitespace)
        guard let index = words.firstIndex(of: "daddr"), index + 1 < words.count else { return nil }
        return String(words[index + 1])
    }
}
