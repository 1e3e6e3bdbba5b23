import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Applications that are found, and that end with their objects", .timeLimit(.minutes(2)))
struct DiscoveryTests {
    private static let discovery: JSONObject = [
        "discovery": [
            "directories": ["apps/*"], "exclude": ["apps/_*"],
            "template": ["spec": ["destination": ["namespace": "team-{{path.basename}}", "createNamespace": true]]],
        ]
    ]

    private func applications(_ cluster: TestCluster) async throws -> [String] {
        try await cluster.client.list(.applications).items.map(\.name).sorted()
    }

    @Test("a directory becomes an Application with its namespace, and takes both along when it goes")
    func discovers() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("all", source: ["repository": "shop"], spec: Self.discovery)
            let first = try await shop.push(["apps/red/a.yaml": SyncTests.configMap("a"), "apps/Blue_2/a.yaml": SyncTests.configMap("a"), "apps/_base/x.yaml": "no"])
            #expect(!first.isHealthy, "team-Blue_2 is no name of a namespace")
            let good = try await shop.push(["apps/Blue_2/a.yaml": nil, "apps/blue/a.yaml": SyncTests.configMap("a")])
            #expect(good.isHealthy, "\(good.text)")
            #expect(good.lines.prefix(8) == [
                "gitctl: plan for gitctl-system/all at \(good.commit.prefix(7))", "  + Application gitctl-system/blue", "  + Application gitctl-system/red", "  2 created",
                "gitctl: plan for gitctl-system/blue at \(good.commit.prefix(7))", "  + Namespace team-blue", "  + ConfigMap team-blue/a", "  2 created",
            ], "\(good.text)")
            #expect(try await applications(cluster) == ["all", "blue", "red"])
            #expect(try await cluster.exists(.configMaps, "a", in: "team-red"))
            try await cluster.wait(for: .applications, "all", in: "gitctl-system") { $0?.condition("Ready")?.status == .isTrue }

            // What somebody else put into the namespace keeps it.
            _ = try await cluster.client.create(.configMaps, Object(.configMaps, namespace: "team-red", name: "foreign"))
            let second = try await shop.push(["apps/red/a.yaml": nil, "apps/blue/a.yaml": SyncTests.configMap("a", "2")])
            #expect(second.isHealthy, "\(second.text)")
            #expect(!second.text.contains("plan for gitctl-system/red"), "what goes is not asked for the commit")
            try await cluster.wait(for: .applications, "red", in: "gitctl-system") { $0 == nil }
            #expect(try await !cluster.exists(.configMaps, "a", in: "team-red"))
            #expect(try await cluster.exists(.configMaps, "foreign", in: "team-red"))
            #expect(try await cluster.get(.configMaps, "a", in: "team-blue")["data", "value"]?.string == "2")
            try await shop.push(["apps/blue/a.yaml": nil, "apps/green/a.yaml": SyncTests.configMap("a")])
            try await cluster.wait(for: .applications, "blue", in: "gitctl-system") { $0 == nil }
            #expect(try await !cluster.exists(.namespaces, "team-blue", in: nil))
        }
    }

    @Test("what is broken in a new directory is refused before anything changes, and names cannot collide")
    func refuses() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("all", source: ["repository": "shop"], spec: ["discovery": ["directories": ["apps/*", "old/*"]]])
            let broken = try await shop.push(["apps/red/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, dota: {}}"])
            #expect(!broken.isHealthy && broken.text.contains("apps/red/a.yaml:1:56: ConfigMap default/a: unknown field \"dota\""), "\(broken.text)")
            #expect(try await applications(cluster) == ["all"])
            let twice = try await shop.push(["apps/red/a.yaml": SyncTests.configMap("a"), "old/Red/a.yaml": SyncTests.configMap("b")])
            #expect(twice.text.contains("old/Red: would be Application red, as apps/red; tell them apart by metadata.name in spec.discovery.template, like \"{{path[0]}}-{{path.basename}}\""), "\(twice.text)")
            try await cluster.createApplication("red", source: ["repository": "other"])
            let foreign = try await shop.push(["old/Red/a.yaml": nil])
            #expect(foreign.text.contains("Application gitctl-system/red: exists already and was not discovered"), "\(foreign.text)")
        }
    }

    @Test(
        "patterns that cannot be meant are refused",
        arguments: [
            ("apps/**", "spec.discovery: \"apps/**\" has **, which is not supported; name each level, like apps/*/*"),
            ("../apps/*", "spec.discovery: \"../apps/*\" is not below spec.source.path; write it like apps/*"),
        ])
    func patterns(pattern: String, message: String) throws {
        let object = Object(
            .applications, namespace: "gitctl-system", name: "all",
            ["spec": ["source": ["repository": "shop"], "discovery": ["directories": [.string(pattern)]]]])
        let error = #expect(throws: InvalidApplication.self) { try Application(object) }
        #expect(error?.description == message)
    }

    @Test("an Application goes with its objects where it says so, and without them where it does not")
    func ends() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            for (name, policy) in [("goes", "Delete"), ("stays", "Orphan")] {
                try await cluster.createApplication(
                    name, source: ["repository": "shop", "path": .string(name)],
                    spec: ["deletionPolicy": .string(policy), "destination": ["namespace": .string(name), "createNamespace": true]])
            }
            let kept = SyncTests.configMap("kept", annotations: "{gitctl.dev/prune: disabled}")
            let pushed = try await shop.push(["goes/a.yaml": SyncTests.configMap("a"), "goes/kept.yaml": kept, "stays/a.yaml": SyncTests.configMap("a")])
            #expect(pushed.isHealthy, "\(pushed.text)")
            for name in ["goes", "stays"] {
                _ = try await cluster.client.delete(ObjectKey(.applications, namespace: "gitctl-system", name: name))
                try await cluster.wait(for: .applications, name, in: "gitctl-system") { $0 == nil }
            }
            #expect(try await !cluster.exists(.configMaps, "a", in: "goes"))
            #expect(try await cluster.exists(.configMaps, "kept", in: "goes"), "annotated to stay, and so does its namespace")
            #expect(try await cluster.exists(.configMaps, "a", in: "stays"))
        }
    }

    @Test("a namespace of its own and hooks are no content: a commit without manifests is refused all the same")
    func emptied() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"], spec: ["destination": ["namespace": "team", "createNamespace": true]])
            #expect(try await shop.push(["a.yaml": SyncTests.configMap("a"), "README": "text"]).isHealthy)
            let emptied = try await shop.push(["a.yaml": nil])
            #expect(emptied.lines.first?.hasPrefix(".: this commit holds no manifests there, which would delete every object of the Application (2)") == true, "\(emptied.text)")
            #expect(try await cluster.exists(.configMaps, "a", in: "team"))
        }
    }

    @Test("an Application whose spec became unreadable can be deleted, with its objects")
    func endsUnreadable() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"], spec: ["deletionPolicy": "Delete"])
            #expect(try await shop.push(["a.yaml": SyncTests.configMap("a")]).isHealthy)
            let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")
            _ = try await cluster.client.patch(key, .merge(["spec": ["sync": ["timeout": "soon"]]]))
            try await cluster.wait(for: .applications, "shop", in: "gitctl-system") { $0?.condition("Synced")?.reason == "InvalidSpec" }
            _ = try await cluster.client.delete(key)
            try await cluster.wait(for: .applications, "shop", in: "gitctl-system") { $0 == nil }
            #expect(try await !cluster.exists(.configMaps, "a"))
        }
    }

    @Test("a deletion that fails is tried again with patience, whatever the limit of retries says")
    func patience() throws {
        var application = Application(namespace: "gitctl-system", name: "shop", origin: .repository("shop"))
        application.policy.retry.limit = 0
        (application.isDeleting, application.hasFinalizer) = (true, true)
        var state = WorkerState(application: application, specError: nil)
        let now = Timestamp(seconds: 1_000)
        guard case .remove = state.next(now: now) else { return #expect(Bool(false), "the deletion begins at once") }
        state.failed(now: now, isWaiting: false)
        guard case .wait(let until) = state.next(now: now) else { return #expect(Bool(false), "it waits before the next attempt") }
        #expect(until == now + application.policy.retry.longest)
        guard case .remove = state.next(now: now + .seconds(301)) else { return #expect(Bool(false), "and tries again") }
    }

    @Test("a namespace that somebody else made is used, and left when the Application goes")
    func foreignNamespace() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            _ = try await cluster.client.create(.namespaces, Object(.namespaces, name: "theirs"))
            try await cluster.createApplication(
                "shop", source: ["repository": "shop"], spec: ["deletionPolicy": "Delete", "destination": ["namespace": "theirs", "createNamespace": true]])
            let pushed = try await shop.push(["a.yaml": SyncTests.configMap("a")])
            #expect(pushed.isHealthy && pushed.lines.contains("  1 created"), "\(pushed.text)")
            _ = try await cluster.client.delete(ObjectKey(.applications, namespace: "gitctl-system", name: "shop"))
            try await cluster.wait(for: .applications, "shop", in: "gitctl-system") { $0 == nil }
            #expect(try await !cluster.exists(.configMaps, "a", in: "theirs"))
            #expect(try await cluster.exists(.namespaces, "theirs", in: nil))
        }
    }
}
