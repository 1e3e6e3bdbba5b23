import APIMachinery
import Logging
import Synchronization
import TestSupport

@testable import Cluster

/// A whole cluster in this process: the real registry on a store in memory, the real controllers
/// and scheduler, a hollow node, and a clock that jumps to the next deadline whenever all is still.
final class SimulatedCluster: Sendable {
    let clock: VirtualClock
    let store: Store
    let registry: Registry
    let agent: HollowAgent
    let perturbation: Perturbation
    /// The real rules, over the real roles: every part may do what Kubernetes lets it do, and no more.
    private let access: Access
    private let executor = StillnessExecutor()
    private let logger: Logger

    init(seed: UInt64, behavior: HollowAgent.Behavior = HollowAgent.Behavior(), perturbation: Perturbation.Kind? = nil) throws {
        var logger = Logger(label: "simulation")
        logger.logLevel = .critical
        self.logger = logger
        clock = VirtualClock(now: Timestamp("2026-01-01T00:00:00Z")!)
        store = Store.inMemory(clock: clock, logger: logger)
        registry = try Registry(store: store, serviceCIDR: "10.43.0.0/16", clock: clock, seed: seed)
        access = Access(store: store)
        agent = HollowAgent(
            client: LocalClient(registry: registry, user: .node("node-1"), authorizer: access.authorizer), clock: clock, seed: seed, behavior: behavior,
            logger: logger)
        self.perturbation = Perturbation(perturbation)
    }

    /// The tester's own client.
    var client: any ResourceClient { LocalClient(registry: registry, user: .component("tester")) }

    /// Runs the cluster for as long as `body` takes.
    func run(_ body: @escaping @Sendable (SimulatedCluster) async throws -> Void) async throws {
        for (type, object) in BootstrapPolicy.objects where type == .clusterRoles || type == .clusterRoleBindings {
            _ = try await client.create(type, object)
        }
        for name in ["default", "kube-node-lease"] { _ = try await client.create(.namespaces, Object(.namespaces, name: name)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.driveTime() }
            defer {
                group.cancelAll()
                executor.close()
            }
            try await withTaskExecutorPreference(executor) { try await self.runParts(body) }
        }
    }

    /// Everything but the clock; returns when `body` does.
    private func runParts(_ body: @escaping @Sendable (SimulatedCluster) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for part in [store.run, agent.run, runControlPlane] as [@Sendable () async throws -> Void] {
                group.addTask {
                    // Parts end by cancellation; whatever else ends one shows as the body never finishing.
                    do { try await part() } catch is CancellationError {}
                    return false
                }
            }
            group.addTask {
                // As in a real cluster, pods are refused before their namespace has its ServiceAccount.
                try await self.wait(.serviceAccounts) { $0.contains { $0.namespace == "default" } }
                try await body(self)
                return true
            }
            while let isBody = try await group.next(), !isBody {}
            group.cancelAll()
        }
    }

    /// Controllers and scheduler, begun anew after each crash.
    @Sendable private func runControlPlane() async throws {
        while !Task.isCancelled {
            let generation = perturbation.begin()
            await withTaskGroup(of: Void.self) { group in
                let controllers = Controllers(
                    client: { name in self.perturbed(name, generation) }, clock: clock, logger: logger, certificateAuthority: "PEM")
                let scheduler = Scheduler(client: perturbed("scheduler", as: .system("system:kube-scheduler"), generation), clock: clock, logger: logger)
                group.addTask { try? await controllers.run() }
                group.addTask { try? await scheduler.run() }
                group.addTask { await self.perturbation.crash() }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func perturbed(_ name: String, as user: UserInfo? = nil, _ generation: Int) -> any ResourceClient {
        let client = LocalClient(
            registry: registry, user: user ?? Cluster.user(ofController: name), authorizer: access.authorizer, component: name)
        return PerturbedClient(base: client, perturbation: perturbation, generation: generation)
    }

    /// Moves the clock to the next deadline whenever nothing can happen before it.
    private func driveTime() async throws {
        var jobs: UInt64 = 0
        while !Task.isCancelled {
            let still = await executor.stillness(after: jobs)
            // What the store's own queue still does may wake tasks.
            try await store.settle()
            guard await executor.stillness() == still else { continue }
            jobs = still
            if let next = clock.nextDeadline {
                clock.advance(to: next)
                jobs = 0
            }
        }
    }

    /// Returns when `condition` holds for all objects of a kind; looks after each change to one.
    @discardableResult
    func wait(_ type: ResourceType, _ condition: @Sendable ([Object]) -> Bool) async throws -> [Object] {
        let context = RequestContext(user: .component("tester"))
        while true {
            let list = try registry.list(type, namespace: nil, options: ListOptions(), context: context)
            let objects = list.items.map(\.object)
            if condition(objects) { return objects }
            var options = ListOptions()
            options.resourceVersion = list.resourceVersion
            let watch = try registry.watch(type, namespace: nil, options: options, context: context)
            var iterator = watch.makeAsyncIterator()
            _ = try await iterator.next()
            try Task.checkCancellation()
        }
    }

    func get(_ type: ResourceType, _ name: String, namespace: String = "default") async throws -> Object {
        try await client.get(ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: name))
    }

    func list(_ type: ResourceType) async throws -> [Object] { try await client.list(type).items }
}

/// A Deployment of one container.
func deployment(_ name: String, replicas: Int, image: String = "one", strategy: JSON? = nil) -> Object {
    var object = Object(
        .deployments, namespace: "default", name: name,
        [
            "spec": [
                "replicas": JSON(replicas), "selector": ["matchLabels": ["app": .string(name)]],
                "template": [
                    "metadata": ["labels": ["app": .string(name)]],
                    "spec": ["containers": [["name": "main", "image": .string(image)]], "terminationGracePeriodSeconds": 5],
                ],
            ]
        ])
    if let strategy { object["spec", "strategy"] = strategy }
    return object
}

extension Object {
    var image: String { spec["containers"]?.array?.first?["image"]?.string ?? "" }
    var isReady: Bool { condition("Ready")?["status"]?.string == "True" && !isDeleting }
    /// A Deployment that is where it should be.
    var isRolledOut: Bool {
        let wanted = spec["replicas"]?.int ?? 1
        return status["observedGeneration"]?.int == generation && status["updatedReplicas"]?.int ?? 0 == wanted
            && status["replicas"]?.int ?? 0 == wanted && status["availableReplicas"]?.int ?? 0 == wanted
    }
}

extension Object {
    /// An entry of `status.conditions`.
    func condition(_ type: String) -> JSON? {
        status["conditions"]?.array?.first { $0["type"]?.string == type }
    }
}
