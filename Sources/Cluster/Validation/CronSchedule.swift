/// The five fields of a cron schedule, or one of its names. Source: crontab(5); github.com/robfig/cron, standard parser.
enum CronSchedule {
    private struct Bounds {
        var range: ClosedRange<Int>
        var names: [String] = []
    }

    private static let fields = [
        Bounds(range: 0...59), Bounds(range: 0...23), Bounds(range: 1...31),
        Bounds(range: 1...12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        Bounds(range: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]
    private static let names: Set = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]

    /// What is wrong with a schedule; nil when it can be read.
    static func problem(of text: String) -> String? {
        var schedule = text[...]
        for prefix in ["TZ=", "CRON_TZ="] where schedule.hasPrefix(prefix) {
            guard let space = schedule.firstIndex(of: " ") else { return "provided bad location \(schedule.dropFirst(prefix.count))" }
            schedule = schedule[space...]
        }
        let parts = schedule.split(whereSeparator: \.isWhitespace).map(String.init)
        if let first = parts.first, first.hasPrefix("@") {
            if parts.count == 1 && names.contains(first) { return nil }
            if first == "@every" { return parts.count == 2 ? nil : "failed to parse duration \(schedule)" }
            return "unrecognized descriptor: \(schedule)"
        }
        if parts.isEmpty { return "empty spec string" }
        guard parts.count == fields.count else { return "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]" }
        for (part, bounds) in zip(parts, fields) { if let problem = problem(of: part, bounds) { return problem } }
        return nil
    }

    private static func problem(of field: String, _ bounds: Bounds) -> String? {
        for item in field.split(separator: ",", omittingEmptySubsequences: false) {
            let steps = item.split(separator: "/", omittingEmptySubsequences: false)
            guard steps.count <= 2 else { return "too many slashes: \(item)" }
            let ends = steps[0].split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2 else { return "too many hyphens: \(item)" }
            var numbers: [Int] = []
            if ends[0] != "*", ends[0] != "?" {
                for end in ends {
                    guard let number = number(end, bounds) else { return "failed to parse int from \(end): strconv.Atoi: parsing \"\(end)\": invalid syntax" }
                    numbers.append(number)
                }
            }
            if steps.count == 2 {
                guard let step = Int(steps[1]) else { return "failed to parse int from \(steps[1]): strconv.Atoi: parsing \"\(steps[1])\": invalid syntax" }
                if step <= 0 { return "step of range should be a positive number: \(item)" }
            }
            if let low = numbers.first, low < bounds.range.lowerBound {
                return "beginning of range (\(low)) below minimum (\(bounds.range.lowerBound)): \(item)"
            }
            if let high = numbers.last, high > bounds.range.upperBound {
                return "end of range (\(high)) above maximum (\(bounds.range.upperBound)): \(item)"
            }
            if numbers.count == 2, numbers[0] > numbers[1] {
                return "beginning of range (\(numbers[0])) beyond end of range (\(numbers[1])): \(item)"
            }
        }
        return nil
    }

    private static func number(_ text: Substring, _ bounds: Bounds) -> Int? {
        if let index = bounds.names.firstIndex(of: text.lowercased()) { return bounds.range.lowerBound + index }
        return text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? Int(text) : nil
    }
}
