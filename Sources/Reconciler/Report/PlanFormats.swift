import APIMachinery

extension Plan {
    /// For programs: `{"revision", "summary": {"created": n, …}, "changes": [{"action", "group", "version",
    /// "kind", "namespace", "name", "note", "fields": [{"path", "old", "new"}]}], "warnings"}`, with hooks also
    /// `"hooks": [{"kind", "namespace", "name", "phases", "wave", "runs"}]`.
    /// Unchanged objects are only counted. What it leads to, where somebody asked: `"consequences": {"settled",
    /// "items": [{"type", "object", "message", "names"}], "notes"}`, or `{"problem"}`.
    package var json: JSON {
        let changes = self.changes.filter { $0.action != .unchanged }.map { change -> JSON in
            var object: JSONObject = [
                "action": .string(change.action.rawValue), "group": .string(change.key.type.group),
                "version": .string(change.key.type.version), "kind": .string(change.key.type.kind), "name": .string(change.key.name),
            ]
            if let namespace = change.key.namespace { object["namespace"] = .string(namespace) }
            if !change.note.isEmpty { object["note"] = .string(change.note) }
            if !change.fields.isEmpty {
                object["fields"] = .array(
                    change.fields.map { field in
                        var members: JSONObject = ["path": .string(field.path)]
                        if let old = field.old { members["old"] = old }
                        if let new = field.new { members["new"] = new }
                        return .object(members)
                    })
            }
            return .object(object)
        }
        var summary = JSONObject()
        for action in PlannedChange.Action.allCases { summary[action.rawValue] = JSON(count(action)) }
        var json: JSONObject = [
            "revision": .string(revision), "summary": .object(summary), "changes": .array(changes), "warnings": JSON(warnings),
        ]
        if !hooks.isEmpty {
            json["hooks"] = .array(
                hooks.map { hook in
                    [
                        "kind": .string(hook.key.type.kind), "namespace": hook.key.namespace.map(JSON.string) ?? .null, "name": .string(hook.key.name),
                        "phases": JSON(SyncOrder.Phase.allCases.filter(hook.hook.phases.contains).map(\.rawValue)), "wave": JSON(hook.wave),
                        "runs": .bool(hook.runs),
                    ]
                })
        }
        if let consequences { json["consequences"] = consequences.json }
        return .object(json)
    }

    /// How many objects change, and what is to be known of all of them.
    var markdownHead: String {
        "**\(PlanText.summary(self))** at `\(revision.prefix(7))`\n" + warnings.map { "\n> warning: \($0)\n" }.joined()
    }

    /// What is run beside the objects that stay, and what all of it leads to.
    var markdownTail: String {
        hooks.filter(\.runs).map { "\n#### runs (\($0.hook.title)): \($0.key)\n" }.joined() + (consequences?.markdown ?? "")
    }
}

extension PlannedChange {
    /// For a comment on a pull request: the object, and a unified diff of its YAML.
    var markdown: String {
        var text = "\n#### \(action.rawValue): \(key)\n"
        if !note.isEmpty { text += "\n\(note)\n" }
        let diff = unified
        if !diff.isEmpty {
            // A fence longer than any run of backticks inside, so that content cannot end it.
            let fence = String(repeating: "`", count: max(3, Self.longestFence(diff) + 1))
            text += "\n\(fence)diff\n\(diff.joined(separator: "\n"))\n\(fence)\n"
        }
        return text
    }

    private static func longestFence(_ lines: [String]) -> Int {
        lines.map { line in line.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0 }.max() ?? 0
    }

    /// The unified diff of both sides as YAML, without a file header.
    package var unified: [String] {
        LineDiff.unified(before.map { YAML.encoded($0.json) } ?? "", after.map { YAML.encoded($0.json) } ?? "")
    }
}
