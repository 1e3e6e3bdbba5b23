/// An object by group, kind, namespace and name: the same whatever version it is read in.
package struct ObjectIdentity: Sendable, Hashable, Comparable, CustomStringConvertible {
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

    package init(_ object: Object) {
        self.init(group: object.gvk?.group ?? "", kind: object.kind, namespace: object.namespace, name: object.name)
    }

    package init(_ json: JSON) {
        func text(_ key: String) -> String { json[key]?.string ?? "" }
        self.init(group: text("group"), kind: text("kind"), namespace: text("namespace"), name: text("name"))
    }

    package var json: JSON {
        var fields: JSONObject = ["kind": .string(kind), "name": .string(name)]
        if !group.isEmpty { fields["group"] = .string(group) }
        if !namespace.isEmpty { fields["namespace"] = .string(namespace) }
        return .object(fields)
    }

    /// `Deployment default/web`, as messages name objects.
    package var description: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }

    package static func < (a: Self, b: Self) -> Bool {
        (a.namespace, a.kind, a.name, a.group) < (b.namespace, b.kind, b.name, b.group)
    }
}
