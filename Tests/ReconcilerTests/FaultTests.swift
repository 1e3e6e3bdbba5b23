import APIMachinery
import Cluster
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

/// A client whose writes of chosen objects can be held up or made to fail.
final class FaultyClient: ResourceClient {
    private struct State {
        var held: Set<String> = []
        var reached: Set<String> = []
        var failures: [String: [APIStatus]] = [:]
        var writes: [String] = []
    }

    private let base: any ResourceClient
    private let state = Mutex(State())
    private let changed = AsyncStream<Void>.makeStream()

    init(_ base: any ResourceClient) { self.base = base }

    /// Holds up real applies of the object with this name until it is cancelled.
    func hold(_ name: String) { state.withLock { _ = $0.held.insert(name) } }
    func release(_ name: String) { state.withLock { _ = $0.held.remove(name) } }
    /// The next applies of the object fail like this.
    func fail(_ name: String, _ statuses: [APIStatus]) { state.withLock { $0.failures[name] = statuses } }
    /// Names of the objects applied for real, in order.
    var writes: [String] { state.withLock { $0.writes } }

    func waitUntilHeld(_ name: String) async {
        for await _ in changed.stream where state.withLock({ $0.reached.contains(name) }) { return }
    }

    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        if case .apply = patch, !options.isDryRun {
            let isHeld = state.withLock { state in
                state.reached.insert(key.name)
                return state.held.contains(key.name)
            }
            changed.continuation.yield()
            if isHeld {
                // Never ends by itself: only cancellation leads on.
                await withTaskCancellationHandler(operation: { [gate = Signal()] in await gate.wait() }, onCancel: {})
                throw APIStatus(.timeout, "held up")
            }
            let failure = state.withLock { state -> APIStatus? in
                guard var rest = state.failures[key.name], !rest.isEmpty else { return nil }
                defer { state.failures[key.name] = rest }
                return rest.removeFirst()
            }
            if let failure { throw failure }
            state.withLock { $0.writes.append(key.name) }
        }
        return try await base.patch(key, patch, subresource: subresource, options: options)
    }

    func resourceTypes() async throws(APIStatus) -> [ResourceType] { try await base.resourceTypes() }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object { try await base.get(key) }
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        try await base.list(type, namespace: namespace, options: options)
    }
    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        try await base.watch(type, namespace: namespace, options: options)
    }
    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await base.create(type, object, options: options)
    }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        try await base.update(type, object, subresource: subresource, options: options)
    }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object { try await base.delete(key, options: options) }
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await base.createSubresource(key, subresource, body, options: options)
    }
}

@Suite("Sync under faults", .timeLimit(.minutes(1)))
struct FaultTests {
    private let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")

