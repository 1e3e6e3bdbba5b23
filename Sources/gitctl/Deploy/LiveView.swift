import APIMachinery
import Logging
import Reconciler

/// A local copy of what the commands show, kept current by watches: no command polls.
struct LiveView: Sendable {
    let client: any ResourceClient
    let changes = Signal()
    private let informers: [String: Informer]

    static let types: [ResourceType] = [
        .applications, .deployments, .replicaSets, .pods, .jobs, .services, .endpointSlices, .persistentVolumeClaims, .nodes,
    ]

    init(client: any ResourceClient) {
        self.client = client
        let quiet = Logger(label: "cli") { _ in SwiftLogNoOpLogHandler() }
        var informers: [String: Informer] = [:]
        for type in Self.types {
            let informer = Informer(type, client: client, logger: quiet)
            let changes = changes
            informer.onChange { _ in changes.fire() }
            informers[type.plural] = informer
        }
        self.informers = informers
    }

    /// Runs `body` over a complete view that stays current until it returns.
    func during<R: Sendable>(_ body: @Sendable @escaping (LiveView) async throws -> R) async throws -> R {
        // Informers try for ever; a server that does not answer is better said at once.
        _ = try await client.list(.applications)
        return try await withThrowingTaskGroup(of: R?.self) { group in
            for informer in informers.values {
                group.addTask {
                    try await informer.run()
                    return nil
                }
            }
            group.addTask {
                for informer in informers.values { await informer.waitUntilSynced() }
                return try await body(self)
            }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }

    func list(_ type: ResourceType, namespace: String? = nil) -> [Object] { informers[type.plural]?.list(namespace: namespace) ?? [] }

    func get(_ type: ResourceType, namespace: String, name: String) -> Object? {
        informers[type.plural]?.get(namespace: namespace, name: name)
    }

    /// By the rules that the reconciler judges with.
    func health(of object: Object, _ type: ResourceType) -> Health {
        let informers = informers
        let view = ClusterView(
            dependents: { type, uid in informers[type.plural]?.dependents(ofOwner: uid) ?? [] },
            object: { key in informers[key.type.plural]?.get(namespace: key.namespace ?? "", name: key.name) })
        return HealthRules.health(of: object, type: type, view: view)
    }
}
