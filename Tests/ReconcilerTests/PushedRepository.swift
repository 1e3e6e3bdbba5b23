import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

/// A repository that the daemon owns, with a work tree to push from.
struct PushedRepository: Sendable {
    let name: String
    let running: RunningReconciler
    let work: GitRepositoryFixture
    let bare: String

    /// What came of a push.
    struct Outcome: Sendable {
        var commit: String
        var isHealthy: Bool
        var lines: [String]
        var text: String { lines.joined(separator: "\n") }
    }

    init(_ name: String = "shop", in running: RunningReconciler) async throws {
        self.name = name
        self.running = running
        bare = try await running.reconciler.ensureRepository(name: name)
        work = try await GitRepositoryFixture()
    }

    var cluster: TestCluster { running.cluster }

    func commit(_ files: [String: String?], _ message: String = "change") async throws -> String {
        for (path, text) in files {
            if let text { try work.write(path, text) } else { try work.remove(path) }
        }
        return try await work.commit(message)
    }

    /// As pre-receive and post-receive do; a push that is refused changes nothing.
    @discardableResult
    func push(_ files: [String: String?] = [:], _ message: String = "change", watching lines: Lines = Lines()) async throws -> Outcome {
        if !files.isEmpty { _ = try await commit(files, message) }
        let commit = try await work.git("rev-parse", "HEAD")
        let quarantine = try await work.quarantine(in: bare)
        let update = Push.RefUpdate(old: ObjectID.zero.description, new: commit, ref: "refs/heads/main")
        guard await running.reconciler.review(Push(repository: name, updates: [update], quarantinePath: quarantine), report: lines.report) else {
            return Outcome(commit: commit, isHealthy: false, lines: lines.all)
        }
        try await work.push(to: bare)
        let isHealthy = await running.reconciler.deploy(Push(repository: name, updates: [update]), report: lines.report)
        return Outcome(commit: commit, isHealthy: isHealthy, lines: lines.all)
    }
}

extension TestCluster {
    /// Makes a Deployment look rolled out, as its controller would.
    func rollOut(_ name: String) async throws {
        let object = try #require(try await wait(for: .deployments, name) { $0 != nil })
        let status: JSON = [
            "observedGeneration": .int(object.generation), "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        ]
        _ = try await client.patch(ObjectKey(.deployments, namespace: "default", name: name), .merge(["status": status]), subresource: "status")
    }

    /// Ends a Job, as its controller would; waits for one with another uid than `earlier` first.
    @discardableResult
    func endJob(_ name: String, failing: Bool = false, after earlier: String = "") async throws -> String {
        let object = try #require(try await wait(for: .jobs, name) { $0 != nil && $0?.uid != earlier && $0?.isDeleting == false })
        let time = JSON.string("2026-01-01T00:00:00Z")
        func condition(_ type: String, _ reason: String) -> JSON {
            ["type": .string(type), "status": "True", "reason": .string(reason), "message": "told by the test", "lastProbeTime": time, "lastTransitionTime": time]
        }
        var status: JSONObject = ["startTime": time]
        if failing {
            status["failed"] = 1
            status["conditions"] = [condition("FailureTarget", "BackoffLimitExceeded"), condition("Failed", "BackoffLimitExceeded")]
        } else {
            status["succeeded"] = 1
            status["completionTime"] = time
            status["conditions"] = [condition("SuccessCriteriaMet", "CompletionsReached"), condition("Complete", "CompletionsReached")]
        }
        _ = try await client.patch(ObjectKey(.jobs, namespace: "default", name: name), .merge(["status": .object(status)]), subresource: "status")
        return object.uid
    }
}
