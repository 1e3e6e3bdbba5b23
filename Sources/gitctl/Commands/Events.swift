import APIMachinery
import ArgumentParser
import Glibc

package struct Events: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show what happened to Applications, their objects and the pods of those, oldest first.",
        discussion: """
            Kubernetes' events, and the reconciler's own about each Application: Synced, SyncFailed, Pruned, DriftReverted, \
            RolledBack, HealthChanged. A cluster keeps events for about an hour.

            Examples:
              gitctl events
              gitctl events site --watch
              gitctl events site -o json
            """)

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: all.", valueName: "app"))
    package var application: ApplicationName?
    @Option(name: .shortAndLong, help: ArgumentHelp("text or json.", valueName: "format")) package var output = Status.Output.text
    @Flag(name: .shortAndLong, help: "Go on with what happens from now on.") package var watch = false
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws {
        let client = try cluster.client()
        let chosen = application == nil ? nil : try await ApplicationChoice(client: client).named(application)
        try await LiveView(client: client, types: LiveView.workloadTypes + [.events]).during { view in
            if watch { try await follow(view, chosen) } else { show(EventsReport(view.list(.events), about: EventSubjects(view, only: chosen))) }
        }
    }

    private func show(_ report: EventsReport) {
        guard output == .text else { return printLine(report.json.text) }
        guard !report.rows.isEmpty else { return printNote("no events\(application.map { " of \($0)" } ?? "")") }
        var lines = EventLines(Terminal.standardOutput, now: SystemClock().now)
        printLine(lines.lines(report.rows).joined(separator: "\n"))
    }

    private func follow(_ view: LiveView, _ chosen: ApplicationName?) async throws {
        var lines = EventLines(Terminal.standardOutput, now: nil)
        var shown: Set<EventsReport.Row> = []
        while true {
            let rows = EventsReport(view.list(.events), about: EventSubjects(view, only: chosen)).rows
            let new = rows.filter { !shown.contains($0) }
            // What has expired does not come again.
            shown = Set(rows)
            let text = output == .json ? new.map(\.json.text) : lines.lines(new)
            for line in text { guard write(line + "\n", to: STDOUT_FILENO) else { return } }
            await view.changes.wait()
            try Task.checkCancellation()
        }
    }
}
