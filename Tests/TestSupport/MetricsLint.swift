/// What `promtool check metrics` would say of a text in Prometheus' form. Source: Prometheus, "Exposition formats" and
/// "Metric and label naming"; client_golang, testutil/promlint.
package enum MetricsLint {
    private struct Family {
        var kind: Substring
        var hasHelp = false
        var series: Set<String> = []
        /// Bucket bounds by the other labels.
        var buckets: [String: [(bound: Double, count: Double)]] = [:]
        var suffixes: Set<Substring> = []
    }

    package static func problems(_ text: String) -> [String] {
        var problems: [String] = []
        var families: [Substring: Family] = [:]
        var helped: Set<Substring> = []
        var current: Substring = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if let help = line.wholeMatch(of: /# HELP ([a-z_][a-z0-9_]*) (\S.*)/) {
                if !helped.insert(help.1).inserted { problems.append("\(help.1): HELP twice") }
            } else if let type = line.wholeMatch(of: /# TYPE ([a-z_][a-z0-9_]*) (counter|gauge|histogram)/) {
                current = type.1
                if families[current] != nil { problems.append("\(current): TYPE twice") }
                families[current] = Family(kind: type.2, hasHelp: helped.contains(current))
            } else if let sample = line.wholeMatch(of: /([a-z_][a-z0-9_]*)(?:\{(.+)\})? (-?[0-9.e+-]+)/) {
                problems += check(sample.1, sample.2.map(String.init) ?? "", Double(sample.3), current, &families)
            } else {
                problems.append("no line of the format: \(line)")
            }
        }
        if !text.hasSuffix("\n") { problems.append("the last line has no end") }
        return problems + families.sorted { $0.key < $1.key }.flatMap { check($0.key, $0.value) }
    }

    private static func check(
        _ name: Substring, _ labels: String, _ value: Double?, _ family: Substring, _ families: inout [Substring: Family]
    ) -> [String] {
        guard let value else { return ["\(name): its value is no number"] }
        guard let kind = families[family]?.kind, name.hasPrefix(family) else { return ["\(name): a sample outside of its family"] }
        let suffix = name.dropFirst(family.count)
        var problems: [String] = []
        if !(kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]).contains(suffix) { problems.append("\(name): not a sample of a \(kind)") }
        let pairs = labels.matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/)
        if pairs.map({ String($0.0) }).joined() != labels { problems.append("\(name): its labels cannot be read: \(labels)") }
        if Set(pairs.map(\.1)).count != pairs.count { problems.append("\(name): a label twice: \(labels)") }
        if families[family]?.series.insert("\(name){\(labels)}").inserted == false { problems.append("\(name): the same series twice: \(labels)") }
        families[family]?.suffixes.insert(suffix)
        if suffix == "_bucket" {
            let bound = pairs.first { $0.1 == "le" }.map { $0.2 == "+Inf" ? Double.infinity : Double($0.2) ?? .nan } ?? .nan
            let others = pairs.filter { $0.1 != "le" }.map { String($0.0) }.joined()
            families[family]?.buckets[others, default: []].append((bound, value))
        }
        return problems
    }

    private static let units: Set = ["milliseconds", "minutes", "hours", "days", "kilobytes", "megabytes", "percent", "ms", "sec", "kb", "mb"]

    private static func check(_ name: Substring, _ family: Family) -> [String] {
        var problems: [String] = []
        if !family.hasHelp { problems.append("\(name): no HELP before its TYPE") }
        if (family.kind == "counter") != name.hasSuffix("_total") { problems.append("\(name): counters, and they alone, end in _total") }
        if family.kind != "histogram", ["_bucket", "_sum", "_count"].contains(where: name.hasSuffix) { problems.append("\(name): the suffix of a histogram") }
        let words = Set(name.split(separator: "_").map(String.init))
        if !words.isDisjoint(with: units) { problems.append("\(name): not a base unit") }
        if !words.isDisjoint(with: ["gauge", "counter", "histogram"]) { problems.append("\(name): its type is in its name") }
        for (labels, buckets) in family.buckets {
            if buckets.last?.bound != .infinity { problems.append("\(name){\(labels)}: no bucket +Inf") }
            if zip(buckets, buckets.dropFirst()).contains(where: { !($0.bound < $1.bound) || $0.count > $1.count }) {
                problems.append("\(name){\(labels)}: buckets out of order")
            }
        }
        if family.kind == "histogram", !family.suffixes.isEmpty, family.suffixes.count != 3 { problems.append("\(name): not a whole histogram") }
        return problems
    }
}
