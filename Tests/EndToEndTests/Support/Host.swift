import Foundation
import TestSupport

/// A machine of a test's own: a network namespace with loopback and no way out, a data directory,
/// and a repository with a copy of the example. Commands run as its user would run them.
final class Host: Sendable {
    let namespace: NetworkNamespace
    /// Everything of the host; removed with it.
    let directory: String
    let environment: [String: String]

    var dataDirectory: String { directory + "/data" }
    /// A clone of the example, with the manifests at its top.
    var repository: String { directory + "/example" }
    /// Where the example's PersistentVolume points.
    var volume: String { directory + "/volume" }
    static let port = 6443

    /// The checkout under test, and the binary.
    static let checkout = BuiltProducts.sources
    static let binary = BuiltProducts.gitctl

    private init(namespace: NetworkNamespace, directory: String) {
        self.namespace = namespace
        self.directory = directory
        environment = [
            "GITCTL_DATA_DIR": directory + "/data", "KUBECONFIG": directory + "/data/kubeconfig", "HOME": directory,
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@example.com", "NO_COLOR": "1", "GIT_CONFIG_NOSYSTEM": "1",
            // The packages that the images are built of are fetched once per machine: the host has no way out.
            "XDG_CACHE_HOME": NSHomeDirectory() + "/.cache",
            "PATH": "\(URL(filePath: Self.binary).deletingLastPathComponent().path):\(Self.checkout)/.build-clients/bin:"
                + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"),
        ]
    }

    /// Makes a host, gives it to `body`, and removes it whatever happens. When `body` fails, the end
    /// of the daemon's log is part of the error.
    static func with<Value>(_ body: (Host) async throws -> Value) async throws -> Value {
        let namespace = try await NetworkNamespace.make("e2e")
        let host = Host(namespace: namespace, directory: "/tmp/" + namespace.name)
        do {
            try FileManager.default.createDirectory(atPath: host.dataDirectory + "/images", withIntermediateDirectories: true)
            try await CommandRunner().output(
                checkout + "/scripts/images", "--output", host.dataDirectory + "/images", within: .seconds(300))
            try await host.makeRepository()
            let value = try await body(host)
            await host.remove()
            return value
        } catch {
            let log = (try? String(contentsOfFile: host.dataDirectory + "/daemon.log", encoding: .utf8)) ?? ""  // absent before a start
            await host.remove()
            throw CommandRunner.Failure(description: "\(error)\n--- end of the daemon's log:\n\(log.suffix(6000))")
        }
    }

    private func makeRepository() async throws {
        try FileManager.default.copyItem(atPath: Self.checkout + "/example-repo", toPath: repository)
        try await edit(in: repository) { $0.replacingOccurrences(of: "/var/lib/gitctl-example", with: volume) }
        try await git("init", "-q", "-b", "main")
        try await commit("Example")
    }

