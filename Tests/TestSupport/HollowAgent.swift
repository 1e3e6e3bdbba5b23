import APIMachinery
import Cluster
import Logging
import Synchronization

/// A node without containers: registers itself, renews its lease, and reports of each pod what a
/// node agent would, after delays that a seed decides.
package final class HollowAgent: Sendable {
    /// What becomes of pods here. Durations are drawn from the ranges.
    package struct Behavior: Sendable {
        package var starting: ClosedRange<Duration> = .milliseconds(50) ... .seconds(3)
        package var stopping: ClosedRange<Duration> = .milliseconds(20) ... .seconds(2)
        package var running: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)
        /// How a pod that does not run for ever ends: `Succeeded` or `Failed`; nil while it runs for ever.
        package var outcome: @Sendable (Object) -> String? = { pod in
            pod.spec["restartPolicy"]?.string == "Always" ? nil : "Succeeded"
        }
        /// Whether a pod ever gets ready.
        package var becomesReady: @Sendable (Object) -> Bool = { _ in true }

        package init() {}
    }

    private enum Stage: Sendable { case starting, running, stopping }

    private struct State {
        var generator: SeededGenerator
        var due: [String: (stage: Stage, time: Timestamp)] = [:]
        var addresses: UInt32 = 1
        var isSilent = false
    }

    package let nodeName: String
    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    private let behavior: Behavior
    private let state: Mutex<State>

    package init(
        nodeName: String = "node-1", client: any ResourceClient, clock: any WallClock, seed: UInt64,
        behavior: Behavior = Behavior(),
        logger: Logger = Logger(label: "hollow-agent")
    ) {
        self.nodeName = nodeName
        self.client = client
        self.clock = clock
        self.behavior = behavior
        self.logger = logger
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    /// While true the node renews no lease.
    package var isSilent: Bool {
        get { state.withLock { $0.isSilent } }
        set { state.withLock { $0.isSilent = newValue } }
    }

    /// Until cancelled.
    package func run() async throws {
        try await register()
        var options = ListOptions()
        options.fieldSelector = FieldSelector("spec.nodeName", equals: nodeName)
        let pods = Informer(.pods, client: client, options: options, clock: clock, logger: logger)
        let queue = WorkQueue<Informer.Key>(clock: clock)
        pods.onChange { queue.add(Informer.Key($0.object)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pods.run() }
            group.addTask { try await self.renewLease() }
            group.addTask {
                await queue.run(workers: 4, onError: { _, _ in }) { key in
                    if let pod = pods.get(key), let wait = try await self.step(pod) { queue.add(key, after: wait) }
                }
            }
            try await group.waitForAll()
        }
    }

    private var ready: JSON {
        [
            [
                "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
                "lastTransitionTime": .string(clock.now.description),
            ]
        ]
    }

    /// Says that the node is well, where somebody has come to doubt it.
    private func reportReady() async throws {
        let key = ObjectKey(.nodes, name: nodeName)
        let conditions = try await client.get(key).status["conditions"]?.array ?? []
        if conditions.contains(where: { $0["type"] == "Ready" && $0["status"] == "True" }) { return }
        try await client.patch(key, .strategicMerge(["status": ["conditions": ready]]), subresource: "status")
    }

    private func register() async throws {
        var node = Object(.nodes, name: nodeName)
        node["status"] = [
            "capacity": ["cpu": "64", "memory": "256Gi", "pods": "1000"],
            "allocatable": ["cpu": "64", "memory": "256Gi", "pods": "1000"],
            "conditions": ready,
        ]
        do throws(APIStatus) { _ = try await client.create(.nodes, node) } catch {
            // Known from a life before.
            if error.reason != .alreadyExists { throw error }
        }
    }

    private func renewLease() async throws {
        while true {
            if !isSilent {
                let time = JSON.string(clock.now.micro)
                let key = ObjectKey(.leases, namespace: "kube-node-lease", name: nodeName)
                let spec: JSON = ["holderIdentity": .string(nodeName), "leaseDurationSeconds": 40, "renewTime": time]
                do throws(APIStatus) {
                    try await client.patch(key, .merge(["spec": spec]))
                } catch {
                    _ = try await client.create(
                        .leases, Object(.leases, namespace: "kube-node-lease", name: nodeName, ["spec": spec]))
                }
                try await reportReady()
            }
            try await clock.sleep(for: .seconds(10))
        }
    }

    /// Does what is due for a pod; how long until something else is.
    private func step(_ pod: Object) async throws -> Duration? {
        let phase = pod.status["phase"]?.string ?? "Pending"
        let stage: Stage
        if pod.isDeleting {
            stage = .stopping
        } else if phase == "Pending" {
            stage = .starting
        } else if phase == "Running", behavior.outcome(pod) != nil {
            stage = .running
        } else {
            return nil
        }
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
            if pod.finalizers.isEmpty == false, phase == "Running" { try await report(pod, ended(pod, "Failed", now: now)) }
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

    private func started(_ pod: Object, now: Timestamp) -> JSON {
        let number = state.withLock { state in
            state.addresses += 1
            return state.addresses
        }
        let ip = "10.42.\(number >> 8).\(number & 255)"
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

/// Repeatable random numbers (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    package mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        .nanoseconds(Int64.random(in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds, using: &self))
    }
}
