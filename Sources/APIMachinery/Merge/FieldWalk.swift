/// Field sets of values, and the difference of two values as field sets.
extension FieldSet {
    /// The fields that a configuration states: its scalars, atomic values, list items and map entries.
    static func of(_ object: JSONObject, _ schema: SchemaNode?) -> FieldSet {
        FieldSet(FieldSet.node(isMember: false, children(object, schema)) ?? leaf)
    }

    private static func children(_ members: JSONObject, _ schema: SchemaNode?) -> [JSONObject.Member] {
        members.compactMap { member in
            let child = schema?.child(member.key)
            guard var node = node(of: member.value, child) else { return nil }
            // An entry of a map is a member itself; a named field of a struct is what is in it.
            if schema?.valueType != .object { node = withSelf(node) }
            return .init(key: "f:" + member.key, value: .object(node))
        }
    }

    private static func withSelf(_ node: Tree) -> Tree {
        isMember(node) ? node : Tree([.init(key: ".", value: .object(leaf))] + node)
    }

    /// The node of a value; nil for an empty list of items, which states nothing.
    private static func node(of value: JSON, _ schema: SchemaNode?) -> Tree? {
        switch value {
        case .object(let members):
            if members.isEmpty || schema?.isAtomic ?? false { return leaf }
            return FieldSet.node(isMember: false, children(members, schema))
        case .array(let elements):
            guard let schema, !schema.isAtomic, schema.valueType == .list else { return leaf }
            if elements.isEmpty { return nil }
            guard let items = ListItems(elements, schema) else { return leaf }
            return FieldSet.node(
                isMember: false,
                items.elements.map { item in
                    let node = schema.listType == .set ? leaf : withSelf(node(of: elements[item.index], schema.element) ?? leaf)
                    return .init(key: item.key, value: .object(node))
                })
        default: return leaf
        }
    }

    /// Everything in a value and the value itself, for what has come or gone as a whole. A struct's
    /// named fields are members only where `withStructs`.
    fileprivate static func everything(_ value: JSON, _ schema: SchemaNode?, withStructs: Bool, isField: Bool) -> Tree {
        switch value {
        case .object(let members) where !members.isEmpty && !(schema?.isAtomic ?? false):
            let children = members.map { member in
                JSONObject.Member(
                    key: "f:" + member.key,
                    value: .object(everything(member.value, schema?.child(member.key), withStructs: withStructs, isField: true)))
            }
            let isStruct = isField && schema?.valueType == .object
            return FieldSet.node(isMember: withStructs || !isStruct, children) ?? leaf
        case .array(let elements):
            guard let schema, !schema.isAtomic, schema.valueType == .list, let items = ListItems(elements, schema) else { return leaf }
            let children = items.elements.map { item in
                JSONObject.Member(
                    key: item.key,
                    value: .object(everything(elements[item.index], schema.element, withStructs: withStructs, isField: false)))
            }
            return FieldSet.node(isMember: true, children) ?? leaf
        default: return leaf
        }
    }
}

/// The items of an associative list or set, each with its path element.
struct ListItems {
    /// In the list's order.
    var elements: [(key: String, index: Int)]
    let hasDuplicates: Bool

    /// nil when an item has none of its keys, is of the wrong type, or stands there twice.
    init?(_ list: [JSON], _ schema: SchemaNode) {
        self.init(list, schema, allowsDuplicates: false)
    }

    init?(_ list: [JSON], _ schema: SchemaNode, allowsDuplicates: Bool) {
        elements = []
        elements.reserveCapacity(list.count)
        var seen: Set<String> = []
        var hasDuplicates = false
        for (index, item) in list.enumerated() {
            guard let key = Self.key(item, schema) else { return nil }
            if list.count > 1, !seen.insert(key).inserted { hasDuplicates = true }
            elements.append((key, index))
        }
        if hasDuplicates, !allowsDuplicates { return nil }
        self.hasDuplicates = hasDuplicates
    }

