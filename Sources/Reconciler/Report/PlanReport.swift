import APIMachinery

/// The plans of one commit, grouped by the Applications that deploy it.
package struct PlanReport: Sendable {
    package struct Entry: Sendable {
        /// As people name the Application.
        package var application: String
        /// The commit in short, with its subject where that is known.
        package var title: String
        package var plan: Plan
        /// Why the commit cannot be deployed, one line each: what does not render, and what the server refuses.
        package var refusals: [String]

        package init(application: String, title: String, plan: Plan, refusals: [String] = []) {
            self.application = application
            self.title = title
            self.plan = plan
            self.refusals = refusals
        }

        fileprivate var isNews: Bool {
            !refusals.isEmpty || plan.hasChanges || !plan.warnings.isEmpty || !plan.failures.isEmpty || plan.count(.kept) > 0
        }
    }

    /// Longest markdown: what a comment on a pull request may hold, and room for what is around it.
    package static let markdownMax = 60_000

    package var entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    package var hasChanges: Bool { entries.contains { $0.plan.hasChanges } }
    package var isRefused: Bool { entries.contains { !$0.refusals.isEmpty } }

    /// For a terminal: each Application under its name; those in which nothing changes share a line.
    package func text(_ style: PlanText) -> String {
        let told = told.map { entry in
            var lines = [style.bold("\(entry.application) at \(entry.title.printable)")]
            lines += entry.refusals.map { style.refusal("refused: \($0)") }
            if entry.refusals.isEmpty || entry.plan.objectCount > 0 { lines += style.lines(entry.plan) }
            return lines.joined(separator: "\n")
        }
        return (told + [unchanged].compactMap { $0 }).joined(separator: "\n\n")
    }

    /// Of several Applications those that have something to tell.
    private var told: [Entry] { entries.count == 1 ? entries : entries.filter(\.isNews) }

    /// Names in the line of those that have nothing to tell.
    private static let namesMax = 5

    private var unchanged: String? {
        let names = entries.filter { !$0.isNews }.map(\.application)
        guard entries.count > 1, !names.isEmpty else { return nil }
        return "no changes in " + names.prefix(Self.namesMax).joined(separator: ", ") + (names.count > Self.namesMax ? " (and \(names.count - Self.namesMax) more)" : "")
    }

    /// For programs: `{"applications": [{"application", "refusals", …}]}`, each with its plan's members.
    package var json: JSON {
        [
            "applications": .array(
                entries.map { entry in
                    var members = entry.plan.json.object ?? [:]
                    members["application"] = .string(entry.application)
                    members["refusals"] = JSON(entry.refusals)
                    return .object(members)
                })
        ]
    }

    /// For a comment on a pull request; what is too long for one is left out, and counted.
    package var markdown: String {
        var text = ""
        var omitted = 0
        for entry in told {
            text += "\(text.isEmpty ? "" : "\n")### \(entry.application)\n\n"
            for refusal in entry.refusals { text += "> refused: \(refusal)\n" }
            if !entry.refusals.isEmpty { text += "\n" }
            text += entry.plan.markdownHead
            for change in entry.plan.changes where change.action != .unchanged {
                let part = change.markdown
                if text.utf8.count + part.utf8.count > Self.markdownMax { omitted += 1 } else { text += part }
            }
            text += entry.plan.markdownTail
        }
        if omitted > 0 { text += "\n… and \(omitted) more \(omitted == 1 ? "object" : "objects"); see `gitctl diff`\n" }
        if let unchanged { text += "\(text.isEmpty ? "" : "\n")\(unchanged)\n" }
        return text
    }
}
