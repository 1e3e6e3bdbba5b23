import APIMachinery
import Cluster
import Logging
import TestSupport
import Testing

@testable import Reconciler

@Suite("Sync: commits become objects", .timeLimit(.minutes(2)))
struct SyncTests {
    static func configMap(_ name: String, _ value: String = "1", namespace: String? = nil, annotations: String = "{}") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\n\(namespace.map { "  namespace: \($0)\n" } ?? "")  annotations: \(annotations)\ndata:\n  value: \"\(value)\"\n"
    }

    /// A work tree and the daemon's repository `shop` with an Application `shop` for it.
    private func setUp(_ running: RunningReconciler, spec: JSONObject = [:]) async throws -> (work: GitRepositoryFixture, bare: String) {
        let bare = try await running.reconciler.ensureRepository(name: "shop")
        let work = try await GitRepositoryFixture()
        try await running.cluster.createApplication("shop", source: ["repository": "shop"], spec: spec)
        return (work, bare)
    }

    private func update(_ commit: String, _ ref: String = "refs/heads/main") -> Push.RefUpdate {
        Push.RefUpdate(old: ObjectID.zero.description, new: commit, ref: ref)
    }

    /// Pushes, and deploys as post-receive does; returns the lines.
    @discardableResult
    private func push(_ work: GitRepositoryFixture, _ bare: String, _ running: RunningReconciler, expects: Bool = true) async throws -> [String] {
        try await work.push(to: bare)
        let lines = Lines()
        let commit = try await work.git("rev-parse", "HEAD")
        let isHealthy = await running.reconciler.deploy(Push(repository: "shop", updates: [update(commit)]), report: lines.report)
        #expect(isHealthy == expects, "\(lines.text)")
        return lines.all
    }

    @Test("a push is applied, told to the pusher, and written into the status")
    func deploys() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            try await running.cluster.application("shop", synced: "AwaitingPush")
            try await running.cluster.createApplication("main", source: ["repository": "shop", "revision": "main", "path": "none"])
            try await running.cluster.application("main", synced: "AwaitingPush")
            _ = try await running.cluster.client.delete(ObjectKey(.applications, namespace: "gitctl-system", name: "main"))
            try work.write("app/a.yaml", Self.configMap("a"))
            try work.write("app/b.yaml", Self.configMap("b", namespace: "other"))
            try work.write("app/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n")
            let commit = try await work.commit("Add the shop")
            let lines = try await push(work, bare, running)
            #expect(lines.count == 2 && lines[0].hasPrefix("gitctl: applied 3 objects in ") && lines[1].hasPrefix("gitctl: healthy in "), "\(lines)")
            let object = try await running.cluster.get(.configMaps, "b", in: "other")
            #expect(object.annotations[Application.annotation] == "gitctl-system/shop")
            let status = try await running.cluster.application("shop", synced: "Synced", at: commit).status
            #expect(status.observedRevision == commit)
            #expect(status.inventory.map(\.description) == ["Namespace other", "ConfigMap default/a", "ConfigMap other/b"])
            #expect(status.condition("Ready")?.status == .isTrue)
            #expect(status.history.map { "\($0.message) \($0.author) \($0.result)" } == ["Add the shop Ada Synced"])
            #expect(status.summary == "3 objects, all healthy")
        }
    }

    @Test("a sync that finds everything in place writes nothing, nor does a restarted reconciler")
    func idempotent() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for index in 0..<5 { try work.write("c\(index).yaml", Self.configMap("c\(index)")) }
        try work.write("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n")
        try work.write("x.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: b}\n")
        let commit = try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        let path = work.path
        for _ in 0..<2 {
            try await RunningReconciler.with(cluster: cluster) { running in
                try await running.cluster.wait(for: .applications, "shop", in: "gitctl-system") { ApplicationStatus($0?.status ?? .null).condition("Ready")?.status == .isTrue }
                let before = try await running.cluster.versions()
                let result = try await running.reconciler.sync(
                    application: ObjectKey(.applications, namespace: "gitctl-system", name: "shop"), revision: nil, isDryRun: false, report: { _ in })
                #expect(result.isSuccess && result.revision == commit)
                #expect(try await running.cluster.versions() == before)
                _ = path
            }
        }
        withExtendedLifetime(work) {}
    }

    @Test("what leaves the repository is pruned, in the reverse order")
    func prunes() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            try work.write("a.yaml", Self.configMap("a"))
            try work.write("b.yaml", Self.configMap("b"))
            try work.write("kept.yaml", Self.configMap("kept", annotations: "{gitctl.dev/prune: disabled}"))
            try work.write("taken.yaml", Self.configMap("taken"))
            try await work.commit()
            try await push(work, bare, running)
            // Taken over by hand: no longer marked as the Application's.
            let key = ObjectKey(.configMaps, namespace: "default", name: "taken")
            for file in ["b.yaml", "kept.yaml", "taken.yaml"] { try work.remove(file) }
            try await work.commit("remove")
            try await running.cluster.createApplication("other", source: ["repository": "other"], spec: ["suspend": true])
            var status = ApplicationStatus()
            status.inventory = [ObjectIdentity(key)]
            _ = try await running.cluster.client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: "other"), .merge(.object(["status": status.json])), subresource: "status")
            _ = try await running.cluster.client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: "shop"), .merge(["spec": ["sync": ["selfHeal": false]]]))
            try await running.cluster.wait(for: .applications, "shop", in: "gitctl-system") { $0?.status["observedGeneration"]?.int == $0?.generation }
            _ = try await running.cluster.client.patch(key, .merge(["metadata": ["annotations": ["gitctl.dev/application": "gitctl-system/other"]]]))
            let lines = try await push(work, bare, running)
            #expect(lines.contains { $0.contains("deleted 1") }, "\(lines)")
            #expect(try await running.cluster.exists(.configMaps, "a"))
            #expect(try await !running.cluster.exists(.configMaps, "b"))
            #expect(try await running.cluster.exists(.configMaps, "kept"))
            #expect(try await running.cluster.exists(.configMaps, "taken"))
            let application = try await running.cluster.application("shop", synced: "Synced")
            #expect(application.status.inventory.map(\.name) == ["a", "kept"])
        }
    }

    @Test("a commit that would empty the path is refused")
    func refusesEmpty() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running, spec: [:])
            try work.write("a.yaml", Self.configMap("a"))
            try await work.commit()
            try await push(work, bare, running)
            try work.remove("a.yaml")
            try work.write("README.md", "empty")
            try await work.commit()
            let lines = try await push(work, bare, running, expects: false)
            #expect(lines.first?.contains("would delete every object of the Application (1)") == true, "\(lines)")
            #expect(try await running.cluster.exists(.configMaps, "a"))
            _ = try await running.cluster.client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: "shop"),
                .merge(["metadata": ["annotations": ["gitctl.dev/allow-empty": "true"]]]))
            try await running.cluster.wait(for: .configMaps, "a") { $0 == nil }
        }
    }

    @Test("a Namespace that left the repository stays while it holds what others made")
    func guardsNamespaces() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            try work.write("a.yaml", Self.configMap("a"))
            try work.write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n")
            try await work.commit()
            try await push(work, bare, running)
            _ = try await running.cluster.client.create(.configMaps, Object(.configMaps, namespace: "other", name: "theirs"))
            try await Self.runOwnedPod(in: running.cluster)
            try work.remove("ns.yaml")
            try await work.commit()
            try await push(work, bare, running)
            let application = try await running.cluster.application("shop", synced: "Synced")
            #expect(
                application.status.condition("Synced")?.message.contains(
                    "Namespace other kept: it holds 1 object of others (ConfigMap other/theirs); delete it by hand if they may go") == true)
            #expect(try await running.cluster.exists(.namespaces, "other"))
        }
    }

    /// A pod that goes with its owner. That its use is measured makes nothing more of it.
    private static func runOwnedPod(in cluster: TestCluster) async throws {
        cluster.registry.nodeEndpoint = SteadyNode()
        _ = try await cluster.client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "other", name: "default"))
        let owner = try await cluster.client.get(ObjectKey(.serviceAccounts, namespace: "other", name: "default"))
        var pod = Object(.pods, namespace: "other", name: "owned", ["spec": ["nodeName": "n", "containers": [["name": "main", "image": "busybox"]]]])
        pod.ownerReferences = [
            OwnerReference(apiVersion: "v1", kind: "ServiceAccount", name: "default", uid: owner.uid, isController: true, blocksOwnerDeletion: false)
        ]
        _ = try await cluster.client.create(.pods, pod)
        try await cluster.client.patch(ObjectKey(.pods, namespace: "other", name: "owned"), .merge(["status": ["phase": "Running"]]), subresource: "status")
        #expect(try await cluster.client.list(.podMetrics, namespace: "other").items.count == 1)
    }

    @Test("an edit and a deletion by others are reverted at once")
    func reverts() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            try work.write("a.yaml", Self.configMap("a", "right"))
            try await work.commit()
            try await push(work, bare, running)
            let key = ObjectKey(.configMaps, namespace: "default", name: "a")
            let other = running.cluster.client(as: "mallory")
            let start = ContinuousClock.now
            _ = try await other.patch(key, .merge(["data": ["value": "wrong"]]), subresource: nil, options: WriteOptions(fieldManager: "mallory"))
            try await running.cluster.wait(for: .configMaps, "a") { $0?.json[path: ["data", "value"]] == "right" }
            _ = try await other.delete(key)
            try await running.cluster.wait(for: .configMaps, "a") { $0 != nil }
            print("edit and deletion reverted in", ContinuousClock.now - start)
            // A field that the manifest does not name is left to whoever set it.
            _ = try await other.patch(key, .merge(["data": ["extra": "theirs"]]), subresource: nil, options: WriteOptions(fieldManager: "mallory"))
            _ = try await other.patch(key, .merge(["data": ["value": "wrong"]]), subresource: nil, options: WriteOptions(fieldManager: "mallory"))
            let object = try await running.cluster.wait(for: .configMaps, "a") { $0?.json[path: ["data", "value"]] == "right" }
            #expect(object?.json[path: ["data", "extra"]] == "theirs")
        }
    }

    @Test("with selfHeal off drift is told and left alone; suspended Applications do nothing")
    func tellsDrift() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running, spec: ["sync": ["selfHeal": false]])
            try work.write("a.yaml", Self.configMap("a", "right"))
            try await work.commit()
            try await push(work, bare, running)
            let key = ObjectKey(.configMaps, namespace: "default", name: "a")
            _ = try await running.cluster.client.patch(key, .merge(["data": ["value": "wrong"]]))
            let application = try await running.cluster.application("shop", synced: "OutOfSync")
            #expect(application.status.condition("Ready")?.message == "ConfigMap default/a differ from the commit; spec.sync.selfHeal is off")
            _ = try await running.cluster.client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: "shop"), .merge(["spec": ["suspend": true]]))
            try await running.cluster.application("shop", synced: "Suspended")
            #expect(try await running.cluster.get(.configMaps, "a").json[path: ["data", "value"]] == "wrong")
        }
    }

    @Test("an invalid commit changes nothing; the last good one stays and is defended")
    func keepsLastGood() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", Self.configMap("a", "good"))
        let good = try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        try await RunningReconciler.with(cluster: cluster) { running in
            try await cluster.application("shop", synced: "Synced")
            try work.write("a.yaml", Self.configMap("a", "new"))
            try work.write("b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, nodePort: 80}]}\n")
            let bad = try await work.commit("Break it")
            let lines = Lines()
            let result = try await running.reconciler.sync(
                application: ObjectKey(.applications, namespace: "gitctl-system", name: "shop"), revision: nil, isDryRun: false, report: lines.report)
            #expect(!result.isSuccess)
            #expect(lines.all.first?.hasPrefix("b.yaml:4:") == true && lines.text.contains("nodePort"), "\(lines.text)")
            let status = try await cluster.application("shop", synced: "InvalidManifests", at: bad).status
            #expect(status.observedRevision == good)
            #expect(status.condition("Synced")?.message.contains("commit \(good.prefix(7)) stays in the cluster") == true)
            #expect(status.history.first?.result.hasPrefix("InvalidManifests: b.yaml:4:") == true)
            #expect(try await cluster.get(.configMaps, "a").json[path: ["data", "value"]] == "good")
            _ = try await cluster.client.delete(ObjectKey(.configMaps, namespace: "default", name: "a"))
            try await cluster.wait(for: .configMaps, "a") { $0?.json[path: ["data", "value"]] == "good" }
        }
    }

    @Test("a repository that goes away leaves everything running and says so")
    func sourceGone() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", Self.configMap("a"))
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        try await RunningReconciler.with(cluster: cluster) { running in
            try await cluster.application("shop", synced: "Synced")
            try work.remove(".git")
            _ = try await cluster.client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: "shop"), .merge(["metadata": ["annotations": ["gitctl.dev/sync": "now"]]]))
            let status = try await cluster.application("shop", synced: "RepositoryNotFound").status
            #expect(status.lastHandledSync == "now")
            #expect(try await cluster.exists(.configMaps, "a"))
        }
    }

    @Test("an object of another Application is not taken")
    func ownership() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", Self.configMap("a"))
        try await work.commit()
        try await cluster.createApplication("one", source: ["url": .string(work.path)])
        try await RunningReconciler.with(cluster: cluster) { _ in
            try await cluster.application("one", synced: "Synced")
            try await cluster.createApplication("two", source: ["url": .string(work.path)])
            let status = try await cluster.application("two", synced: "InvalidManifests").status
            #expect(
                status.condition("Synced")?.message.hasPrefix(
                    "a.yaml:1:1: ConfigMap default/a: belongs to Application gitctl-system/one already; remove it from one of the two repositories") == true)
        }
    }

    @Test("a review shows the plan, or refuses with the place, and changes nothing")
    func reviews() async throws {
        try await RunningReconciler.with { running in
            let (work, bare) = try await setUp(running)
            try work.write("a.yaml", Self.configMap("a", "old"))
            try work.write("gone.yaml", Self.configMap("gone"))
            try work.write("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: hush}\n")
            let first = try await work.commit()
            try await push(work, bare, running)
            let before = try await running.cluster.versions()
            try work.write("a.yaml", Self.configMap("a", "new"))
            try work.write("b.yaml", Self.configMap("b"))
            try work.write("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: quiet}\n")
            try work.remove("gone.yaml")
            let second = try await work.commit()
            var push = Push(repository: "shop", updates: [.init(old: first, new: second, ref: "refs/heads/main")])
            push.quarantinePath = try await work.quarantine(in: bare)
            let lines = Lines()
            #expect(await running.reconciler.review(push, report: lines.report))
            #expect(
                lines.all == [
                    "gitctl: plan for gitctl-system/shop at \(second.prefix(7))",
                    "  ~ ConfigMap default/a",
                    "      data.value: old → new",
                    "  + ConfigMap default/b",
                    "  ~ Secret default/s",
                    "      data.pin: *** (before) → *** (after)",
                    "  - ConfigMap default/gone",
                    "  1 created, 2 changed, 1 deleted",
                ])
            try work.write("b.yaml", Self.configMap("b").replacing("\ndata:", with: "\ndta:"))
            let third = try await work.commit()
            push.updates[0].new = third
            push.quarantinePath = try await work.quarantine(in: bare)
            let refusal = Lines()
            #expect(await !running.reconciler.review(push, report: refusal.report))
            #expect(
                refusal.all == [
                    "b.yaml:6:1: ConfigMap default/b: unknown field \"dta\"; did you mean \"data\"?",
                    "gitctl: refused: 1 error in \(third.prefix(7)); nothing was changed",
                ])
            #expect(try await running.cluster.versions() == before)
            let deletion = Push(repository: "shop", updates: [.init(old: first, new: ObjectID.zero.description, ref: "refs/heads/main")])
            let deleted = Lines()
            #expect(await !running.reconciler.review(deletion, report: deleted.report))
            #expect(deleted.text.hasPrefix("gitctl: refs/heads/main is deployed by Application gitctl-system/shop and cannot be deleted"))
        }
    }

    @Test("the first push sets HEAD to its own branch, and other branches are only stored")
    func branches() async throws {
        try await RunningReconciler.with { running in
            let bare = try await running.reconciler.ensureRepository(name: "shop")
            let work = try await GitRepositoryFixture(branch: "trunk")
            try await running.cluster.createApplication("shop", source: ["repository": "shop"])
            try work.write("a.yaml", Self.configMap("a"))
            let commit = try await work.commit()
            try await work.push(to: bare)
            #expect(await running.reconciler.deploy(Push(repository: "shop", updates: [update(commit, "refs/heads/trunk")]), report: { _ in }))
            #expect(try await Repository(path: bare).headBranch() == "trunk")
            try await running.cluster.application("shop", synced: "Synced", at: commit)
            try await work.push(to: bare, "HEAD:refs/heads/side")
            let lines = Lines()
            #expect(await running.reconciler.deploy(Push(repository: "shop", updates: [update(commit, "refs/heads/side")]), report: lines.report))
            #expect(lines.all == ["gitctl: stored; no Application deploys refs/heads/side"])
        }
    }

    @Test("a revision asked for by hand holds until the Application's own moves")
    func pinned() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", Self.configMap("a", "1"))
        let first = try await work.commit()
        try work.write("a.yaml", Self.configMap("a", "2"))
        let second = try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        try await RunningReconciler.with(cluster: cluster) { running in
            let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")
            func sync(_ revision: String?) async throws -> String {
                let result = try await running.reconciler.sync(application: key, revision: revision, isDryRun: false, report: { _ in })
                #expect(result.isSuccess)
                return try await cluster.get(.configMaps, "a").json[path: ["data", "value"]]?.string ?? ""
            }
            try await cluster.application("shop", synced: "Synced", at: second)
            #expect(try await sync(first) == "1")
            let dry = Lines()
            let plan = try await running.reconciler.sync(application: key, revision: second, isDryRun: true, report: dry.report)
            #expect(plan.plan?.hasChanges == true && dry.all == ["~ ConfigMap default/a", "    data.value: 1 → 2", "1 changed"])
            try work.write("a.yaml", Self.configMap("a", "3"))
            try await work.commit()
            #expect(try await sync(nil) == "3")
        }
    }
}
