import APIMachinery

/// An object that an Application put into the cluster.
package struct InventoryEntry: Sendable, Hashable, Comparable {
    package var group: String
    package var kind: String
    /// Empty for cluster-scoped objects.
    package var namespace: String
    package var name: String

    package init(group: String, kind: String, namespace: String, name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    package init(_ key: ObjectKey) {
        self.init(group: key.type.group, kind: key.type.kind, namespace: key.namespace ?? "", name: key.name)
    }

    package var identity: ObjectIdentity { ObjectIdentity(group: group, kind: kind, namespace: namespace, name: name) }

    package static func < (a: Self, b: Self) -> Bool { a.identity < b.identity }
}

/// An inventory in an Application's status: names, gathered by kind and namespace. Ten thousand objects
/// are written as 150 kB, not 2 MB, of what a store allows an object.
enum InventoryJSON {
    static func entries(_ json: JSON?) -> [InventoryEntry] {
        (json?.array ?? []).flatMap { gathered -> [InventoryEntry] in
            guard let kind = gathered["kind"]?.string else { return [] }
            let (group, namespace) = (gathered["group"]?.string ?? "", gathered["namespace"]?.string ?? "")
            return (gathered["names"]?.array ?? []).compactMap(\.string).map {
                InventoryEntry(group: group, kind: kind, namespace: namespace, name: $0)
            }
        }
    }

    /// - Parameter entries: sorted; then entries of one kind and namespace follow one another.
    static func json(_ entries: [InventoryEntry]) -> JSON {
        var gathered: [JSON] = []
        var rest = entries[...]
        while let first = rest.first {
            let run = rest.prefix { $0.kind == first.kind && $0.namespace == first.namespace && $0.group == first.group }
            rest = rest.dropFirst(run.count)
            var fields: JSONObject = ["kind": .string(first.kind), "names": .array(run.map { .string($0.name) })]
            if !first.group.isEmpty { fields["group"] = .string(first.group) }
            if !first.namespace.isEmpty { fields["namespace"] = .string(first.namespace) }
            gathered.append(.object(fields))
        }
        return .array(gathered)
    }
}