    /// The path element of an item: `v:"a"`, or `k:{"name":"web"}` with defaults for absent keys.
    static func key(_ item: JSON, _ schema: SchemaNode) -> String? {
        if schema.listType == .set {
            var bytes = Array("v:".utf8)
            item.encode(into: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
        guard case .object(let members) = item else { return nil }
        let defaults = schema.element?.type?.defaults
        var keys: [JSONObject.Member] = []
        var isFound = false
        for key in schema.listMapKeys {
            if let value = members[key], !value.isNull {
                keys.append(.init(key: key, value: value))
                isFound = true
            } else if let value = defaults?.constant(key) {
                keys.append(.init(key: key, value: value))
            }
        }
        guard isFound else { return nil }
        var bytes = Array("k:".utf8)
        JSONObject(keys).encode(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What changed between two versions of an object, by field.
struct FieldComparison {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()

    init(_ old: JSONObject, _ new: JSONObject, _ schema: SchemaNode?) {
        guard old != new else { return }
        let nodes = Self.objects(old, new, schema)
        added.tree = nodes.added ?? FieldSet.leaf
        modified.tree = nodes.modified ?? FieldSet.leaf
        removed.tree = nodes.removed ?? FieldSet.leaf
    }

    private struct Nodes {
        var added: FieldSet.Tree?
        var modified: FieldSet.Tree?
        var removed: FieldSet.Tree?
    }

    private struct Children {
        var added: [JSONObject.Member] = []
        var modified: [JSONObject.Member] = []
        var removed: [JSONObject.Member] = []

        mutating func append(_ key: String, _ nodes: Nodes) {
            if let node = nodes.added { added.append(.init(key: key, value: .object(node))) }
            if let node = nodes.modified { modified.append(.init(key: key, value: .object(node))) }
            if let node = nodes.removed { removed.append(.init(key: key, value: .object(node))) }
        }

        var nodes: Nodes {
            Nodes(
                added: FieldSet.node(isMember: false, added), modified: FieldSet.node(isMember: false, modified),
                removed: FieldSet.node(isMember: false, removed))
        }
    }

    private static func objects(_ old: JSONObject, _ new: JSONObject, _ schema: SchemaNode?) -> Nodes {
        var children = Children()
        var i = 0
        var j = 0
        while i < old.count || j < new.count {
            if j == new.count || i < old.count && old[i].key < new[j].key {
                children.append("f:" + old[i].key, gone(old[i].value, schema?.child(old[i].key), isField: true))
                i += 1
            } else if i == old.count || new[j].key < old[i].key {
                children.append("f:" + new[j].key, come(new[j].value, schema?.child(new[j].key), isField: true))
                j += 1
            } else {
                if old[i].value != new[j].value {
                    children.append("f:" + old[i].key, values(old[i].value, new[j].value, schema?.child(old[i].key)))
                }
                i += 1
                j += 1
            }
        }
        return children.nodes
    }

    private static func come(_ value: JSON, _ schema: SchemaNode?, isField: Bool) -> Nodes {
        Nodes(added: FieldSet.everything(value, schema, withStructs: false, isField: isField))
    }

    private static func gone(_ value: JSON, _ schema: SchemaNode?, isField: Bool) -> Nodes {
        Nodes(removed: FieldSet.everything(value, schema, withStructs: true, isField: isField))
    }

    /// Two values that differ.
    private static func values(_ old: JSON, _ new: JSON, _ schema: SchemaNode?) -> Nodes {
        switch (old, new) {
        case (.object(let a), .object(let b)) where !(schema?.isAtomic ?? false): return objects(a, b, schema)
        case (.array(let a), .array(let b)):
            if let schema, schema.valueType == .list, !schema.isAtomic, let nodes = lists(a, b, schema) { return nodes }
            return Nodes(modified: FieldSet.leaf)
        default: return Nodes(modified: FieldSet.leaf)
        }
    }

    /// nil when a list cannot be read by its keys; it is then one value.
    private static func lists(_ old: [JSON], _ new: [JSON], _ schema: SchemaNode) -> Nodes? {
        guard let oldItems = ListItems(old, schema), let newItems = ListItems(new, schema) else { return nil }
        var children = Children()
        var before: [String: Int] = [:]
        for item in oldItems.elements { before[item.key] = item.index }
        for item in newItems.elements {
            guard let index = before.removeValue(forKey: item.key) else {
                children.append(item.key, come(new[item.index], schema.element, isField: false))
                continue
            }
            if old[index] != new[item.index] { children.append(item.key, values(old[index], new[item.index], schema.element)) }
        }
        for (key, index) in before { children.append(key, gone(old[index], schema.element, isField: false)) }
        return children.nodes
    }
}
