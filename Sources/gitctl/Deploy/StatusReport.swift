import APIMachinery
import Reconciler

/// What `status` shows: Applications, and the health of every object that they hold.
package struct StatusReport: Sendable {
    package struct Line: Sendable {
        package var kind: String
        package var namespace: String
        package var name: String
        package var health: String
        package var detail: String
        package var reason: String
    }

    package struct Entry: Sendable {
        package var name: ApplicationName
        package var revision: String
        package var subject: String
        package var synced: Condition?
        package var health: String
        package var reason: String
        package var isSuspended: Bool
        package var lines: [Line]
    }

    package var entries: [Entry]

    package var isHealthy: Bool {
        entries.allSatisfy { $0.synced?.status == .isTrue && $0.health == "Healthy" }
    }

    init(_ view: LiveView, only: ApplicationName?) {
        entries = view.list(.applications)
            .filter { only == nil || ($0.namespace == only?.namespace && $0.name == only?.name) }
            .sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
            .map { Self.entry($0, view) }
    }

    package init(entries: [Entry]) { self.entries = entries }

    private static func entry(_ object: Object, _ view: LiveView) -> Entry {
        let status = ApplicationStatus(object.status)
        let synced = status.condition("Synced")
        let healthy = status.condition("Healthy")
        let commit = status.history.first { $0.revision == status.observedRevision }
        let reason = synced?.status == .isFalse ? synced?.message : healthy?.status == .isTrue ? nil : healthy?.message
        return Entry(
            name: ApplicationName(namespace: object.namespace, name: object.name), revision: status.observedRevision,
            subject: commit?.message.split(separator: "\n").first.map(String.init) ?? "", synced: synced, health: status.health,
            reason: reason ?? "", isSuspended: object.spec["suspend"]?.bool ?? false,
            lines: status.inventory.map { line($0, view) })
    }

    private static func line(_ entry: ObjectIdentity, _ view: LiveView) -> Line {
        var line = Line(kind: entry.kind, namespace: entry.namespace, name: entry.name, health: "Healthy", detail: "", reason: "")
        guard let type = LiveView.types.first(where: { $0.kind == entry.kind && $0.group == entry.group }) else { return line }
        guard let object = view.get(type, namespace: entry.namespace, name: entry.name) else {
            line.health = "Missing"
            line.reason = "not in the cluster"
            return line
        }
        let health = view.health(of: object, type)
        line.health = health.state.rawValue
        line.reason = health.reason
        line.detail = Workload(object, health: health)?.ready ?? ""
        return line
    }
}

extension StatusReport {
    package func text(_ terminal: Terminal) -> String {
        guard !entries.isEmpty else { return "no Applications; deploy one with `gitctl up DIR`" }
        return entries.map { entry in
            let style = terminal.style
            let synced = entry.isSuspended ? "suspended" : entry.synced?.status == .isTrue ? "synced" : "not synced"
            let color: Style.Color = entry.health == "Healthy" && entry.synced?.status == .isTrue ? .green : entry.health == "Degraded" ? .red : .yellow
            let revision = entry.revision.isEmpty ? "no commit yet" : "\(entry.revision.prefix(12)) \(entry.subject)"
            var lines = ["\(style(.bold, entry.name.description))  \(revision)  \(synced), \(style(color, entry.health.isEmpty ? "Unknown" : entry.health))"]
            // A terminal's width may cut it in the row; elsewhere the row tells all.
            let isTold = !terminal.isTerminal && entry.lines.contains { !$0.reason.isEmpty && entry.reason.contains($0.reason) }
            if !entry.reason.isEmpty && !isTold { lines.append("  " + entry.reason) }
            guard !entry.lines.isEmpty else { return lines.joined(separator: "\n") }
            let rows = entry.lines.map { line in
                [
                    Table.Cell("  " + line.kind), Table.Cell(line.namespace.isEmpty ? line.name : "\(line.namespace)/\(line.name)"),
                    Table.Cell(line.detail.isEmpty ? "-" : line.detail),
                    Table.Cell(line.health, line.health == "Healthy" ? .green : line.health == "Progressing" ? .yellow : .red),
                    Table.Cell(line.reason),
                ]
            }
            lines.append(Table(["  KIND", "NAME", "READY", "HEALTH", "REASON"], rows: rows).rendered(width: terminal.width, style: style))
            return lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// `{"applications": [{namespace, name, revision, message, synced, health, reason, suspended, objects: [...]}]}`.
    package var json: JSON {
        [
            "applications": .array(
                entries.map { entry in
                    [
                        "namespace": .string(entry.name.namespace), "name": .string(entry.name.name),
                        "revision": .string(entry.revision), "message": .string(entry.subject),
                        "synced": .bool(entry.synced?.status == .isTrue), "health": .string(entry.health),
                        "reason": .string(entry.reason), "suspended": .bool(entry.isSuspended),
                        "objects": .array(
                            entry.lines.map { line in
                                [
                                    "kind": .string(line.kind), "namespace": .string(line.namespace), "name": .string(line.name),
                                    "ready": .string(line.detail), "health": .string(line.health), "reason": .string(line.reason),
                                ]
                            }),
                    ]
                })
        ]
    }
}
