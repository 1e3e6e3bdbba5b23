import APIMachinery

/// Services that lose all ready endpoints, and disruption budgets that are not kept: at the end, or for a while in between.
extension Comparison {
    var services: [Consequence] {
        let resource = ResourceType.endpointSlices.groupResource
        var concerned: [Key: [ForecastRecord.Change]] = [:]
        for change in changes where change.resource == resource {
            if let key = Self.service(of: change.object) { concerned[key, default: []].append(change) }
        }
        var counts: [Key: [String: Int]] = [:]
        for (key, slice) in before where key.resource == resource {
            if let service = Self.service(of: slice), concerned[service] != nil { counts[service, default: [:]][slice.name] = Self.ready(slice) }
        }
        return concerned.compactMap { key, changes -> Consequence? in
            // One that is deleted, or taken along, has no endpoints to lose.
            guard before[key] != nil, let service = after[key], !service.isDeleting, !deletedNamespaces.contains(service.namespace) else { return nil }
            let counts = readyEndpoints(counts[key] ?? [:], changes)
            guard counts.before > 0, counts.least == 0 else { return nil }
            let subject = ObjectIdentity(service)
            return Consequence(
                .serviceWithoutEndpoints, subject,
                counts.end == 0
                    ? "\(subject) loses all ready endpoints (\(counts.before) before)"
                    : "\(subject) has no ready endpoint for a while (\(counts.before) before)")
        }
    }

    /// The Service that a slice is of.
    private static func service(of slice: Object) -> Key? {
        slice.labels["kubernetes.io/service-name"].map { Key(ResourceType.services.groupResource, namespace: slice.namespace, name: $0) }
    }

    /// How many endpoints of a Service were ready, are at the end, and were at least at any time: by slice to begin with,
    /// and by the changes of its slices.
    private func readyEndpoints(_ counts: [String: Int], _ changes: [ForecastRecord.Change]) -> (before: Int, least: Int, end: Int) {
        var counts = counts
        let begin = counts.values.reduce(0, +)
        var least = begin
        var marks = record.marks[...]
        for change in changes {
            // Time passed before this change: what was until then was for a while.
            if let mark = marks.first, change.revision > mark {
                least = min(least, counts.values.reduce(0, +))
                marks = marks.drop { $0 < change.revision }
            }
            counts[change.object.name] = change.isDeletion ? nil : Self.ready(change.object)
        }
        let end = counts.values.reduce(0, +)
        return (begin, min(least, end), end)
    }

    private static func ready(_ slice: Object) -> Int {
        (slice.fields["endpoints"]?.array ?? []).count { $0["conditions"]?["ready"]?.bool ?? true }
    }

    var budgets: [Consequence] {
        let resource = ResourceType.podDisruptionBudgets.groupResource
        var worst: [Key: (healthy: Int64, wanted: Int64)] = [:]
        for change in changes where change.resource == resource && !change.isDeletion {
            guard let (healthy, wanted) = Self.health(change.object), healthy < wanted else { continue }
            let key = Key(resource, change.object)
            if worst[key].map({ healthy < $0.healthy }) ?? true { worst[key] = (healthy, wanted) }
        }
        return worst.compactMap { key, count in
            guard let old = before[key], let (healthy, wanted) = Self.health(old), healthy >= wanted, let new = after[key], !isGoing(key) else { return nil }
            let isOver = Self.health(new).map { $0.healthy >= $0.wanted } ?? false
            let subject = ObjectIdentity(new)
            return Consequence(
                .budgetViolated, subject,
                "\(subject) is not kept\(isOver ? " for a while" : ""): \(Int(count.healthy).of("healthy pod")), \(count.wanted) wanted")
        }
    }

    /// nil before the first count.
    private static func health(_ budget: Object) -> (healthy: Int64, wanted: Int64)? {
        guard let healthy = budget.status["currentHealthy"]?.int, let wanted = budget.status["desiredHealthy"]?.int else { return nil }
        return (healthy, wanted)
    }
}
