import APIMachinery
import Logging
import Synchronization

/// A copy of the live cluster in memory on which writes are tried: the real admission, controllers and scheduler, pods
/// without containers, and a clock that jumps to the next deadline whenever all is still.
///
/// Whatever runs here runs on one thread of its own. The live store gives its tables, shared copy-on-write, and hears
/// nothing of it: no write, no watch, no journal.
final class ClusterFork: Sendable {
    /// How far ahead is looked: past the progress deadline that Deployments have by default.
    static let horizon = Duration.seconds(900)
    /// How long before the first step the fork runs by itself, so that what is under way, such as a rollout, gets done: it
    /// is none of the steps' doing.
    static let settling = Duration.seconds(30)

    struct Outcome: Sendable {
        /// Of an unsettled fork those that nothing takes back.
        var consequences: [Consequence] = []
        /// Nothing more would happen by itself.
        var isSettled = false
        /// It came to an end because it takes no more writes.
        var isFull = false
        /// From the first write to the last change.
        var duration = Duration.zero
    }

    private struct State {
        /// The revision from which on the steps were done; nil before.
        var begun: UInt64?
        /// Revisions at which time moved: what happens between two of them happens at once.
        var marks: [UInt64] = []
        /// When the first step was done, and when anything happened last.
        var beginning: Timestamp
        var lastChange: Timestamp
        var before: [GroupResource: [Object]] = [:]
        var refusals: [ForecastRecord.Refusal] = []
        var areStepsDone = false
        var isSettled = false
    }

    let registry: Registry
    private let clock: VirtualClock
    private let start: Timestamp
    private let spec: ForecastSpec
    private let user: UserInfo
    private let certificateAuthority: String
    private let executor = StillnessExecutor()
    private let begin = Signal()
    private let state: Mutex<State>
    private let logger = Logger(label: "forecast") { _ in SwiftLogNoOpLogHandler() }

    init(of live: Registry, trying spec: ForecastSpec, user: UserInfo, certificateAuthority: String) {
        start = live.clock.now
        clock = VirtualClock(now: start)
        registry = live.fork(clock: clock)
        self.spec = spec
        self.user = user
        self.certificateAuthority = certificateAuthority
        state = Mutex(State(beginning: start, lastChange: start))
        // Rights that the steps give count for the steps after them.
        if spec.steps.contains(where: { $0.object.gvk?.group == ResourceType.roles.group }), registry.guards.authorizer != nil {
            let access = Access(store: registry.store)
            registry.guards.authorizer = access.authorizer
            registry.guards.escalation = access.escalation
        }
    }

