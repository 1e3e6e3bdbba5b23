import APIMachinery
import Cluster
import Logging
import TestSupport
import Testing

@testable import Reconciler

@Suite("Tombstones: what a sync deletes is kept for a day", .timeLimit(.minutes(2)))
struct TombstoneTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func deleted(_ cluster: TestCluster, now: Timestamp = SystemClock().now) async throws -> [Tombstone] { try await Undeletion(client: cluster.client).tombstones(namespace: nil, now: now) }

    @Test("what is pruned or replaced can be brought back; it then is nobody's, and the next sync leaves it alone")
    func undelete() async throws {
        try await RunningReconciler.with { running in
            let client = running.cluster.client
            let work = try await GitRepositoryFixture()
            try work.write("a.yaml", SyncTests.configMap("a", "1"))
            try work.write("s.yaml", "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {token: hunter2}}")
            try work.write("f.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: f, annotations: {gitctl.dev/replace: enabled}}, immutable: true, data: {a: '1'}}")
            let one = try await work.commit("First")
            try await running.cluster.createApplication("web", source: ["url": .string(work.path)])
            try await running.cluster.application("web", synced: "Synced", at: one)
            #expect(try await Self.deleted(running.cluster).isEmpty)

            try work.remove("s.yaml")
            try work.write("f.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: f, annotations: {gitctl.dev/replace: enabled}}, immutable: true, data: {a: '2'}}")
            let two = try await work.commit("Second")
            let key = ObjectKey(.applications, namespace: "gitctl-system", name: "web")
            _ = try await client.patch(key, .merge(["metadata": ["annotations": [Application.syncAnnotation: "1"]]]))
            try await running.cluster.application("web", synced: "Synced", at: two)
            #expect(try await !running.cluster.exists(.secrets, "s"))

            let kept = try await Self.deleted(running.cluster)
            // What is replaced is kept when it is, before anything is pruned.
            #expect(kept.count == 2 && kept[0].revision == two && kept[0].application == Tombstone.ApplicationReference(namespace: "gitctl-system", name: "web"))
            #expect(kept.flatMap(\.objects).map(\.name).sorted() == ["f", "s"] && kept[0].expires - kept[0].deleted == .seconds(86_400))
            // As kubectl get secrets -l gitctl.dev/application=web finds it, and without a value outside of its data.
            var options = ListOptions()
            options.labelSelector = LabelSelector(matchLabels: ["gitctl.dev/application": "web"])
            let secrets = try await client.list(.secrets, namespace: "gitctl-system", options: options).items
            #expect(secrets.compactMap { $0.annotations["gitctl.dev/objects"] }.sorted() == ["ConfigMap default/f", "Secret default/s"])
            #expect(secrets.allSatisfy { !JSON.object($0.metadata).text.contains("hunter2") })

            let secret = try #require(kept.flatMap(\.objects).first { $0.name == "s" })
            try await Undeletion(client: client).restore(secret, .secrets)
            let back = try await running.cluster.get(.secrets, "s")
            #expect(back["data", "token"]?.string == Base64.encode("hunter2".utf8) && back.annotations[Application.annotation] == nil && back.uid != secret.uid)
            await #expect { try await Undeletion(client: client).restore(secret, .secrets) } throws: { ($0 as? APIStatus)?.reason == .alreadyExists }

            try work.write("a.yaml", SyncTests.configMap("a", "3"))
            let three = try await work.commit("Third")
            _ = try await client.patch(key, .merge(["metadata": ["annotations": [Application.syncAnnotation: "2"]]]))
            try await running.cluster.application("web", synced: "Synced", at: three)
            #expect(try await running.cluster.exists(.secrets, "s"))
            #expect(try await Self.deleted(running.cluster).count == 2, "nothing was deleted by the third commit")
        }
    }

    private static func plan(_ objects: [Object]) -> Plan {
        Plan(
            revision: "abc",
            changes: objects.map { object in
                var change = PlannedChange(key: ObjectKey(.configMaps, namespace: object.namespace, name: object.name), action: .deleted)
                change.live = object
                return change
            })
    }

    private static let application = Application(namespace: "gitctl-system", name: "web", origin: .repository("web"))

    private static func configMap(_ name: String, _ size: Int) -> Object {
        var object = Object(.configMaps, namespace: "default", name: name, ["data": ["a": .string(String(repeating: "ü", count: size))]])
        object.uid = name
        return object
    }

    @Test("what is larger than a Secret is cut into parts, and is whole again or not at all; a sync that is tried again keeps it once")
    func parts() async throws {
        let cluster = try await TestCluster()
        let tombstones = Tombstones(client: cluster.client, clock: SystemClock(), logger: Self.quiet)
        let objects = (0..<4).map { Self.configMap("c\($0)", 250_000) }
        for _ in 0..<2 { try await tombstones.keep(Self.plan(objects), of: Self.application) }
        let secrets = try await cluster.client.list(.secrets, namespace: "gitctl-system").items
        #expect(secrets.map { $0.annotations["gitctl.dev/part"] ?? "" }.sorted() == ["1/3", "2/3", "3/3"])
        #expect(secrets.allSatisfy { Base64.decode($0["data", "objects"]?.string ?? "")?.count ?? .max <= 1 << 20 })
        #expect(try await Self.deleted(cluster).map { $0.objects.map(\.fields) } == [objects.map(\.fields)])
        try await cluster.client.delete(ObjectKey(.secrets, namespace: "gitctl-system", name: secrets[1].name))
        #expect(try await Self.deleted(cluster).isEmpty)
    }

    @Test("a day later they are gone, by a timer; others are left alone")
    func expiry() async throws {
        let cluster = try await TestCluster()
        let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))
        let tombstones = Tombstones(client: cluster.client, clock: clock, logger: Self.quiet)
        _ = try await cluster.client.create(.secrets, Object(.secrets, namespace: "gitctl-system", name: "other", ["type": "Opaque"]))
        let keeper = Task { await tombstones.run() }
        // Also where the test fails on the way.
        defer { keeper.cancel() }
        try await tombstones.keep(Self.plan([Self.configMap("a", 1)]), of: Self.application)
        let first = try #require(try await cluster.client.list(.secrets, namespace: "gitctl-system").items.first { $0.name != "other" })
        clock.advance(by: .seconds(3600))
        try await tombstones.keep(Self.plan([Self.configMap("b", 1)]), of: Self.application)
        #expect(try await Self.deleted(cluster, now: clock.now).count == 2)
        clock.advance(by: .seconds(82_800))
        try await cluster.wait(for: .secrets, first.name, in: "gitctl-system") { $0 == nil }
        #expect(try await Self.deleted(cluster, now: clock.now).map { $0.objects.map(\.name) } == [["b"]])
        clock.advance(by: .seconds(3600))
        try await cluster.waitUntilGone(.secrets, named: "tombstone-", in: "gitctl-system")
        #expect(try await cluster.exists(.secrets, "other", in: "gitctl-system"))
    }

    @Test("a sync that fails before it deletes keeps nothing as deleted")
    func notYet() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            let work = try await GitRepositoryFixture()
            try work.write("s.yaml", SyncTests.configMap("s"))
            let one = try await work.commit("First")
            try await cluster.createApplication("web", source: ["url": .string(work.path)])
            try await cluster.application("web", synced: "Synced", at: one)

            client.fail("a", Array(repeating: APIStatus(.forbidden, "not now"), count: 100))
            try work.remove("s.yaml")
            try work.write("a.yaml", SyncTests.configMap("a"))
            let two = try await work.commit("Second")
            let key = ObjectKey(.applications, namespace: "gitctl-system", name: "web")
            _ = try await client.patch(key, .merge(["metadata": ["annotations": [Application.syncAnnotation: "1"]]]))
            try await cluster.application("web", synced: "ApplyFailed", at: two)
            #expect(try await cluster.exists(.configMaps, "s"))
            #expect(try await Self.deleted(cluster).isEmpty)
        }
    }

    @Test("an object whose status changes before the sync is tried again is kept once, and one whose content changes again")
    func again() async throws {
        let cluster = try await TestCluster()
        let tombstones = Tombstones(client: cluster.client, clock: SystemClock(), logger: Self.quiet)
        var object = Self.configMap("a", 1)
        object.generation = 1
        for version in ["7", "8"] {
            object.resourceVersion = version
            try await tombstones.keep(Self.plan([object]), of: Self.application)
        }
        #expect(try await Self.deleted(cluster).count == 1)
        object.generation = 2
        try await tombstones.keep(Self.plan([object]), of: Self.application)
        #expect(try await Self.deleted(cluster).count == 2)
    }

    @Test("one that may not be deleted does not keep the others from it, and is told")
    func undeletable() async throws {
        let cluster = try await TestCluster(namespaces: ["a", "gitctl-system"])
        let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))
        func grant(_ kind: String, _ namespace: String?, verbs: [String]) async throws {
            let (role, binding): (ResourceType, ResourceType) = namespace == nil ? (.clusterRoles, .clusterRoleBindings) : (.roles, .roleBindings)
            _ = try await cluster.client.create(
                role, Object(role, namespace: namespace, name: "keeper", ["rules": [["apiGroups": [""], "resources": ["secrets"], "verbs": JSON(verbs)]]]))
            _ = try await cluster.client.create(
                binding,
                Object(
                    binding, namespace: namespace, name: "keeper",
                    [
                        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": "keeper"],
                        "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "keeper"]],
                    ]))
        }
        try await grant("ClusterRole", nil, verbs: ["list", "create"])
        try await grant("Role", "gitctl-system", verbs: ["delete"])
        let client = LocalClient(
            registry: cluster.registry, user: UserInfo(name: "keeper", groups: ["system:authenticated"]),
            authorizer: Access(store: cluster.registry.store).authorizer)
        let log = CapturedLog()
        let tombstones = Tombstones(client: client, clock: clock, logger: log.logger)
        for namespace in ["a", "gitctl-system"] {
            try await tombstones.keep(Self.plan([Self.configMap("c", 1)]), of: Application(namespace: namespace, name: "web", origin: .repository("web")))
        }
        clock.advance(by: .seconds(86_400))
        let keeper = Task { await tombstones.run() }
        // Also where the test fails on the way.
        defer { keeper.cancel() }
        try await cluster.waitUntilGone(.secrets, named: "tombstone-", in: "gitctl-system")
        #expect(try await cluster.client.list(.secrets, namespace: "a").items.count == 1)
        #expect(log.text.contains("cannot delete an expired tombstone"), "\(log.text)")
    }

    @Test("what claims to be of the future is not believed")
    func future() async throws {
        let cluster = try await TestCluster()
        let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))
        try await Tombstones(client: cluster.client, clock: clock, logger: Self.quiet).keep(Self.plan([Self.configMap("a", 1)]), of: Self.application)
        #expect(try await Self.deleted(cluster, now: Timestamp(seconds: 1_799_999_000)).isEmpty)
        #expect(try await Self.deleted(cluster, now: clock.now).count == 1)
    }

    @Test("where they cannot be kept nothing is deleted, and the reason is told")
    func refused() async throws {
        let cluster = try await TestCluster(namespaces: ["default"])
        let tombstones = Tombstones(client: cluster.client, clock: SystemClock(), logger: Self.quiet)
        await #expect { try await tombstones.keep(Self.plan([Self.configMap("a", 1)]), of: Self.application) } throws: {
            "\($0)" == "nothing was deleted: what a sync deletes is kept for a day in Secrets of namespace gitctl-system, and the server refuses them: namespaces \"gitctl-system\" not found"
        }
        try await tombstones.keep(Plan(revision: "abc", changes: []), of: Self.application)
    }

    @Test("what comes back is what its author wrote, without what the server or a controller added")
    func revived() throws {
        var job = Object(
            .jobs, namespace: "default", name: "j",
            [
                "spec": [
                    "selector": ["matchLabels": ["batch.kubernetes.io/controller-uid": "u"]],
                    "template": ["metadata": ["labels": ["controller-uid": "u", "app": "j"]], "spec": [:]],
                ], "status": ["active": 1],
            ])
        job.uid = "u"
        job.resourceVersion = "7"
        job.annotations = [Application.annotation: "gitctl-system/web", "mine": "1"]
        job.finalizers = ["foregroundDeletion", "mine/it"]
        #expect(
            job.revived.json == [
                "apiVersion": "batch/v1", "kind": "Job",
                "metadata": ["name": "j", "namespace": "default", "annotations": ["mine": "1"], "finalizers": ["mine/it"]],
                "spec": ["template": ["metadata": ["labels": ["app": "j"]], "spec": [:]]],
            ])
        let claim = Object(.persistentVolumeClaims, namespace: "default", name: "c", ["spec": ["volumeName": "v", "accessModes": ["ReadWriteOnce"]]])
        #expect(claim.revived.spec == ["accessModes": ["ReadWriteOnce"]])
    }
}

extension TestCluster {
    /// Waits on a watch until no object of a type has a name that begins so.
    fileprivate func waitUntilGone(_ type: ResourceType, named prefix: String, in namespace: String) async throws {
        let list = try await client.list(type, namespace: namespace)
        var names = Set(list.items.map(\.name).filter { $0.hasPrefix(prefix) })
        var options = ListOptions()
        options.resourceVersion = list.resourceVersion
        guard !names.isEmpty else { return }
        for try await event in try await client.watch(type, namespace: namespace, options: options) {
            if case .deleted(let object) = event { names.remove(object.name) }
            if names.isEmpty { return }
        }
    }
}
