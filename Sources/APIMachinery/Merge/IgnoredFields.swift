/// The fields of one object that whoever applies it leaves to others: those at given places, and
/// those that given managers own.
///
/// A field that server-side apply tells apart is not stated at all while another manager owns it, and
/// stated as it is live while only the applier does: not to state it then would remove it, and the
/// server would put its default in its place. Inside a value that apply takes as one (the element of
/// an atomic list) the live value takes the place of the applier's. Source: KEP-555, "Removing fields";
/// Kubernetes documentation, "Transferring ownership between managers".
package struct IgnoredFields: Sendable, Hashable {
    /// A place below a value that is applied as one.
    private struct Inside: Sendable, Hashable {
        /// Elements of the path to that value, as in a `FieldSet`.
        var path: [String]
        var rest: [String]
    }

    /// A member stands for all that is below it.
    private var fields = FieldSet()
    private var inside: [Inside] = []
    private let schema: SchemaNode?

    package static func == (a: Self, b: Self) -> Bool { a.fields == b.fields && a.inside == b.inside }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(fields)
        hasher.combine(inside)
    }

    /// - Parameters:
    ///   - pointers: indices of lists are those of `wanted`, and where it has no such element of `live`;
    ///     an element is then found by its key.
    ///   - live: with its `managedFields`.
    ///   - applier: whose own fields no manager takes from it.
    package init(
        _ pointers: [JSONPointer], managers: [String] = [], applier: String, wanted: Object, live: Object, schema: SchemaNode?
    ) {
        self.schema = schema
        for pointer in pointers { add(pointer.tokens, wanted.json, live.json) }
        guard !managers.isEmpty else { return }
        for entry in ManagedFields(live).entries where managers.contains(entry.manager) && entry.manager != applier {
            fields = fields.union(FieldSet(Self.leaves(entry.fields.tree)))
        }
    }

    package var isEmpty: Bool { fields.isEmpty && inside.isEmpty }

    private mutating func add(_ tokens: [String], _ wanted: JSON, _ live: JSON) {
        var (wanted, live): (JSON?, JSON?) = (wanted, live)
        var node = schema
        var path: [String] = []
        for (index, token) in tokens.enumerated() {
            let isList = wanted?.array != nil || live?.array != nil
            if let node, node.valueType == .list, !node.isAtomic {
                // An index beyond both lists names nothing.
                guard let number = Int(token), let item = Self.element(wanted, number) ?? Self.element(live, number),
                    let key = ListItems.key(item, node)
                else { return }
                path.append(key)
                (wanted, live) = (Self.item(key, of: wanted, node), Self.item(key, of: live, node))
            } else if isList || node?.isAtomic ?? false {
                inside.append(Inside(path: path, rest: Array(tokens[index...])))
                return
            } else {
                path.append("f:" + token)
                (wanted, live) = (wanted?[token], live?[token])
            }
            node = path.last?.hasPrefix("f:") == true ? node?.child(token) : node?.element
        }
        var nested = FieldSet.leaf
        for element in path.reversed() { nested = [element: .object(nested)] }
        fields = fields.union(FieldSet(nested))
    }

    /// Without the objects and lists that hold the fields: a manager that owns a map leaves others' entries alone.
    private static func leaves(_ tree: FieldSet.Tree) -> FieldSet.Tree {
        FieldSet.Tree(
            tree.compactMap { member in
                guard member.key != "." else { return nil }
                return .init(key: member.key, value: .object(leaves(member.value.object ?? FieldSet.leaf)))
            })
    }

    // MARK: What is applied

    /// `wanted` without what is left to others. `isPinned`: it repeats values of `live`, and so must hit
    /// just that version of the object.
    package func applied(_ wanted: Object, over live: Object, applier: String) -> (object: Object, isPinned: Bool) {
        let managed = ManagedFields(live)
        let mine = managed.entries.filter { $0.isApply && $0.manager == applier && $0.subresource.isEmpty }
        let others = managed.entries.filter { !($0.isApply && $0.manager == applier && $0.subresource.isEmpty) }
        let kept = FieldSet(Self.covered(mine.reduce(FieldSet()) { $0.union($1.fields) }.tree, by: fields.tree))
            .subtracting(others.reduce(FieldSet()) { $0.union($1.fields) })
        var result = Self.removing(fields.tree, from: wanted.fields, schema)
        if !kept.isEmpty, case .object(let values)? = Self.values(kept.tree, of: .object(live.fields), schema) {
            result = StructuredMerge.merged(result, values, schema) ?? result
        }
        var isPinned = !kept.isEmpty
        for place in inside {
            let value = Self.value(at: place.path[...], of: live.json, schema).flatMap { Self.value(at: place.rest[...], of: $0) }
            let changed = Self.editing(.object(result), place.path[...], schema) { Self.setting($0, place.rest[...], to: value, isBlank: false) }
            if case .object(let fields)? = changed, fields != result {
                result = fields
                isPinned = true
            }
        }
        return (Object(result), isPinned)
    }

    /// An object as far as it is not left to others: two versions that differ in nothing else are equal.
    package func without(_ object: Object) -> Object {
        var result = Self.removing(fields.tree, from: object.fields, schema)
        for place in inside {
            let changed = Self.editing(.object(result), place.path[...], schema) { Self.setting($0, place.rest[...], to: nil, isBlank: true) }
            if case .object(let fields)? = changed { result = fields }
        }
        return Object(result)
    }

    /// The part of `tree` that lies at or below a member of `roots`.
    private static func covered(_ tree: FieldSet.Tree, by roots: FieldSet.Tree) -> FieldSet.Tree {
        FieldSet.Tree(
            tree.compactMap { member in
                guard member.key != ".", let root = roots[member.key]?.object else { return nil }
                if FieldSet.isMember(root) { return member }
                let below = covered(member.value.object ?? FieldSet.leaf, by: root)
                return below.isEmpty ? nil : .init(key: member.key, value: .object(below))
            })
    }

    // MARK: Values by path

    private static func element(_ list: JSON?, _ index: Int) -> JSON? {
        guard let elements = list?.array, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    private static func item(_ key: String, of list: JSON?, _ schema: SchemaNode?) -> JSON? {
        list?.array?.first { Self.is($0, key, schema) }
    }

    /// Whether a path element names this item; without a schema by the values that the element states.
    private static func `is`(_ item: JSON, _ key: String, _ schema: SchemaNode?) -> Bool {
        if let schema { return ListItems.key(item, schema) == key }
        // An element that is not JSON comes from a hand-written managedFields and names nothing.
        guard let stated = try? JSON(parsing: Array(key.utf8.dropFirst(2))) else { return false }
        if key.hasPrefix("v:") { return item == stated }
        return stated.object?.allSatisfy { item[$0.key] == $0.value } ?? false
    }

    private static func value(at path: ArraySlice<String>, of value: JSON, _ schema: SchemaNode?) -> JSON? {
        guard let first = path.first else { return value }
        let isField = first.hasPrefix("f:")
        let name = String(first.dropFirst(2))
        guard let next = isField ? value[name] : item(first, of: value, schema) else { return nil }
        return Self.value(at: path.dropFirst(), of: next, isField ? schema?.child(name) : schema?.element)
    }

    private static func value(at tokens: ArraySlice<String>, of value: JSON) -> JSON? {
        guard let token = tokens.first else { return value }
        guard let next = value.array == nil ? value[token] : Int(token).flatMap({ element(value, $0) }) else { return nil }
        return Self.value(at: tokens.dropFirst(), of: next)
    }

    /// `value` with what is at the path changed; nil where the path leads nowhere.
    private static func editing(_ value: JSON, _ path: ArraySlice<String>, _ schema: SchemaNode?, _ change: (JSON) -> JSON) -> JSON? {
        guard let first = path.first else { return change(value) }
        if first.hasPrefix("f:") {
            let name = String(first.dropFirst(2))
            guard var members = value.object, let child = members[name],
                let changed = editing(child, path.dropFirst(), schema?.child(name), change)
            else { return nil }
            members[name] = changed
            return .object(members)
        }
        guard var elements = value.array, let index = elements.firstIndex(where: { Self.is($0, first, schema) }),
            let changed = editing(elements[index], path.dropFirst(), schema?.element, change)
        else { return nil }
        elements[index] = changed
        return .array(elements)
    }

    /// `value` with another one (nil: none) at a place. An element of a list stays in its place as null
    /// where `isBlank`, so that the indices after it mean the same.
    private static func setting(_ value: JSON, _ tokens: ArraySlice<String>, to new: JSON?, isBlank: Bool) -> JSON {
        guard let token = tokens.first else { return new ?? .null }
        let isLast = tokens.count == 1
        switch value {
        case .object(var members):
            if isLast {
                members[token] = new
            } else if let child = members[token] {
                members[token] = setting(child, tokens.dropFirst(), to: new, isBlank: isBlank)
            }
            return .object(members)
        case .array(var elements):
            guard let index = Int(token), elements.indices.contains(index) else { return value }
            if !isLast {
                elements[index] = setting(elements[index], tokens.dropFirst(), to: new, isBlank: isBlank)
            } else if let new {
                elements[index] = new
            } else if isBlank {
                elements[index] = .null
            } else {
                elements.remove(at: index)
            }
            return .array(elements)
        default: return value
        }
    }
}

