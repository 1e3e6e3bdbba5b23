import APIMachinery

/// One column of a kind's Table: data, with the small function that fills its cells.
struct TableColumn: Sendable {
    typealias Cell = @Sendable (Object, Timestamp) -> JSON

    var name: String
    /// `string`, `integer`, `boolean`, `number` or `date` (OpenAPI's words).
    var type: String
    /// `name` marks the column that identifies the object.
    var format: String
    /// 0: always shown; 1: with `-o wide`.
    var priority: Int
    var description: String
    var cell: Cell

    static func text(
        _ name: String, wide isWide: Bool = false, format: String = "", _ description: String, _ cell: @escaping @Sendable (Object, Timestamp) -> String
    ) -> TableColumn {
        TableColumn(
            name: name, type: "string", format: format, priority: isWide ? 1 : 0, description: description,
            cell: { .string(cell($0, $1)) })
    }

    static func text(_ name: String, wide isWide: Bool = false, _ description: String, _ cell: @escaping @Sendable (Object) -> String) -> TableColumn {
        text(name, wide: isWide, description) { object, _ in cell(object) }
    }

    static func number(_ name: String, _ description: String, _ cell: @escaping @Sendable (Object) -> Int64) -> TableColumn {
        TableColumn(name: name, type: "integer", format: "", priority: 0, description: description, cell: { object, _ in .int(cell(object)) })
    }

    static func flag(_ name: String, _ description: String, _ cell: @escaping @Sendable (Object) -> Bool) -> TableColumn {
        TableColumn(name: name, type: "boolean", format: "", priority: 0, description: description, cell: { object, _ in .bool(cell(object)) })
    }

    /// Of kinds that Kubernetes has no columns for.
    static let createdAt = TableColumn(
        name: "Created At", type: "date", format: "", priority: 0, description: "The time when the object was created.",
        cell: { object, _ in .string(object.creationTimestamp) })

    static let name = text("Name", format: "name", "The object's name, unique among its kind in its namespace.") { object, _ in object.name }
    static let age = text("Age", format: "", "The time since the object was created.") { object, now in
        HumanDuration.age(object.creationTimestamp, now: now)
    }
}

/// Prints objects as meta/v1 Table, which is what `kubectl get` shows.
struct Table {
    /// What rows carry beside their cells.
    enum Inclusion: String {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"

        /// Anything unknown is the default.
        init(_ text: String?) { self = text.flatMap(Inclusion.init(rawValue:)) ?? .metadata }
    }

    let columns: [TableColumn]
    let version: String
    let includes: Inclusion
    let now: Timestamp
    /// Later Tables of a watch leave the definitions out.
    let hasColumns: Bool

    func json(_ objects: [Object], metadata: JSON) -> JSON {
        var table: JSONObject = [
            "apiVersion": "meta.k8s.io/\(version)", "kind": "Table", "metadata": metadata,
            "rows": .array(objects.map { row($0, columns) }),
        ]
        table["columnDefinitions"] = hasColumns ? .array(columns.map(\.definition)) : .array([])
        return .object(table)
    }

    private func row(_ object: Object, _ columns: [TableColumn]) -> JSON {
        var row: JSONObject = ["cells": .array(columns.map { $0.cell(object, now) })]
        switch includes {
        case .none: break
        case .metadata: row["object"] = Self.partialMetadata(object, version: version)
        case .object: row["object"] = object.json
        }
        return .object(row)
    }

    static func partialMetadata(_ object: Object, version: String) -> JSON {
        ["apiVersion": "meta.k8s.io/\(version)", "kind": "PartialObjectMetadata", "metadata": .object(object.metadata)]
    }
}

extension TableColumn {
    fileprivate var definition: JSON {
        [
            "name": .string(name), "type": .string(type), "format": .string(format), "priority": JSON(priority),
            "description": .string(description),
        ]
    }
}

/// Durations as kubectl prints them: two units at most, fewer the longer it is.
enum HumanDuration {
    /// The time since an RFC 3339 time; `<unknown>` when there is none.
    static func age(_ time: String?, now: Timestamp) -> String {
        guard let time = time.flatMap(Timestamp.init) else { return "<unknown>" }
        return text(now - time)
    }

    static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        let minutes = seconds / 60
        let hours = minutes / 60
        let days = hours / 24
        switch (seconds, minutes, hours) {
        case (..<(-1), _, _): return "<invalid>"
        case (..<0, _, _): return "0s"
        case (..<120, _, _): return "\(seconds)s"
        case (_, ..<10, _): return pair(minutes, "m", seconds % 60, "s")
        case (_, ..<180, _): return "\(minutes)m"
        case (_, _, ..<8): return pair(hours, "h", minutes % 60, "m")
        case (_, _, ..<48): return "\(hours)h"
        case (_, _, ..<192): return pair(days, "d", hours % 24, "h")
        case (_, _, ..<17_520): return "\(days)d"
        case (_, _, ..<70_080): return pair(days / 365, "y", days % 365, "d")
        default: return "\(days / 365)y"
        }
    }

    private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
