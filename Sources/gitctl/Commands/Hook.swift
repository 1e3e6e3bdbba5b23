import APIMachinery
import ArgumentParser
import Reconciler

/// What the hooks of the daemon's repositories run: hands the push to the daemon, and its answer to the pusher.
package struct Hook: ParsableCommand {
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

    package func run() throws { try HookCall(name: name, directory: instance.directory, repository: repository).run() }
}

/// One call of a hook. A pusher waits for two of them, so they go without what takes longest at the
/// start of a process: a parser of all commands, and an event loop.
package struct HookCall {
    package let name: Hook.Name
    package let directory: DataDirectory
    package let repository: String

    init(name: Hook.Name, directory: DataDirectory, repository: String) {
        self.name = name
        self.directory = directory
        self.repository = repository
    }

    /// Of a command line exactly as the repositories' hooks spell it; nil for any other.
    package init?(arguments: [String]) {
        guard arguments.count == 6, arguments[0] == "hook", let name = Hook.Name(rawValue: arguments[1]),
            arguments[2] == "--data-dir", arguments[4] == "--repository"
        else { return nil }
        self.init(name: name, directory: DataDirectory(option: arguments[3]), repository: arguments[5])
    }

    /// Blocks until the daemon has answered; throws `ExitCode` when it refuses.
    package func run() throws {
        let push = Push(
            repository: repository, updates: try Self.updates(Self.standardInput()),
            quarantinePath: environment("GIT_QUARANTINE_PATH"))
        let isPre = name == .preReceive
        do {
            let answer = try ControlConnection(directory).ask(isPre ? .preReceive(push) : .postReceive(push), report: printLine)
            guard answer.bool == true else { throw ExitCode(1) }
        } catch let error as ControlClient.Unavailable {
            let whatIs = error == .ended ? "stopped" : "does not run"
            throw Failure(
                "the gitctl daemon of \(directory.path) \(whatIs); "
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
