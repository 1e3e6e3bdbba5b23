import Agent
import APIMachinery
import Cluster
import Glibc
import Logging
import Reconciler
import ServiceLifecycle
import UnixSignals

/// The composition root: makes the parts of one instance and runs them in one service group.
package struct Daemon: Sendable {
    package struct Options: Sendable {
        package static let podCIDRDefault = "10.42.0.0/16"
        package static let serviceCIDRDefault = "10.43.0.0/16"

        package var directory: DataDirectory
        /// gitctl's own path, for the hooks.
        package var executable: String
        package var host = "127.0.0.1"
        package var port = 6443
        package var runsAgent = true
        package var runsReconciler = true
        package var podCIDR = podCIDRDefault
        package var serviceCIDR = serviceCIDRDefault
        package var registryMirrors: [String: String] = [:]
        /// Also prints a line when this node takes pods: for `up`, which waits for that.
        package var announcesNode = false
        /// Another cluster, to reconcile instead of one of our own.
        package var remote: HTTPSClient?
        /// How to reach it, as a file that commands use.
        package var remoteKubeconfig: String?

        package init(directory: DataDirectory, executable: String) {
            self.directory = directory
            self.executable = executable
        }
    }

    /// Parts get this long to end their work before they are cancelled.
    private static let shutdownTime = Duration.seconds(15)
    private static let cancellationTime = Duration.seconds(10)
    private static let fetchInterval = Duration.seconds(60)

    private let options: Options
    private let log: @Sendable (String) -> Logger

    package init(_ options: Options, log: @escaping @Sendable (String) -> Logger) {
        self.options = options
        self.log = log
    }

    package func run() async throws {
        Self.raiseFileLimit()
        try options.directory.create()
        let lock = try InstanceLock(options.directory)
        try await compose()
        _ = consume lock
    }

    private func compose() async throws {
        if let remote = options.remote {
            // The cluster is elsewhere: nothing of ours to start but the reconciler. Commands find it as they find their own.
            if let text = options.remoteKubeconfig { try PrivateFile.write(Array(text.utf8), to: options.directory.kubeconfig) }
            do { try await Application.define(in: remote, clock: SystemClock()) } catch let status as APIStatus {
                throw Failure(
                    "the cluster \(remote.connection.config.server) has no Applications, and does not let them be defined: \(status.message)",
                    hints: ["apply the CustomResourceDefinition as an administrator: gitctl daemon --kubeconfig with an administrator's file, once"])
            }
            return try await serve(url: remote.connection.config.server, client: remote, before: [], after: []) { _ in }
        }
        let endpoint = LateNodeEndpoint()
        var configuration = Cluster.Configuration(
            dataDirectory: options.directory.path, host: options.host, port: options.port, podCIDR: options.podCIDR,
            serviceCIDR: options.serviceCIDR, clock: SystemClock(), logger: log("cluster"), nodeEndpoint: endpoint)
        configuration.awaitsNode = options.runsAgent
        let cluster = try await Cluster(configuration)
        var after: [any Service] = []
        if options.runsAgent {
            let agent = Agent(
                Agent.Configuration(
                    dataDirectory: options.directory.path, nodeName: Self.nodeName(), podCIDR: options.podCIDR,
                    serviceCIDR: options.serviceCIDR, apiServerURL: cluster.url, registryMirrors: options.registryMirrors,
                    clock: SystemClock(), logger: log("agent")),
                client: cluster.client(as: .node(Self.nodeName())))
            endpoint.set(agent)
            after.append(agent)
        }
        try await serve(url: cluster.url, client: cluster.client(as: .system("system:gitctl:reconciler"), component: "reconciler"), before: cluster.services, after: after, measure: cluster.addMetrics)
    }

    /// Runs everything in one group until a signal or `gitctl down` ends it.
    /// - Parameter measure: takes what the reconciler measures, where there is a server to tell it.
    private func serve(
        url: String, client: any ResourceClient, before: [any Service], after: [any Service],
        measure: (@escaping @Sendable () -> [MetricFamily]) -> Void
    ) async throws {
        let reconciler = options.runsReconciler
            ? Reconciler(
                Reconciler.Configuration(
                    dataDirectory: options.directory.path, executable: options.executable, fetchInterval: Self.fetchInterval,
                    clock: SystemClock(), logger: log("reconciler")),
                client: client) : nil
        if let reconciler { measure { [weak reconciler] in reconciler?.metrics ?? [] } }
        let stop = Signal()
        let control = try await ControlServer(options.directory, logger: log("control")) { request, report in
            try await Self.answer(request, url: url, reconciler: reconciler, stop: stop, report: report)
        }
        var services = before.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        services.append(.init(service: control, serviceName: "control"))
        // Ends the group in order when `gitctl down` asks.
        services.append(.init(service: StopOnSignal(stop: stop), successTerminationBehavior: .gracefullyShutdownGroup, serviceName: "stop"))
        services.append(.init(service: try announcement(url: url, client: client), successTerminationBehavior: .ignore, serviceName: "announcement"))
        services.append(.init(service: SpareMemory(clock: SystemClock()), serviceName: "spare memory"))
        services += after.map { .init(service: $0) }
        if let reconciler { services.append(.init(service: reconciler)) }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log("services"))
        configuration.maximumGracefulShutdownDuration = Self.shutdownTime
        configuration.maximumCancellationDuration = Self.cancellationTime
        try await ServiceGroup(configuration: configuration).run()
        log("daemon").info("stopped; containers go on")
    }

    private func announcement(url: String, client: any ResourceClient) throws -> Announcement {
        Announcement(
            url: url, asker: try options.remote ?? HTTPSClient(kubeconfig: options.directory.kubeconfig, context: nil),
            node: options.announcesNode ? Informer(.nodes, client: client, logger: log("daemon")) : nil, logger: log("daemon"))
    }

    private static func answer(
        _ request: ControlRequest, url: String, reconciler: Reconciler?, stop: Signal, report send: @escaping @Sendable (String) -> Void
    ) async throws -> JSON {
        func reconciling() throws(Failure) -> Reconciler {
            guard let reconciler else {
                throw Failure("this daemon runs no reconciler", hints: ["start it without --no-reconciler"])
            }
            return reconciler
        }
        switch request {
        case .ping: return ["url": .string(url), "process": JSON(Int(getpid())), "version": .string(Gitctl.version)]
        case .ensureRepository(let name): return .string(try await reconciling().ensureRepository(name: name))
        case .preReceive(let push): return .bool(try await reconciling().review(push, report: send))
        case .postReceive(let push): return .bool(try await reconciling().deploy(push, report: send))
        case .sync(let namespace, let name, let revision, let isDryRun):
            let result = try await reconciling().sync(
                application: ObjectKey(.applications, namespace: namespace, name: name), revision: revision, isDryRun: isDryRun,
                report: send)
            return ["revision": .string(result.revision), "isSuccess": .bool(result.isSuccess)]
        case .rollBack(let namespace, let name, let revision, let author):
            let result = try await reconciling().rollBack(
                application: ObjectKey(.applications, namespace: namespace, name: name), to: revision, by: author, report: send)
            return ["revision": .string(result.revision), "isSuccess": .bool(result.isSuccess)]
        case .blame(let group, let kind, let namespace, let name, let field):
            return try await reconciling().blame(group: group, kind: kind, namespace: namespace, name: name, field: field).json
        case .diff(let request):
            guard let reconciler else { return .null }
            let run = DiffRun(client: reconciler.client, renderer: reconciler.renderer, preview: reconciler.preview)
            // Not every path of the asker need be there for the daemon.
            guard await run.canRead(request) else { return .null }
            do {
                let answer = DiffAnswer(try await run.report(request), in: request.format)
                answer.sendText(send)
                return answer.json
            } catch where !(error is CancellationError) {
                return ControlReply.error(Failure(error)).json
            }
        case .stop:
            stop.fire()
            return .bool(true)
        }
    }

    /// Files and connections that may be open at a time, where the machine lets a program have so many.
    private static let filesWanted: rlim_t = 8_192

    /// Many machines begin programs with 1,024, fewer than the connections that the API server takes.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < filesWanted else { return }
        limit.rlim_cur = min(filesWanted, limit.rlim_max)
        // Refused, it stays as it was, and connections wait for one another.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The machine's name, as Kubernetes names nodes: lower case. Source: kubelet, GetHostname.
    private static func nodeName() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).lowercased()
        return name.isEmpty ? "localhost" : name
    }
}

