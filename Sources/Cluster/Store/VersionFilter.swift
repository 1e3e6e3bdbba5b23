import APIMachinery

/// What a list or watch selects. Namespace, name and labels are read from the header; only other
/// fields need the decoded tree.
struct VersionFilter: Sendable {
    private struct FieldTerm: Sendable {
        var path: [String]
        var value: String
        var isEqual: Bool
    }

    /// nil selects every namespace.
    let namespace: String?
    /// Set when the selector admits one name.
    let name: String?
    private let labels: LabelSelector
    private let fields: [FieldTerm]

    init(namespace: String? = nil, labels: LabelSelector = .everything, fields: FieldSelector = .everything) {
        self.namespace = namespace ?? fields.required("metadata.namespace")
        name = fields.required("metadata.name")
        self.labels = labels
        self.fields = fields.requirements.map {
            FieldTerm(path: $0.field.split(separator: ".").map(String.init), value: $0.value, isEqual: $0.isEqual)
        }
    }

    /// The filter depends on the namespace alone.
    var selectsAll: Bool { labels.isEverything && fields.isEmpty }

    func matches(_ version: ObjectVersion) -> Bool {
        if let namespace, version.namespace != namespace { return false }
        if let name, version.name != name { return false }
        guard labels.matches(version.labels) else { return false }
        return fields.allSatisfy { term in (Self.text(term.path, of: version) == term.value) == term.isEqual }
    }

    private static func text(_ path: [String], of version: ObjectVersion) -> String {
        switch path {
        case ["metadata", "name"]: return version.name
        case ["metadata", "namespace"]: return version.namespace
        default:
            // An unset member that has a default reads as in Kubernetes: false for a flag, "" else.
            switch version.object.json[path: path] {
            case .string(let value): return value
            case .int(let value): return String(value)
            case .bool(let value): return String(value)
            default: return Self.flags.contains(path) ? "false" : ""
            }
        }
    }

    private static let flags: Set<[String]> = [["spec", "unschedulable"], ["spec", "hostNetwork"]]

    /// Whether a watcher with this filter sees anything of the change.
    func concerns(_ event: StoreEvent) -> Bool {
        guard event.kind == .modified else { return self.event(for: event) != nil }
        return matches(event.version) || event.previous.map(matches) ?? false
    }

    /// The change as a watcher with this filter sees it; nil when it sees nothing.
    func event(for event: StoreEvent) -> StoreEvent? {
        switch event.kind {
        case .added: return matches(event.version) ? event : nil
        case .deleted: return matches(event.previous ?? event.version) ? event : nil
        case .bookmark: return event
        case .modified:
            let isSelected = matches(event.version)
            guard let previous = event.previous, !selectsAll else { return isSelected ? event : nil }
            switch (matches(previous), isSelected) {
            case (true, true): return event
            case (false, true): return event.entering()
            case (true, false): return event.leaving(previous)
            case (false, false): return nil
            }
        }
    }
}
