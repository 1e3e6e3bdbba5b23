import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Blame: which commit or client gave a field its value", .timeLimit(.minutes(2)))
struct BlameTests {
    private static func deployment(image: String, replicas: Int, port: Int? = nil) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: \(replicas)
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: nginx
                image: \(image)
        \(port.map { "        ports: [{containerPort: \($0)}]" } ?? "")
        """
    }

    /// Who a line says it was: a commit's subject, a manager's name, or `default`.
    private static func who(_ blame: Blame) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: blame.lines.map { line in
                switch line.origin {
                case .commit(let commit, let isBefore): (line.path, (isBefore ? "^" : "") + commit.summary)
                case .manager(let manager): (line.path, manager.name)
                case .standard: (line.path, "default")
                }
            })
    }

    private static func blame(_ running: RunningReconciler, _ kind: String = "Deployment", _ name: String = "web", group: String = "apps", field: String = "") async throws -> Blame {
        try await running.reconciler.blame(group: group, kind: kind, namespace: "default", name: name, field: field)
    }

    @Test("each field shows the commit in which it got its value, a client that took it over, or that it is a default")
    func fields() async throws {
        try await RunningReconciler.with { running in
            let work = try await GitRepositoryFixture()
            try work.write("app/web.yaml", Self.deployment(image: "nginx:1", replicas: 1))
            _ = try await work.commit("First")
            try work.write("app/web.yaml", Self.deployment(image: "nginx:2", replicas: 1, port: 80))
            _ = try await work.commit("Second")
            try work.write("README", "elsewhere")
            _ = try await work.commit("Elsewhere")
            // There and back: the value is the newer commit's.
            try work.write("app/web.yaml", Self.deployment(image: "nginx:2", replicas: 3, port: 80))
            _ = try await work.commit("Three")
            try work.write("app/web.yaml", "no: [manifest")
            _ = try await work.commit("Broken")
            try work.write("app/web.yaml", Self.deployment(image: "nginx:2", replicas: 1, port: 80))
            let tip = try await work.commit("One again")
            try await running.cluster.createApplication("web", source: ["url": .string(work.path), "path": "app"])
            try await running.cluster.application("web", synced: "Synced", at: tip)
            _ = try await running.cluster.client.patch(
                ObjectKey(.deployments, namespace: "default", name: "web"), .merge(["spec": ["paused": true]]), subresource: nil,
                options: WriteOptions(fieldManager: "kubectl-edit"))

            let blame = try await Self.blame(running)
            #expect(blame.object == "Deployment default/web" && blame.application == "gitctl-system/web" && blame.revision == tip)
            let who = Self.who(blame)
            #expect(who["spec.replicas"] == "One again")
            #expect(who["spec.template.spec.containers[nginx].image"] == "Second")
            #expect(who["spec.template.spec.containers[nginx].ports[80/TCP].containerPort"] == "Second")
            #expect(who["spec.template.metadata.labels.app"] == "First")
            #expect(who["spec.selector"] == "First")
            #expect(who["spec.paused"] == "kubectl-edit")
            #expect(who["spec.progressDeadlineSeconds"] == "default")
            #expect(who.keys.allSatisfy { !$0.hasPrefix("status") && !$0.contains("gitctl.dev/application") }, "\(who.keys.sorted())")
            #expect(Blame(json: blame.json)?.lines.map(\.path) == blame.lines.map(\.path))

            let one = try await Self.blame(running, field: "spec.template.spec.containers[nginx]")
            #expect(Set(one.lines.map { $0.path.hasPrefix("spec.template.spec.containers[nginx]") }) == [true])
            await #expect { _ = try await Self.blame(running, field: "spec.replica") } throws: {
                "\($0)" == "Deployment default/web has no field spec.replica; gitctl blame without --field lists them"
            }
        }
    }

    @Test("of a kustomization the rendering counts: a change of a base elsewhere, and not one that has no effect")
    func kustomized() async throws {
        try await RunningReconciler.with { running in
            let work = try await GitRepositoryFixture()
            try work.write("base/a.yaml", SyncTests.configMap("a", "1"))
            try work.write("base/kustomization.yaml", "resources: [a.yaml]")
            try work.write("overlay/kustomization.yaml", "resources: [../base]\ncommonLabels: {tier: web}")
            _ = try await work.commit("First")
            try work.write("base/a.yaml", SyncTests.configMap("a", "2"))
            _ = try await work.commit("Base")
            try work.write("base/kustomization.yaml", "# a comment\nresources: [a.yaml]")
            let tip = try await work.commit("Comment")
            try await running.cluster.createApplication("web", source: ["url": .string(work.path), "path": "overlay"])
            try await running.cluster.application("web", synced: "Synced", at: tip)
            let who = Self.who(try await Self.blame(running, "ConfigMap", "a", group: ""))
            #expect(who == ["data.value": "Base", "metadata.labels.tier": "First"])
        }
    }

    @Test("a Secret's values are not shown, and an object of nobody's has managers alone")
    func others() async throws {
        try await RunningReconciler.with { running in
            let work = try await GitRepositoryFixture()
            try work.write("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: hunter2}")
            let tip = try await work.commit("Secret")
            try await running.cluster.createApplication("web", source: ["url": .string(work.path)])
            try await running.cluster.application("web", synced: "Synced", at: tip)
            let secret = try await Self.blame(running, "Secret", "s", group: "")
            #expect(secret.lines.first { $0.path == "data.token" }?.value == "***" && Self.who(secret)["data.token"] == "Secret")
            #expect(!secret.json.text.contains("hunter2") && !secret.json.text.contains(Base64.encode("hunter2".utf8)))

            _ = try await running.cluster.client.create(
                .configMaps, Object(.configMaps, namespace: "default", name: "c", ["data": ["a": "1"]]), options: WriteOptions(fieldManager: "kubectl-create"))
            let other = try await Self.blame(running, "ConfigMap", "c", group: "")
            #expect(other.application.isEmpty && Self.who(other) == ["data.a": "kubectl-create"])
        }
    }

    @Test("a value that a variable took out of a Secret shows in no object")
    func substituted() async throws {
        try await RunningReconciler.with { running in
            _ = try await running.cluster.client.create(.secrets, .secret("pass", ["PASSWORD": "hunter2"]))
            let work = try await GitRepositoryFixture()
            try work.write("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {url: \"db://${PASSWORD}@db\", plain: x}")
            let tip = try await work.commit("Database")
            try await running.cluster.createApplication(
                "web", source: ["url": .string(work.path)], spec: ["substitute": ["from": [["kind": "Secret", "name": "pass"]]]])
            try await running.cluster.application("web", synced: "Synced", at: tip)
            let blame = try await Self.blame(running, "ConfigMap", "c", group: "")
            #expect(blame.lines.map { "\($0.path): \($0.value)" }.sorted() == ["data.plain: x", "data.url: ***"])
            #expect(Self.who(blame) == ["data.plain": "Database", "data.url": "Database"])
        }
    }

    @Test("history counts only commits that change the path, ends at its bound, and says so")
    func history() async throws {
        let work = try await GitRepositoryFixture()
        for number in 0..<6 {
            try work.write(number % 2 == 0 ? "app/a.yaml" : "other", "\(number)")
            _ = try await work.commit("\(number)")
        }
        let tip = try #require(ObjectID(try await work.git("rev-parse", "HEAD")))
        let repository = Repository(path: work.path)
        let all = try await repository.read { repository throws(GitError) in try repository.history(of: "app", from: tip, max: 10) }
        #expect(all.commits.map(\.summary) == ["4", "2", "0"] && all.isComplete)
        let some = try await repository.read { repository throws(GitError) in try repository.history(of: "app", from: tip, max: 2) }
        #expect(some.commits.map(\.summary) == ["4", "2"] && !some.isComplete)
    }

    @Test("a field that is older than what was looked at is marked")
    func before() throws {
        let field = OwnedField(path: [.member("a")], value: 1, managers: [])
        func commit(_ summary: String) -> Commit {
            Commit(id: .zero, tree: .zero, parents: [], author: "", authorEmail: "", time: Timestamp(seconds: 0), summary: summary)
        }
        var run = BlameRun([field])
        run.step(commit("new"), .object(Object(["a": 1])))
        run.step(commit("broken"), .unreadable)
        run.step(commit("old"), .object(Object(["a": 1])))
        #expect(run.end(isComplete: false)[field] == .commit(commit("old"), isBefore: true))
        #expect(run.end(isComplete: true)[field] == .commit(commit("old"), isBefore: false))
    }
}