/// Returns when it is fired, or at shutdown.
private struct StopOnSignal: Service {
    let stop: Signal

    func run() async throws {
        await cancelWhenGracefulShutdown { await stop.wait() }
    }
}

/// Says that the API answers, over TLS and with the kubeconfig, and where asked that the node takes pods.
private struct Announcement: Service {
    let url: String
    /// Asks as any client of this cluster would.
    let asker: any ResourceClient
    /// The nodes; nil when nobody waits for one.
    let node: Informer?
    let logger: Logger

    func run() async throws {
        _ = try await asker.resourceTypes()
        logger.info("started", metadata: ["url": "\(url)", "version": "\(Gitctl.version)", "pid": "\(getpid())"])
        printLine("\(DaemonProcess.readyWord) \(url)")
        guard let node else { return }
        do {
            try await cancelWhenGracefulShutdown { try await announce(node) }
        } catch is CancellationError {
            // Stopped before the node was up.
        }
    }

    private func announce(_ node: Informer) async throws {
        let isReady = Signal()
        node.onChange { change in
            let conditions = change.object.status["conditions"]?.array ?? []
            if conditions.contains(where: { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" }) { isReady.fire() }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask { await isReady.wait() }
            try await group.next()
            group.cancelAll()
        }
        if !Task.isCancelled { printLine(DaemonProcess.nodeReadyWord) }
    }
}
