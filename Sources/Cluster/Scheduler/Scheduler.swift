import APIMachinery
import Logging
import ServiceLifecycle
import Synchronization

/// Places pods on nodes.
///
/// Informers feed a value that decides; decisions are made one after another, each seeing the room
/// that the ones before it took, and carried out many at a time.
package struct Scheduler: Service {
    package static let name = "default-scheduler"
    /// Requests in flight at once.
    static let requestsMax = 32

    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger

    package init(client: any ResourceClient, clock: any WallClock = SystemClock(), logger: Logger) {
        self.client = client
        self.clock = clock
        self.logger = logger
    }

    /// Runs until cancelled or shut down gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await runUntilCancelled() }
    }

    private func runUntilCancelled() async {
        let brain = Brain()
        let recorder = EventRecorder(client: client, component: Self.name, clock: clock, logger: logger)
        let informers = informers(feeding: brain)
        await withTaskGroup(of: Void.self) { group in
            // An informer ends by cancellation alone, and there is nobody to tell.
            for informer in informers { group.addTask { try? await informer.run() } }
            group.addTask { await recorder.run() }
            group.addTask {
                // A decision made on half a view would be a wrong one.
                for informer in informers { await informer.waitUntilSynced() }
                await decide(brain, recorder)
            }
            await group.waitForAll()
        }
    }

    /// The state, and the bell that tells of changes to it.
    private final class Brain: Sendable {
        let state = Mutex(SchedulerState())
        let changed = Signal()

        func apply(_ change: (inout SchedulerState) -> Void) {
            state.withLock { change(&$0) }
            changed.fire()
        }
    }

    private func informers(feeding brain: Brain) -> [Informer] {
        func informer(_ type: ResourceType, _ apply: @escaping @Sendable (inout SchedulerState, Object, Bool) -> Void) -> Informer {
            let informer = Informer(type, client: client, clock: clock, logger: logger)
            informer.onChange { change in
                let isGone = if case .deleted = change { true } else { false }
                brain.apply { apply(&$0, change.object, isGone) }
            }
            return informer
        }
        return [
            informer(.nodes) { state, node, isGone in if isGone { state.nodeGone(node) } else { state.nodeChanged(node) } },
            informer(.persistentVolumes) { $0.volumeChanged($1, isGone: $2) },
            informer(.persistentVolumeClaims) { $0.claimChanged($1, isGone: $2) },
            informer(.pods) { state, pod, isGone in if isGone { state.podGone(pod) } else { state.podChanged(pod) } },
        ]
    }

    private func decide(_ brain: Brain, _ recorder: EventRecorder) async {
        await withTaskGroup(of: Void.self) { group in
            var inFlight = 0
            while !Task.isCancelled {
                let now = clock.now
                guard let decision = brain.state.withLock({ $0.next(now: now) }) else {
                    await brain.changed.wait(until: brain.state.withLock { $0.nextDeadline }, clock: clock)
                    continue
                }
                if inFlight >= Self.requestsMax {
                    await group.next()
                    inFlight -= 1
                }
                inFlight += 1
                group.addTask { await carryOut(decision, brain, recorder) }
            }
        }
    }

    private func carryOut(_ decision: SchedulerState.Decision, _ brain: Brain, _ recorder: EventRecorder) async {
        switch decision {
        case .bind(let pod, let node): await bind(pod, to: node, brain, recorder)
        case .unschedulable(let pod, let message):
            recorder.record(.warning, "FailedScheduling", message, about: pod)
            await setCondition(pod, reason: "Unschedulable", message: message)
        case .gated(let pod):
            await setCondition(pod, reason: "SchedulingGated", message: "Scheduling is blocked due to non-empty scheduling gates")
        }
    }

    private func bind(_ pod: Object, to node: String, _ brain: Brain, _ recorder: EventRecorder) async {
        let binding = Object([
            "apiVersion": "v1", "kind": "Binding",
            "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid)],
            "target": ["apiVersion": "v1", "kind": "Node", "name": .string(node)],
        ])
        do throws(APIStatus) {
            try await client.createSubresource(ObjectKey(.pods, pod), "binding", binding, options: WriteOptions())
            recorder.record(.normal, "Scheduled", "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)", about: pod)
        } catch {
            let isPodGone = error.reason == .notFound
            let now = clock.now
            brain.apply { $0.bindFailed(pod, isPodGone: isPodGone, now: now) }
            if isPodGone { return }
            logger.warning(
                "a pod could not be bound; it is tried again",
                metadata: ["kind": "Pod", "namespace": "\(pod.namespace)", "name": "\(pod.name)", "error": "\(error)"])
            recorder.record(.warning, "FailedScheduling", "binding rejected: \(error.message)", about: pod)
        }
    }

    private func setCondition(_ pod: Object, reason: String, message: String) async {
        let current = pod.condition("PodScheduled")
        if current?["reason"]?.string == reason, current?["message"]?.string == message { return }
        var conditions = Conditions(pod)
        conditions.set("PodScheduled", false, reason, message, now: clock.now, isRefreshed: true)
        // Merged by type: the other conditions are the agent's.
        let own: [JSON] = [conditions["PodScheduled"]].compactMap { $0 }
        let patch: JSON = ["metadata": ["uid": .string(pod.uid)], "status": ["conditions": .array(own)]]
        do throws(APIStatus) {
            try await client.patch(ObjectKey(.pods, pod), .strategicMerge(patch), subresource: "status")
        } catch {
            // The condition tells people why; the pod waits all the same.
            logger.debug("a pod's condition was not written", metadata: ["name": "\(pod.name)", "error": "\(error)"])
        }
    }
}
