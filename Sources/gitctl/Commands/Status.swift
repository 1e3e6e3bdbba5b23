import APIMachinery
import ArgumentParser

package struct Status: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show the commit, sync and health of each Application, its objects and their pods.",
        discussion: """
            What is not healthy comes first, with the reason; where a kind has many healthy objects, they share a line. \
            Exit code 0 when everything shown is healthy, 1 otherwise.

            Examples:
              gitctl status
              gitctl status web --watch
              gitctl status web --all
              gitctl status -o json
            """)

    package enum Output: String, ExpressibleByArgument, CaseIterable, Sendable {
        case text, json
    }

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: all.", valueName: "app"))
    package var application: ApplicationName?
    @Option(name: .shortAndLong, help: ArgumentHelp("text or json.", valueName: "format")) package var output = Output.text
    @Flag(name: .shortAndLong, help: "Show every change until interrupted.") package var watch = false
    @Flag(name: .shortAndLong, help: "A line for each object, also where hundreds are healthy.") package var all = false
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws {
        let client = try cluster.client()
        let chosen = application == nil ? nil : try await ApplicationChoice(client: client).named(application)
        let printed = Printed()
        while true {
            let types = StatusReport.types(try await client.list(.applications).items, only: chosen, served: try await client.resourceTypes())
            let isHealthy = try await LiveView(client: client, types: types).during { view in
                try await show(view, types: types, only: chosen, printed)
            }
            guard let isHealthy else { continue }
            if !isHealthy { throw ExitCode(1) }
            return
        }
    }

    /// Whether all is healthy; nil when other kinds are to be looked at than those in the view.
    private func show(_ view: LiveView, types: [ResourceType], only chosen: ApplicationName?, _ printed: Printed) async throws -> Bool? {
        while true {
            let report = StatusReport(view, only: chosen)
            guard printed.show(render(report), clears: watch && Terminal.standardOutput.isTerminal) else { return report.isHealthy }
            guard watch else { return report.isHealthy }
            await view.changes.wait()
            try Task.checkCancellation()
            let wanted = StatusReport.types(view.list(.applications), only: chosen, served: try await view.client.resourceTypes())
            if !Set(wanted).isSubset(of: types) { return nil }
        }
    }

    private func render(_ report: StatusReport) -> String {
        switch output {
        case .json: report.json.text
        case .text: StatusTree(Terminal.standardOutput, showsAll: all).text(report)
        }
    }
}
