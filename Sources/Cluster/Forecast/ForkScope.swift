import APIMachinery

/// The objects that the steps of a forecast may have to do with, directly or by what controllers make of them.
///
/// In a cluster of ten thousand objects a commit concerns a few dozen: those alone are decoded and shown to the fork's
/// controllers. What they write, and what they ask the server for, is the whole cluster. In a task that is cancelled it
/// ends early, and is not whole.
struct ForkScope: Sendable {
    /// For the controllers.
    private(set) var objects: [GroupResource: [Object]] = [:]
    /// For the scheduler: the pods of every namespace take room.
    private(set) var forScheduler: [GroupResource: [Object]] = [:]

    init(of registry: Registry, trying steps: [ForecastSpec.Step]) {
        let extent = Extent(registry, steps)
        var selection = Selection(registry, extent)
        selection.select(steps)
        let pods = ResourceType.pods.groupResource
        for (resource, versions) in selection.versions where !Task.isCancelled { objects[resource] = versions.map(\.passingObject) }
        let known = Dictionary((objects[pods] ?? []).map { ($0.uid, $0) }) { first, _ in first }
        forScheduler = objects
        forScheduler[pods] = registry.store.latest(pods).objects(in: nil).compactMap { version in
            Task.isCancelled ? nil : known[version.uid] ?? version.passingObject
        }
    }
}

/// Where the steps reach.
private struct Extent {
    /// Namespaces in which something is written, or is to be left as it is.
    var namespaces: Set<String> = []
    /// Namespaces of which everything is looked at.
    var whole: Set<String> = []
    /// Definitions that go, by name: all objects of their kinds go with them.
    var definitions: Set<String> = []

    /// Kinds of the cluster that pods of every namespace depend on.
    private static let farReaching: Set<GroupResource> = Set(
        [ResourceType.nodes, .persistentVolumes, .customResourceDefinitions].map(\.groupResource))

    init(_ registry: Registry, _ steps: [ForecastSpec.Step]) {
        let types = Dictionary(registry.resourceTypes.map { ($0.gvk, $0) }) { first, _ in first }
        for step in steps {
            let object = step.object
            // A kind that a step before makes has no objects yet.
            guard let gvk = object.gvk, let type = types[gvk] else { continue }
            let isDeletion = if case .apply = step { false } else { true }
            if type.isNamespaced {
                namespaces.insert(object.namespace)
            } else if type == .namespaces {
                namespaces.insert(object.name)
                if isDeletion { whole.insert(object.name) }
            } else if Self.farReaching.contains(type.groupResource) {
                let all = registry.store.latest(ResourceType.namespaces.groupResource).objects(in: nil).map(\.name)
                namespaces.formUnion(all)
                if isDeletion, type == .customResourceDefinitions { definitions.insert(object.name) }
            }
        }
    }
}

/// The versions that belong together: what is written, its owners and dependents, the pods of its namespaces, and what
/// selects them.
private struct Selection {
    private struct Item {
        var resource: GroupResource
        var version: ObjectVersion
    }

    private let store: Store
    private let extent: Extent
    private let types: [ResourceType]
    private(set) var versions: [GroupResource: [ObjectVersion]] = [:]
    private var selected: Set<ObjectIdentifier> = []
    /// What owns nothing and is owned by nothing, which is most of a cluster, is in neither.
    private var owners: [ObjectIdentifier: [OwnerReference]] = [:]
    private var dependents: [String: [Item]] = [:]
    private var open: [Item] = []
    private let resources: [String: GroupResource]

    /// Kinds that are taken whole: there are few of them, and what they are about is not told by owners.
    private static let everywhere: Set<GroupResource> = Set([ResourceType.nodes, .persistentVolumes].map(\.groupResource))
    private static let inNamespace: Set<GroupResource> = Set(
        [ResourceType.pods, .persistentVolumeClaims, .podDisruptionBudgets, .resourceQuotas].map(\.groupResource))
    private static let unrelated: Set<GroupResource> = Set([ResourceType.events, .leases].map(\.groupResource))

    init(_ registry: Registry, _ extent: Extent) {
        store = registry.store
        self.extent = extent
        var seen: Set<GroupResource> = []
        types = registry.resourceTypes.filter { $0.isStored && seen.insert($0.groupResource).inserted && !Self.unrelated.contains($0.groupResource) }
        resources = Dictionary(types.map { (Self.kindKey($0.group, $0.kind), $0.groupResource) }) { first, _ in first }
        for type in types { gather(type) }
    }

    private static func kindKey(_ group: String, _ kind: String) -> String { "\(group)/\(kind)" }

