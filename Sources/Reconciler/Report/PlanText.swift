import APIMachinery

/// A plan as text: for a terminal, and for the `remote:` lines of a push.
package struct PlanText: Sendable {
    /// Longest value shown on a line.
    private static let valueMax = 100
    /// Lines of one field's unified diff.
    private static let hunkLinesMax = 40

    /// ANSI colours.
    package var hasColor: Bool
    /// Lines in all; beyond it the rest is counted.
    package var linesMax: Int
    /// Each object's YAML as a unified diff, instead of its fields.
    package var isUnified: Bool

    package init(hasColor: Bool = false, linesMax: Int = 2000, isUnified: Bool = false) {
        self.hasColor = hasColor
        self.linesMax = linesMax
        self.isUnified = isUnified
    }

    package func lines(_ plan: Plan) -> [String] {
        var lines = plan.warnings.map { paint("warning: \($0.printable)", .yellow) }
        for change in plan.changes where change.action != .unchanged { lines += self.lines(change) }
        lines += plan.hooks.filter(\.runs).map { paint("> \($0.key) runs (\($0.hook.title))", .yellow) }
        if lines.count > linesMax {
            let omitted = lines.count - linesMax
            lines.removeLast(omitted)
            lines.append("… \(omitted) more lines; see gitctl diff")
        }
        lines.append(Self.summary(plan))
        return lines + self.lines(plan.consequences)
    }

    /// `1 created, 2 changed, 5 unchanged`, or that nothing changes.
    package static func summary(_ plan: Plan) -> String {
        guard plan.hasChanges || plan.count(.kept) > 0 || !plan.failures.isEmpty else { return "no changes (\(plan.objectCount) objects)" }
        let counts = PlannedChange.Action.allCases.map { (plan.count($0), $0.rawValue) } + [(plan.failures.count, "refused")]
            + [(plan.hooks.count(where: \.runs), "to run")]
        return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    private func lines(_ change: PlannedChange) -> [String] {
        let (mark, color) = Self.style(change.action)
        let note = change.note.isEmpty ? "" : " (\(change.note))"
        let verb = change.action == .replaced ? " replaced" : change.action == .kept ? " kept" : ""
        let head = paint("\(mark) \(change.key)\(verb)\(note)", color)
        guard isUnified else { return [head] + change.fields.flatMap(lines) }
        return [head] + change.unified.map { line in
            paint(line.printable, line.hasPrefix("+") ? .green : line.hasPrefix("-") ? .red : .plain)
        }
    }

    func bold(_ text: String) -> String { paint(text, .bold) }
    func refusal(_ text: String) -> String { paint(text, .red) }

    private static func style(_ action: PlannedChange.Action) -> (String, Color) {
        switch action {
        case .created: ("+", .green)
        case .changed: ("~", .yellow)
        case .replaced: ("±", .red)
        case .deleted: ("-", .red)
        case .kept: ("!", .yellow)
        case .unchanged: ("=", .plain)
        }
    }

    private func lines(_ field: FieldChange) -> [String] {
        if let old = field.old?.string, let new = field.new?.string, old.contains("\n") || new.contains("\n") {
            let hunks = LineDiff.unified(old, new)
            let shown = hunks.prefix(Self.hunkLinesMax).map { line in
                "        " + paint(Self.shortened(line), line.hasPrefix("+") ? .green : line.hasPrefix("-") ? .red : .plain)
            }
            let rest = hunks.count > Self.hunkLinesMax ? ["        … \(hunks.count - Self.hunkLinesMax) more lines"] : []
            return ["    \(field.path):"] + shown + rest
        }
        switch (field.old, field.new) {
        case (let old?, let new?): return ["    \(field.path): \(paint(Self.show(old), .red)) → \(paint(Self.show(new), .green))"]
        case (nil, let new?): return ["    \(field.path): \(paint("+ " + Self.show(new), .green))"]
        case (let old?, nil): return ["    \(field.path): \(paint("- " + Self.show(old), .red))"]
        case (nil, nil): return []
        }
    }

    private static func show(_ value: JSON) -> String { shortened(value.string.map { $0.isEmpty ? "\"\"" : $0 } ?? value.text) }

    private static func shortened(_ text: String) -> String {
        let line = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let clipped = line.count > valueMax ? line.prefix(valueMax) + "…" : line
        return clipped.printable + (line.utf8.count < text.utf8.count ? " …" : "")
    }

    enum Color: String {
        case plain = "", bold = "1", red = "31", green = "32", yellow = "33"
    }

    func paint(_ text: String, _ color: Color) -> String {
        hasColor && color != .plain ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension SyncOrder.Hook {
    /// `PreSync`, `PreSync and SyncFail`.
    var title: String { SyncOrder.Phase.allCases.filter(phases.contains).map(\.rawValue).joined(separator: " and ") }
}

extension String {
    /// Without control characters: what comes from a repository or a container must not drive a terminal.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.value < 32 && $0 != "\t" || $0.value == 127 || (128..<160).contains($0.value) }) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 32 && $0 != "\t" || $0.value == 127 || (128..<160).contains($0.value) ? "\u{FFFD}" : $0 }))
    }
}