    @Test("a newer commit takes over from a sync that is stuck")
    func preempts() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", SyncTests.configMap("a"))
        try work.write("stuck.yaml", SyncTests.configMap("stuck"))
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        client.hold("stuck")
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            await client.waitUntilHeld("stuck")
            try work.remove("stuck.yaml")
            try work.write("b.yaml", SyncTests.configMap("b"))
            let second = try await work.commit()
            let result = try await running.reconciler.sync(application: key, revision: nil, isDryRun: false, report: { _ in })
            #expect(result.isSuccess && result.revision == second)
            let status = try await cluster.application("shop", synced: "Synced", at: second).status
            #expect(status.inventory.map(\.name) == ["a", "b"])
            #expect(try await !cluster.exists(.configMaps, "stuck"))
        }
    }

    @Test("what was created by a sync that a newer commit interrupted is pruned when that commit lacks it")
    func interruptedObjectsArePruned() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        let work = try await GitRepositoryFixture()
        // Applied in the layer before the Service that is held up.
        try work.write("early.yaml", SyncTests.configMap("early"))
        try work.write("late.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: late}\nspec: {ports: [{port: 80}]}\n")
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        client.hold("late")
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            await client.waitUntilHeld("late")
            #expect(try await cluster.exists(.configMaps, "early"))
            try work.remove("early.yaml")
            try work.remove("late.yaml")
            try work.write("b.yaml", SyncTests.configMap("b"))
            try await work.commit()
            _ = try await running.reconciler.sync(application: key, revision: nil, isDryRun: false, report: { _ in })
            #expect(try await !cluster.exists(.configMaps, "early"))
            #expect(try await cluster.exists(.configMaps, "b"))
        }
    }

    @Test("a passing failure is tried again; a lasting one leaves the rest alone and is told")
    func retries() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", SyncTests.configMap("a"))
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        client.fail("a", [APIStatus(.serviceUnavailable, "busy"), APIStatus(.conflict, "lost a race")])
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            try await cluster.application("shop", synced: "Synced")
            #expect(client.writes == ["a"])
            try work.write("a.yaml", SyncTests.configMap("a", "2"))
            try work.write("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}\n")
            client.fail("a", Array(repeating: APIStatus(.forbidden, "quota exceeded"), count: 1))
            let lines = Lines()
            let result = try await running.reconciler.sync(application: key, revision: nil, isDryRun: false, report: lines.report)
            #expect(result.isSuccess, "the work tree was not committed: \(lines.text)")
            try await work.commit()
            let failed = Lines()
            let second = try await running.reconciler.sync(application: key, revision: nil, isDryRun: false, report: failed.report)
            #expect(!second.isSuccess)
            #expect(failed.all == ["a.yaml:1:1: ConfigMap default/a: quota exceeded"])
            // The Service is of a later layer: it waits, until the retry brings both.
            try await cluster.application("shop", synced: "Synced", at: work.git("rev-parse", "HEAD"))
            #expect(client.writes.suffix(2) == ["a", "s"])
        }
    }

    @Test("someone who keeps changing an object is answered less and less often")
    func doesNotFight() {
        var state = WorkerState(application: Application(namespace: "n", name: "a", origin: .url("/x")), specError: nil)
        let identity = ObjectIdentity(group: "", kind: "ConfigMap", namespace: "default", name: "a")
        var now = Timestamp(seconds: 0)
        var waits: [Duration] = []
        for _ in 0..<9 {
            if let later = state.allowRevert(of: identity, now: now) { waits.append(later - now) }
            now = now + .milliseconds(100)
        }
        #expect(waits == [.seconds(2), .seconds(4), .seconds(8), .seconds(16)])
        #expect(state.allowRevert(of: identity, now: now + .seconds(1000)) == nil)
    }

    @Test("failed syncs wait longer each time; a first push is waited for without a timer")
    func backsOff() {
        let application = Application(namespace: "n", name: "a", origin: .repository("x"))
        var state = WorkerState(application: application, specError: nil)
        var now = Timestamp(seconds: 0)
        guard case .sync(let first) = state.next(now: now) else { return #expect(Bool(false), "a new worker syncs") }
        #expect(first.fetches && first.isForced)
        state.failed(now: now, isWaiting: true)
        guard case .wait(nil) = state.next(now: now) else { return #expect(Bool(false), "the push is the event") }
        for seconds in [1, 2, 4, 8] {
            state.failed(now: now, isWaiting: false)
            guard case .wait(let deadline?) = state.next(now: now) else { return #expect(Bool(false)) }
            #expect(deadline - now == .seconds(seconds))
            now = deadline
            guard case .sync = state.next(now: now) else { return #expect(Bool(false)) }
        }
        state.succeeded(now: now)
        guard case .wait(nil) = state.next(now: now) else { return #expect(Bool(false), "idle: nothing is due, ever") }
    }
}

@Suite("Plan: what the server refuses", .timeLimit(.minutes(1)))
struct ImmutableFieldTests {
    private static func job(_ image: String, annotations: String = "{}") -> String {
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: greet\n  annotations: \(annotations)\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: c\n        image: \(image)\n"
    }

    @Test("an immutable field is refused with its place and a remedy, and replaced only where the manifest allows it")
    func immutable() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try work.write("job.yaml", Self.job("busybox:1"))
        let first = try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        try await RunningReconciler.with(cluster: cluster) { running in
            let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")
            try await cluster.application("shop", synced: "Synced", at: first)
            let uid = try await cluster.get(.jobs, "greet").uid
            try work.write("job.yaml", Self.job("busybox:2"))
            try await work.commit()
            let refused = Lines()
            let refusal = try await running.reconciler.sync(application: key, revision: nil, isDryRun: true, report: refused.report)
            #expect(!refusal.isSuccess)
            #expect(refused.all.count == 1 && refused.text.hasPrefix("job.yaml:7:3: Job default/greet: spec.template"), "\(refused.text)")
            #expect(refused.text.contains("field is immutable; an immutable field cannot change in place"), "\(refused.text)")
            #expect(try await cluster.get(.jobs, "greet").uid == uid)

            try work.write("job.yaml", Self.job("busybox:2", annotations: "{gitctl.dev/replace: enabled}"))
            let second = try await work.commit()
            let plan = Lines()
            _ = try await running.reconciler.sync(application: key, revision: nil, isDryRun: true, report: plan.report)
            #expect(plan.all.first == "± Job default/greet replaced (spec.template is immutable)", "\(plan.text)")
            _ = try await cluster.client.patch(key, .merge(["metadata": ["annotations": ["gitctl.dev/sync": "now"]]]))
            try await cluster.application("shop", synced: "Synced", at: second)
            let job = try await cluster.get(.jobs, "greet")
            #expect(job.uid != uid)
            #expect(job.spec[path: ["template", "spec"]]?["containers"]?.array?.first?["image"] == "busybox:2")
        }
    }

    @Test("the namespace that a commit creates counts in its plan")
    func newNamespace() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", SyncTests.configMap("a", namespace: "shop"))
        try work.write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
        try await work.commit()
        let repository = Repository(path: work.path)
        let rendered = try await Renderer().render(
            repository, commit: repository.commit(at: nil), path: ".", destination: "default", client: cluster.client)
        let application = Application(namespace: "gitctl-system", name: "shop", origin: .url(work.path))
        let plan = try await Planner(client: cluster.client).plan(desired: rendered, application: application)
        #expect(PlanText().lines(plan) == ["+ ConfigMap shop/a", "+ Namespace shop", "2 created"])
        #expect(plan.json["summary"]?["created"] == 2)
    }
}
