import Agent
import Glibc
import Testing

/// The built `gitctl` running as a daemon in a network namespace, with a data directory of its own.
///
/// The namespace must have been made by the caller; kill, start again, and look at what is left.
package final class DaemonUnderTest: Sendable {
    package let namespace: NetworkNamespace
    package let dataDirectory: String
    /// Added to `gitctl daemon --data-dir D` at each start.
    package let arguments: [String]
    private let processes: Processes

    private actor Processes {
        var current: LoggedProcess?
        func set(_ process: LoggedProcess?) { current = process }
    }

    /// Fails, rather than skips, where end-to-end tests cannot run: without root, or before a build.
    package init(namespace: NetworkNamespace, dataDirectory: String, arguments: [String] = []) throws {
        guard geteuid() == 0 else { throw CommandRunner.Failure(description: "end-to-end tests need root") }
        guard access(BuiltProducts.gitctl, X_OK) == 0 else {
            throw CommandRunner.Failure(description: "no \(BuiltProducts.gitctl); build the package first")
        }
        self.namespace = namespace
        self.dataDirectory = dataDirectory
        self.arguments = arguments
        processes = Processes()
    }

    package var log: String { dataDirectory + ".log" }
    package var kubeconfig: String { dataDirectory + "/kubeconfig" }

    /// Puts the images of `scripts/images` where the daemon imports them at its start.
    package func provideImages() async throws {
        try await CommandRunner().output("\(BuiltProducts.sources)/scripts/images", "--output", "\(dataDirectory)/images", within: .seconds(90))
    }

    /// Starts the daemon; returns the URL of its `ready` line.
    @discardableResult
    package func start(within limit: Duration = .seconds(30)) async throws -> String {
        var status = stat()
        let offset = stat(log, &status) == 0 ? Int(status.st_size) : 0
        let process = try LoggedProcess(
            [BuiltProducts.gitctl, "daemon", "--data-dir", dataDirectory] + arguments, namespace: namespace, log: log)
        await processes.set(process)
        let line = try await process.line(after: offset, within: limit) { $0.hasPrefix("ready ") }
        return String(line.dropFirst("ready ".count))
    }

    package var pid: pid_t? { get async { await processes.current?.pid } }
    /// What the daemon has written to standard output and error, over all its runs.
    package var output: String { get async { await processes.current?.output ?? "" } }

    /// `kill -9`.
    package func kill() async throws { try await processes.current?.kill() }

    /// SIGTERM, and waits for a clean end.
    package func terminate() async throws { try await processes.current?.terminate() }

    /// Runs commands in the namespace with the daemon's kubeconfig and data directory.
    package var runner: CommandRunner {
        CommandRunner(namespace: namespace, environment: ["KUBECONFIG": kubeconfig, "GITCTL_DATA_DIR": dataDirectory])
    }

    package func gitctl(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> CommandRunner.Outcome {
        try await runner.run([BuiltProducts.gitctl] + arguments, within: limit)
    }

    /// Runs kubectl to a successful end.
    @discardableResult
    package func kubectl(_ arguments: String..., input: String = "", within limit: Duration = .seconds(60)) async throws -> String {
        try await runner.output([BuiltProducts.client("kubectl")] + arguments, input: input, within: limit)
    }

    /// Runs helm to a successful end.
    @discardableResult
    package func helm(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> String {
        try await runner.output([BuiltProducts.client("helm")] + arguments, within: limit)
    }

    /// Takes everything down, whatever state the test left it in.
    package func down() async throws {
        _ = try await gitctl("down", "--data-dir", dataDirectory)
        try await processes.current?.kill()
        let leftovers = try await Leftovers(dataDirectory: dataDirectory, namespace: namespace)
        if !leftovers.isEmpty { Issue.record("gitctl down left behind: \(leftovers)") }
    }
}
