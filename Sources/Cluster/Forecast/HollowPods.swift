import APIMachinery
import Logging
import Synchronization

/// Pods without containers: reports of each bound pod what a node's agent would, after delays that a seed decides.
///
/// The agent of a simulation, and of a fork on which a commit is tried.
package final class HollowPods: Sendable {
    /// What becomes of pods here. Durations are drawn from the ranges.
    package struct Behavior: Sendable {
        package var starting: ClosedRange<Duration> = .milliseconds(50) ... .seconds(3)
        package var stopping: ClosedRange<Duration> = .milliseconds(20) ... .seconds(2)
        package var running: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)
        /// How a pod that does not run for ever ends: `Succeeded` or `Failed`; nil while it runs for ever.
        package var outcome: @Sendable (Object) -> String? = { pod in
            pod.spec["restartPolicy"]?.string == "Always" ? nil : "Succeeded"
        }
        /// Whether the pod's node does anything for it.
        package var isAttended: @Sendable (Object) -> Bool = { _ in true }
        /// Whether a pod ever gets ready.
        package var becomesReady: @Sendable (Object) -> Bool = { _ in true }
        /// Whether a pod that waits to be started is started.
        package var starts: @Sendable (Object) -> Bool = { _ in true }
        /// Whether a pod that runs without being ready gets ready by itself.
        package var recovers: @Sendable (Object) -> Bool = { _ in false }

        package init() {}
    }

    private enum Stage: Sendable { case starting, running, stopping }

    private struct State {
        var generator: SeededGenerator
        var due: [String: (stage: Stage, time: Timestamp)] = [:]
        var addresses: UInt32 = 1
    }

    private let nodeName: String?
    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    private let behavior: Behavior
    private let state: Mutex<State>

    /// - Parameter nodeName: whose pods these are; nil takes those of every node.
    package init(
        nodeName: String?, client: any ResourceClient, clock: any WallClock, seed: UInt64, behavior: Behavior = Behavior(), logger: Logger
    ) {
        self.nodeName = nodeName
        self.client = client
        self.clock = clock
        self.behavior = behavior
        self.logger = logger
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    /// Until cancelled.
    package func run() async throws {
        var options = ListOptions()
        if let nodeName { options.fieldSelector = FieldSelector("spec.nodeName", equals: nodeName) }
        let pods = Informer(.pods, client: client, options: options, clock: clock, logger: logger)
        let queue = WorkQueue<Informer.Key>(clock: clock)
        pods.onChange { change in if !PodState(change.object).nodeName.isEmpty { queue.add(Informer.Key(change.object)) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pods.run() }
            group.addTask {
                await queue.run(workers: 4, onError: { _, _ in }) { key in
                    if let pod = pods.get(key), let wait = try await self.step(pod) { queue.add(key, after: wait) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// What a pod is about to do; nil when it stays as it is.
    private func stage(of pod: Object) -> Stage? {
        guard behavior.isAttended(pod) else { return nil }
        if pod.isDeleting { return .stopping }
        let state = PodState(pod)
        if state.phase == "Pending" { return behavior.starts(pod) ? .starting : nil }
        guard state.phase == "Running" else { return nil }
        if !state.isReady, behavior.recovers(pod) { return .starting }
        return behavior.outcome(pod) != nil ? .running : nil
    }

    /// Does what is due for a pod; how long until something else is.
    private func step(_ pod: Object) async throws -> Duration? {
        guard let stage = stage(of: pod) else { return nil }
        let now = clock.now
        let due = state.withLock { state in
            if let known = state.due[pod.uid], known.stage == stage { return known.time }
            let range = [Stage.starting: behavior.starting, .stopping: behavior.stopping][stage] ?? behavior.running
            let time = now + state.generator.duration(in: range)
            state.due[pod.uid] = (stage, time)
            return time
        }
        if due > now { return due - now }
        switch stage {
        case .starting: try await report(pod, started(pod, now: now))
        case .running: try await report(pod, ended(pod, behavior.outcome(pod) ?? "Succeeded", now: now))
        case .stopping:
            state.withLock { $0.due[pod.uid] = nil }
            let isRunning = pod.status["phase"]?.string == "Running"
            if pod.finalizers.isEmpty == false, isRunning { try await report(pod, ended(pod, "Failed", now: now)) }
            try await remove(pod)
        }
        return nil
    }

    /// One that is gone already is as good.
    private func remove(_ pod: Object) async throws(APIStatus) {
        var options = DeleteOptions()
        options.gracePeriodSeconds = 0
        options.preconditionUID = pod.uid
        do {
            try await client.delete(ObjectKey(.pods, namespace: pod.namespace, name: pod.name), options: options)
        } catch {
            if error.reason != .notFound { throw error }
        }
    }

    private func report(_ pod: Object, _ status: JSON) async throws(APIStatus) {
        try await client.patch(
            ObjectKey(.pods, namespace: pod.namespace, name: pod.name),
            .strategicMerge(["metadata": ["uid": .string(pod.uid)], "status": status]), subresource: "status")
    }

    /// The pod's own address, or one that no other pod has here.
    private func address(of pod: Object) -> String {
        if !PodState(pod).ip.isEmpty { return PodState(pod).ip }
        let number = state.withLock { state in
            state.addresses += 1
            return state.addresses
        }
        // Set aside for the testing of networks (RFC 2544): none that a pod of a live cluster has.
        return "198.18.\(number >> 8 & 255).\(number & 255)"
    }

    private func started(_ pod: Object, now: Timestamp) -> JSON {
        let ip = address(of: pod)
        let isReady = behavior.becomesReady(pod)
        let running: JSON = ["running": ["startedAt": .string(now.description)]]
        return [
            "phase": "Running", "podIP": .string(ip), "podIPs": [["ip": .string(ip)]], "startTime": .string(now.description),
            "conditions": ["Initialized", "ContainersReady", "Ready"].map { type -> JSON in
                let holds = isReady || type == "Initialized"
                return ["type": .string(type), "status": holds ? "True" : "False", "lastTransitionTime": .string(now.description)]
            }.json,
            "containerStatuses": containerStatuses(pod, isReady: isReady, state: running),
        ]
    }

    private func ended(_ pod: Object, _ phase: String, now: Timestamp) -> JSON {
        let code: JSON = phase == "Succeeded" ? 0 : 1
        let terminated: JSON = [
            "terminated": [
                "exitCode": code, "reason": phase == "Succeeded" ? "Completed" : "Error", "finishedAt": .string(now.description),
                "startedAt": pod.status["startTime"] ?? .string(now.description),
            ]
        ]
        return [
            "phase": .string(phase),
            "conditions": ["ContainersReady", "Ready"].map { type -> JSON in
                ["type": .string(type), "status": "False", "lastTransitionTime": .string(now.description)]
            }.json,
            "containerStatuses": containerStatuses(pod, isReady: false, state: terminated),
        ]
    }

    private func containerStatuses(_ pod: Object, isReady: Bool, state: JSON) -> JSON {
        (pod.spec["containers"]?.array ?? []).map { container -> JSON in
            [
                "name": container["name"] ?? "", "image": container["image"] ?? "", "imageID": "", "ready": .bool(isReady),
                "restartCount": 0, "started": .bool(isReady), "state": state,
            ]
        }.json
    }
}

extension [JSON] {
    fileprivate var json: JSON { .array(self) }
}