/// Taking fields out, and picking fields, by a set of paths.
extension IgnoredFields {
    /// Keys of list items stay as long as anything of the item does: without them it could not be told apart.
    private static func removing(_ tree: FieldSet.Tree, from members: JSONObject, _ schema: SchemaNode?, keys: [String] = []) -> JSONObject {
        if tree.isEmpty { return members }
        return JSONObject(
            members.compactMap { member in
                guard let node = tree["f:" + member.key]?.object, !keys.contains(member.key) else { return member }
                if FieldSet.isMember(node) { return nil }
                return removing(node, from: member.value, schema?.child(member.key)).map { .init(key: member.key, value: $0) }
            })
    }

    /// nil when nothing is left.
    private static func removing(_ tree: FieldSet.Tree, from value: JSON, _ schema: SchemaNode?) -> JSON? {
        switch value {
        case .object(let members):
            let kept = removing(tree, from: members, schema)
            return kept.isEmpty && !members.isEmpty ? nil : .object(kept)
        case .array(let elements):
            let kept = elements.compactMap { element -> JSON? in
                guard let key = tree.first(where: { Self.is(element, $0.key, schema) }), let node = key.value.object else { return element }
                if FieldSet.isMember(node) { return nil }
                guard let item = element.object else { return element }
                return .object(removing(node, from: item, schema?.element, keys: schema?.listMapKeys ?? keyNames(key.key)))
            }
            return kept.isEmpty && !elements.isEmpty ? nil : .array(kept)
        default: return value
        }
    }

