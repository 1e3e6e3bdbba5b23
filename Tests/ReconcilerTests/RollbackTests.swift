import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Ways back: rollbacks, and what a commit may not delete", .timeLimit(.minutes(2)))
struct RollbackTests {
    private static let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")
    private static let author = Restoration.Author(name: "Grace", email: "grace@example.com")

    /// An Application `shop` of the directory `path` of a repository that the daemon owns.
    private func setUp(_ running: RunningReconciler, path: String = ".", spec: JSONObject = [:]) async throws -> (work: GitRepositoryFixture, bare: String) {
        let bare = try await running.reconciler.ensureRepository(name: "shop")
        try await running.cluster.createApplication("shop", source: ["repository": "shop", "path": .string(path)], spec: spec)
        return (try await GitRepositoryFixture(), bare)
    }

    @discardableResult
    private func deploy(_ work: GitRepositoryFixture, _ bare: String, _ running: RunningReconciler, expects: Bool = true) async throws -> String {
        try await work.push(to: bare)
        let commit = try await work.git("rev-parse", "HEAD")
        let lines = Lines()
        let push = Push(repository: "shop", updates: [Push.RefUpdate(old: ObjectID.zero.description, new: commit, ref: "refs/heads/main")])
        #expect(await running.reconciler.deploy(push, report: lines.report) == expects, "\(lines.text)")
        return commit
    }

    private func value(_ running: RunningReconciler, _ name: String = "a") async throws -> String? {
        try await running.cluster.get(.configMaps, name)["data", "value"]?.string
    }

    @Test("a rollback is a commit on the branch, with the manifests of before and nothing else changed")
    func rollsBack() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running, path: "app/web")
            try work.write("app/web/a.yaml", SyncTests.configMap("a", "1"))
            try work.write("README", "one")
            _ = try await work.commit("First")
            let first = try await deploy(work, bare, running)
            try work.write("app/web/a.yaml", SyncTests.configMap("a", "2"))
            try work.write("app/web/b.yaml", SyncTests.configMap("b"))
            try work.write("README", "two")
            _ = try await work.commit("Second")
            let second = try await deploy(work, bare, running)

            let lines = Lines()
            let result = try await running.reconciler.rollBack(application: Self.key, to: nil, by: Self.author, report: lines.report)
            #expect(result.isSuccess, "\(lines.text)")
            #expect(lines.all.first?.hasPrefix("back to \(first.prefix(7)) First, as commit \(result.revision.prefix(7)) on main") == true, "\(lines.text)")
            #expect(try await value(running) == "1")
            #expect(try await !running.cluster.exists(.configMaps, "b"))
            try await running.cluster.application("shop", synced: "Synced", at: result.revision)

            let log = try await work.git("--git-dir", bare, "log", "-1", "--format=%P %an %ae %s", "main")
            #expect(log == "\(second) Grace grace@example.com Roll back to \(first.prefix(7)) \"First\"")
            #expect(try await work.git("--git-dir", bare, "show", "main:README") == "two", "what is beside the Application's path stays")
            #expect(try await work.git("--git-dir", bare, "fsck", "--full", "--strict").contains("error") == false)
        }
    }

    @Test("back and forward again is where it began")
    func identity() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            try work.write("a.yaml", SyncTests.configMap("a", "1"))
            _ = try await work.commit("First")
            try await deploy(work, bare, running)
            try work.write("a.yaml", SyncTests.configMap("a", "2"))
            _ = try await work.commit("Second")
            let second = try await deploy(work, bare, running)
            for expected in ["1", "2"] {
                #expect(try await running.reconciler.rollBack(application: Self.key, to: nil, by: Self.author) { _ in }.isSuccess)
                #expect(try await value(running) == expected)
            }
            #expect(try await work.git("--git-dir", bare, "rev-parse", "main^{tree}") == work.git("--git-dir", bare, "rev-parse", "\(second)^{tree}"))
            let lines = Lines()
            let same = try await running.reconciler.rollBack(application: Self.key, to: second, by: Self.author, report: lines.report)
            #expect(same.isSuccess && lines.all == ["main holds what \(second.prefix(7)) held already; nothing to roll back"], "\(lines.text)")
        }
    }

    @Test("where there is no way back, it says so and changes nothing")
    func refusals() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            try work.write("a.yaml", SyncTests.configMap("a"))
            _ = try await work.commit("First")
            let first = try await deploy(work, bare, running)
            func refusal(_ key: ObjectKey, to revision: String? = nil) async throws -> String {
                do {
                    _ = try await running.reconciler.rollBack(application: key, to: revision, by: Self.author) { _ in }
                    return ""
                } catch { return "\(error)" }
            }
            #expect(
                try await refusal(Self.key)
                    == "no commit before \(first.prefix(7)) was synced by Application gitctl-system/shop; name one with --to (gitctl history lists them)")
            #expect(try await refusal(Self.key, to: "nowhere").contains("has no branch, tag or commit \"nowhere\""))
            try await running.cluster.createApplication("remote", source: ["url": .string(work.path)])
            #expect(
                try await refusal(ObjectKey(.applications, namespace: "gitctl-system", name: "remote")).hasPrefix(
                    "Application gitctl-system/remote deploys \(work.path), which gitctl does not write to; revert the commit there"))
            #expect(try await work.git("--git-dir", bare, "rev-parse", "main") == first)
        }
    }

    @Test("a commit that would delete more than ten objects and a quarter of all is refused, and the way to mean it is named")
    func deletions() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            for number in 0..<24 { try work.write("app/\(number).yaml", SyncTests.configMap("c\(number)")) }
            try work.write("a.yaml", SyncTests.configMap("a"))
            _ = try await work.commit("Many")
            try await deploy(work, bare, running)
            for number in 0..<11 { try work.remove("app/\(number).yaml") }
            _ = try await work.commit("Fewer")
            let refused = try await deploy(work, bare, running, expects: false)
            let application = try await running.cluster.application("shop", synced: "TooManyDeletions", at: refused)
            #expect(
                application.status.condition("Synced")?.message.hasPrefix(
                    ".: this commit would delete 11 of 25 objects (ConfigMap default/c0, ConfigMap default/c1, ConfigMap default/c10, …), more than the 10 that spec.sync.maxDeletions allows; if that is meant: kubectl patch application -n gitctl-system shop --type=merge -p '{\"spec\":{\"sync\":{\"maxDeletions\":11}}}'"
                ) == true, "\(application.status.condition("Synced")?.message ?? "")")
            #expect(try await running.cluster.exists(.configMaps, "c0"))

            _ = try await running.cluster.client.patch(Self.key, .merge(["spec": ["sync": ["maxDeletions": 11]]]))
            try await running.cluster.application("shop", synced: "Synced", at: refused)
            #expect(try await !running.cluster.exists(.configMaps, "c0"))
            #expect(try await running.cluster.exists(.configMaps, "c11"))
        }
    }

    @Test("none may be deleted where the budget is zero, and any number of a large Application that is a quarter of it")
    func budget() {
        var application = Application(namespace: "n", name: "a", origin: .repository("r"))
        #expect(application.deletionsMax == 10)
        application.status.inventory = (0..<100).map { ObjectIdentity(ObjectKey(.configMaps, namespace: "n", name: "\($0)")) }
        #expect(application.deletionsMax == 25)
        application.maxDeletions = 0
        #expect(application.deletionsMax == 0)
    }
}
