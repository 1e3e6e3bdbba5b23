import APIMachinery
import Synchronization

/// Measures what the machine and its pods use, when somebody asks: nothing runs in between.
final class UsageMeter: Sendable {
    /// A pod with its running containers.
    struct Subject: Sendable {
        struct Container: Sendable {
            var name: String
            var id: String
            var since: Timestamp
        }

        var uid: String
        var cgroup: String
        var containers: [Container]
    }

    private let cgroups: Cgroups
    private let clock: any WallClock
    private struct State {
        var history = UsageHistory()
        /// What the machine's use is measured from when nobody asked for long.
        var firstOfMachine: UsageHistory.Reading?
    }

    private let state = Mutex(State())

    init(cgroups: Cgroups = .ofMachine(), clock: any WallClock) {
        self.cgroups = cgroups
        self.clock = clock
    }

    /// nil at the first question, which later ones measure from.
    func machine(named node: String) async -> NodeUsage? {
        guard let sample = await Files.offPool({ [self] in sample(Cgroups.machine) }) else { return nil }
        let rate = state.withLock { state in
            let first = state.firstOfMachine ?? sample.reading
            state.firstOfMachine = first
            return state.history.rate(of: Cgroups.machine, at: sample.reading, since: first)
        }
        guard let rate else { return nil }
        return NodeUsage(
            node: node, time: sample.reading.time, window: rate.window,
            usage: ResourceUsage(cpuNanocores: rate.cpuNanocores, memoryBytes: sample.memoryBytes))
    }

    /// Pods of which a container is too young to say anything are left out, like those that run none.
    func usage(of pods: [Subject]) async -> [PodUsage] {
        let samples = await Files.offPool { [self] in pods.map { pod in pod.containers.map { sample("\(pod.cgroup)/\($0.id)") } } }
        return state.withLock { state in
            state.history.forget(at: clock.now)
            return zip(pods, samples).compactMap { pod, samples in Self.usage(of: pod, samples, &state.history) }
        }
    }

    private struct Sample: Sendable {
        var reading: UsageHistory.Reading
        var memoryBytes: Int64
    }

    private func sample(_ group: String) -> Sample? {
        guard let cpu = cgroups.cpuNanoseconds(of: group), let memory = cgroups.workingSetBytes(of: group) else { return nil }
        return Sample(reading: UsageHistory.Reading(time: clock.now, cpuNanoseconds: cpu), memoryBytes: memory)
    }

    private static func usage(of pod: Subject, _ samples: [Sample?], _ history: inout UsageHistory) -> PodUsage? {
        var usage: PodUsage?
        var isKnown = true
        for (container, sample) in zip(pod.containers, samples) {
            // A container without a group has ended since.
            guard let sample else { continue }
            let start = UsageHistory.Reading(time: container.since, cpuNanoseconds: 0)
            guard let rate = history.rate(of: container.id, at: sample.reading, since: start) else {
                isKnown = false
                continue
            }
            var sum = usage ?? PodUsage(uid: pod.uid, time: sample.reading.time, window: rate.window, containers: [])
            sum.window = max(sum.window, rate.window)
            sum.containers.append(
                .init(name: container.name, usage: ResourceUsage(cpuNanocores: rate.cpuNanocores, memoryBytes: sample.memoryBytes)))
            usage = sum
        }
        return isKnown ? usage : nil
    }
}

extension UsageMeter.Subject {
    /// nil when none of its containers runs.
    init?(_ entry: PodEntry) {
        let (pod, records) = entry.state.withLock { ($0.lifecycle.pod, $0.lifecycle.containers) }
        uid = pod.uid
        cgroup = Cgroups.path(ofPod: pod.uid, pod.qos)
        containers = records.compactMap { record in
            switch record.state {
            case .running(let id, let since), .stopping(let id, let since): Container(name: record.name, id: id, since: since)
            case .waiting, .starting, .exited: nil
            }
        }
        if containers.isEmpty { return nil }
    }
}
