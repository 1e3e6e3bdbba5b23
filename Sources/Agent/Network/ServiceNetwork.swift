/// What service addresses stand on besides the table: a route, so that the node itself can reach them
/// without a default route and with an address that pods can answer, and loopback addresses that may
/// be translated, so that node ports answer on 127.0.0.1.
struct ServiceNetwork {
    private static let routeLocalnet = "/proc/sys/net/ipv4/conf/all/route_localnet"

    let instance: Instance
    let podCIDR: String
    let serviceCIDR: String

    func prepare() async throws {
        try SmallFile.set("1", in: Self.routeLocalnet)
        // Through lo, because what the table does not translate goes nowhere.
        var route = ["route", "replace", serviceCIDR, "dev", "lo", "proto", PodNetwork.routeProtocol]
        if let gateway = PodNetwork.gateway(of: podCIDR) { route += ["src", gateway] }
        try await Command("ip", route).output()
    }

    /// Whether `route_localnet` is off without us: it is now, or our table of before remembers it.
    func restoresRouteLocalnet() async throws -> Bool {
        if SmallFile.text(Self.routeLocalnet)?.hasPrefix("0") == true { return true }
        let chains = try await Command("nft", "list", "chains", "inet").output()
        return chains.contains("chain \(BaseTable.restoreMark) ")
    }

    func remove() async throws {
        let restores = try await restoresRouteLocalnet()
        _ = try await Command("ip", "route", "delete", serviceCIDR, "dev", "lo", "proto", PodNetwork.routeProtocol).run()
        let tables = try await Command("nft", "list", "tables", "inet").output().split(separator: "\n")
        // Without a table no chain guards the loopback addresses; another instance's table does.
        if restores, !tables.contains(where: { $0.hasPrefix("table inet gitctl-") && $0 != "table inet \(instance.tableName)" }) {
            try SmallFile.set("0", in: Self.routeLocalnet)
        }
        if tables.contains("table inet \(instance.tableName)") {
            try await Command("nft", "delete", "table", "inet", instance.tableName).output()
        }
    }
}
