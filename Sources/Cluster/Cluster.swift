import APIMachinery
import Logging
import NIOPosix
import ServiceLifecycle

/// A Kubernetes-compatible cluster in this process: store, API server, controllers and scheduler.
///
/// `init` starts what must be there before anyone asks; `services` is what then runs.
package final class Cluster: Sendable {
    package struct Configuration: Sendable {
        package var dataDirectory: String
        /// Where the API server listens; `0.0.0.0` is all interfaces.
        package var host: String
        /// 0 takes a free one; see `url`.
        package var port: Int
        package var podCIDR: String
        package var serviceCIDR: String
        package var clock: any WallClock
        package var logger: Logger
        /// The agent on this machine, for logs and metrics; nil when there is none.
        package var nodeEndpoint: (any NodeEndpoint)?
        /// An agent runs beside it: before its node has joined, forecasts do not say that pods find none.
        package var awaitsNode = false
        package var limits = HTTPLimits()

        package init(
            dataDirectory: String, host: String = "127.0.0.1", port: Int = 6443, podCIDR: String = "10.42.0.0/16",
            serviceCIDR: String = "10.43.0.0/16", clock: any WallClock = SystemClock(), logger: Logger,
            nodeEndpoint: (any NodeEndpoint)? = nil
        ) {
            self.dataDirectory = dataDirectory
            self.host = host
            self.port = port
            self.podCIDR = podCIDR
            self.serviceCIDR = serviceCIDR
            self.clock = clock
            self.logger = logger
            self.nodeEndpoint = nodeEndpoint
        }
    }

    /// A configuration that cannot be; `description` is a whole message for the user.
    package struct ConfigurationFailure: Error, CustomStringConvertible {
        package var description: String
    }

    /// `https://HOST:PORT`, as in the kubeconfig.
    package let url: String
    package let kubeconfigPath: String
    package let registry: Registry
    private let apiServer: APIServerService
    private let configuration: Configuration
    private let authorityPEM: String

    /// Opens the store and the keys, binds the listener, makes the objects every cluster has, and writes the kubeconfig.
    ///
    /// Throws errors whose `description` is a full message for the user: a data directory that is in
    /// use, damaged or not writable, a port in use.
    package init(_ configuration: Configuration) async throws {
        guard let serviceAddress = IPAddress.first(inCIDR: configuration.serviceCIDR) else {
            throw ConfigurationFailure(description: "--service-cidr \(configuration.serviceCIDR) is no network; expected one such as 10.43.0.0/16")
        }
        guard IPAddress.first(inCIDR: configuration.podCIDR) != nil else {
            throw ConfigurationFailure(description: "--pod-cidr \(configuration.podCIDR) is no network; expected one such as 10.42.0.0/16")
        }
        guard (0...65_535).contains(configuration.port) else {
            throw ConfigurationFailure(description: "--listen \(configuration.host):\(configuration.port): a port is a number up to 65535")
        }
        let (store, identity) = try await NIOThreadPool.singleton.runIfActive {
            try PrivateFile.makeDirectory(configuration.dataDirectory)
            // The store's lock comes first: another instance's keys are not to be touched.
            let store = try Store.open(directory: configuration.dataDirectory, clock: configuration.clock, logger: configuration.logger)
            let identity = try ClusterIdentity(
                dataDirectory: configuration.dataDirectory, host: configuration.host, serviceCIDR: configuration.serviceCIDR,
                clock: configuration.clock)
            return (store, identity)
        }
        let registry = try Registry(store: store, serviceCIDR: configuration.serviceCIDR, clock: configuration.clock)
        let tokens = ServiceAccountTokens(key: identity.pki.serviceAccountKey, clock: configuration.clock) { [weak registry] key in
            // Not there, whatever the reason.
            try? registry?.get(key, context: RequestContext(user: .component("apiserver"))).object
        }
        registry.tokenIssuer = tokens
        registry.nodeEndpoint = configuration.nodeEndpoint
        let access = Access(store: store)
        registry.guards.authorizer = access.authorizer
        registry.guards.escalation = access.escalation
        let caller = WebhookCaller { [weak registry] namespace, name, port in registry?.endpoint(namespace: namespace, service: name, port: port) }
        registry.guards.webhooks = Webhooks(store: store, caller: caller)
        registry.forecasts = Forecaster(certificateAuthority: identity.pki.authorityPEM, awaitsNode: configuration.awaitsNode, clock: configuration.clock)
        let server = APIServer(
            registry: registry, authenticator: Authenticator(tokens: tokens), authorizer: access.authorizer, nodeEndpoint: configuration.nodeEndpoint,
            limits: configuration.limits, clock: configuration.clock, logger: configuration.logger)
        let service = try APIServerService(
            server: server, store: store, webhooks: caller, identity: identity, clock: configuration.clock, logger: configuration.logger)
        let port: Int
        let advertised = Self.advertised(configuration)
        do { port = try await service.bind(host: configuration.host, port: configuration.port) } catch {
            await store.close()
            throw error
        }
        if IPAddress(configuration.host)?.isLoopback == true { await service.bindForPods(address: advertised, port: port) }
        do {
            url = Self.url(host: configuration.host, port: port)
            try await Bootstrap(
                registry: registry, address: advertised, port: port, serviceAddress: serviceAddress
            ).run()
            try identity.writeKubeconfig(url: url)
        } catch {
            await service.abandon()
            await store.close()
            throw error
        }
        server.isReady = true
        kubeconfigPath = identity.kubeconfigPath
        authorityPEM = identity.pki.authorityPEM
        apiServer = service
        self.registry = registry
        self.configuration = configuration
    }

    /// A client in this process, without serialization. It may do what the user may.
    ///
    /// - Parameter component: the field manager of its writes; empty derives it from the user.
    package func client(as user: UserInfo, component: String = "") -> any ResourceClient {
        LocalClient(registry: registry, user: user, authorizer: registry.guards.authorizer, component: component)
    }

    /// Adds what another part of the process measures to the server's `/metrics`.
    package func addMetrics(_ families: @escaping @Sendable () -> [MetricFamily]) { apiServer.addMetrics(families) }

    /// What runs the cluster, in start order.
    package var services: [any Service] {
        let (clock, logger) = (configuration.clock, configuration.logger)
        return [
            apiServer,
            Controllers(
                client: { [self] name in client(as: Self.user(ofController: name), component: name) }, clock: clock, logger: logger,
                certificateAuthority: authorityPEM),
            Scheduler(client: client(as: .system("system:kube-scheduler"), component: "scheduler"), clock: clock, logger: logger),
        ]
    }

    /// Whom a controller acts as: its own service account, as in Kubernetes; the informers' reader is the controller manager.
    static func user(ofController name: String) -> UserInfo {
        switch name {
        case "informers": .system("system:kube-controller-manager")
        case "persistentvolume-binder": .controller("persistent-volume-binder")
        default: .controller(name)
        }
    }

    /// The address that clients on this machine use.
    private static func url(host: String, port: Int) -> String {
        guard let address = IPAddress(host) else { return "https://\(host):\(port)" }
        if address.isV4 { return "https://\(address.isWildcard ? "127.0.0.1" : host):\(port)" }
        return "https://\(address.isWildcard ? "[::1]" : "[\(host)]"):\(port)"
    }

    /// The address that pods are led to: the listener's, and where that is loopback, the pods'
    /// gateway on this machine, on which the server then listens too.
    private static func advertised(_ configuration: Configuration) -> IPAddress {
        let gateway = IPAddress.first(inCIDR: configuration.podCIDR) ?? .loopback
        guard let listener = IPAddress(configuration.host), !listener.isLoopback else { return gateway }
        return listener.isWildcard ? IPAddress.ofThisMachine().first ?? gateway : listener
    }
}
