import APIMachinery
import ArgumentParser
import Reconciler

/// What the hooks of the daemon's repositories run: hands the push to the daemon, and its answer to the pusher.
package struct Hook: AsyncParsableCommand {
    package enum Name: String, ExpressibleByArgument, CaseIterable, Sendable {
        case preReceive = "pre-receive"
        case postReceive = "post-receive"
    }

    package static let configuration = CommandConfiguration(
        abstract: "Review or deploy a push (run by git).",
        discussion: """
            Reads `OLD NEW REF` lines from stdin. Source: githooks(5).

            Example:
              gitctl hook pre-receive --data-dir /var/lib/gitctl --repository web
            """,
        shouldDisplay: false)

    @Argument(help: "pre-receive or post-receive.") package var name: Name
    @OptionGroup package var instance: InstanceOptions
    @Option(help: "The repository's name.") package var repository: String

    package init() {}

    package func run() async throws {
        let push = Push(
            repository: repository, updates: try Self.updates(Self.standardInput()),
            quarantinePath: environment("GIT_QUARANTINE_PATH"))
        let isPre = name == .preReceive
        do {
            let answer = try await ControlClient(instance.directory).send(isPre ? .preReceive(push) : .postReceive(push), report: printLine)
            guard answer.bool == true else { throw ExitCode(1) }
        } catch let error as ControlClient.Unavailable {
            let whatIs = error == .ended ? "stopped" : "does not run"
            throw Failure(
                "the gitctl daemon of \(instance.directory.path) \(whatIs); "
                    + (isPre ? "nothing was pushed" : "the push is stored, and deployed when it runs again"),
                hints: ["start it with `gitctl up`"])
        }
    }

    /// Source: githooks(5), pre-receive.
    package static func updates(_ text: String) throws(Failure) -> [Push.RefUpdate] {
        var updates: [Push.RefUpdate] = []
        for line in text.split(separator: "\n") {
            guard let update = Push.RefUpdate(line: line) else {
                throw Failure("git handed the hook the line \"\(line)\"; expected OLD NEW REF")
            }
            updates.append(update)
        }
        return updates
    }

    private static func standardInput() -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }
}
