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
