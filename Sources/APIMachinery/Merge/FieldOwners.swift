/// Who wrote fields of an object: an entry of `metadata.managedFields`. Source: API reference, meta/v1 ManagedFieldsEntry.
package struct FieldManager: Sendable, Hashable {
    package var name: String
    /// `Apply` or `Update`.
    package var operation: String
    /// RFC 3339; when the manager last changed any field.
    package var time: String
    /// `status`, `scale`; empty for the object itself.
    package var subresource: String

    package init(name: String, operation: String, time: String, subresource: String = "") {
        self.name = name
        self.operation = operation
        self.time = time
        self.subresource = subresource
    }
}

/// A field of a live object, and who owns it: what one line of a blame is about.
package struct OwnedField: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case member(String)
        /// An element of a list by the values of the list's keys.
        case element(JSONObject)
        /// An element of a set.
        case item(JSON)
        case index(Int)
    }

    package var path: [Step]
    /// A scalar, or a list or map that is owned as a whole.
    package var value: JSON
    /// Empty for a value that nobody asked for: a default.
    package var managers: [FieldManager]

    package init(path: [Step], value: JSON, managers: [FieldManager]) {
        self.path = path
        self.value = value
        self.managers = managers
    }

    /// `spec.template.spec.containers[web].image`, `spec.ports[80/TCP].name`.
    package var description: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .member(let name) where name.contains { ".[]/".contains($0) }: text += "[\(name)]"
            case .member(let name): text += text.isEmpty ? name : ".\(name)"
            case .element(let keys): text += "[\(keys.values.map(Self.text).joined(separator: "/"))]"
            case .item(let value): text += "[\(Self.text(value))]"
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    private static func text(_ value: JSON) -> String { value.string ?? value.text }

    /// What stands in the same place of another version of the object, which may leave out a list's keys that have a default.
    package func value(in object: Object) -> JSON? {
        var value = object.json
        for step in path {
            let next: JSON? =
                switch step {
                case .member(let name): value[name]
                case .element(let keys): value.array?.first { element in keys.allSatisfy { element[$0.key].map { [other = $0.value] in $0 == other } ?? true } }
                case .item(let item): value.array?.first { $0 == item }
                case .index(let index): value.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                }
            guard let next else { return nil }
            value = next
        }
        return value
    }
}

extension Object {
    /// Every field with its owners, in the order of the encoding; without what the server says of the object.
    package var ownedFields: [OwnedField] {
        let entries = ManagedFields(self).entries.map { entry in
            OwnershipWalk.Entry(
                manager: FieldManager(name: entry.manager, operation: entry.operation, time: entry.time, subresource: entry.subresource),
                tree: entry.fields.tree)
        }
        var walk = OwnershipWalk()
        var object = fields
        object["apiVersion"] = nil
        object["kind"] = nil
        if let metadata = object["metadata"]?.object {
            object["metadata"] = .object(metadata.keeping { ["labels", "annotations", "finalizers", "ownerReferences"].contains($0.key) })
        }
        walk.visit(.object(object), entries, owners: [], path: [])
        return walk.found
    }
}

/// Goes down an object and the field sets of its managers side by side.
private struct OwnershipWalk {
    struct Entry {
        var manager: FieldManager
        var tree: FieldSet.Tree
    }

    private(set) var found: [OwnedField] = []

    /// - Parameters:
    ///   - entries: of the managers who own something below here, the part that is about it.
    ///   - owners: those who own this value as a whole, as far as nobody owns parts.
    mutating func visit(_ value: JSON, _ entries: [Entry], owners: [FieldManager], path: [OwnedField.Step]) {
        switch value {
        case .object(let members) where !members.isEmpty && (owners.isEmpty || !entries.isEmpty):
            for member in members { descend(member.value, entries, to: { $0 == "f:" + member.key }, owners: owners, path: path + [.member(member.key)]) }
        case .array(let elements) where entries.contains(where: { $0.tree.contains { $0.key.hasPrefix("k:") || $0.key.hasPrefix("v:") } }):
            for (index, element) in elements.enumerated() {
                let key = entries.lazy.flatMap(\.tree.keys).first { Self.names($0, element) }
                descend(element, entries, to: { $0 == key }, owners: owners, path: path + [key.flatMap(Self.step) ?? .index(index)])
            }
        case .object(let members) where members.isEmpty && owners.isEmpty: break
        default: found.append(OwnedField(path: path, value: value, managers: owners))
        }
    }

    private mutating func descend(
        _ value: JSON, _ entries: [Entry], to isWanted: (String) -> Bool, owners: [FieldManager], path: [OwnedField.Step]
    ) {
        var below: [Entry] = []
        var whole: [FieldManager] = []
        for entry in entries {
            guard let node = entry.tree.first(where: { isWanted($0.key) })?.value.object else { continue }
            if node.isEmpty || node.keys == ["."] { whole.append(entry.manager) } else { below.append(Entry(manager: entry.manager, tree: node)) }
        }
        visit(value, below, owners: whole.isEmpty ? owners : whole, path: path)
    }

    /// Whether a key of a field set (`k:{"name":"web"}`, `v:"a"`) means this element.
    private static func names(_ key: String, _ element: JSON) -> Bool {
        switch step(key) {
        case .element(let keys)?: keys.allSatisfy { element[$0.key] == $0.value }
        case .item(let value)?: element == value
        default: false
        }
    }

    private static func step(_ key: String) -> OwnedField.Step? {
        // What is no JSON comes from a hand-written managedFields, and names nothing.
        guard key.hasPrefix("k:") || key.hasPrefix("v:"), let json = try? JSON(parsing: Array(key.utf8.dropFirst(2))) else { return nil }
        if key.hasPrefix("v:") { return .item(json) }
        return json.object.map { .element($0) }
    }
}
