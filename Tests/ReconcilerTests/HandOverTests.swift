import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Objects that move between Applications", .timeLimit(.minutes(2)))
struct HandOverTests {
    private func setUp(_ running: RunningReconciler) async throws -> PushedRepository {
        let shop = try await PushedRepository(in: running)
        for name in ["a", "b"] { try await running.cluster.createApplication(name, source: ["repository": "shop", "path": .string(name)]) }
        let first = try await shop.push(["a/x.yaml": SyncTests.configMap("x"), "a/k.yaml": SyncTests.configMap("k"), "b/w.yaml": SyncTests.configMap("w"), "b/l.yaml": SyncTests.configMap("l")])
        #expect(first.isHealthy, "\(first.text)")
        return shop
    }

    @Test("two that exchange objects in one commit both get theirs, and nothing is deleted on the way")
    func exchanges() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await setUp(running), running.cluster)
            let uids = [try await cluster.get(.configMaps, "x").uid, try await cluster.get(.configMaps, "w").uid]
            let moved = try await shop.push([
                "a/x.yaml": nil, "b/w.yaml": nil, "a/w.yaml": SyncTests.configMap("w", "2"), "b/x.yaml": SyncTests.configMap("x", "2"),
            ])
            #expect(moved.isHealthy, "\(moved.text)")
            #expect(moved.lines.contains("  ! ConfigMap default/x kept (moves to Application gitctl-system/b)"), "\(moved.text)")
            for (name, owner) in [("x", "gitctl-system/b"), ("w", "gitctl-system/a")] {
                let object = try await cluster.get(.configMaps, name)
                #expect(object.annotations[Application.annotation] == owner && object["data", "value"]?.string == "2")
            }
            #expect([try await cluster.get(.configMaps, "x").uid, try await cluster.get(.configMaps, "w").uid] == uids)
            // The one that came first still has what it gave on its books; the next sync takes it off.
            #expect(try await shop.push(["a/k.yaml": SyncTests.configMap("k", "2"), "b/l.yaml": SyncTests.configMap("l", "2")]).isHealthy)
            #expect(try await cluster.application("a", synced: "Synced").status.inventory.map(\.name) == ["k", "w"])
            #expect(try await cluster.application("b", synced: "Synced").status.inventory.map(\.name) == ["l", "x"])
        }
    }

    @Test("what another Application still asks for is refused, and what nobody asks for is deleted")
    func refuses() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await setUp(running), running.cluster)
            let both = try await shop.push(["b/x.yaml": SyncTests.configMap("x", "2")])
            #expect(both.text.contains("ConfigMap default/x: belongs to Application gitctl-system/a already; remove it from one of the two repositories"), "\(both.text)")
            let gone = try await shop.push(["b/x.yaml": nil, "a/x.yaml": nil])
            #expect(gone.isHealthy, "\(gone.text)")
            #expect(try await !cluster.exists(.configMaps, "x"))
        }
    }

    private func set(_ name: String, _ spec: JSON, in cluster: TestCluster) async throws {
        _ = try await cluster.client.patch(ObjectKey(.applications, namespace: "gitctl-system", name: name), .merge(["spec": spec]))
    }

    @Test("what moves to a suspended Application stays, and is taken over when that is resumed")
    func suspended() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await setUp(running), running.cluster)
            let uid = try await cluster.get(.configMaps, "x").uid
            try await set("b", ["suspend": true], in: cluster)
            let moved = try await shop.push(["a/x.yaml": nil, "b/x.yaml": SyncTests.configMap("x", "2")])
            #expect(moved.lines.contains("  ! ConfigMap default/x kept (moves to Application gitctl-system/b)"), "\(moved.text)")
            try await cluster.application("a", synced: "Synced", at: moved.commit)
            #expect(try await cluster.get(.configMaps, "x").annotations[Application.annotation] == "gitctl-system/a")
            try await set("b", ["suspend": false], in: cluster)
            let taken = try await cluster.wait(for: .configMaps, "x") { $0?.annotations[Application.annotation] == "gitctl-system/b" }
            #expect(taken?.uid == uid && taken?["data", "value"]?.string == "2")
        }
    }

    @Test("nothing is deleted while another Application of the source cannot be read; a path that is gone is no reason")
    func unread() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await setUp(running), running.cluster)
            try await cluster.createApplication("c", source: ["repository": "shop", "path": "c"], spec: ["sync": ["interval": "soon"]])
            let kept = try await shop.push(["a/x.yaml": nil])
            #expect(kept.isHealthy, "\(kept.text)")
            #expect(kept.lines.contains("  ! ConfigMap default/x kept (Application gitctl-system/c cannot be read: it may move there)"), "\(kept.text)")
            #expect(try await cluster.exists(.configMaps, "x"))
            try await set("c", ["suspend": true, "sync": ["interval": "1m"]], in: cluster)
            let application = try Application(try await cluster.get(.applications, "a", in: "gitctl-system"))
            let commit = try await shop.commit(["a/k.yaml": SyncTests.configMap("k", "2")])
            try await shop.work.push(to: shop.bare)
            let repository = Repository(path: shop.bare)
            let resolved = Sources.Resolved(repository: repository, commit: try await repository.commit(at: commit))
            let plan = try await running.reconciler.prepare(resolved, for: application).plan
            #expect(plan.changes.filter { $0.action == .deleted }.map(\.identity.name) == ["x"])
        }
    }

    /// Applications `a` and `b` of a work tree, of which `a` once applied what it asks for no more.
    private struct Planned {
        let cluster: TestCluster
        let client: FaultyClient
        let work: GitRepositoryFixture
        let renderer = Renderer()

        init(_ files: [String: String], a: [Object]) async throws {
            cluster = try await TestCluster()
            client = FaultyClient(cluster.client)
            work = try await GitRepositoryFixture()
            for (path, text) in files { try work.write(path, text) }
            _ = try await work.commit()
            for name in ["a", "b"] { try await cluster.createApplication(name, source: ["url": .string(work.path), "path": .string(name)]) }
            for object in a {
                var object = object
                object.set("gitctl-system/a", at: ["metadata", "annotations", Application.annotation])
                _ = try await cluster.client.create(object.kind == "Namespace" ? .namespaces : .configMaps, object)
            }
        }

        func application(_ name: String) async throws -> Application {
            var application = try Application(try await cluster.get(.applications, name, in: "gitctl-system"))
            guard name == "a" else { return application }
            for namespace in ["default", "team"] {
                application.status.inventory += try await cluster.client.list(.configMaps, namespace: namespace).items
                    .filter { $0.annotations[Application.annotation] == "gitctl-system/a" }
                    .map { ObjectIdentity(ObjectKey(.configMaps, namespace: namespace, name: $0.name)) }
            }
            application.status.inventory += try await cluster.client.list(.namespaces).items
                .filter { $0.annotations[Application.annotation] == "gitctl-system/a" }.map { ObjectIdentity(ObjectKey(.namespaces, name: $0.name)) }
            return application
        }

        func resolved() async throws -> Sources.Resolved {
            let repository = Repository(path: work.path)
            return Sources.Resolved(repository: repository, commit: try await repository.commit(at: nil))
        }

        func claims(_ name: String) async throws -> Claims {
            try await Claims(beside: application(name), at: resolved(), renderer: renderer, client: client)
        }

        /// What `a` deletes or keeps, and why.
        func lines(claims: () async throws -> Claims?) async throws -> [String] {
            let (application, resolved) = (try await application("a"), try await resolved())
            let rendered = try await renderer.render(resolved, for: application, client: client)
            let plan = try await Planner(client: client).plan(desired: rendered, application: application, known: KnownObjects(), claims: claims)
            return plan.changes.filter { $0.rendered == nil }.map { "\($0.identity) \($0.action.rawValue) \($0.note)" }.sorted()
        }
    }

    private func configMap(_ name: String, in namespace: String = "default") -> Object { Object(.configMaps, namespace: namespace, name: name) }

    @Test("a server that does not answer ends the plan, and is not taken for an Application that holds nothing", arguments: [ResourceType.applications, .namespaces])
    func unanswered(type: ResourceType) async throws {
        let planned = try await Planned(["a/k.yaml": SyncTests.configMap("k"), "b/x.yaml": SyncTests.configMap("x")], a: [configMap("x")])
        planned.client.failReads(type, [APIStatus(.serviceUnavailable, "busy")])
        await #expect(throws: APIStatus.self) { try await planned.claims("a") }
        #expect(try await planned.lines(claims: { try await planned.claims("a") }) == ["ConfigMap default/x kept moves to Application gitctl-system/b"])
    }

    @Test("other Applications are looked at only when something would be deleted, and once for all that ask")
    func once() async throws {
        var disabled = configMap("stays")
        disabled.annotations = [Application.pruneAnnotation: "disabled"]
        let planned = try await Planned(["a/k.yaml": SyncTests.configMap("k"), "b/l.yaml": SyncTests.configMap("l")], a: [disabled])
        let kept = try await planned.lines(claims: {
            Issue.record("asked in vain")
            return nil
        })
        #expect(kept == ["ConfigMap default/stays kept annotated gitctl.dev/prune: disabled"])

        _ = try await planned.claims("a")
        let before = planned.renderer.cache.usage
        for name in ["a", "b", "b", "a"] { _ = try await planned.claims(name) }
        #expect(planned.renderer.cache.usage.hits == before.hits && planned.renderer.cache.usage.misses == before.misses, "nothing is rendered again")
        try planned.work.write("b/l.yaml", SyncTests.configMap("l", "2"))
        _ = try await planned.work.commit()
        _ = try await planned.claims("a")
        #expect(planned.renderer.cache.usage.misses > before.misses)
    }

    @Test("a namespace stays while something stays in it")
    func namespace() async throws {
        let moved = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: team}\n"
        let planned = try await Planned(
            ["a/k.yaml": SyncTests.configMap("k"), "b/x.yaml": moved], a: [Object(.namespaces, name: "team"), configMap("x", in: "team"), configMap("y", in: "team")])
        #expect(try await planned.lines(claims: { try await planned.claims("a") }) == [
            "ConfigMap team/x kept moves to Application gitctl-system/b", "ConfigMap team/y deleted ", "Namespace team kept it holds ConfigMap team/x, which stays",
        ])
    }

    @Test("of several Applications, those in which nothing happens share a line")
    func quiet() async throws {
        try await RunningReconciler.with { running in
            let shop = try await setUp(running)
            let pushed = try await shop.push(["a/k.yaml": SyncTests.configMap("k", "2")])
            #expect(pushed.isHealthy)
            let lines = pushed.lines.map { $0.replacing(/in \d+ ms/, with: "in N ms") }
            #expect(lines == [
                "gitctl: plan for gitctl-system/a at \(pushed.commit.prefix(7))", "  ~ ConfigMap default/k", "      data.value: 1 → 2", "  1 changed, 1 unchanged",
                "gitctl: nothing changes in 1 other Application", "gitctl: a: applied 1 object in N ms", "gitctl: a: healthy in N ms",
                "gitctl: 1 other Application is healthy and unchanged",
            ], "\(pushed.text)")
        }
    }

    @Test("a prune leaves alone what another Application took over after it was planned")
    func raced() async throws {
        let cluster = try await TestCluster()
        let key = ObjectKey(.configMaps, namespace: "default", name: "x")
        var object = Object(.configMaps, namespace: "default", name: "x")
        object.annotations = [Application.annotation: "gitctl-system/a"]
        let seen = try await cluster.client.create(.configMaps, object)
        _ = try await cluster.client.patch(key, .merge(["data": ["changed": "yes"]]))
        var change = PlannedChange(key: key, action: .deleted)
        change.live = seen
        let plan = Plan(revision: "a", changes: [change])
        let applier = Applier(client: cluster.client, clock: SystemClock(), logger: .init(label: "test"))

        _ = try await cluster.client.patch(key, .merge(["metadata": ["annotations": [Application.annotation: "gitctl-system/b"]]]))
        #expect(try await applier.prune(plan).deleted.isEmpty)
        #expect(try await cluster.exists(.configMaps, "x"))

        _ = try await cluster.client.patch(key, .merge(["metadata": ["annotations": [Application.annotation: "gitctl-system/a"]]]))
        #expect(try await applier.prune(plan).deleted == [change.identity], "changed by others, it is still the Application's")
        #expect(try await !cluster.exists(.configMaps, "x"))
    }
}
