import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Applications after one another", .timeLimit(.minutes(2)))
struct DependencyTests {
    private func create(_ name: String, after others: [String], path: String? = nil, in cluster: TestCluster) async throws {
        try await cluster.createApplication(
            name, source: ["repository": "shop", "path": .string(path ?? name)], spec: ["dependsOn": .array(others.map { ["name": .string($0)] })])
    }

    private static func deployment(_ image: String) -> String {
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: db}, spec: {replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: '\(image)'}]}}}}\n"
    }

    @Test("one that depends on another is synced when that is ready at the same commit")
    func waits() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await create("web", after: ["db"], in: cluster)
            try await create("db", after: [], in: cluster)
            let lines = Lines()
            async let pushed = shop.push(["db/d.yaml": Self.deployment("one"), "web/a.yaml": SyncTests.configMap("web")], watching: lines)
            try await cluster.application("web", synced: "DependencyNotReady")
            try await cluster.wait(for: .deployments, "db") { $0 != nil }
            #expect(try await !cluster.exists(.configMaps, "web"))
            try await cluster.rollOut("db")
            let first = try await pushed
            #expect(first.isHealthy && first.text.contains("gitctl: web: waiting: depends on Application gitctl-system/db, which is not"), "\(first.text)")
            #expect(try await cluster.exists(.configMaps, "web"))

            // Healthy at the commit before is not enough.
            async let again = shop.push(["db/d.yaml": Self.deployment("two"), "web/a.yaml": SyncTests.configMap("web", "2")])
            try await cluster.application("web", synced: "DependencyNotReady")
            #expect(try await cluster.get(.configMaps, "web")["data", "value"]?.string == "1")
            try await cluster.wait(for: .deployments, "db") { $0?.generation == 2 }
            try await cluster.rollOut("db")
            #expect(try await again.isHealthy)
            #expect(try await cluster.get(.configMaps, "web")["data", "value"]?.string == "2")
            let history = try await cluster.application("web", synced: "Synced").status.history
            #expect(history.map(\.result) == ["Synced", "Synced"], "waiting is no event of its history")
        }
    }

    @Test("of another version range of one repository, the other needs to be ready and not at the same commit")
    func ranges() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            let source = { (range: String) -> JSONObject in ["repository": "shop", "semver": .string(range), "path": "a"] }
            _ = try await shop.push(["a/a.yaml": SyncTests.configMap("a")])
            try await shop.work.git("tag", "v1.0.0")
            _ = try await shop.push(["a/b.yaml": SyncTests.configMap("b")])
            try await shop.work.git("tag", "v2.0.0")
            try await shop.work.git("push", "-q", "--tags", shop.bare)
            try await cluster.createApplication("one", source: source("1.x"))
            try await cluster.createApplication("two", source: source("2.x"), spec: ["destination": ["namespace": "gitctl-system"], "dependsOn": [["name": "one"]]])
            try await cluster.application("two", synced: "Synced")
        }
    }

    @Test("what is not there is waited for; a circle is refused by name")
    func missingAndCircles() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            _ = try await shop.push(["db/a.yaml": SyncTests.configMap("db"), "web/a.yaml": SyncTests.configMap("web"), "x/a.yaml": SyncTests.configMap("x")])
            try await create("web", after: ["db"], in: cluster)
            let waiting = try await cluster.application("web", synced: "DependencyNotReady").status.condition("Synced")
            #expect(waiting?.status == .unknown && waiting?.message == "Application gitctl-system/db, which it depends on, does not exist")
            try await create("db", after: [], in: cluster)
            try await cluster.application("web", synced: "Synced")

            try await create("one", after: ["two"], path: "x", in: cluster)
            try await create("two", after: ["one"], path: "x", in: cluster)
            try await cluster.wait(for: .applications, "two", in: "gitctl-system") { ApplicationStatus($0?.status ?? .null).condition("Synced")?.reason == "InvalidSpec" }
            let circle = try await cluster.application("two", synced: "InvalidSpec").status.condition("Synced")?.message
            #expect(circle == "spec.dependsOn: gitctl-system/two → gitctl-system/one → gitctl-system/two is a circle; remove one of the dependencies")
        }
    }
}
