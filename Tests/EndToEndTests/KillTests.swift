import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What ReconcilerTests.ChaosTests does to a reconciler, done to whole processes, with real hooks, disks and connections.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct KillTests {
        enum Victim: String, CaseIterable {
            /// The daemon that has cluster and repository in one.
            case daemon
            /// The daemon that deploys to another cluster over HTTPS.
            case reconciler
            /// That other cluster.
            case cluster
        }

        @Test(
            "Killed at any moment of a push, a daemon ends on the commit that git took, whole, and says so; so does one whose cluster was killed",
            arguments: Victim.allCases)
        func killed(victim: Victim) async throws {
            try await Host.with { host in
                let site = try await KilledSite(host: host, victim: victim)
                // A push takes about 0.15 s: the moments lie before, within and after it.
                for round in 1...14 { try await site.pushAndKill(round: round, after: .milliseconds(round * 14)) }
                try await site.end()
            }
        }
    }
}

/// A repository of a few ConfigMaps, and the processes that deploy it.
private final class KilledSite {
    private let host: Host
    private let victim: EndToEnd.KillTests.Victim
    private let directory: String
    /// Of the daemon that has the repository.
    private let dataDirectory: String
    private var processes: [String: LoggedProcess] = [:]
    private var tip = ""

    init(host: Host, victim: EndToEnd.KillTests.Victim) async throws {
        self.host = host
        self.victim = victim
        directory = host.directory + "/site"
        dataDirectory = victim == .daemon ? host.dataDirectory : host.directory + "/other"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try await host.require("git", "init", "-q", "-b", "main", directory: directory)
        try await start("cluster")
        if victim != .daemon { try await start("reconciler") }
        try await host.kubectl("create", "configmap", "theirs", "--from-literal=round=none")
        tip = try await commit(round: 0)
        let up = try await host.gitctl("up", "--data-dir", dataDirectory, directory: directory)
        #expect(up.isSuccess, "\(up)")
    }

    private func start(_ name: String) async throws {
        let arguments =
            switch (name, victim) {
            case ("reconciler", _): ["--kubeconfig", host.dataDirectory + "/kubeconfig", "--data-dir", dataDirectory]
            case (_, .daemon): ["--no-agent", "--data-dir", host.dataDirectory]
            default: ["--no-agent", "--no-reconciler", "--data-dir", host.dataDirectory]
            }
        let log = host.directory + "/\(name).log"
        let written = (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0  // absent before the first start
        let process = try LoggedProcess(
            ["env"] + host.environment.map { "\($0.key)=\($0.value)" } + [Host.binary, "daemon"] + arguments, namespace: host.namespace, log: log)
        _ = try await process.line(after: written, within: .seconds(30)) { $0.hasPrefix("ready ") }
        processes[name] = process
    }

    func end() async throws {
        for name in ["reconciler", "cluster"] { try await processes[name]?.terminate() }
    }

    /// One object changes, one comes, one goes.
    private func content(of round: Int) -> [String: String] { ["steady": "\(round)", "passing-\(round % 3)": "\(round)"] }

    private func commit(round: Int) async throws -> String {
        for name in ["passing-0", "passing-1", "passing-2"] { try? FileManager.default.removeItem(atPath: "\(directory)/\(name).yaml") }  // two are not there
        for (name, value) in content(of: round) {
            let manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name)}, data: {round: '\(value)'}}\n"
            try manifest.write(toFile: "\(directory)/\(name).yaml", atomically: true, encoding: .utf8)
        }
        try await host.require("git", "add", "-A", directory: directory)
        try await host.require("git", "commit", "-qm", "Round \(round)", directory: directory)
        return try await host.require("git", "rev-parse", "HEAD", directory: directory).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func push(_ directory: String, on host: Host) async throws -> CommandRunner.Outcome {
        try await host.run("git", "push", "gitctl", "HEAD:main", directory: directory, limit: .seconds(60))
    }

    /// Where the daemon's repository stands.
    private func main() async throws -> String {
        try await host.require("git", "--git-dir", dataDirectory + "/git/site.git", "rev-parse", "main").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func pushAndKill(round: Int, after delay: Duration) async throws {
        let commit = try await commit(round: round)
        let (host, directory) = (host, directory)
        async let pushed = Self.push(directory, on: host)
        // The moment is what is tried out: whatever it meets must do.
        try await Task.sleep(for: delay)
        let name = victim == .reconciler ? "reconciler" : "cluster"
        try await processes[name]?.kill()
        let outcome = try await pushed
        let isTaken = try await main() == commit
        if !isTaken { #expect(try await main() == tip, "the branch stands elsewhere") }
        #expect(!outcome.isSuccess || isTaken, "a push that succeeded is not there: \(outcome)")
        try await start(name)
        if !isTaken {
            let again = try await Self.push(directory, on: host)
            #expect(again.isSuccess, "round \(round), after \(outcome)\n\(again)")
        }
        tip = commit
        try await expectConvergence(round: round)
    }

    private func expectConvergence(round: Int) async throws {
        let fields = ["observedRevision", "conditions[?(@.type==\"Synced\")].status", "conditions[?(@.type==\"Ready\")].status"]
        let path = fields.map { "{.status.\($0)}" }.joined(separator: " ")
        var status = ""
        do {
            try await host.eventually("round \(round) is applied, and said to be") {
                status = try await host.kubectl("get", "application", "-n", "gitctl-system", "site", "-o", "jsonpath=\(path)")
                return status == "\(tip) True True"
            }
        } catch {
            let logs = processes.sorted { $0.key < $1.key }.map { "--- \($0.key):\n\($0.value.output.suffix(3000))" }
            throw CommandRunner.Failure(description: "\(error); it says \(status), and the commit is \(tip)\n\(logs.joined(separator: "\n"))")
        }
        let lines = try await host.kubectl("get", "configmaps", "-o", "jsonpath={range .items[*]}{.metadata.name}={.data.round}{\"\\n\"}{end}")
        let expected = content(of: round).map { "\($0.key)=\($0.value)" } + ["theirs=none"]
        #expect(Set(lines.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("kube-root-ca") }) == Set(expected), "round \(round)")
    }
}