    private static func keyNames(_ element: String) -> [String] {
        // As above: an element that is not JSON names nothing.
        (try? JSON(parsing: Array(element.utf8.dropFirst(2))))?.object?.keys ?? []
    }

    /// The values of the members of a set; nil where there are none.
    private static func values(_ tree: FieldSet.Tree, of value: JSON, _ schema: SchemaNode?) -> JSON? {
        let children = tree.filter { $0.key != "." }
        if children.isEmpty { return value }
        if let members = value.object {
            let picked = children.compactMap { child -> JSONObject.Member? in
                let name = String(child.key.dropFirst(2))
                guard let member = members[name] else { return nil }
                return values(child.value.object ?? FieldSet.leaf, of: member, schema?.child(name)).map { .init(key: name, value: $0) }
            }
            return picked.isEmpty ? nil : .object(JSONObject(picked))
        }
        guard let elements = value.array else { return nil }
        let picked = elements.compactMap { element -> JSON? in
            guard let child = children.first(where: { Self.is(element, $0.key, schema) }) else { return nil }
            guard case .object(var item)? = values(child.value.object ?? FieldSet.leaf, of: element, schema?.element) else { return element }
            for name in schema?.listMapKeys ?? keyNames(child.key) { item[name] = element[name] }
            return .object(item)
        }
        return picked.isEmpty ? nil : .array(picked)
    }
}