    /// Notes who owns what, and selects what needs no other reason.
    private mutating func gather(_ type: ResourceType) {
        let resource = type.groupResource
        let all = store.latest(resource)
        guard all.count > 0 else { return }
        guard type.isNamespaced else {
            for version in all.objects(in: nil) where !Task.isCancelled {
                let item = Item(resource: resource, version: version)
                note(item)
                let isNamed = type == .namespaces && extent.namespaces.contains(version.name)
                if isNamed || Self.everywhere.contains(resource) || extent.definitions.contains(resource.description) { select(item) }
            }
            return
        }
        for namespace in extent.namespaces {
            let isWhole = extent.whole.contains(namespace) || extent.definitions.contains(resource.description)
            for version in all.objects(in: namespace) where !Task.isCancelled {
                let item = Item(resource: resource, version: version)
                note(item)
                if isWhole || Self.inNamespace.contains(resource) || Self.isGiven(version, type) { select(item) }
            }
        }
        if type == .persistentVolumeClaims {
            // Volumes are bound to claims of other namespaces as well.
            for version in all.objects(in: nil) where !Task.isCancelled && !extent.namespaces.contains(version.namespace) {
                if !version.passingObject.isDeleting { select(Item(resource: resource, version: version)) }
            }
        }
    }

    /// What controllers make in every namespace, and would make again if they did not see it.
    private static func isGiven(_ version: ObjectVersion, _ type: ResourceType) -> Bool {
        type == .serviceAccounts && version.name == "default" || type == .configMaps && version.name == RootCAController.configMapName
    }

    private mutating func note(_ item: Item) {
        let references = item.version.ownerReferences
        guard !references.isEmpty else { return }
        owners[ObjectIdentifier(item.version)] = references
        for reference in references { dependents[reference.uid, default: []].append(item) }
    }

    private mutating func select(_ item: Item) {
        guard selected.insert(ObjectIdentifier(item.version)).inserted else { return }
        versions[item.resource, default: []].append(item.version)
        open.append(item)
    }

    // MARK: What belongs to what

    mutating func select(_ steps: [ForecastSpec.Step]) {
        var labels: Set<[String: String]> = []
        for step in steps {
            labels.formUnion(Self.podLabels(of: step.object))
            guard let resource = resources[Self.kindKey(step.object.gvk?.group ?? "", step.object.kind)] else { continue }
            select(resource, namespace: step.object.namespace, name: step.object.name)
        }
        followOwners(&labels)
        selectServices(of: labels)
        followOwners(&labels)
        // Of a custom kind controllers know only with its definition, which bears its name.
        for resource in Array(versions.keys) where resource.group.contains(".") {
            select(ResourceType.customResourceDefinitions.groupResource, namespace: "", name: resource.description)
        }
    }

    private mutating func select(_ resource: GroupResource, namespace: String, name: String) {
        guard let version = store.latest(resource, namespace: namespace, name: name) else { return }
        select(Item(resource: resource, version: version))
    }

    /// Adds the owners of what is selected, and what it owns, until there is no more; `labels` gets those of the pods.
    private mutating func followOwners(_ labels: inout Set<[String: String]>) {
        while !Task.isCancelled, let item = open.popLast() {
            if item.resource == ResourceType.pods.groupResource { labels.insert(JSON.object(item.version.labels).stringMap ?? [:]) }
            for dependent in dependents[item.version.uid] ?? [] { select(dependent) }
            for owner in owners[ObjectIdentifier(item.version)] ?? [] {
                guard let group = GroupVersion(owner.apiVersion)?.group, let resource = resources[Self.kindKey(group, owner.kind)] else { continue }
                // Of the dependent's namespace, or of the cluster.
                select(resource, namespace: item.version.namespace, name: owner.name)
                select(resource, namespace: "", name: owner.name)
            }
        }
    }

    private mutating func selectServices(of labels: Set<[String: String]>) {
        let resource = ResourceType.services.groupResource
        for namespace in extent.namespaces {
            for version in store.latest(resource).objects(in: namespace) where !Task.isCancelled {
                guard let selector = version.serviceSelector, !selector.isEmpty else { continue }
                if labels.contains(where: { labels in selector.allSatisfy { labels[$0.key] == $0.value } }) {
                    select(Item(resource: resource, version: version))
                }
            }
        }
        // They bear the Service's name, and no reference to it.
        for service in versions[resource] ?? [] {
            select(ResourceType.endpoints.groupResource, namespace: service.namespace, name: service.name)
        }
    }

    /// The labels of the pods that an object is or would make.
    private static func podLabels(of object: Object) -> [[String: String]] {
        if object.kind == "Pod" { return [object.labels] }
        let template = object.spec[path: ["template", "metadata", "labels"]] ?? object.spec[path: ["jobTemplate", "spec", "template", "metadata", "labels"]]
        return (template?.stringMap).map { [$0] } ?? []
    }
}
