import APIMachinery
import Logging

/// One informer for each kind but Event, shared by all controllers.
package struct InformerSet: Sendable {
    /// Kinds that controllers read whole. Of the others they read the metadata.
    private static let whole: Set<GroupResource> = Set(
        [
            ResourceType.namespaces, .nodes, .pods, .services, .endpoints, .endpointSlices, .persistentVolumes,
            .persistentVolumeClaims,
            .leases, .deployments, .replicaSets, .jobs, .resourceQuotas, .clusterRoles, .statefulSets, .replicationControllers,
            .podDisruptionBudgets,
        ].map(\.groupResource))

    /// In the order in which they are best started.
    package let all: [Informer]
    private let byType: [GroupResource: Informer]

    package init(_ types: [ResourceType], client: any ResourceClient, clock: any WallClock, logger: Logger) {
        // Kinds that controllers name must be there even where a server does not serve them: their informers wait.
        let known = Set(types.map(\.groupResource))
        let missing = ResourceType.builtin.filter { !known.contains($0.groupResource) && $0 != .applications }
        // Events are many, own nothing and are owned by nothing. Of several versions of a kind one will do.
        var seen: Set<GroupResource> = []
        let unique = (types + missing).filter { $0.isStored && $0 != .events && $0 != .eventsV1 && seen.insert($0.groupResource).inserted }
        let sorted = unique.sorted { Self.rank($0) < Self.rank($1) }
        all = sorted.map { type in
            Informer(type, client: client, transform: Self.transform(type), clock: clock, logger: logger)
        }
        byType = Dictionary(all.map { ($0.type.groupResource, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func rank(_ type: ResourceType) -> Int {
        switch type {
        case .namespaces, .nodes, .pods: 0
        case .replicaSets, .deployments, .jobs, .services, .endpointSlices: 1
        default: 2
        }
    }

    /// The informer of a built-in kind.
    package subscript(type: ResourceType) -> Informer {
        guard let informer = byType[type.groupResource] else { preconditionFailure("\(type) is not among the built-in kinds") }
        return informer
    }

    static func transform(_ type: ResourceType) -> (@Sendable (Object) -> Object)? {
        if whole.contains(type.groupResource) { return nil }
        if type == .customResourceDefinitions { return CustomInformers.trimmed }
        return { object in
            var fields: JSONObject = [
                "apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "metadata": .object(object.metadata),
            ]
            // Pods' certificate authority is compared with what it should be.
            if object.name == RootCAController.configMapName { fields["data"] = object.fields["data"] }
            return Object(fields)
        }
    }
}
