/// A set of field paths, kept as the trie that `FieldsV1` is: `{"f:spec":{"f:replicas":{}}}`.
///
/// Children are keyed `f:NAME` (a field), `k:{…}` (a list item by its keys), `v:…` (an item of a set
/// by its value); `.` marks a node with children that is itself a member, and a node without children
/// is one. So reading and writing `managedFields` costs nothing, and the set operations are merges
/// of sorted arrays. Source: structured-merge-diff, fieldpath.
struct FieldSet: Sendable, Hashable {
    /// The children of a node; the root's are the set.
    typealias Tree = JSONObject

    var tree: Tree

    init(_ tree: Tree = [:]) { self.tree = tree }

    var isEmpty: Bool { tree.isEmpty }

    static let leaf = Tree()

    /// A node from its parts; nil when it would hold nothing.
    static func node(isMember: Bool, _ children: [JSONObject.Member]) -> Tree? {
        if children.isEmpty { return isMember ? leaf : nil }
        return isMember ? Tree([.init(key: ".", value: .object(leaf))] + children) : Tree(children)
    }

    static func isMember(_ node: Tree) -> Bool { node.isEmpty || node.first?.key == "." }

    /// A child node; what is no object counts as a leaf.
    fileprivate static func child(_ member: JSONObject.Member) -> Tree { member.value.object ?? leaf }

    func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return FieldSet(Self.union(tree, other.tree))
    }

    func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return FieldSet(Tree(Self.combine(tree, other.tree, keepsUnmatched: true) { $0 && !$1 }))
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return FieldSet(Tree(Self.combine(tree, other.tree, keepsUnmatched: false) { $0 && $1 }))
    }

    private static func union(_ a: Tree, _ b: Tree) -> Tree {
        if a == b { return a }
        var result: [JSONObject.Member] = []
        result.reserveCapacity(max(a.count, b.count))
        var i = 0
        var j = 0
        while i < a.count || j < b.count {
            if j == b.count || i < a.count && a[i].key < b[j].key {
                result.append(a[i])
                i += 1
            } else if i == a.count || b[j].key < a[i].key {
                result.append(b[j])
                j += 1
            } else {
                result.append(.init(key: a[i].key, value: .object(unionNode(child(a[i]), child(b[j])))))
                i += 1
                j += 1
            }
        }
        return Tree(result)
    }

    private static func unionNode(_ a: Tree, _ b: Tree) -> Tree {
        if a.isEmpty && b.isEmpty { return leaf }
        let joined = union(a, b)
        guard isMember(a) || isMember(b), !isMember(joined) else { return joined }
        return Tree([.init(key: ".", value: .object(leaf))] + joined)
    }

    /// Difference and intersection: which members of `a` stay, by whether `a` and `b` have them.
    private static func combine(_ a: Tree, _ b: Tree, keepsUnmatched: Bool, _ stays: (Bool, Bool) -> Bool) -> [JSONObject.Member] {
        var result: [JSONObject.Member] = []
        var j = 0
        for member in a where member.key != "." {
            while j < b.count, b[j].key < member.key { j += 1 }
            guard j < b.count, b[j].key == member.key else {
                if keepsUnmatched { result.append(member) }
                continue
            }
            let mine = child(member)
            let other = child(b[j])
            let children = combine(mine, other, keepsUnmatched: keepsUnmatched, stays)
            if let node = node(isMember: stays(isMember(mine), isMember(other)), children) {
                result.append(.init(key: member.key, value: .object(node)))
            }
        }
        return result
    }

    /// Without the field at a path of names and all below it.
    mutating func remove(_ path: String...) { tree = Self.removing(path[...], from: tree) }

    private static func removing(_ path: ArraySlice<String>, from tree: Tree) -> Tree {
        guard let name = path.first, let child = tree["f:" + name]?.object else { return tree }
        var tree = tree
        let rest = path.dropFirst()
        let changed = rest.isEmpty ? leaf : removing(rest, from: child)
        // A node left without children would read as a member.
        tree["f:" + name] = rest.isEmpty || changed.isEmpty && !isMember(child) ? nil : .object(changed)
        return tree
    }

    /// The set with the named fields of structs that lie on the way to a member added to it, as
    /// structured-merge-diff does before it prunes.
    func withNamedFields(_ schema: SchemaNode?) -> FieldSet { FieldSet(Self.withNamedFields(tree, schema)) }

    private static func withNamedFields(_ tree: Tree, _ schema: SchemaNode?) -> Tree {
        guard let schema, !tree.isEmpty else { return tree }
        return Tree(
            tree.map { member in
                if member.key == "." { return member }
                let isField = member.key.hasPrefix("f:")
                let childSchema = isField ? schema.child(String(member.key.dropFirst(2))) : schema.element
                let children = withNamedFields(child(member), childSchema)
                guard isField, schema.valueType == .object, childSchema != nil, !isMember(children) else {
                    return .init(key: member.key, value: .object(children))
                }
                return .init(key: member.key, value: .object(Tree([.init(key: ".", value: .object(leaf))] + children)))
            })
    }

    /// The members' paths as Kubernetes prints them: `.spec.containers[name="web"].image`.
    var paths: [String] {
        var paths: [String] = []
        Self.collect(tree, "", into: &paths)
        return paths
    }

    private static func collect(_ tree: Tree, _ prefix: String, into paths: inout [String]) {
        for member in tree where member.key != "." {
            let path = prefix + printed(member.key)
            let node = child(member)
            if isMember(node) { paths.append(path) }
            collect(node, path, into: &paths)
        }
    }

    private static func printed(_ element: String) -> String {
        let value = element.dropFirst(2)
        switch element.prefix(2) {
        case "f:": return "." + value
        case "v:": return "[=\(value)]"
        case "k:":
            // A key that is not JSON comes from a hand-written managedFields and is shown as it is.
            guard let keys = (try? JSON(parsing: Array(value.utf8)))?.object else { return "[\(value)]" }
            return "[" + keys.map { "\($0.key)=\($0.value.text)" }.joined(separator: ",") + "]"
        default: return "[\(value)]"
        }
    }
}

extension SchemaNode {
    /// The schema of a member of an object or map.
    func child(_ key: String) -> SchemaNode? { valueType == .map ? element : fields[key] }

    /// One value for server-side apply, whatever is in it.
    var isAtomic: Bool {
        switch valueType {
        case .object, .map: isAtomicMap
        case .list: listType == .atomic
        default: true
        }
    }
}
