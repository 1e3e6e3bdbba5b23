import APIMachinery
import Logging
import Reconciler

/// A local copy of what the commands show, kept current by watches: no command polls.
struct LiveView: Sendable {
    let client: any ResourceClient
    let changes = Signal()
    private var informers: [GroupResource: Informer]

    /// Applications and what runs or holds data for them.
    static let workloadTypes: [ResourceType] = [
        .applications, .deployments, .statefulSets, .daemonSets, .replicaSets, .pods, .cronJobs, .jobs, .persistentVolumeClaims,
    ]
    static let types = workloadTypes + [.services, .endpointSlices, .nodes]

    init(client: any ResourceClient, types: [ResourceType] = Self.types) {
        self.client = client
        let quiet = Logger(label: "cli") { _ in SwiftLogNoOpLogHandler() }
        var informers: [GroupResource: Informer] = [:]
        for type in types {
            let informer = Informer(type, client: client, logger: quiet)
            let changes = changes
            informer.onChange { _ in changes.fire() }
            informers[type.groupResource] = informer
        }
        self.informers = informers
    }

    /// Runs `body` over a complete view that stays current until it returns.
    func during<R: Sendable>(_ body: @Sendable @escaping (LiveView) async throws -> R) async throws -> R {
        let view = try await readable()
        return try await withThrowingTaskGroup(of: R?.self) { group in
            for informer in view.informers.values {
                group.addTask {
                    try await informer.run()
                    return nil
                }
            }
            group.addTask {
                for informer in view.informers.values { await informer.waitUntilSynced() }
                return try await body(view)
            }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }

    /// Without the kinds that the server does not serve, or the user may not read. Informers try for ever;
    /// a server that does not answer, or has no Applications, is better said at once.
    private func readable() async throws -> LiveView {
        var view = self
        try await withThrowingTaskGroup(of: GroupResource?.self) { group in
            for informer in informers.values { group.addTask { try await isReadable(informer.type) ? nil : informer.type.groupResource } }
            for try await absent in group { if let absent { view.informers[absent] = nil } }
        }
        return view
    }

    private func isReadable(_ type: ResourceType) async throws(APIStatus) -> Bool {
        var options = ListOptions()
        options.limit = 1
        do throws(APIStatus) {
            _ = try await client.list(type, namespace: nil, options: options)
            return true
        } catch {
            guard type != .applications, [.forbidden, .notFound, .methodNotAllowed].contains(error.reason) else { throw error }
            return false
        }
    }

    func list(_ type: ResourceType, namespace: String? = nil) -> [Object] { informers[type.groupResource]?.list(namespace: namespace) ?? [] }

    func get(_ type: ResourceType, namespace: String, name: String) -> Object? {
        informers[type.groupResource]?.get(namespace: namespace, name: name)
    }

    /// The kind, when it is in the view.
    func type(group: String, kind: String) -> ResourceType? {
        informers.values.first { $0.type.kind == kind && $0.type.group == group }?.type
    }

    func dependents(_ type: ResourceType, ofOwner uid: String) -> [Object] { informers[type.groupResource]?.dependents(ofOwner: uid) ?? [] }

    /// By the rules that the reconciler judges with.
    func health(of object: Object, _ type: ResourceType) -> Health {
        let informers = informers
        var view = ClusterView(
            dependents: { type, uid in informers[type.groupResource]?.dependents(ofOwner: uid) ?? [] },
            object: { key in informers[key.type.groupResource]?.get(namespace: key.namespace ?? "", name: key.name) })
        view.checks = checks(for: object)
        return HealthRules.health(of: object, type: type, view: view)
    }

    /// The expressions of the Application that an object belongs to; none where its spec cannot be read, which it says itself.
    private func checks(for object: Object) -> [HealthCheck] {
        let mark = (object.annotations[Application.annotation] ?? "").split(separator: "/").map(String.init)
        guard mark.count == 2, let owner = get(.applications, namespace: mark[0], name: mark[1]) else { return [] }
        return (try? Application(owner))?.healthChecks ?? []
    }

    /// Longest chain of owners: of a CronJob's Job's pod. What a client wrote as a circle ends here, too.
    private static let ownersMax = 3

    /// What an object made, and what that made in turn: the ReplicaSets, Jobs and pods of a Deployment or CronJob.
    func made(by object: Object, depth: Int = ownersMax) -> [(type: ResourceType, object: Object)] {
        guard depth > 0 else { return [] }
        return [ResourceType.replicaSets, .jobs, .pods].flatMap { type in
            dependents(type, ofOwner: object.uid).sorted { $0.name < $1.name }.flatMap { [(type, $0)] + made(by: $0, depth: depth - 1) }
        }
    }

    /// The pods of an object, itself where it is one.
    func pods(of object: Object) -> [Object] {
        if object.kind == "Pod" { return [object] }
        return made(by: object).filter { $0.type == .pods }.map(\.object).sorted { $0.name < $1.name }
    }
}
