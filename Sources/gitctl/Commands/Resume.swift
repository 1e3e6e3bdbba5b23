import APIMachinery
import ArgumentParser

package struct Resume: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Let a suspended Application sync again.",
        discussion: """
            What was pushed meanwhile is applied at once.

            Example:
              gitctl resume web
            """)

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: the only one.", valueName: "app"))
    package var application: ApplicationName?
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws { try await Suspension.set(false, application, client: try cluster.client()) }
}
