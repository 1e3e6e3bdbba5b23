import APIMachinery

/// The pods of a Job: how one is made, and which index it works on.
enum JobPod {
    static let controllerLabel = "batch.kubernetes.io/controller-uid"
    static let nameLabel = "batch.kubernetes.io/job-name"
    static let indexKey = "batch.kubernetes.io/job-completion-index"
    static let indexVariable = "JOB_COMPLETION_INDEX"

    /// nil for what is no index that a Job can have.
    static func index(of pod: Object) -> Int? {
        pod.annotations[indexKey].flatMap { Int($0) }.flatMap { IndexSet.bounds.contains($0) ? $0 : nil }
    }

    static func make(for job: Object, index: Int?) -> Object {
        var pod = PodTemplate(job).pod(for: job)
        pod.finalizers = pod.finalizers.filter { $0 != JobController.trackingFinalizer } + [JobController.trackingFinalizer]
        if job.spec["manualSelector"]?.bool != true {
            pod.labels = pod.labels.merging(
                [controllerLabel: job.uid, "controller-uid": job.uid, nameLabel: job.name, "job-name": job.name]) { $1 }
        }
        guard let index else { return pod }
        let host = "\(job.name)-\(index)"
        pod.set(.string("\(host)-"), at: ["metadata", "generateName"])
        pod.annotations[indexKey] = String(index)
        pod.labels[indexKey] = String(index)
        if pod.spec["hostname"]?.string == nil { pod.set(.string(host), at: ["spec", "hostname"]) }
        for list in ["initContainers", "containers"] {
            guard let containers = pod.spec[list]?.array else { continue }
            pod.set(.array(containers.map(withIndex)), at: ["spec", list])
        }
        return pod
    }

    private static func withIndex(_ container: JSON) -> JSON {
        var variables = container["env"]?.array ?? []
        if variables.contains(where: { $0["name"]?.string == indexVariable }) { return container }
        variables.append(
            [
                "name": .string(indexVariable),
                "valueFrom": ["fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.labels['\(indexKey)']"]],
            ])
        var container = container
        container.set(.array(variables), at: ["env"])
        return container
    }
}

/// How long a Job waits after failures before it makes another pod.
enum JobBackoff {
    static let first = Duration.seconds(10)
    static let longest = Duration.seconds(600)

    /// When the next pod may be made: later with each failure since the last success.
    static func nextAttempt(pods: [Object], now: Timestamp) -> Timestamp? {
        let ended = pods.filter { PodState($0).isTerminal }.map { ($0, endedAt($0, now: now)) }
        let lastSuccess = ended.filter { PodState($0.0).phase == "Succeeded" }.map(\.1).max()
        let failures = ended.filter { pod, time in PodState(pod).phase == "Failed" && lastSuccess.map { time > $0 } ?? true }
        guard let last = failures.map(\.1).max() else { return nil }
        let wait = first * (1 << min(failures.count - 1, 10))
        return last + min(wait, longest)
    }

    private static func endedAt(_ pod: Object, now: Timestamp) -> Timestamp {
        let times = (pod.status["containerStatuses"]?.array ?? []).compactMap {
            $0["state"]?["terminated"]?["finishedAt"]?.string.flatMap(Timestamp.init)
        }
        if let last = times.max() { return last }
        let texts = [pod.condition("Ready")?["lastTransitionTime"]?.string, pod.deletionTimestamp]
        return texts.lazy.compactMap { $0.flatMap(Timestamp.init) }.first ?? pod.createdAt
    }
}

/// Completed indexes as a Job's status spells them: `0-2,5`. Kept as ranges.
struct IndexSet: CustomStringConvertible, Equatable {
    /// What an index can be, as `spec.completions` is an int32.
    static let bounds = 0...Int(Int32.max)

    /// Ascending, with gaps between them.
    private var ranges: [ClosedRange<Int>] = []

    /// Parts that are not numbers or ranges within `bounds`, or not in order, are left out.
    init(parsing text: String) {
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, ends.count <= 2, Self.bounds.contains(first),
                Self.bounds.contains(last)
            else { continue }
            guard let before = ranges.last, first <= before.upperBound + 1 else {
                ranges.append(first...last)
                continue
            }
            if first == before.upperBound + 1 { ranges[ranges.count - 1] = before.lowerBound...last }
        }
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    func contains(_ index: Int) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < index { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(index)
    }

    mutating func insert(_ index: Int) {
        guard Self.bounds.contains(index), !contains(index) else { return }
        var position = ranges.firstIndex { $0.lowerBound > index } ?? ranges.count
        ranges.insert(index...index, at: position)
        if position > 0, ranges[position - 1].upperBound + 1 == index {
            ranges[position - 1] = ranges[position - 1].lowerBound...index
            ranges.remove(at: position)
            position -= 1
        }
        if position + 1 < ranges.count, ranges[position].upperBound + 1 == ranges[position + 1].lowerBound {
            ranges[position] = ranges[position].lowerBound...ranges[position + 1].upperBound
            ranges.remove(at: position + 1)
        }
    }

    var description: String {
        ranges.map { range in
            switch range.count {
            case 1: "\(range.lowerBound)"
            case 2: "\(range.lowerBound),\(range.upperBound)"
            default: "\(range.lowerBound)-\(range.upperBound)"
            }
        }.joined(separator: ",")
    }
}
