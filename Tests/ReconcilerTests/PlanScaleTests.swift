import APIMachinery
import Cluster
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

/// A client that counts the requests of the one it passes them on to.
private final class CountingClient: ResourceClient {
    private let inner: any ResourceClient
    private let counts = Mutex<[String: Int]>([:])

    init(_ inner: any ResourceClient) { self.inner = inner }

    /// The number of requests of each verb since the last call.
    func take() -> [String: Int] {
        counts.withLock { counts in
            defer { counts = [:] }
            return counts
        }
    }

    private func count(_ verb: String) { counts.withLock { $0[verb, default: 0] += 1 } }

    func impersonating(_ user: UserInfo) -> any ResourceClient { CountingClient(inner.impersonating(user)) }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { try await inner.resourceTypes() }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object {
        count("get")
        return try await inner.get(key)
    }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object {
        count("get")
        return try await inner.getSubresource(key, subresource)
    }
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        count("list \(type.plural)")
        return try await inner.list(type, namespace: namespace, options: options)
    }
    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        try await inner.watch(type, namespace: namespace, options: options)
    }
    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await inner.create(type, object, options: options)
    }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        try await inner.update(type, object, subresource: subresource, options: options)
    }
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        count(options.isDryRun ? "dry-run" : "patch")
        return try await inner.patch(key, patch, subresource: subresource, options: options)
    }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object { try await inner.delete(key, options: options) }
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await inner.createSubresource(key, subresource, body, options: options)
    }
}

@Suite("Plans ask the server about what may change", .timeLimit(.minutes(1)))
struct PlanScaleTests {
    private static let application = Application(namespace: "gitctl-system", name: "shop", origin: .repository("shop"))
    private static let count = 40

    private static func manifest(_ name: String, replicas: Int = 0) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name)}
        spec:
          replicas: \(replicas)
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec: {containers: [{name: main, image: nginx, ports: [{containerPort: 80}], env: [{name: A, value: b}], resources: {limits: {cpu: 100m}}}]}
        ---
        {apiVersion: v1, kind: Service, metadata: {name: \(name)}, spec: {selector: {app: \(name)}, ports: [{port: 80}]}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: \(name)}, stringData: {a: b}}

        """
    }

    /// Renders a work tree, plans it with a client of its own, and applies the plan.
    private func bring(_ work: GitRepositoryFixture, to cluster: TestCluster) async throws -> (plan: Plan, requests: [String: Int]) {
        let client = CountingClient(cluster.client)
        let repository = Repository(path: work.path)
        let commit = try await repository.commit(at: try await work.git("rev-parse", "HEAD"))
        let rendered = try await Renderer().render(repository, commit: commit, path: ".", destination: "default", client: cluster.client)
        let plan = try await Planner(client: client).plan(desired: rendered, application: Self.application)
        let requests = client.take()
        let applier = Applier(client: cluster.client, clock: SystemClock(), logger: .init(label: "test"))
        let failures = try await applier.apply(plan.changes.filter { $0.action != .unchanged }, application: Self.application) { _, _ in }
        #expect(failures.isEmpty)
        return (plan, requests)
    }

    @Test("what is applied already is decided here, and only what differs is tried on the server")
    func decidesLocally() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for number in 0..<Self.count { try work.write("\(number).yaml", Self.manifest("app-\(number)")) }
        _ = try await work.commit()
        let first = try await bring(work, to: cluster)
        #expect(first.plan.count(.created) == 3 * Self.count)

        let again = try await bring(work, to: cluster)
        #expect(again.plan.count(.unchanged) == 3 * Self.count)
        #expect(again.requests == ["list deployments": 1, "list services": 1, "list secrets": 1])

        try work.write("7.yaml", Self.manifest("app-7", replicas: 2))
        _ = try await work.commit()
        let changed = try await bring(work, to: cluster)
        #expect(changed.plan.changes.filter { $0.action != .unchanged }.map(\.identity.description) == ["Deployment default/app-7"])
        #expect(changed.requests["dry-run"] == 1)
    }

    @Test(
        "a field that another changed, added to a list, or took over is seen",
        arguments: [
            #"{"spec": {"replicas": 3}}"#, #"{"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}}}"#,
            #"{"metadata": {"annotations": {"gitctl.dev/application": "gitctl-system/other"}}}"#,
        ])
    func seesDrift(patch: String) async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for number in 0..<Self.count { try work.write("\(number).yaml", Self.manifest("app-\(number)")) }
        _ = try await work.commit()
        _ = try await bring(work, to: cluster)
        _ = try await cluster.client(as: "jane").patch(
            ObjectKey(.deployments, namespace: "default", name: "app-3"), .strategicMerge(try JSON(parsing: patch)), subresource: nil,
            options: WriteOptions(fieldManager: "jane"))
        let plan = try await bring(work, to: cluster).plan
        #expect(plan.changes.filter { $0.action == .changed }.map(\.identity.description) == ["Deployment default/app-3"])
    }

    @Test("a field that left the manifest is removed, though everything stated is as it was")
    func seesRemoval() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for number in 0..<Self.count { try work.write("\(number).yaml", SyncTests.configMap("c\(number)", annotations: "{note: x}")) }
        _ = try await work.commit()
        _ = try await bring(work, to: cluster)
        try work.write("0.yaml", SyncTests.configMap("c0"))
        _ = try await work.commit()
        let plan = try await bring(work, to: cluster).plan
        #expect(plan.changes.filter { $0.action == .changed }.map(\.identity.description) == ["ConfigMap default/c0"])
        #expect(try await cluster.get(.configMaps, "c0").annotations["note"] == nil)
    }
}

@Suite("Inventory: what an Application put into the cluster", .timeLimit(.minutes(1)))
struct InventoryTests {
    @Test("names are gathered by kind and namespace, and read back")
    func roundTrip() throws {
        let keys = [
            ObjectKey(.namespaces, name: "shop"), ObjectKey(.configMaps, namespace: "a", name: "x"), ObjectKey(.configMaps, namespace: "a", name: "y"),
            ObjectKey(.configMaps, namespace: "b", name: "x"), ObjectKey(.deployments, namespace: "a", name: "x"),
        ]
        var status = ApplicationStatus()
        status.inventory = keys.map { ObjectIdentity($0) }.sorted()
        let written = status.json["inventory"]
        #expect(
            written == [
                ["kind": "Namespace", "names": ["shop"]], ["kind": "ConfigMap", "namespace": "a", "names": ["x", "y"]],
                ["group": "apps", "kind": "Deployment", "namespace": "a", "names": ["x"]],
                ["kind": "ConfigMap", "namespace": "b", "names": ["x"]],
            ])
        #expect(ApplicationStatus(status.json) == status)
    }

    @Test("ten thousand objects take less than a tenth of what a store allows")
    func size() {
        var status = ApplicationStatus()
        status.inventory = (0..<10_000).map { ObjectIdentity(ObjectKey(.configMaps, namespace: "default", name: "config-\($0)")) }.sorted()
        #expect(status.json.encoded().count < 160_000)
    }

    @Test("a patch says what differs and nothing else")
    func changes() {
        var old = ApplicationStatus()
        old.inventory = [ObjectIdentity(ObjectKey(.configMaps, namespace: "a", name: "x"))]
        var new = old
        new.summary = "1 object"
        #expect(new.changes(from: old) == ["summary": "1 object"])
        #expect(new.changes(from: new) == [:])
    }
}
