import APIMachinery
import ArgumentParser

package struct Suspend: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Stop syncing an Application; the cluster stays as it is.",
        discussion: """
            Pushes are stored and reviewed, and applied when the Application is resumed. Drift is reported, not reverted.

            Examples:
              gitctl suspend web
              gitctl resume web
            """)

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: the only one.", valueName: "app"))
    package var application: ApplicationName?
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws { try await Suspension.set(true, application, client: try cluster.client()) }
}

/// What `suspend` and `resume` have in common.
enum Suspension {
    static func set(_ isSuspended: Bool, _ application: ApplicationName?, client: any ResourceClient) async throws {
        let name = try await ApplicationChoice(client: client).named(application)
        let was = try await client.get(name.key).spec["suspend"]?.bool ?? false
        let word = isSuspended ? "suspended" : "resumed"
        guard was != isSuspended else {
            return printLine(isSuspended ? "\(name) is suspended already" : "\(name) was not suspended")
        }
        _ = try await client.patch(
            name.key, .merge(["spec": ["suspend": isSuspended ? true : .null]]), subresource: nil,
            options: WriteOptions(fieldManager: "gitctl-\(isSuspended ? "suspend" : "resume")"))
        printLine("\(word) \(name)")
    }
}
