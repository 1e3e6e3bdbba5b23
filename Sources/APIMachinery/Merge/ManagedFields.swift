/// `metadata.managedFields`: who owns which fields. Source: API reference, meta/v1 ManagedFieldsEntry.
struct ManagedFields: Sendable, Equatable {
    struct Entry: Sendable {
        var manager: String
        /// `Apply` or `Update`.
        var operation: String
        var apiVersion: String
        var subresource: String
        var time: String
        var fields: FieldSet

        var isApply: Bool { operation == "Apply" }

        /// Who the entry is: for an applier whatever version it applied.
        func isSame(as other: Entry) -> Bool {
            manager == other.manager && operation == other.operation && subresource == other.subresource
                && (isApply || apiVersion == other.apiVersion)
        }

        /// As Kubernetes names a manager in a conflict.
        var description: String {
            var text = JSON.string(manager).text
            if !subresource.isEmpty { text += " with subresource \(JSON.string(subresource).text)" }
            if !isApply { text += " using \(apiVersion)" }
            return text
        }
    }

    var entries: [Entry]

    /// Updaters beyond this many share one entry, as in Kubernetes.
    static let updatersMax = 10
    static let oldUpdatersName = "ancient-changes"

    init(_ entries: [Entry] = []) { self.entries = entries }

    /// Times do not count: an operation that changes nothing must not look like a change.
    static func == (a: Self, b: Self) -> Bool {
        a.entries.count == b.entries.count
            && zip(a.entries, b.entries).allSatisfy { $0.isSame(as: $1) && $0.apiVersion == $1.apiVersion && $0.fields == $1.fields }
    }

    init(_ object: Object) {
        entries = (object.metadata["managedFields"]?.array ?? []).compactMap { json in
            guard let fields = json["fieldsV1"]?.object else { return nil }
            return Entry(
                manager: json["manager"]?.string ?? "", operation: json["operation"]?.string ?? "Update",
                apiVersion: json["apiVersion"]?.string ?? "", subresource: json["subresource"]?.string ?? "",
                time: json["time"]?.string ?? "", fields: FieldSet(fields))
        }
    }

    var json: JSON {
        .array(
            entries.map { entry in
                var object: JSONObject = [
                    "apiVersion": .string(entry.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": .object(entry.fields.tree),
                    "manager": .string(entry.manager), "operation": .string(entry.operation),
                ]
                if !entry.subresource.isEmpty { object["subresource"] = .string(entry.subresource) }
                if !entry.time.isEmpty { object["time"] = .string(entry.time) }
                return .object(object)
            })
    }

    /// The fields of the entry with this identity.
    func fields(of identity: Entry) -> FieldSet { entries.first { $0.isSame(as: identity) }?.fields ?? FieldSet() }

    /// Replaces the entry of the same identity, or adds one.
    mutating func set(_ entry: Entry) {
        entries.removeAll { $0.isSame(as: entry) }
        if !entry.fields.isEmpty { entries.append(entry) }
    }

    /// Takes `fields` from all entries but the one of `identity` (all when nil).
    mutating func remove(_ fields: FieldSet, exceptFrom identity: Entry? = nil) {
        guard !fields.isEmpty else { return }
        for index in entries.indices where identity.map({ !entries[index].isSame(as: $0) }) ?? true {
            entries[index].fields = entries[index].fields.subtracting(fields)
        }
        entries.removeAll { $0.fields.isEmpty }
    }

    /// Gives the entry the identity's time.
    mutating func touch(_ identity: Entry) {
        for index in entries.indices where entries[index].isSame(as: identity) { entries[index].time = identity.time }
        canonicalize()
    }

    /// Orders the entries as Kubernetes does (appliers first, then by time and name), and lets the
    /// oldest updaters share an entry when there are too many.
    mutating func canonicalize() {
        sort()
        var surplus = entries.count { !$0.isApply } - Self.updatersMax
        while surplus > 0 {
            let oldest = entries.indices.filter { !entries[$0].isApply && entries[$0].manager != Self.oldUpdatersName }
            guard let first = oldest.first else { return }
            var entry = entries.remove(at: first)
            entry.manager = Self.oldUpdatersName
            entry.subresource = ""
            if let index = entries.firstIndex(where: { $0.isSame(as: entry) }) {
                entry.fields = entry.fields.union(entries[index].fields)
                entries.remove(at: index)
                surplus -= 1
            }
            entries.append(entry)
            sort()
        }
    }

    private mutating func sort() {
        entries.sort { a, b in
            if a.operation != b.operation { return a.operation < b.operation }
            return (a.time, a.manager, a.apiVersion, a.subresource) < (b.time, b.manager, b.apiVersion, b.subresource)
        }
    }
}
