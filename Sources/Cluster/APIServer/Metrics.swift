import Synchronization

/// Counts of what the server did, in Prometheus' text form. Names as Kubernetes' where the thing is the same.
final class Metrics: Sendable {
    struct Label: Sendable, Hashable {
        var verb: String
        var resource: String
    }

    private struct Key: Hashable {
        var label: Label
        var code: Int
    }

    private struct Histogram {
        var counts = [UInt64](repeating: 0, count: Metrics.bucketSeconds.count + 1)
        var sum = 0.0
    }

    private struct State {
        var requests: [Key: UInt64] = [:]
        var latency: [Label: Histogram] = [:]
    }

    private static let bucketSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]
    /// Kinds, verbs and codes beyond this many are counted together.
    private static let labelsMax = 1_000

    private let state = Mutex(State())

    func count(_ label: Label, code: Int, duration: Duration) {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        let isLong = label.verb == "watch"
        state.withLock { state in
            let isKnown = state.requests[Key(label: label, code: code)] != nil || state.requests.count < Self.labelsMax
            let label = isKnown ? label : Label(verb: "other", resource: "")
            state.requests[Key(label: label, code: code), default: 0] += 1
            guard !isLong else { return }
            let bucket = Self.bucketSeconds.firstIndex { seconds <= $0 } ?? Self.bucketSeconds.count
            state.latency[label, default: Histogram()].counts[bucket] += 1
            state.latency[label, default: Histogram()].sum += seconds
        }
    }

    /// What is measured at this moment.
    struct Gauge: Sendable {
        var name: String
        var help: String
        /// `counter` for what only grows.
        var type = "gauge"
        /// By labels (`resource="pods"`, or nothing).
        var values: [(labels: String, value: Double)]

        init(_ name: String, _ help: String, type: String = "gauge", _ value: Double) {
            self.init(name, help, type: type, values: [("", value)])
        }

        init(_ name: String, _ help: String, type: String = "gauge", values: [(labels: String, value: Double)]) {
            self.name = name
            self.help = help
            self.type = type
            self.values = values
        }
    }

    func text(gauges: [Gauge]) -> String {
        let (requests, latency) = state.withLock { ($0.requests, $0.latency) }
        var text = "# HELP apiserver_request_total Requests answered, by verb, resource and HTTP code.\n# TYPE apiserver_request_total counter\n"
        for (key, count) in requests.sorted(by: { ($0.key.label.resource, $0.key.label.verb, $0.key.code) < ($1.key.label.resource, $1.key.label.verb, $1.key.code) }) {
            text += "apiserver_request_total{verb=\"\(key.label.verb)\",resource=\"\(key.label.resource)\",code=\"\(key.code)\"} \(count)\n"
        }
        text += "# HELP apiserver_request_duration_seconds Time from a whole request to its answer's last byte.\n# TYPE apiserver_request_duration_seconds histogram\n"
        for (label, histogram) in latency.sorted(by: { ($0.key.resource, $0.key.verb) < ($1.key.resource, $1.key.verb) }) {
            let labels = "verb=\"\(label.verb)\",resource=\"\(label.resource)\""
            var total: UInt64 = 0
            for (bound, count) in zip(Self.bucketSeconds.map { String($0) } + ["+Inf"], histogram.counts) {
                total += count
                text += "apiserver_request_duration_seconds_bucket{\(labels),le=\"\(bound)\"} \(total)\n"
            }
            text += "apiserver_request_duration_seconds_sum{\(labels)} \(histogram.sum)\napiserver_request_duration_seconds_count{\(labels)} \(total)\n"
        }
        for gauge in gauges {
            text += "# HELP \(gauge.name) \(gauge.help)\n# TYPE \(gauge.name) \(gauge.type)\n"
            for (labels, value) in gauge.values {
                let number = Int64(exactly: value).map { String($0) } ?? String(value)
                text += "\(gauge.name)\(labels.isEmpty ? "" : "{\(labels)}") \(number)\n"
            }
        }
        return text
    }
}
