import APIMachinery
import Synchronization

/// Counts of what the server did, and what others of the process count. Names as Kubernetes' where the thing is the same.
final class Metrics: Sendable {
    struct Label: Sendable, Hashable {
        var verb: String
        var resource: String
    }

    private struct Key: Hashable {
        var label: Label
        var code: Int
    }

    private struct State {
        var requests: [Key: UInt64] = [:]
        var latency: [Label: Histogram] = [:]
        var others: [@Sendable () -> [MetricFamily]] = []
    }

    /// Kinds, verbs and codes beyond this many are counted together.
    private static let labelsMax = 1_000

    private let state = Mutex(State())

    func count(_ label: Label, code: Int, duration: Duration) {
        let isLong = label.verb == "watch"
        state.withLock { state in
            let isKnown = state.requests[Key(label: label, code: code)] != nil || state.requests.count < Self.labelsMax
            let label = isKnown ? label : Label(verb: "other", resource: "")
            state.requests[Key(label: label, code: code), default: 0] += 1
            if !isLong { state.latency[label, default: Histogram()].observe(duration) }
        }
    }

    /// Adds what another part of the process measures; asked each time that somebody looks.
    func add(_ families: @escaping @Sendable () -> [MetricFamily]) { state.withLock { $0.others.append(families) } }

    /// - Parameter gauges: what the server measures at this moment.
    func text(gauges: [MetricFamily]) -> String {
        let state = state.withLock { $0 }
        var requests = MetricFamily("apiserver_request_total", "Requests answered, by verb, resource and HTTP code.", .counter)
        for (key, count) in state.requests.sorted(by: { ($0.key.label.resource, $0.key.label.verb, $0.key.code) < ($1.key.label.resource, $1.key.label.verb, $1.key.code) }) {
            requests.add(Double(count), ["verb": key.label.verb, "resource": key.label.resource, "code": String(key.code)])
        }
        var latency = MetricFamily("apiserver_request_duration_seconds", "Time from a whole request to its answer's last byte.", .histogram)
        for (label, histogram) in state.latency.sorted(by: { ($0.key.resource, $0.key.verb) < ($1.key.resource, $1.key.verb) }) {
            latency.add(histogram, ["verb": label.verb, "resource": label.resource])
        }
        return MetricFamily.text([requests, latency] + gauges + state.others.flatMap { $0() })
    }
}
