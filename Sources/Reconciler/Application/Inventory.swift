import APIMachinery

/// An inventory in an Application's status: names, gathered by kind and namespace. Ten thousand objects
/// are written as 150 kB, not 2 MB, of what a store allows an object.
enum InventoryJSON {
    static func entries(_ json: JSON?) -> [ObjectIdentity] {
        (json?.array ?? []).flatMap { gathered -> [ObjectIdentity] in
            guard let kind = gathered["kind"]?.string else { return [] }
            let (group, namespace) = (gathered["group"]?.string ?? "", gathered["namespace"]?.string ?? "")
            return (gathered["names"]?.array ?? []).compactMap(\.string).map {
                ObjectIdentity(group: group, kind: kind, namespace: namespace, name: $0)
            }
        }
    }

    /// - Parameter entries: sorted; then entries of one kind and namespace follow one another.
    static func json(_ entries: [ObjectIdentity]) -> JSON {
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
