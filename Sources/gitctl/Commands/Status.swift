import APIMachinery
import ArgumentParser

package struct Status: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show the commit, sync and health of each Application and object.",
        discussion: """
            Exit code 0 when everything shown is healthy, 1 otherwise.

            Examples:
              gitctl status
              gitctl status web --watch
              gitctl status -o json
            """)

    package enum Output: String, ExpressibleByArgument, CaseIterable, Sendable {
        case text, json
    }

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: all.", valueName: "app"))
    package var application: ApplicationName?
    @Option(name: .shortAndLong, help: ArgumentHelp("text or json.", valueName: "format")) package var output = Output.text
    @Flag(name: .shortAndLong, help: "Show every change until interrupted.") package var watch = false
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws {
        let client = try cluster.client()
        let chosen = application == nil ? nil : try await ApplicationChoice(client: client).named(application)
        let isHealthy = try await LiveView(client: client).during { view in
            var last = ""
            while true {
                let report = StatusReport(view, only: chosen)
                let text = render(report)
                if text != last {
                    // Each version replaces the one before on a terminal, and follows it elsewhere.
                    let clear = watch && Terminal.standardOutput.isTerminal ? "\u{1B}[H\u{1B}[2J" : ""
                    printLine(clear + text)
                    last = text
                }
                guard watch else { return report.isHealthy }
                await view.changes.wait()
                try Task.checkCancellation()
            }
        }
        if !isHealthy { throw ExitCode(1) }
    }

    private func render(_ report: StatusReport) -> String {
        switch output {
        case .json: report.json.text
        case .text: report.text(Terminal.standardOutput)
        }
    }
}