    /// Leaves nothing of the host, also after a failure in the middle.
    private func remove() async {
        // Each step stands for itself: what an earlier one could not end, a later one removes.
        _ = try? await gitctl("down", "--delete-data", limit: .seconds(60))
        for process in remainingProcesses() { kill(process.pid, SIGKILL) }
        _ = try? await CommandRunner().run(["sh", "-c", "grep -o ' \(directory)[^ ]*' /proc/self/mounts | sort -r | xargs -r umount -l"])
        _ = try? await namespace.remove()
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: Commands

    private func runner(in directory: String? = nil) -> CommandRunner {
        CommandRunner(namespace: namespace, environment: environment, directory: directory)
    }

    /// Runs a command inside the host.
    func run(_ command: String..., directory: String? = nil, input: String = "", limit: Duration = .seconds(60)) async throws
        -> CommandRunner.Outcome
    {
        try await runner(in: directory).run(command, input: input, within: limit)
    }

    @discardableResult
    func require(_ command: String..., directory: String? = nil, input: String = "", limit: Duration = .seconds(60)) async throws -> String {
        try await runner(in: directory).output(command, input: input, within: limit)
    }

    /// A shell script inside the host, in its repository.
    @discardableResult
    func script(_ text: String, limit: Duration = .seconds(60)) async throws -> CommandRunner.Outcome {
        try await run("bash", "-c", text, directory: repository, limit: limit)
    }

    func gitctl(_ arguments: String..., directory: String? = nil, limit: Duration = .seconds(120)) async throws -> CommandRunner.Outcome {
        try await runner(in: directory ?? repository).run([Self.binary] + arguments, within: limit)
    }

    /// kubectl, which must succeed; answers its output without the last newline.
    @discardableResult
    func kubectl(_ arguments: String..., input: String = "") async throws -> String {
        let output = try await runner().output([BuiltProducts.client("kubectl")] + arguments, input: input, within: .seconds(90))
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    @discardableResult
    func git(_ arguments: String...) async throws -> String {
        try await runner(in: repository).output(["git"] + arguments, within: .seconds(120))
    }

    // MARK: The repository

    /// Commits everything; answers the commit's id.
    @discardableResult
    func commit(_ message: String) async throws -> String {
        try await git("add", "-A")
        try await git("commit", "-q", "--allow-empty", "-m", message)
        return try await git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func write(_ path: String, _ text: String) throws {
        let file = URL(filePath: repository + "/" + path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    /// Rewrites the manifests that `change` changes.
    func edit(in directory: String? = nil, _ change: (String) -> String) async throws {
        let root = directory ?? repository
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) where path.hasSuffix(".yaml") {
            let text = try String(contentsOfFile: root + "/" + path, encoding: .utf8)
            let changed = change(text)
            if changed != text { try changed.write(toFile: root + "/" + path, atomically: true, encoding: .utf8) }
        }
    }

    /// A commit that changes the page from one version to another.
    @discardableResult
    func changePage(to version: Int) async throws -> String {
        try await edit {
            $0.replacingOccurrences(of: "Hello from version \(version - 1)", with: "Hello from version \(version)")
                .replacingOccurrences(of: "example.gitctl.dev/page: \"\(version - 1)\"", with: "example.gitctl.dev/page: \"\(version)\"")
        }
        return try await commit("Version \(version)")
    }

    func push() async throws -> CommandRunner.Outcome {
        try await run("git", "push", "gitctl", "HEAD:main", directory: repository, limit: .seconds(150))
    }

    // MARK: The world

    /// The daemon alone, without a repository to deploy; returns when the API answers.
    ///
    /// - Parameter before: what a shell is to do before it becomes the daemon.
    func startDaemon(_ arguments: String..., before: String = "") async throws {
        let command = before.isEmpty ? [Self.binary, "daemon"] : ["bash", "-c", "\(before) exec \"$0\" \"$@\"", Self.binary, "daemon"]
        let daemon = try LoggedProcess(
            ["env"] + environment.map { "\($0.key)=\($0.value)" } + command + arguments, namespace: namespace, log: dataDirectory + "/daemon.log")
        _ = try await daemon.line(within: .seconds(30)) { $0.hasPrefix("ready ") }
    }

    /// `gitctl up` of the example, which must end healthy.
    @discardableResult
    func up() async throws -> CommandRunner.Outcome {
        let outcome = try await gitctl("up", repository, "--timeout", "90s", limit: .seconds(120))
        guard outcome.isSuccess else { throw CommandRunner.Failure(description: outcome.description) }
        return outcome
    }

    /// The daemon's process: named by its command line, which holds the data directory.
    func daemonProcess() throws -> Int32 {
        guard let daemon = remainingProcesses().first(where: { $0.command.contains("gitctl daemon") || $0.command.contains("/gitctl\u{0}daemon") }) else {
            throw CommandRunner.Failure(description: "no daemon runs for \(dataDirectory)")
        }
        return daemon.pid
    }

    struct Process: CustomStringConvertible {
        var pid: Int32
        var command: String
        var description: String { "\(pid) \(command)" }
    }

    /// Processes whose command line names the host's directory, or that live in its network namespace or one of its pods'.
    func remainingProcesses() -> [Process] {
        let own = getpid()
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { entry in  // /proc is always there
            guard let pid = Int32(entry), pid != own,
                // A process may end while it is looked at.
                let data = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline"))
            else { return nil }
            let command = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "\u{0}", with: " ")
            return command.contains(directory + "/data") ? Process(pid: pid, command: command) : nil
        }
    }

    /// Mount points below the host's directory.
    func remainingMounts() throws -> [String] {
        try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n")
            .compactMap { line in line.split(separator: " ").dropFirst().first.map(String.init) }
            .filter { $0.hasPrefix(directory) || $0.hasPrefix("/run/" + namespace.name) }
    }

    /// The container ids that the runtime knows, by pod and container name, as the API tells.
    func containerIDs() async throws -> [String: String] {
        let lines = try await kubectl(
            "get", "pods", "-A", "-o",
            "jsonpath={range .items[*]}{.metadata.name}{\" \"}{.status.containerStatuses[0].containerID}{\" \"}{.status.containerStatuses[0].restartCount}{\"\\n\"}{end}")
        var ids: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3 { ids[String(words[0])] = "\(words[1]) \(words[2])" }
        }
        return ids
    }

    /// Repeats a condition on the world until it holds, at most for `limit`.
    func eventually(_ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandRunner.Failure(description: "not within \(limit): \(what)")
    }
}
