import APIMachinery
import ArgumentParser
import Glibc

/// The command line: parses, runs one command, and turns whatever it throws into words and an exit code.
@main
package struct Gitctl: AsyncParsableCommand {
    package static let version = "0.1.0"

    package static let configuration = CommandConfiguration(
        commandName: "gitctl",
        abstract: "A small Kubernetes with git inside: pushing manifests deploys them.",
        discussion: """
            One daemon holds a Kubernetes-compatible cluster and keeps it equal to what git says.

            Example:
              gitctl up example-repo  # start the daemon, deploy a directory
              gitctl diff             # what the next push would change
              git push gitctl         # deploy it
            """,
        version: version,
        subcommands: [
            Up.self, Diff.self, Sync.self, Status.self, Why.self, BlameCommand.self, Logs.self, Events.self, History.self, Rollback.self, Undelete.self, Suspend.self, Resume.self, Down.self, DaemonCommand.self, KubeconfigCommand.self, Hook.self, Version.self,
        ])

    package init() {}

    /// Exit codes: 0 done; 1 failed (`diff`: there are changes); 2 `diff` failed; 64 not a command line of gitctl's.
    package static func main() async {
        do {
            if let hook = HookCall(arguments: Array(CommandLine.arguments.dropFirst())) { try hook.run() } else { try await runParsed() }
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            // Help, usage and the like: their type is not public.
            if String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") { exit(withError: error) }
            let failure = Failure(error)
            printNote(failure.rendered(Terminal.standardError.style))
            Glibc.exit(failure.exitCode)
        }
    }

    private static func runParsed() async throws {
        var command: any ParsableCommand
        do { command = try parseAsRoot() } catch { exit(withError: error) }
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }
}

extension Failure {
    /// Whatever was thrown, as one message. The parts' own errors describe themselves in full.
    package init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let status as APIStatus: self.init(status)
        case is ControlClient.Unavailable: self.init("the daemon does not run", hints: ["start it with `gitctl up`"])
        case is CancellationError: self.init("interrupted")
        default: self.init("\(error)")
        }
    }

    /// A refusal of the API server, in its own words.
    package init(_ status: APIStatus) {
        switch status.reason {
        case .serviceUnavailable:
            self.init(
                "the API server does not answer: \(status.message)",
                hints: ["start the daemon with `gitctl up`, or name another cluster with --kubeconfig FILE"])
        case .unauthorized:
            self.init(
                "the API server does not accept the kubeconfig's credentials: \(status.message)",
                hints: ["take the current file: `gitctl kubeconfig` prints its path"])
        default: self.init(status.message)
        }
    }
}
