import APIMachinery
import Logging
import ServiceLifecycle

/// All controllers, over one set of informers.
///
/// Each acts under its own name, so that `managedFields` and audit tell who did what. Idle means
/// idle: nothing resyncs, and a timer runs only where something falls due.
package struct Controllers: Service {
    private let clients: @Sendable (String) -> any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    private let certificate: String
    private let nodesAreHeardUntil: Timestamp?

    /// `client` gives each controller the client that it acts with, by the controller's name.
    /// `certificateAuthority` is the PEM that pods are to trust. Until `nodesAreHeardUntil` no node counts as
    /// silent; nil: until now. A fork has nodes that nobody can hear.
    package init(
        client: @escaping @Sendable (String) -> any ResourceClient, clock: any WallClock = SystemClock(), logger: Logger,
        certificateAuthority: String, nodesAreHeardUntil: Timestamp? = nil
    ) {
        clients = client
        self.clock = clock
        self.logger = logger
        certificate = certificateAuthority
        self.nodesAreHeardUntil = nodesAreHeardUntil
    }

    /// Runs until cancelled or shut down gracefully.
    package func run() async throws {
        try await cancelWhenGracefulShutdown { try await runUntilCancelled() }
    }

    private func runUntilCancelled() async throws {
        let reader = clients("informers")
        let types = try await discover(reader)
        // The others come with their definitions.
        let builtin = Set(ResourceType.builtin.map(\.groupResource))
        let informers = InformerSet(
            types.filter { builtin.contains($0.groupResource) }, client: reader, clock: clock, logger: logger)
        let custom = CustomInformers(definitions: informers[.customResourceDefinitions]) { [clock, logger] type in
            Informer(type, client: reader, transform: InformerSet.transform(type), clock: clock, logger: logger)
        }
        let loops = wire(informers, custom)
        await withTaskGroup(of: Void.self) { group in
            // The kinds that most others hang on come first; the rest follows while those work.
            for informer in informers.all { group.addTask { await Self.run(informer) } }
            group.addTask { await custom.run() }
            for loop in loops { group.addTask { await loop() } }
            await group.waitForAll()
        }
    }

    /// An informer ends by cancellation alone.
    private static func run(_ informer: Informer) async {
        // Cancellation is how the group ends; there is nobody to tell.
        try? await informer.run()
    }

    /// The server may still be starting; without its kinds there is nothing to control.
    private func discover(_ client: any ResourceClient) async throws -> [ResourceType] {
        var wait = Informer.backoff.lowerBound
        while true {
            do throws(APIStatus) {
                return try await client.resourceTypes()
            } catch {
                logger.warning("the kinds served cannot be read; trying again", metadata: ["error": "\(error)"])
            }
            try await clock.sleep(for: wait)
            wait = min(wait * 2, Informer.backoff.upperBound)
        }
    }

    /// Registers every controller with the informers, before these run.
    private func wire(_ set: InformerSet, _ custom: CustomInformers) -> [@Sendable () async -> Void] {
        let namespace: @Sendable (Object) -> [String] = { [$0.namespace] }
        let orphan: @Sendable (Object) -> [String] = { $0.controller == nil ? [$0.namespace] : [] }
        let pods = set[.pods]
        let podOrphans = InformerIndex(pods, by: orphan)
        let podsByNode = InformerIndex(pods) { pod in PodState(pod).nodeName.isEmpty ? [] : [PodState(pod).nodeName] }
        let services = ServiceInformers(services: set[.services], pods: pods)
        let claims = set[.persistentVolumeClaims]
        let volumes = set[.persistentVolumes]
        return [
            loop(
                DeploymentController(
                    deployments: set[.deployments], replicaSets: set[.replicaSets], pods: pods,
                    orphans: InformerIndex(set[.replicaSets], by: orphan))),
            loop(ReplicaSetController(replicaSets: set[.replicaSets], pods: pods, orphans: podOrphans)),
            loop(JobController(jobs: set[.jobs], pods: pods, orphans: podOrphans)),
            loop(EndpointSliceController(services: services, slices: set[.endpointSlices])),
            loop(EndpointsController(services: services, endpoints: set[.endpoints])),
            loop(ServiceAccountController(namespaces: set[.namespaces], accounts: set[.serviceAccounts])),
            loop(RootCAController(namespaces: set[.namespaces], configMaps: set[.configMaps], certificate: certificate)),
            loop(
                NamespaceController(namespaces: set[.namespaces], contents: set.all.filter(\.type.isNamespaced), custom: custom),
                following: custom, { $0.source($1) }),
            loop(GarbageCollector(set.all, custom: custom), following: custom, { $0.source($1) }),
            loop(CustomResourceCleanup(custom), following: custom, { $0.source($1) }),
            loop(VolumeBinder(volumes: volumes, claims: claims), workers: 1),
            loop(VolumeProtection(claims: claims, volumes: volumes, pods: pods), workers: 1),
            loop(
                NodeLifecycleController(
                    nodes: set[.nodes], leases: set[.leases], pods: pods, podsByNode: podsByNode,
                    listeningSince: nodesAreHeardUntil ?? clock.now),
                workers: 1),
            loop(
                ResourceQuotaController(
                    quotas: set[.resourceQuotas], quotasByNamespace: InformerIndex(set[.resourceQuotas], by: namespace), pods: pods,
                    services: services,
                    others: set.all.filter { $0.type.isNamespaced && $0.type != .pods && $0.type != .resourceQuotas })),
            loop(
                DisruptionController(
                    budgets: set[.podDisruptionBudgets], pods: pods,
                    scales: ControllerScales(
                        replicaSets: set[.replicaSets], deployments: set[.deployments], statefulSets: set[.statefulSets],
                        replicationControllers: set[.replicationControllers]))),
            loop(StaleDisruption(pods: pods), workers: 1),
            loop(ClusterRoleAggregation(roles: set[.clusterRoles]), workers: 1),
            loop(PodGarbageCollector(pods: pods, nodes: set[.nodes], podsByNode: podsByNode), workers: 1),
        ]
    }

    /// A controller that also looks at the custom kinds to come.
    private func loop<C: Controller>(
        _ controller: C, following custom: CustomInformers, _ source: @escaping @Sendable (C, Informer) -> ControllerSource<C.Key>
    ) -> @Sendable () async -> Void {
        let loop = ControllerLoop(controller, client: clients(controller.name), clock: clock, logger: logger)
        custom.onNew { informer in loop.attach(source(controller, informer)) }
        return { await loop.run() }
    }

    private func loop(_ controller: some Controller, workers: Int = 2) -> @Sendable () async -> Void {
        let loop = ControllerLoop(controller, client: clients(controller.name), clock: clock, logger: logger, workers: workers)
        return { await loop.run() }
    }
}
