import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("A rollout that fails is undone by a commit", .timeLimit(.minutes(2)))
struct ReversionTests {
    private static func job(_ name: String) -> String {
        "{apiVersion: batch/v1, kind: Job, metadata: {name: \(name)}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox}]}}}}\n"
    }

    @Test("the branch gets a commit with the manifests of the last healthy one, and the cluster follows")
    func reverts() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"], spec: ["sync": ["onFailure": "revert"]])
            let good = try await shop.push(["a.yaml": SyncTests.configMap("a", "1")], "Good")
            #expect(good.isHealthy, "\(good.text)")
            try await cluster.wait(for: .applications, "shop", in: "gitctl-system") { $0?.status["lastHealthyRevision"]?.string == good.commit }
            async let pushed = shop.push(["a.yaml": SyncTests.configMap("a", "2"), "job.yaml": Self.job("work")], "Bad")
            try await cluster.endJob("work", failing: true)
            let bad = try await pushed
            #expect(!bad.isHealthy)
            let failure = "Job default/work BackoffLimitExceeded: told by the test"
            #expect(bad.lines.contains("gitctl: failed: \(failure)") || bad.text.contains("reverted: commit"), "\(bad.text)")
            let made = try await shop.work.git("--git-dir", shop.bare, "rev-parse", "main")
            #expect(bad.lines.last == "gitctl: reverted: commit \(made.prefix(7)) brings back \(good.commit.prefix(7)); take it in with git pull", "\(bad.text)")
            let status = try await cluster.application("shop", synced: "Synced", at: made).status
            #expect(try await cluster.get(.configMaps, "a")["data", "value"]?.string == "1")
            #expect(try await !cluster.exists(.jobs, "work"))
            #expect(status.history.map(\.result) == ["Synced", "RolloutFailed: \(failure)", "Synced", "Synced"])
            let log = try await shop.work.git("--git-dir", shop.bare, "log", "-1", "--format=%P %an%n%B", "main")
            #expect(log.hasPrefix("\(bad.commit) gitctl\nRevert to \(good.commit.prefix(7)) \"Good\"\n\nThe rollout of \(bad.commit.prefix(7)) \"Bad\" by Application shop failed:\n\(failure)\n"), "\(log)")
        }
    }

    @Test("without a healthy commit before, and without being asked to, nothing is undone")
    func leavesAlone() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"], spec: ["sync": ["onFailure": "revert"]])
            async let pushed = shop.push(["job.yaml": Self.job("work")])
            try await cluster.endJob("work", failing: true)
            let outcome = try await pushed
            #expect(!outcome.isHealthy && outcome.lines.last == "gitctl: not reverted: no earlier commit was healthy", "\(outcome.text)")
            #expect(try await shop.work.git("--git-dir", shop.bare, "rev-parse", "main") == outcome.commit)
        }
    }

    @Test("a hook that fails is undone too, and what the revert brings back runs its own hooks")
    func revertsHooks() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"], spec: ["sync": ["onFailure": "revert"]])
            let hook = Self.job("migrate").replacing("{name: migrate}", with: "{name: migrate, annotations: {gitctl.dev/hook: PreSync}}")
            let first = Task { try await shop.push(["a.yaml": SyncTests.configMap("a", "1"), "job.yaml": hook], "Good") }
            let uid = try await cluster.endJob("migrate")
            let good = try await first.value
            try await cluster.wait(for: .applications, "shop", in: "gitctl-system") { $0?.status["lastHealthyRevision"]?.string == good.commit }
            async let pushed = shop.push(["a.yaml": SyncTests.configMap("a", "2")], "Bad")
            let failed = try await cluster.endJob("migrate", failing: true, after: uid)
            #expect(try await !pushed.isHealthy)
            try await cluster.endJob("migrate", after: failed)
            let made = try await shop.work.git("--git-dir", shop.bare, "rev-parse", "main")
            #expect(try await made != pushed.commit)
            try await cluster.application("shop", synced: "Synced", at: made)
            #expect(try await cluster.get(.configMaps, "a")["data", "value"]?.string == "1")
        }
    }
}