    /// Runs until nothing more would happen, at most until `end` of `realClock`.
    func run(until end: Timestamp, clock realClock: any WallClock) async -> Outcome {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) { await self.runParts() }
            group.addTask { await self.driveTime() }
            // Cancellation ends the sleep early, which is what is wanted.
            group.addTask { try? await realClock.sleep(until: end) }
            await group.next()
            group.cancelAll()
            executor.close()
        }
        // It may be much to compare: that holds up nobody else either.
        return await withTaskExecutorPreference(executor) { outcome() }
    }

    // MARK: The parts

    private func runParts() async {
        let scope = ForkScope(of: registry, trying: spec.steps)
        // Then it is not whole, and controllers would make again what they do not see.
        guard !Task.isCancelled else { return }
        state.withLock { $0.before = scope.objects }
        let view = ForkClient(base: client("informers"), registry: registry, objects: scope.objects)
        let controllers = Controllers(
            client: { [self] name -> any ResourceClient in if name == "informers" { view } else { client(name) } }, clock: clock, logger: logger,
            certificateAuthority: certificateAuthority, nodesAreHeardUntil: start + Self.settling + Self.horizon)
        let scheduler = Scheduler(
            client: ForkClient(base: client("scheduler", .system("system:kube-scheduler")), registry: registry, objects: scope.forScheduler),
            clock: clock, logger: logger)
        let pods = HollowPods(nodeName: nil, client: view, clock: clock, seed: 0, behavior: behavior, logger: logger)
        await withTaskGroup(of: Void.self) { group in
            // They end by cancellation alone, and there is nobody to tell.
            group.addTask { try? await controllers.run() }
            group.addTask { try? await scheduler.run() }
            group.addTask { try? await pods.run() }
            group.addTask { await self.takeSteps() }
            await group.waitForAll()
        }
    }

    private func client(_ name: String, _ user: UserInfo? = nil) -> LocalClient {
        LocalClient(registry: registry, user: user ?? Cluster.user(ofController: name), component: name)
    }

    /// New pods start within a second and run for ever. Those of the live cluster that are in trouble stay in it, and on
    /// nodes that are not ready nothing starts or stops.
    private var behavior: HollowPods.Behavior {
        var behavior = HollowPods.Behavior()
        behavior.starting = .seconds(1) ... .seconds(1)
        behavior.stopping = .seconds(1) ... .seconds(1)
        behavior.outcome = { _ in nil }
        behavior.starts = { !PodState($0).isInTrouble }
        behavior.recovers = { !PodState($0).isInTrouble }
        let store = registry.store
        behavior.isAttended = { pod in
            let node = store.latest(ResourceType.nodes.groupResource, namespace: "", name: PodState(pod).nodeName)
            return node?.passingObject.condition("Ready")?["status"] == "True"
        }
        return behavior
    }

    private func takeSteps() async {
        // What the live cluster was about to do anyway is done first, and is no consequence.
        await begin.wait()
        guard !Task.isCancelled else { return }
        let tester = ForecastSteps(registry: registry, clock: clock, user: user, fieldManager: spec.fieldManager)
        for step in spec.steps {
            guard !Task.isCancelled else { return }
            if let refusal = await tester.take(step) { state.withLock { $0.refusals.append(refusal) } }
        }
        let isCancelled = Task.isCancelled
        state.withLock { $0.areStepsDone = !isCancelled }
    }

    // MARK: Time

    /// Moves the clock to the next deadline whenever nothing can happen before it; returns when nothing is left to wait
    /// for before the horizon. A fork's store has no queue, so a still executor is a still cluster.
    private func driveTime() async {
        _ = await executor.stillness()
        while !Task.isCancelled, !registry.store.isFull, let next = clock.nextDeadline, next - start <= Self.settling {
            clock.advance(to: next)
            _ = await executor.stillness()
        }
        guard !Task.isCancelled, !registry.store.isFull else { return }
        let beginning = clock.now
        state.withLock { state in
            state.begun = registry.store.revision
            (state.beginning, state.lastChange) = (beginning, beginning)
        }
        begin.fire()
        while !Task.isCancelled {
            _ = await executor.stillness()
            mark()
            if registry.store.isFull { return }
            guard let next = clock.nextDeadline, next - beginning <= Self.horizon else { break }
            clock.advance(to: next)
        }
        let isCancelled = Task.isCancelled
        state.withLock { $0.isSettled = $0.areStepsDone && !isCancelled }
    }

    private func mark() {
        let revision = registry.store.revision
        let now = clock.now
        state.withLock { state in
            guard revision > state.marks.last ?? state.begun ?? 0 else { return }
            state.marks.append(revision)
            state.lastChange = now
        }
    }

    private func outcome() -> Outcome {
        let state = state.withLock { $0 }
        var outcome = Outcome(isFull: registry.store.isFull, duration: state.lastChange - state.beginning)
        // A fork's history holds all that a fork takes.
        guard let begun = state.begun, let changes = registry.store.changes() else { return outcome }
        let comparison = Comparison(ForecastRecord(
            before: state.before, changes: changes.map { ForecastRecord.Change($0.resource, $0.event) }, begun: begun, marks: state.marks, steps: spec.steps,
            refusals: state.refusals))
        outcome.isSettled = state.isSettled
        outcome.consequences = state.isSettled ? comparison.consequences : comparison.irrevocable
        return outcome
    }
}

extension PodState {
    /// Something keeps its containers from starting, or makes them end again.
    fileprivate var isInTrouble: Bool {
        let statuses = ["initContainerStatuses", "containerStatuses"].flatMap { pod.status[$0]?.array ?? [] }
        return statuses.contains { status in
            let reason = status["state"]?["waiting"]?["reason"]?.string ?? ""
            return status["restartCount"]?.int ?? 0 > 0 || !["", "ContainerCreating", "PodInitializing"].contains(reason)
        }
    }
}
