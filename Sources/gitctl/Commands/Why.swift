import APIMachinery
import ArgumentParser
import Reconciler

package struct Why: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Say why an object is not healthy: one line, from the object down to the cause.",
        discussion: """
            Exit code 0 when it is healthy, 1 otherwise.

            Examples:
              gitctl why deployment/web
              gitctl why pod/web-7d4b9 -n shop
            """)

    @Argument(help: ArgumentHelp("KIND/NAME, the kind as kubectl takes it.", valueName: "kind/name")) package var object: ObjectName
    @Option(name: .shortAndLong, help: ArgumentHelp("Its namespace.", valueName: "namespace")) package var namespace = "default"
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws {
        let client = try cluster.client()
        let type = try object.type(among: try await client.resourceTypes())
        let key = ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: object.name)
        let live = try await client.get(key)
        let health = try await LiveView(client: client).during { view in view.health(of: live, type) }
        printLine(Self.line(key, health, Terminal.standardOutput.style))
        if health.state > .suspended { throw ExitCode(1) }
    }

    /// `Deployment default/web is Degraded: 1/2 ready — pod web-x: …`.
    package static func line(_ key: ObjectKey, _ health: Health, _ style: Style) -> String {
        let color: Style.Color = health.state == .healthy ? .green : health.state == .degraded ? .red : .yellow
        let state = "\(style(.bold, key.description)) is \(style(color, health.state.rawValue))"
        return health.reason.isEmpty ? state : "\(state): \(health.reason)"
    }
}

/// An object named on the command line: KIND/NAME.
package struct ObjectName: ExpressibleByArgument, Sendable, Hashable {
    package var kind: String
    package var name: String

    package init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts.contains("") else { return nil }
        (kind, name) = (parts[0], parts[1])
    }

    /// The kind by its name, plural, singular or a short name, `.GROUP` behind it where several have it; the first that is served.
    package func type(among types: [ResourceType]) throws(Failure) -> ResourceType {
        let asked = kind.lowercased()
        let found = types.first { type in
            let names = [type.kind.lowercased(), type.plural, type.singular] + type.shortNames
            return names.contains(asked) || !type.group.isEmpty && names.contains { "\($0).\(type.group)" == asked }
        }
        guard let found else {
            throw Failure("the server has no kind \"\(kind)\"", hints: ["kubectl api-resources lists them"])
        }
        return found
    }
}
