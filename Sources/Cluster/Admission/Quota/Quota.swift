import APIMachinery

/// A ResourceQuota as admission and its controller read it.
struct Quota: Sendable {
    private enum Scope: Sendable {
        case terminating, notTerminating, bestEffort, notBestEffort, crossNamespaceAffinity
        case priorityClass(operator: String, values: [String])
        /// A scope that this version does not know selects nothing.
        case unknown
    }

    let name: String
    let hard: ResourceList
    private let scopes: [Scope]

    init(_ object: Object) {
        name = object.name
        hard = PodResources.list(object["spec", "hard"])
        let plain = (object["spec", "scopes"]?.array ?? []).compactMap(\.string).map { Self.scope($0, "Exists", []) }
        let selected = (object["spec", "scopeSelector", "matchExpressions"]?.array ?? []).map { expression in
            Self.scope(
                expression["scopeName"]?.string ?? "", expression["operator"]?.string ?? "", expression["values"]?.array?.compactMap(\.string) ?? [])
        }
        scopes = plain + selected
    }

    private static func scope(_ name: String, _ operator: String, _ values: [String]) -> Scope {
        switch name {
        case "Terminating": .terminating
        case "NotTerminating": .notTerminating
        case "BestEffort": .bestEffort
        case "NotBestEffort": .notBestEffort
        case "CrossNamespacePodAffinity": .crossNamespaceAffinity
        case "PriorityClass": .priorityClass(operator: `operator`, values: values)
        default: .unknown
        }
    }

    /// Whether the quota counts objects with these traits.
    func selects(_ traits: QuotaCharge.Traits) -> Bool {
        guard !scopes.isEmpty else { return true }
        // Scopes speak of pods alone.
        guard traits.resource == ResourceType.pods.groupResource else { return false }
        return scopes.allSatisfy { scope in
            switch scope {
            case .terminating: traits.isTerminating
            case .notTerminating: !traits.isTerminating
            case .bestEffort: traits.isBestEffort
            case .notBestEffort: !traits.isBestEffort
            case .crossNamespaceAffinity: traits.hasCrossNamespaceAffinity
            case .priorityClass("In", let values): values.contains(traits.priorityClass)
            case .priorityClass("NotIn", let values): !values.contains(traits.priorityClass)
            case .priorityClass("Exists", _): !traits.priorityClass.isEmpty
            case .priorityClass("DoesNotExist", _): traits.priorityClass.isEmpty
            case .priorityClass, .unknown: false
            }
        }
    }

    /// The part of `amounts` that the quota bounds.
    func bounded(_ amounts: ResourceList) -> ResourceList { amounts.filter { hard[$0.key] != nil } }

    /// Refuses what would go beyond the quota. `used` and `more` are of the quota's own resources.
    func check(used: ResourceList, more: ResourceList, of object: Object, _ type: ResourceType) throws(APIStatus) {
        let exceeded = more.filter { name, amount in amount > .zero && (used[name] ?? .zero) + amount > hard[name] ?? .zero }
        guard !exceeded.isEmpty else { return }
        func part(_ list: ResourceList) -> String {
            ResourceList(uniqueKeysWithValues: exceeded.keys.map { ($0, list[$0] ?? .zero) }).text
        }
        throw .forbidden(
            type, name: object.name.isEmpty ? object.generateName : object.name,
            "exceeded quota: \(name), requested: \(part(more)), used: \(part(used)), limited: \(part(hard))")
    }

    /// A pod must say what it takes of whatever is bounded.
    func checkIsSpecified(_ pod: Object) throws(APIStatus) {
        var missing: [String: [String]] = [:]
        for resource in hard.keys {
            let parts = resource.split(separator: ".", maxSplits: 1).map(String.init)
            let (key, name) =
                switch parts.first {
                case "limits" where parts.count == 2: ("limits", parts[1])
                case "requests" where parts.count == 2: ("requests", parts[1])
                default: ("requests", resource)
                }
            guard name == "cpu" || name == "memory", PodResources.list(pod["spec", "resources", key])[name] == nil else { continue }
            let silent = PodResources.containers(pod.spec).filter { PodResources.list($0.container["resources"]?[key])[name] == nil }
            if !silent.isEmpty { missing[resource] = silent.map { $0.container["name"]?.string ?? "" }.sorted() }
        }
        guard !missing.isEmpty else { return }
        let text = missing.sorted { $0.key < $1.key }.map { "\($0.key) for: \($0.value.joined(separator: ","))" }.joined(separator: "; ")
        throw .forbidden(.pods, name: pod.name.isEmpty ? pod.generateName : pod.name, "failed quota: \(name): must specify \(text)")
    }
}

/// What the measured objects of one namespace take, kept as sums of those that scopes cannot tell apart.
struct NamespaceUsage: Sendable {
    struct Key: Hashable, Sendable {
        var resource: GroupResource
        var name: String
    }

    private struct Entry: Sendable {
        var uid: String
        var revision: UInt64
        var charge: QuotaCharge
    }

    private var entries: [Key: Entry] = [:]
    private var sums: [QuotaCharge.Traits: ResourceList] = [:]

    /// The object's charge as of a revision; nil when it is gone.
    mutating func set(_ key: Key, _ charge: QuotaCharge?, uid: String, revision: UInt64) {
        if let old = entries.removeValue(forKey: key) {
            sums[old.charge.traits]?.merge(old.charge.amounts, uniquingKeysWith: -)
            sums[old.charge.traits] = sums[old.charge.traits]?.filter { !$0.value.isZero }
            if sums[old.charge.traits]?.isEmpty == true { sums[old.charge.traits] = nil }
        }
        guard let charge else { return }
        entries[key] = Entry(uid: uid, revision: revision, charge: charge)
        sums[charge.traits, default: [:]].merge(charge.amounts, uniquingKeysWith: +)
    }

    func used(of quota: Quota) -> ResourceList {
        sums.reduce(into: [:]) { used, sum in
            if quota.selects(sum.key) { used.merge(quota.bounded(sum.value), uniquingKeysWith: +) }
        }
    }

    /// Whether a write is among the entries: a create of this uid, or an update of the version `base`.
    func shows(_ key: Key, uid: String, after base: UInt64) -> Bool {
        guard let entry = entries[key] else { return false }
        return entry.uid == uid && entry.revision > base
    }
}
