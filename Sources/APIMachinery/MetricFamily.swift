/// One metric with its samples, in Prometheus' text form: what `/metrics` is made of.
///
/// Source: Prometheus, "Exposition formats"; the names' rules are those of `promtool check metrics`.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        case gauge, histogram
        /// For what only grows; its name ends in `_total`.
        case counter
    }

    /// A label's name and value, in the order in which they are written.
    package typealias Labels = KeyValuePairs<String, String>

    private struct Sample: Sendable {
        var suffix: String
        var labels: [(name: String, value: String)]
        var value: Double
    }

    package let name: String
    private let help: String
    private let kind: Kind
    private var samples: [Sample] = []

    package init(_ name: String, _ help: String, _ kind: Kind = .gauge) {
        self.name = name
        self.help = help
        self.kind = kind
    }

    /// A metric of one sample.
    package init(_ name: String, _ help: String, _ kind: Kind = .gauge, _ value: Double) {
        self.init(name, help, kind)
        add(value)
    }

    package mutating func add(_ value: Double, _ labels: Labels = [:]) {
        samples.append(Sample(suffix: "", labels: labels.map { ($0.key, $0.value) }, value: value))
    }

    package mutating func add(_ histogram: Histogram, _ labels: Labels = [:]) {
        let labels = labels.map { (name: $0.key, value: $0.value) }
        var total: UInt64 = 0
        for (bound, count) in zip(Histogram.bounds.map { String($0) } + ["+Inf"], histogram.counts) {
            total += count
            samples.append(Sample(suffix: "_bucket", labels: labels + [("le", bound)], value: Double(total)))
        }
        samples.append(Sample(suffix: "_sum", labels: labels, value: histogram.sum))
        samples.append(Sample(suffix: "_count", labels: labels, value: Double(total)))
    }

    package static func text(_ families: [MetricFamily]) -> String {
        families.reduce(into: "") { $1.write(to: &$0) }
    }

    private func write(to text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name
            text += sample.suffix
            if !sample.labels.isEmpty { text += "{" + sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}" }
            text += " \(Int64(exactly: sample.value).map { String($0) } ?? String(sample.value))\n"
        }
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") }) else { return value }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

/// How long things took, counted by length.
package struct Histogram: Sendable {
    /// Upper bounds in seconds; what took longer counts in one more.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]

    fileprivate var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    fileprivate var sum = 0.0

    package init() {}

    package mutating func observe(_ duration: Duration) {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}
