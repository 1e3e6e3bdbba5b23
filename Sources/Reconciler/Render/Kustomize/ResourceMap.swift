import APIMachinery

/// The objects of a kustomization in order, no two of the same identity.
struct ResourceMap {
    /// Objects of one build.
    static let resourcesMax = 20_000

    private(set) var resources: [Resource] = []
    /// Identities of `resources`; nil after anything may have renamed them.
    private var identities: Set<ResourceID>?

    init() {}

    init(_ resources: [Resource]) throws {
        for resource in resources { try append(resource) }
    }

    /// The objects are edited in place: what is known of their identities is not relied on after it.
    mutating func invalidate() { identities = nil }

    mutating func append(_ resource: Resource) throws {
        if identities == nil { identities = Set(resources.lazy.map(\.id.canonical)) }
        let id = resource.id
        guard identities?.insert(id.canonical).inserted ?? true else {
            let other = resources.first { $0.id.isSame(as: id) }
            let place = other.map { " (the other is at \($0.origin.path):\($0.origin.line):\($0.origin.column))" } ?? ""
            throw KustomizeFailure(
                "\(id.shown) is in this kustomization twice\(place); remove one, or give one another name", at: resource.place)
        }
        guard resources.count < Self.resourcesMax else {
            throw KustomizeFailure("more than \(Self.resourcesMax) objects in one kustomization; split it", at: resource.place)
        }
        resources.append(resource)
    }

    mutating func append(contentsOf other: ResourceMap) throws {
        for resource in other.resources { try append(resource) }
    }

    mutating func replaceAll(_ resources: [Resource]) throws { self = try ResourceMap(resources) }

    mutating func dropGone() {
        guard resources.contains(where: \.isGone) else { return }
        resources.removeAll(where: \.isGone)
        identities = nil
    }

    mutating func remove(where shouldRemove: (Resource) -> Bool) {
        resources.removeAll(where: shouldRemove)
        identities = nil
    }

    mutating func replace(at index: Int, with resource: Resource) {
        resources[index] = resource
        identities = nil
    }

    /// Those that have or had an identity.
    func matching(anyID matches: (ResourceID) -> Bool) -> [Resource] {
        resources.filter { !$0.isGone && $0.allIDs.contains(where: matches) }
    }

    /// The one that has or had an identity.
    func find(_ id: ResourceID) throws -> Resource {
        let found = matching { id.isSame(as: $0) }
        switch found.count {
        case 1: return found[0]
        case 0:
            let near = resources.map(\.originalID.shown)
            let hint =
                Spelling.nearest(to: id.shown, among: near).map { "; did you mean \($0)?" }
                ?? "; check its apiVersion, kind, name and namespace"
            throw KustomizeFailure("no object \(id.shown) (\(id.apiVersion)) in this kustomization to patch\(hint)")
        default:
            throw KustomizeFailure(
                "\(found.count) objects of this kustomization are or were called \(id.shown); select one with target")
        }
    }

    /// The objects that a patch's or replacement's target selects.
    func select(_ selector: TargetSelector) throws -> [Resource] {
        try resources.filter { resource in
            let current = resource.id
            let original = resource.originalID
            return try
                (selector.matches(namespace: original.effectiveNamespace)
                || selector.matches(namespace: current.effectiveNamespace))
                && (selector.matches(name: original.name) || selector.matches(name: current.name))
                && selector.matches(kindOf: current)
                && selector.matchesMetadata(of: resource)
        }
    }
}
