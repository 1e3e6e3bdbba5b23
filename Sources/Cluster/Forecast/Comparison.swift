import APIMachinery

/// Reads the consequences out of what happened in a fork. Pure: the same record gives the same sentences in the same order.
struct Comparison: Sendable {
    typealias Key = ForecastRecord.Key

    let record: ForecastRecord
    /// As it was before the first step, what happened by itself included.
    let before: [Key: Object]
    let after: [Key: Object]
    /// What the steps led to, in order.
    let changes: [ForecastRecord.Change]
    /// Every object seen, for its owners' sake.
    private let byUID: [String: Object]
    /// What the steps delete, by uid, and the namespaces among it by name.
    let deletedBySteps: Set<String>
    /// The same without what is replaced.
    let deletedForGood: Set<String>
    let deletedNamespaces: Set<String>
    /// Definitions among it, by name: PLURAL.GROUP.
    private let deletedDefinitions: Set<String>
    /// What the steps write or delete.
    let touched: Set<ObjectIdentity>

    init(_ record: ForecastRecord) {
        self.record = record
        var before: [Key: Object] = [:]
        var byUID: [String: Object] = [:]
        for (resource, objects) in record.before {
            for object in objects {
                before[Key(resource, object)] = object
                byUID[object.uid] = object
            }
        }
        for change in record.changes where change.revision <= record.begun {
            before[Key(change.resource, change.object)] = change.isDeletion ? nil : change.object
            byUID[change.object.uid] = change.object
        }
        changes = record.changes.filter { $0.revision > record.begun }
        // What was out of scope shows when it is first written.
        var seen: Set<Key> = []
        for change in changes {
            let key = Key(change.resource, change.object)
            if let previous = change.previous, seen.insert(key).inserted, before[key] == nil { before[key] = previous }
            seen.insert(key)
            if byUID[change.object.uid] == nil || !change.isDeletion { byUID[change.object.uid] = change.object }
        }
        var after = before
        for change in changes { after[Key(change.resource, change.object)] = change.isDeletion ? nil : change.object }
        self.before = before
        self.after = after
        self.byUID = byUID
        let deleted = record.steps.filter { if case .apply = $0 { false } else { true } }.map { ObjectIdentity($0.object) }
        let goners = before.filter { deleted.contains(ObjectIdentity($0.value)) }
        deletedBySteps = Set(goners.values.map(\.uid))
        deletedForGood = Set(goners.filter { key, _ in after[key]?.isDeleting ?? true }.values.map(\.uid))
        deletedNamespaces = Set(deleted.filter { $0.kind == "Namespace" && $0.group.isEmpty }.map(\.name))
        deletedDefinitions = Set(deleted.filter { $0.kind == "CustomResourceDefinition" }.map(\.name))
        touched = Set(record.steps.map { ObjectIdentity($0.object) })
    }

    /// All of them, of a fork in which nothing more would happen.
    var consequences: [Consequence] {
        let stuck = unschedulable + podsRefused
        return Self.sorted(
            refused + claims + services + stuck + stalled(without: Set(stuck.map(\.subject))) + budgets + cascades + blocked + restarts)
    }

    /// Those that stay true whatever else would have happened in a fork that came to no end: what is refused, and what is
    /// gone for good.
    var irrevocable: [Consequence] { Self.sorted(refused + claims + completeCascades) }

    /// The worst first, then by namespace, kind and name.
    private static func sorted(_ all: [Consequence]) -> [Consequence] {
        let rank = Dictionary(uniqueKeysWithValues: zip(Consequence.Kind.allCases, 0...))
        return all.sorted { a, b in
            let (first, second) = (rank[a.kind] ?? 0, rank[b.kind] ?? 0)
            return first != second ? first < second : a.subject != b.subject ? a.subject < b.subject : a.message < b.message
        }
    }

    private var refused: [Consequence] {
        record.refusals.map { Consequence(.refused, $0.subject, "\($0.subject) is refused: \($0.status.message)") }
    }

    // MARK: What the topics share

    /// Whether an object that was there before goes: it is gone, or another has its name, or its deletion began.
    func isGoing(_ key: Key) -> Bool {
        guard let old = before[key] else { return false }
        guard let new = after[key], new.uid == old.uid else { return true }
        return new.isDeleting && !old.isDeleting
    }

    func objects(_ type: ResourceType, in objects: [Key: Object]) -> [Object] {
        objects.lazy.filter { $0.key.resource == type.groupResource }.map(\.value)
    }

    /// The owners of an object from the nearest to the farthest, as far as they are known.
    func owners(of object: Object) -> [Object] {
        var owners: [Object] = []
        var current = object
        while owners.count < 16, let reference = current.controller ?? current.ownerReferences.first, let owner = byUID[reference.uid] {
            owners.append(owner)
            current = owner
        }
        return owners
    }

    /// What a person has in git: the farthest owner, or the object itself.
    func root(of object: Object) -> ObjectIdentity {
        let last = owners(of: object).last ?? object
        guard let reference = last.controller ?? last.ownerReferences.first else { return ObjectIdentity(last) }
        // Known by name only.
        return ObjectIdentity(
            group: GroupVersion(reference.apiVersion)?.group ?? "", kind: reference.kind, namespace: last.namespace, name: reference.name)
    }

    /// The root among what the steps delete that takes an object along; nil when none does.
    func taker(of key: Key, _ object: Object) -> ObjectIdentity? {
        if let owner = owners(of: object).last(where: { deletedForGood.contains($0.uid) }) { return ObjectIdentity(owner) }
        if deletedNamespaces.contains(object.namespace) { return ObjectIdentity(group: "", kind: "Namespace", namespace: "", name: object.namespace) }
        guard deletedDefinitions.contains(key.resource.description) else { return nil }
        let type = ResourceType.customResourceDefinitions
        return ObjectIdentity(group: type.group, kind: type.kind, namespace: "", name: key.resource.description)
    }
}

extension Int {
    /// `1 pod`, `3 pods`.
    func of(_ noun: String) -> String { self == 1 ? "1 \(noun)" : "\(self) \(noun.plural)" }
}

extension String {
    /// Of an English noun, or a kind's name.
    fileprivate var plural: String {
        if hasSuffix("y"), !hasSuffix("ay"), !hasSuffix("ey") { return dropLast() + "ies" }
        return hasSuffix("s") || hasSuffix("x") ? self + "es" : self + "s"
    }
}
