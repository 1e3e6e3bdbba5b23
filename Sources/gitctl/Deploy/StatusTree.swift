import Reconciler

/// Applications as trees for a terminal: what is not well first and with its reason, what is well in short.
package struct StatusTree: Sendable {
    /// Of one kind, so many healthy objects have a line each; more share one.
    static let healthyMax = 5
    /// So many objects (or pods of one) that are not well have a line each; the others are counted.
    static let unwellMax = 20

    private let terminal: Terminal
    /// A line for each object and pod, however many there are.
    private let showsAll: Bool

    package init(_ terminal: Terminal, showsAll: Bool = false) {
        self.terminal = terminal
        self.showsAll = showsAll
    }

    private struct Node {
        var label: String
        var ready = ""
        var health = ""
        var reason = ""
        var children: [Node] = []
    }

    /// A node with its branches drawn.
    private struct Row {
        var label: String
        /// Under the label, beside the branches that go on.
        var indent: String
        var node: Node
    }

    package func text(_ report: StatusReport) -> String {
        guard !report.entries.isEmpty else { return "no Applications; deploy one with `gitctl up DIR`" }
        return report.entries.map(text).joined(separator: "\n\n")
    }

    private func text(_ entry: StatusReport.Entry) -> String {
        var lines = [title(entry)]
        let isTold = entry.items.contains { !$0.reason.isEmpty && entry.reason.contains($0.reason) }
        if !entry.reason.isEmpty, !isTold { lines += wrapped(entry.reason, indent: "  ") }
        let nodes = nodes(entry.items) { $0.namespace.isEmpty ? "\($0.kind) \($0.name)" : "\($0.kind) \($0.namespace)/\($0.name)" }
        var rows: [Row] = []
        draw(nodes, "", into: &rows)
        return (lines + self.lines(rows)).joined(separator: "\n")
    }

    private func title(_ entry: StatusReport.Entry) -> String {
        let isSynced = entry.synced?.status == .isTrue
        let synced = entry.isSuspended ? "suspended" : isSynced ? "synced" : "not synced"
        let color: Style.Color = entry.health == "Healthy" && isSynced ? .green : entry.health == "Degraded" ? .red : .yellow
        let health = entry.health.isEmpty ? "Unknown" : entry.health
        var revision = entry.revision.isEmpty ? "no commit yet" : "\(entry.revision.prefix(12)) \(entry.subject)"
        if let width = terminal.width {
            revision = Table.cut(revision, to: max(width - entry.name.description.count - synced.count - health.count - 6, 12))
        }
        return "\(terminal.style(.bold, entry.name.description))  \(revision)  \(synced), \(terminal.style(color, health))"
    }

    // MARK: Which nodes there are

    private func nodes(_ items: [StatusReport.Item], label: (StatusReport.Item) -> String) -> [Node] {
        let unwell = items.filter { !$0.isHealthy }.sorted { Self.gravity($0) > Self.gravity($1) }
        var nodes = unwell.prefix(showsAll ? unwell.count : Self.unwellMax).map { node($0, label) }
        if nodes.count < unwell.count { nodes.append(Node(label: "and \(unwell.count - nodes.count) more that are not healthy")) }
        let healthy = items.filter(\.isHealthy)
        let counts = Dictionary(healthy.map { ($0.kind, 1) }, uniquingKeysWith: +)
        var summarised: Set<String> = []
        for item in healthy {
            let count = counts[item.kind] ?? 0
            if showsAll || count <= Self.healthyMax {
                nodes.append(node(item, label))
            } else if summarised.insert(item.kind).inserted {
                nodes.append(Node(label: "\(item.kind) × \(count)", health: item.health))
            }
        }
        return nodes
    }

    private func node(_ item: StatusReport.Item, _ label: (StatusReport.Item) -> String) -> Node {
        var node = Node(label: label(item), ready: item.ready, health: item.health, reason: item.isHealthy ? "" : item.reason)
        let pods = item.pods.map { pod in
            // The object's own reason ends in that of its worst pod.
            var pod = pod
            if !pod.reason.isEmpty, item.reason.contains(pod.reason) { pod.reason = "" }
            return pod
        }
        node.children = nodes(pods) { "Pod \($0.name)" }
        return node
    }

    private static func gravity(_ item: StatusReport.Item) -> Int {
        Health.State(rawValue: item.health).flatMap(Health.State.allCases.firstIndex) ?? 0
    }

    // MARK: How they are drawn

    private func draw(_ nodes: [Node], _ branches: String, into rows: inout [Row]) {
        for (index, node) in nodes.enumerated() {
            let isLast = index == nodes.count - 1
            let below = branches + (isLast ? "   " : "│  ")
            rows.append(Row(label: branches + (isLast ? "└─ " : "├─ ") + node.label, indent: below + (node.children.isEmpty ? "   " : "│  "), node: node))
            draw(node.children, below, into: &rows)
        }
    }

    private func lines(_ rows: [Row]) -> [String] {
        let gap = 3
        let readyWidth = rows.map(\.node.ready.count).max() ?? 0
        let healthWidth = rows.map(\.node.health.count).max() ?? 0
        let room = terminal.width.map { max($0 - readyWidth - healthWidth - (readyWidth > 0 ? 2 : 1) * gap, 20) } ?? Int.max
        let labelWidth = min(rows.filter { !$0.node.health.isEmpty }.map(\.label.count).max() ?? 0, room)
        return rows.flatMap { row -> [String] in
            let label = Table.cut(row.label, to: row.node.health.isEmpty ? terminal.width ?? .max : room)
            guard !row.node.health.isEmpty else { return [label] }
            var line = label.padding(to: labelWidth + gap)
            if readyWidth > 0 { line += row.node.ready.padding(to: readyWidth + gap) }
            line += terminal.style(Self.color(row.node.health), row.node.health)
            return [line] + (row.node.reason.isEmpty ? [] : wrapped(row.node.reason, indent: row.indent))
        }
    }

    private static func color(_ health: String) -> Style.Color {
        switch health {
        case "Healthy": .green
        case "Progressing", "Suspended", "Unknown": .yellow
        default: .red
        }
    }

    /// The lines of a text, broken between words where the terminal ends.
    private func wrapped(_ text: String, indent: String) -> [String] {
        text.split(separator: "\n").flatMap { line -> [String] in
            guard let width = terminal.width.map({ max($0 - indent.count, 20) }) else { return [indent + line] }
            var lines: [String] = []
            var current = ""
            for word in line.split(separator: " ", omittingEmptySubsequences: false) {
                if current.isEmpty { current = String(word) } else if current.count + 1 + word.count <= width { current += " \(word)" } else {
                    lines.append(indent + current)
                    current = String(word)
                }
            }
            return lines + [indent + current]
        }
    }
}
