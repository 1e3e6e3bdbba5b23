import APIMachinery
import Logging
import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// Serves the API until shutdown, and renews its certificates while it does.
final class APIServerService: Service {
    /// How long a failed renewal waits before the next.
    private static let renewalRetry = Duration.seconds(3600)

    private let server: APIServer
    private let store: Store
    private let listener: Listener
    private let webhooks: WebhookCaller
    private let identity: ClusterIdentity
    private let clock: any WallClock
    private let logger: Logger

    /// Binds the listener; requests are answered from now on, those that need a task when `run` is called.
    init(server: APIServer, store: Store, webhooks: WebhookCaller, identity: ClusterIdentity, clock: any WallClock, logger: Logger) throws {
        self.server = server
        self.store = store
        self.webhooks = webhooks
        self.identity = identity
        self.clock = clock
        self.logger = logger
        listener = Listener(
            responder: server.responder, tls: try Self.tls(identity.pki), limits: server.limits, streams: server.streams, logger: logger)
    }

    func bind(host: String, port: Int) async throws -> Int {
        do { return try await listener.bind(host: host, port: port) } catch {
            throw ListenFailure(host: host, port: port, error: error)
        }
    }

    /// Listens also on the pods' gateway, which need not exist yet: a server on loopback alone could not be reached from pods.
    func bindForPods(address: IPAddress, port: Int) async {
        do { _ = try await listener.bind(host: address.description, port: port, allowsFutureAddress: true) } catch {
            logger.warning(
                "pods cannot reach the API server: the listener for them failed",
                metadata: ["address": "\(address)", "port": "\(port)", "error": "\(error)"])
        }
    }

    func addMetrics(_ families: @escaping @Sendable () -> [MetricFamily]) { server.metrics.add(families) }

    /// Ends a server that was bound and never run.
    func abandon() async {
        await listener.shutDown()
        await webhooks.shutDown()
    }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listener.tasks.run() }
            group.addTask { await self.keepStore() }
            group.addTask { await self.renew() }
            await gracefulShutdownOrCancellation()
            // Cancellation would end the requests in flight: they are given their grace first.
            await self.listener.shutDown()
            group.cancelAll()
        }
        await webhooks.shutDown()
        await store.close()
    }

    private func keepStore() async {
        do { try await store.run() } catch is CancellationError {} catch {
            logger.error("the store's housekeeping ended", metadata: ["error": "\(error)"])
        }
    }

    private func gracefulShutdownOrCancellation() async {
        // Either way the server ends.
        try? await gracefulShutdown()
    }

    private func renew() async {
        var next = identity.pki.renewalTime
        while true {
            // Only cancellation ends the sleep early.
            guard (try? await clock.sleep(until: next)) != nil else { return }
            do {
                let pki = try await identity.renew()
                listener.replace(tls: try Self.tls(pki))
                next = max(pki.renewalTime, clock.now + Self.renewalRetry)
                logger.notice("certificates renewed", metadata: ["next": "\(next)"])
            } catch {
                logger.error("certificates could not be renewed", metadata: ["error": "\(error)"])
                next = clock.now + Self.renewalRetry
            }
        }
    }

    /// Client certificates are asked for, not demanded; one that is shown must be the authority's.
    private static func tls(_ pki: PKI) throws -> NIOSSLContext {
        func certificate(_ pem: String) throws -> NIOSSLCertificate { try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try certificate(pki.server.certificatePEM))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(pki.server.keyPEM.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = NIOHTTP2SupportedALPNProtocols
        configuration.trustRoots = .certificates([try certificate(pki.authorityPEM)])
        configuration.certificateVerification = .optionalVerification
        configuration.sendCANameList = true
        return try NIOSSLContext(configuration: configuration)
    }
}

/// Why the API server cannot listen; `description` is a whole message for the user.
struct ListenFailure: Error, CustomStringConvertible {
    var host: String
    var port: Int
    var error: any Error

    var description: String {
        let place = "\(host):\(port)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            return "cannot listen on \(place): the port is in use; stop what uses it ('ss -ltnp sport = :\(port)' names it), or choose another with --listen HOST:PORT"
        case EACCES:
            return "cannot listen on \(place): permission denied; ports below 1024 need root; choose another with --listen HOST:PORT"
        case EADDRNOTAVAIL:
            return "cannot listen on \(place): no interface of this machine has the address; choose one that 'ip address' lists with --listen HOST:PORT"
        default:
            return "cannot listen on \(place): \(error); expected an address of this machine, such as --listen 127.0.0.1:6443"
        }
    }
}
