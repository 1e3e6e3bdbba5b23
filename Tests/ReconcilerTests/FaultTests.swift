import APIMachinery
import Cluster
import Logging
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
        var statusFailures: [APIStatus] = []
        var readFailures: [ResourceType: [APIStatus]] = [:]
        var closed: Set<String> = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var writes: [String] = []
    }

    private let base: any ResourceClient
    private let state = Mutex(State())
    private let changed = AsyncStream<Void>.makeStream()

    init(_ base: any ResourceClient) { self.base = base }

    /// Holds up real applies of the object with this name until it is cancelled.
    func hold(_ name: String) { state.withLock { _ = $0.held.insert(name) } }
    func release(_ name: String) { state.withLock { _ = $0.held.remove(name) } }
    /// The next writes of a status fail like this.
    func failStatus(_ statuses: [APIStatus]) { state.withLock { $0.statusFailures = statuses } }
    /// The next reads of the type, of one or all, fail like this.
    func failReads(_ type: ResourceType, _ statuses: [APIStatus]) { state.withLock { $0.readFailures[type] = statuses } }
    /// Holds up the next real apply of the object, cancelled or not, until `open`.
    func close(_ name: String) { state.withLock { _ = $0.closed.insert(name) } }
    func open() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
    /// The next applies of the object fail like this.
    func fail(_ name: String, _ statuses: [APIStatus]) { state.withLock { $0.failures[name] = statuses } }
    /// Names of the objects applied for real, in order.
    var writes: [String] { state.withLock { $0.writes } }

    func waitUntilHeld(_ name: String) async {
        for await _ in changed.stream where state.withLock({ $0.reached.contains(name) }) { return }
    }

    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        if subresource == "status" {
            let failure = state.withLock { $0.statusFailures.isEmpty ? nil : $0.statusFailures.removeFirst() }
            if let failure { throw failure }
        }
        if case .apply = patch, !options.isDryRun {
            if state.withLock({ $0.closed.remove(key.name) != nil }) {
                await withCheckedContinuation { continuation in
                    state.withLock { state in
                        state.waiting.append(continuation)
                        state.reached.insert(key.name)
                    }
                    changed.continuation.yield()
                }
            }
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

    func impersonating(_ user: UserInfo) -> any ResourceClient { FaultyClient(base.impersonating(user)) }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { try await base.resourceTypes() }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object {
        if let failure = readFailure(key.type) { throw failure }
        return try await base.get(key)
    }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object {
        try await base.getSubresource(key, subresource)
    }
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        if let failure = readFailure(type) { throw failure }
        return try await base.list(type, namespace: namespace, options: options)
    }
    private func readFailure(_ type: ResourceType) -> APIStatus? {
        state.withLock { state in
            if state.readFailures[type]?.isEmpty ?? true { return nil }
            return state.readFailures[type]?.removeFirst()
        }
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

    @Test("someone who keeps changing an object is answered less and less often, but is answered")
    func doesNotFight() {
        var state = WorkerState(application: Application(namespace: "n", name: "a", origin: .url("/x")), specError: nil)
        let identity = ObjectIdentity(group: "", kind: "ConfigMap", namespace: "default", name: "a")
        var now = Timestamp(seconds: 0)
        // Whoever disagrees changes the object again 100 ms after each revert.
        func reverts(_ count: Int) -> [Duration] {
            (0..<count).map { _ in
                let begin = now
                while let later = state.allowRevert(of: identity, now: now) { now = max(later, now + .milliseconds(1)) }
                defer { now = now + .milliseconds(100) }
                return now - begin
            }
        }
        #expect(reverts(5) == Array(repeating: .zero, count: 5), "at once, as long as it does not look like a fight")
        #expect(reverts(8).map { $0 + .milliseconds(100) } == [2, 4, 8, 16, 32, 64, 64, 64].map { .seconds($0) })
        now = now + .seconds(1000)
        #expect(reverts(1) == [.zero], "long after the fight")
    }

    @Test("what an interrupted sync was asked for is still owed")
    func interruptedRequest() {
        var state = WorkerState(application: Application(namespace: "n", name: "a", origin: .url("/x")), specError: nil)
        let now = Timestamp(seconds: 0)
        _ = state.next(now: now)
        state.begins(WorkerState.Request(fetches: true, isForced: true, revision: "v1"))
        #expect(state.isSyncing)
        state.request(WorkerState.Request())
        state.ended(isDone: false)
        guard case .sync(let owed) = state.next(now: now) else { return #expect(Bool(false), "it is owed") }
        #expect(owed == WorkerState.Request(fetches: true, isForced: true, revision: "v1"))

        // But a revision asked for by hand gives way to a new one of the Application's own.
        state.begins(owed)
        var moved = Application(namespace: "n", name: "a", origin: .url("/x"), revision: "main")
        moved.generation = 2
        let isAsked = state.update(moved, specError: nil)
        #expect(isAsked)
        state.ended(isDone: false)
        guard case .sync(let next) = state.next(now: now) else { return #expect(Bool(false), "it is owed") }
        #expect(next == WorkerState.Request(fetches: true, isForced: true, revision: nil))

        state.begins(next)
        state.ended(isDone: true)
        state.succeeded(now: now)
        if case .sync = state.next(now: now) { #expect(Bool(false), "done") }
    }

    @Test("a spec that cannot be read leaves the last one in force")
    func keepsLastReadableSpec() {
        var application = Application(namespace: "n", name: "a", origin: .repository("x"))
        application.isSuspended = true
        application.selfHeals = false
        var state = WorkerState(application: application, specError: nil)
        var unreadable = Application(namespace: "n", name: "a", origin: .url(""))
        unreadable.generation = 2
        _ = state.update(unreadable, specError: "spec.source names nothing")
        #expect(state.application.isSuspended && !state.application.selfHeals)
        #expect(state.application.origin == .repository("x"))
        #expect(state.application.generation == 2, "the condition speaks of this spec")
    }

    @Test("an interval beyond what a clock can tell is a fetch that never comes, not one after another")
    func hugeInterval() {
        var application = Application(namespace: "n", name: "a", origin: .url("https://example.org/x.git"))
        application.interval = .seconds(Int64.max)
        var state = WorkerState(application: application, specError: nil)
        let now = Timestamp("2026-01-02T03:04:05Z") ?? Timestamp(seconds: 0)
        _ = state.next(now: now)
        state.succeeded(now: now)
        guard case .wait = state.next(now: now) else { return #expect(Bool(false), "nothing is due") }
    }

    @Test("a status that the server did not take is written again")
    func rewritesStatus() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", SyncTests.configMap("a"))
        let commit = try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            try await cluster.application("shop", synced: "Synced", at: commit)
            try work.write("a.yaml", "not a manifest")
            let broken = try await work.commit()
            client.failStatus(Array(repeating: APIStatus(.serviceUnavailable, "busy"), count: 3))
            _ = try await running.reconciler.sync(application: key, revision: nil, isDryRun: false, report: { _ in })
            try await cluster.application("shop", synced: "InvalidManifests", at: broken)
        }
    }

    @Test("a sync of an Application that is never seen fails instead of waiting for ever")
    func unseenApplication() async throws {
        struct HastyClock: WallClock {
            var now: Timestamp { SystemClock().now }
            func sleep(until deadline: Timestamp) async throws {}
        }
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        let scratch = try ScratchDirectory("data")
        // Not run, so that it sees nothing: as when the Application was deleted in between.
        let reconciler = Reconciler(
            Reconciler.Configuration(dataDirectory: scratch.path, executable: "/bin/true", clock: HastyClock(), logger: Logger(label: "test")),
            client: cluster.client)
        let lines = Lines()
        let result = try await reconciler.sync(application: key, revision: nil, isDryRun: false, report: lines.report)
        #expect(!result.isSuccess)
        #expect(lines.all == ["Application gitctl-system/shop is gone, or the reconciler does not run"])
    }

    @Test("an Application made again watches its objects though the worker of the one before still ends")
    func successorKeepsItsWatches() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        let work = try await GitRepositoryFixture()
        let names = ["a", "b", "c", "d", "e"]
        for name in names { try work.write("\(name).yaml", SyncTests.configMap(name)) }
        let commit = try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        client.close("a")
        try await RunningReconciler.with(cluster: cluster, client: client) { _ in
            await client.waitUntilHeld("a")
            _ = try await cluster.client.delete(key)
            try await cluster.createApplication("shop", source: ["url": .string(work.path)])
            try await cluster.application("shop", synced: "Synced", at: commit)
            client.open()
            // The old worker's end cannot be seen; whenever it comes, drift must be noticed. Each object
            // drifts seldom enough to be put back at once.
            for name in Array(repeating: names, count: 4).flatMap(\.self) {
                let uid = try await cluster.get(.configMaps, name).uid
                _ = try await cluster.client.delete(ObjectKey(.configMaps, namespace: "default", name: name))
                try await cluster.wait(for: .configMaps, name) { $0 != nil && $0?.uid != uid }
            }
        }
    }

    @Test("what git took while the cluster did not answer is deployed when it does")
    func deployedLater() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        try await cluster.createApplication("shop", source: ["repository": "shop"])
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            let shop = try await PushedRepository(in: running)
            try await cluster.application("shop", synced: "AwaitingPush")
            let commit = try await shop.commit(["a.yaml": SyncTests.configMap("a")])
            try await shop.work.push(to: shop.bare)
            client.failReads(.applications, [APIStatus(.serviceUnavailable, "the API server does not answer")])
            let lines = Lines()
            let update = Push.RefUpdate(old: ObjectID.zero.description, new: commit, ref: "refs/heads/main")
            #expect(await !running.reconciler.deploy(Push(repository: "shop", updates: [update]), report: lines.report))
            #expect(lines.all == ["gitctl: the API server answered: the API server does not answer; trying again", "gitctl: stored; it is deployed as soon as that is mended"])
            try await cluster.application("shop", synced: "Synced", at: commit)
        }
    }

    @Test("a remote is asked again after its interval, and a sync that is asked for does not wait for it")
    func fetchesOnAnInterval() async throws {
        let cluster = try await TestCluster()
        let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", SyncTests.configMap("a"))
        let first = try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string("file://" + work.path)], spec: ["sync": ["interval": "5m"]])
        try await RunningReconciler.with(clock: clock, cluster: cluster) { _ in
            try await cluster.application("shop", synced: "Synced", at: first)
            let second = try await work.commit("second")
            clock.advance(by: .seconds(299))
            let status = try await cluster.application("shop", synced: "Synced").status
            #expect(status.observedRevision == first)
            clock.advance(by: .seconds(1))
            try await cluster.application("shop", synced: "Synced", at: second)
            let third = try await work.commit("third")
            _ = try await cluster.client.patch(key, .merge(["metadata": ["annotations": ["gitctl.dev/sync": "now"]]]))
            try await cluster.application("shop", synced: "Synced", at: third)
        }
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
