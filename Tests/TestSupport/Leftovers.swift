import Agent
import Glibc

/// What belongs to a data directory and is still in the kernel: after `gitctl down` nothing may be.
package struct Leftovers: Sendable, CustomStringConvertible {
    package var processes: [String] = []
    package var mounts: [String] = []
    package var interfaces: [String] = []
    package var tables: [String] = []
    package var routes: [String] = []

    /// Looks through the machine and, for interfaces, routes and tables, the namespace.
    package init(dataDirectory: String, namespace: NetworkNamespace) async throws {
        let layout = ContainerdLayout(dataDirectory: dataDirectory)
        let roots = [dataDirectory, layout.state]
        for entry in ProcessTable().entries.values where !entry.isZombie {
            let isOurs = entry.arguments.contains { argument in roots.contains { argument.contains($0) } }
            if isOurs && entry.pid != getpid() { processes.append("\(entry.pid) \(entry.arguments.joined(separator: " "))") }
        }
        let mountinfo = try await CommandRunner().output("cat", "/proc/self/mountinfo")
        for line in mountinfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count > 4, roots.contains(where: { fields[4].hasPrefix($0 + "/") }) { mounts.append(String(fields[4])) }
        }
        let links = try await namespace.runner.output("ip", "-o", "link")
        for line in links.split(separator: "\n") {
            let name = line.split(separator: " ").dropFirst().first ?? ""
            if name.hasPrefix("veth") || name.hasPrefix("gitctl") { interfaces.append(String(name)) }
        }
        let tableList = try await namespace.runner.output("nft", "list", "tables")
        tables = tableList.split(separator: "\n").filter { $0.contains(layout.instance.tableName) }.map(String.init)
        let routeList = try await namespace.runner.output("ip", "-4", "route", "show", "table", "all", "proto", "142")
        routes = routeList.split(separator: "\n").map(String.init)
    }

    package var isEmpty: Bool {
        processes.isEmpty && mounts.isEmpty && interfaces.isEmpty && tables.isEmpty && routes.isEmpty
    }

    package var description: String {
        [
            ("processes", processes), ("mounts", mounts), ("interfaces", interfaces), ("tables", tables), ("routes", routes),
        ].filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: "; "))" }.joined(separator: "\n")
    }
}
