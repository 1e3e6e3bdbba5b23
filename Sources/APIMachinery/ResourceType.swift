/// A kind as the API serves it: its names, scope and subresources. What discovery publishes.
///
/// Identity is group, version and plural; the other fields follow from those.
package struct ResourceType: Sendable, CustomStringConvertible {
    /// One reference instead of eight: types are copied with every key and every event.
    private final class Facts: Sendable {
        let gvk: GroupVersionKind
        let plural: String
        let singular: String
        let shortNames: [String]
        let categories: [String]
        let isNamespaced: Bool
        let subresources: Set<String>
        let verbs: [String]

        init(
            gvk: GroupVersionKind, plural: String, singular: String, shortNames: [String], categories: [String], isNamespaced: Bool,
            subresources: Set<String>, verbs: [String]
        ) {
            self.gvk = gvk
            self.plural = plural
            self.singular = singular
            self.shortNames = shortNames
            self.categories = categories
            self.isNamespaced = isNamespaced
            self.subresources = subresources
            self.verbs = verbs
        }
    }

    private let facts: Facts

    package var gvk: GroupVersionKind { facts.gvk }
    /// The name in the URL: lower case, plural.
    package var plural: String { facts.plural }
    package var singular: String { facts.singular }
    package var shortNames: [String] { facts.shortNames }
    package var categories: [String] { facts.categories }
    package var isNamespaced: Bool { facts.isNamespaced }
    /// Names of the subresources served (`status`, `scale`, `log`, …).
    package var subresources: Set<String> { facts.subresources }
    /// What may be done with the kind itself, in RBAC's words, sorted. Kinds that are questions have `create` alone.
    package var verbs: [String] { facts.verbs }

    /// Of every kind that is stored.
    package static let storedVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    package init(
        group: String, version: String, kind: String, plural: String, singular: String? = nil, shortNames: [String] = [],
        categories: [String] = [], isNamespaced: Bool = true, subresources: Set<String> = [], verbs: [String] = storedVerbs
    ) {
        facts = Facts(
            gvk: GroupVersionKind(group: group, version: version, kind: kind), plural: plural, singular: singular ?? kind.lowercased(),
            shortNames: shortNames, categories: categories, isNamespaced: isNamespaced, subresources: subresources, verbs: verbs)
    }

    /// Objects of the kind are kept, and may be listed and deleted; others are computed when asked for.
    package var isStored: Bool { verbs.contains("list") && verbs.contains("delete") }

    package var group: String { gvk.group }
    package var version: String { gvk.version }
    package var kind: String { gvk.kind }
    package var groupResource: GroupResource { GroupResource(group: gvk.group, resource: plural) }
    package var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

extension ResourceType: Hashable {
    package static func == (a: Self, b: Self) -> Bool { a.facts === b.facts || a.plural == b.plural && a.gvk == b.gvk }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(plural)
        hasher.combine(gvk.group)
    }
}

/// A resource without its version: what storage, RBAC and messages go by.
package struct GroupResource: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var group: String
    package var resource: String

    package init(group: String, resource: String) {
        self.group = group
        self.resource = resource
    }

    package var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
    package static func < (a: Self, b: Self) -> Bool { (a.group, a.resource) < (b.group, b.resource) }
}

/// Names one object: type, namespace (nil for cluster-scoped kinds) and name.
package struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    package var type: ResourceType
    package var namespace: String?
    package var name: String

    package init(_ type: ResourceType, namespace: String? = nil, name: String) {
        self.type = type
        self.namespace = namespace
        self.name = name
    }

    /// `Deployment default/web`, as messages name objects.
    package var description: String {
        namespace.map { "\(type.kind) \($0)/\(name)" } ?? "\(type.kind) \(name)"
    }
}
