import APIMachinery
import Reconciler

/// Events about Applications, their objects, and what those made: oldest first.
package struct EventsReport: Sendable {
    package struct Row: Sendable, Hashable {
        package var time: Timestamp?
        package var isWarning: Bool
        /// `Pod default/web-7d4b9`.
        package var object: String
        package var reason: String
        package var message: String
        package var count: Int64
        /// Which event, and which of its occurrences.
        var id: String
        /// Within a second, which is all that most events tell of their time, this is the order (KEP-5504).
        var version: UInt64
    }

    package var rows: [Row]

    package init(_ events: [Object], about subjects: EventSubjects) {
        rows = events.filter(subjects.contains).map(Self.row)
            .sorted { ($0.time ?? Timestamp(seconds: 0), $0.version, $0.id) < ($1.time ?? Timestamp(seconds: 0), $1.version, $1.id) }
    }

    /// Source: API reference, core/v1 Event: a series, the older count, or the time of the one occurrence.
    private static func row(_ event: Object) -> Row {
        let fields = event.fields
        let object = fields["involvedObject"] ?? .null
        let time = fields["series"]?["lastObservedTime"]?.string ?? fields["lastTimestamp"]?.string ?? fields["eventTime"]?.string ?? event.creationTimestamp
        let count = fields["series"]?["count"]?.int ?? fields["count"]?.int ?? 1
        let (kind, namespace, name) = (object["kind"]?.string ?? "", object["namespace"]?.string ?? "", object["name"]?.string ?? "")
        return Row(
            time: Timestamp(time), isWarning: fields["type"]?.string == "Warning",
            object: namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)", reason: fields["reason"]?.string ?? "",
            message: fields["message"]?.string ?? "", count: max(count, 1), id: "\(event.uid) \(count) \(time)",
            version: UInt64(event.resourceVersion) ?? 0)
    }

    /// `{"events": [{time, type, object, reason, message, count}]}`.
    package var json: JSON { ["events": .array(rows.map(\.json))] }
}

extension EventsReport.Row {
    package var json: JSON {
        [
            "time": .string(time?.description ?? ""), "type": isWarning ? "Warning" : "Normal", "object": .string(object),
            "reason": .string(reason), "message": .string(message), "count": .int(count),
        ]
    }
}

/// What events are to be about.
package struct EventSubjects: Sendable {
    private struct Subject: Hashable {
        var kind: String
        var namespace: String
        var name: String
    }

    private var subjects: Set<Subject> = []
    /// Of what makes pods: their names begin like this, also of those that are gone.
    private var podPrefixes: Set<Subject> = []

    package init() {}

    init(_ view: LiveView, only: ApplicationName?) {
        for application in view.list(.applications) where only == nil || (application.namespace == only?.namespace && application.name == only?.name) {
            add(kind: application.kind, namespace: application.namespace, name: application.name)
            for entry in ApplicationStatus(application.status).inventory {
                add(kind: entry.kind, namespace: entry.namespace, name: entry.name)
                guard let type = view.type(group: entry.group, kind: entry.kind),
                    let object = view.get(type, namespace: entry.namespace, name: entry.name)
                else { continue }
                for (_, made) in view.made(by: object) { add(kind: made.kind, namespace: made.namespace, name: made.name) }
            }
        }
    }

    package mutating func add(kind: String, namespace: String, name: String) {
        subjects.insert(Subject(kind: kind, namespace: namespace, name: name))
        if ["ReplicaSet", "Job", "DaemonSet"].contains(kind) { podPrefixes.insert(Subject(kind: "Pod", namespace: namespace, name: name)) }
    }

    package func contains(_ event: Object) -> Bool {
        guard let object = event.fields["involvedObject"] else { return false }
        let subject = Subject(kind: object["kind"]?.string ?? "", namespace: object["namespace"]?.string ?? "", name: object["name"]?.string ?? "")
        if subjects.contains(subject) { return true }
        guard subject.kind == "Pod", let dash = subject.name.lastIndex(of: "-") else { return false }
        // A controller's pod, which may be gone: its name is that of its owner and five letters of chance.
        guard subject.name[dash...].count == 6 else { return false }
        return podPrefixes.contains(Subject(kind: "Pod", namespace: subject.namespace, name: String(subject.name[..<dash])))
    }
}

/// Rows in columns that only ever get wider, so that what comes later stands under what was there.
package struct EventLines: Sendable {
    private let terminal: Terminal
    /// nil: the time itself, because the line will still stand there later.
    private let now: Timestamp?
    private var widths = [0, 0, 0]

    package init(_ terminal: Terminal, now: Timestamp?) {
        self.terminal = terminal
        self.now = now
    }

    package mutating func lines(_ rows: [EventsReport.Row]) -> [String] {
        let cells = rows.map { row in [time(row), row.object, row.reason + (row.count > 1 ? " ×\(row.count)" : "")] }
        for row in cells { for index in row.indices { widths[index] = max(widths[index], row[index].count) } }
        return zip(rows, cells).map { row, cells in
            let head = zip(cells, widths).map { $0.padding(to: $1) }.joined(separator: "  ")
            let message = row.message.split(whereSeparator: \.isNewline).joined(separator: " ")
            let shown = terminal.width.map { Table.cut(message, to: max($0 - head.count - 2, 24)) } ?? message
            return (row.isWarning ? terminal.style(.yellow, head) : head) + "  " + terminal.printable(shown)
        }
    }

    private func time(_ row: EventsReport.Row) -> String {
        guard let time = row.time else { return "-" }
        return now.map { age($0 - time) } ?? String(time.description.prefix(19)) + "Z"
    }
}
