import APIMachinery
import ArgumentParser
import Reconciler

package struct History: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show the commits that an Application was brought to, and what came of each.",
        discussion: """
            The newest first; the one that is live is marked with a star.

            Examples:
              gitctl history
              gitctl history web -o json
            """)

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: the only one.", valueName: "app"))
    package var application: ApplicationName?
    @Option(name: .shortAndLong, help: ArgumentHelp("text or json.", valueName: "format")) package var output = Status.Output.text
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws {
        let client = try cluster.client()
        let name = try await ApplicationChoice(client: client).named(application)
        let report = HistoryReport(ApplicationStatus(try await client.get(name.key).status), now: SystemClock().now)
        switch output {
        case .text: printLine(report.text(Terminal.standardOutput))
        case .json: printLine(report.json.text)
        }
    }
}

/// What `history` shows.
package struct HistoryReport: Sendable {
    let status: ApplicationStatus
    let now: Timestamp

    package init(_ status: ApplicationStatus, now: Timestamp) {
        self.status = status
        self.now = now
    }

    private var isLive: (HistoryEntry) -> Bool {
        let live = status.history.firstIndex { $0.revision == status.observedRevision && $0.result == HistoryEntry.synced }
        return { entry in live.map { status.history[$0] == entry } ?? false }
    }

    package func text(_ terminal: Terminal) -> String {
        guard !status.history.isEmpty else { return "no commit was deployed yet" }
        let rows = status.history.map { entry in
            [
                Table.Cell(isLive(entry) ? "*" : " ", .green), Table.Cell(String(entry.revision.prefix(12))),
                Table.Cell(Timestamp(entry.time).map { age(now - $0) } ?? "-"), Table.Cell(entry.author.isEmpty ? "-" : entry.author),
                Table.Cell(entry.result == HistoryEntry.synced ? "Synced" : "Refused", entry.result == HistoryEntry.synced ? .green : .red),
                Table.Cell(entry.result == HistoryEntry.synced ? entry.message : entry.result),
            ]
        }
        return Table(["", "COMMIT", "AGE", "AUTHOR", "RESULT", "MESSAGE"], rows: rows).rendered(width: terminal.width, style: terminal.style)
    }

    /// `{"history": [{revision, message, author, time, result, live}]}`.
    package var json: JSON {
        [
            "history": .array(
                status.history.map { entry in
                    [
                        "revision": .string(entry.revision), "message": .string(entry.message), "author": .string(entry.author),
                        "time": .string(entry.time), "result": .string(entry.result), "live": .bool(isLive(entry)),
                    ]
                })
        ]
    }
}
