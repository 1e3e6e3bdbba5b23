import APIMachinery
import Logging
import ServiceLifecycle
import Synchronization

/// The node agent: pods bound to this node in, running containers and status out.
///
///     pods bound here ─ PodController ─ PodLifecycle (pure) ─ PodExecutor ─ containerd
///                            ▲                                     │
///                            └── events of the runtime, results ◄──┘
///
/// Containers outlive it: `run` adopts what it finds, and only `tearDown` ends it.
package final class Agent: Service, NodeEndpoint {
    package struct Configuration: Sendable {
        package var dataDirectory: String
        package var nodeName: String
        package var podCIDR: String
        package var serviceCIDR: String
        /// The API server as pods reach it; stands in for the service `default/kubernetes` until that exists.
        package var apiServerURL: String
        /// Registry host → URL of its mirror.
        package var registryMirrors: [String: String]
        /// Address of the cluster's DNS server; nil: the one that this node answers on.
        package var clusterDNS: String?
        package var clock: any WallClock
        package var logger: Logger

        package init(
            dataDirectory: String, nodeName: String, podCIDR: String, serviceCIDR: String, apiServerURL: String,
            registryMirrors: [String: String] = [:], clusterDNS: String? = nil, clock: any WallClock = SystemClock(), logger: Logger
        ) {
            self.dataDirectory = dataDirectory
            self.nodeName = nodeName
            self.podCIDR = podCIDR
            self.serviceCIDR = serviceCIDR
            self.apiServerURL = apiServerURL
            self.registryMirrors = registryMirrors
            self.clusterDNS = clusterDNS
            self.clock = clock
            self.logger = logger
        }
    }

    private let configuration: Configuration
    private let client: any ResourceClient
    private let containerd: Containerd
    private let pods: Informer
    private let services: Informer
    private let endpointSlices: Informer
    private let proxy: ServiceProxy
    private let events: EventRecorder
    private let meter: UsageMeter
    private let controller = Mutex<PodController?>(nil)

    package init(_ configuration: Configuration, client: any ResourceClient) {
        self.configuration = configuration
        self.client = client
        let (clock, logger) = (configuration.clock, configuration.logger)
        containerd = Containerd(
            dataDirectory: configuration.dataDirectory, podCIDR: configuration.podCIDR,
            registryMirrors: configuration.registryMirrors, logger: logger)
        var bound = ListOptions()
        bound.fieldSelector = FieldSelector("spec.nodeName", equals: configuration.nodeName)
        pods = Informer(.pods, client: client, options: bound, clock: clock, logger: logger)
        services = Informer(.services, client: client, clock: clock, logger: logger)
        endpointSlices = Informer(.endpointSlices, client: client, clock: clock, logger: logger)
        proxy = ServiceProxy(
            instance: Instance(dataDirectory: configuration.dataDirectory), services: services, endpointSlices: endpointSlices,
            pods: pods, nodeName: configuration.nodeName, podCIDR: configuration.podCIDR, serviceCIDR: configuration.serviceCIDR,
            logger: logger)
        meter = UsageMeter(clock: clock)
        events = EventRecorder(client: client, component: "kubelet", host: configuration.nodeName, clock: clock, logger: logger)
    }

    /// Starts or adopts the runtime and keeps the node's pods until cancelled; containers stay.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await self.containerd.start()
            let node = try await self.node()
            self.controller.withLock { $0 = node.controller }
            // What the machine uses is told from here on.
            _ = await self.meter.machine(named: self.configuration.nodeName)
            do {
                try await self.run(node)
            } catch {
                try await node.http.shutdown()
                throw error
            }
            try await node.http.shutdown()
        }
    }

    private func run(_ node: Node) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.containerd.supervise() }
                group.addTask { await self.events.run() }
                group.addTask { try await self.services.run() }
                group.addTask { try await self.endpointSlices.run() }
                group.addTask { try await self.pods.run() }
                group.addTask { try await self.proxy.run() }
                group.addTask { try await node.controller.run() }
                group.addTask { try await node.registration.run() }
                group.addTask { try await node.collector.run() }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
            // The ordinary end.
        }
    }

    /// Ends all pods at once, quickly, and takes down runtime, mounts, cgroups, interfaces and rules: nothing of the node is left.
    ///
    /// Runs after `run` has ended, or without it.
    package func tearDown() async throws {
        let directories = PodDirectories(dataDirectory: configuration.dataDirectory)
        do {
            try await containerd.start()
            try await endPods()
        } catch {
            // A runtime that does not work cannot end its pods; below they are ended without it.
            configuration.logger.warning("pods are killed, since the runtime does not start", metadata: ["error": "\(error)"])
        }
        let pods = Files.names(in: directories.root)
        try await Files.offPool {
            for point in Mounts.points(below: directories.root) { try Mounts.unmount(point) }
            try Files.removeTree(directories.root)
        }
        try await containerd.stop()
        await Files.offPool {
            let cgroups = Cgroups.ofMachine()
            for uid in pods { cgroups.remove(ofPod: uid) }
        }
        try await ServiceProxy.removeTable(Instance(dataDirectory: configuration.dataDirectory))
    }

    private func endPods() async throws {
        let runtime = try CRIRuntime(socketPath: containerd.socketPath, clock: configuration.clock, logger: configuration.logger)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // It ends by cancellation alone.
                try? await runtime.run { _ in }
            }
            await TearDown(runtime: runtime, logger: configuration.logger).removeAll()
            group.cancelAll()
        }
    }

    package func logs(namespace: String, pod: String, container: String, options: LogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<[UInt8], any Error>
    {
        guard let controller = controller.withLock({ $0 }) else {
            throw APIStatus(.serviceUnavailable, "the node's agent is starting; try again")
        }
        return try PodLogs(controller: controller).read(namespace: namespace, pod: pod, container: container, options: options)
    }

    package func nodeUsage() async -> NodeUsage? {
        guard controller.withLock({ $0 }) != nil else { return nil }
        return await meter.machine(named: configuration.nodeName)
    }

    package func usage(ofPods uids: Set<String>) async -> [PodUsage] {
        guard let controller = controller.withLock({ $0 }) else { return [] }
        return await meter.usage(of: controller.entries.filter { uids.contains($0.uid) }.compactMap(UsageMeter.Subject.init))
    }

    // MARK: Composition

    private struct Node {
        var controller: PodController
        var registration: Registration
        var collector: GarbageCollector
        var http: HTTPProber
    }

    /// The parts that need the runtime's answers and the network's addresses.
    private func node() async throws -> Node {
        let (clock, logger) = (configuration.clock, configuration.logger)
        let runtime = try CRIRuntime(socketPath: containerd.socketPath, clock: clock, logger: logger)
        let directories = PodDirectories(dataDirectory: configuration.dataDirectory)
        let resources = NodeResources(dataDirectory: configuration.dataDirectory)
        let addresses = Machine.addresses()
        let http = HTTPProber()
        let proxy = proxy
        let pods = PodServices(
            client: client, runtime: runtime, runtimeName: "containerd", nodeName: configuration.nodeName, hostIPs: addresses,
            directories: directories, images: ImageFetcher(runtime: runtime, client: client, clock: clock),
            volumes: VolumeMounter(
                client: client, directories: directories, nodeName: configuration.nodeName, hostIPs: addresses, resources: resources,
                clock: clock),
            references: ReferencedObjects(client: client, clock: clock, logger: logger),
            environment: ServiceEnvironment(services: services, apiServerURL: configuration.apiServerURL),
            resolver: Resolver(clusterDNS: configuration.clusterDNS ?? NameServer.address(serviceCIDR: configuration.serviceCIDR)), nodeResources: resources, http: http, events: events,
            drain: { await proxy.drained(podIP: $0, within: $1) }, clock: clock, logger: logger)
        let controller = PodController(pods: self.pods, services: pods)
        let collector = GarbageCollector(controller: controller)
        let registration = Registration(
            nodeName: configuration.nodeName, addresses: addresses, podCIDR: configuration.podCIDR, resources: resources,
            runtime: runtime, client: client, events: events, clock: clock, logger: logger,
            onTick: { await collector.rotateLogs() })
        return Node(controller: controller, registration: registration, collector: collector, http: http)
    }
}
