import APIMachinery
import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import TestSupport

@testable import Cluster

/// The real cluster on a temporary directory and a free port of loopback, and a client that can be anyone.
struct ServerUnderTest: Sendable {
    enum Login: Sendable {
        case admin
        case anonymous
        case token(String)
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: String

        var json: JSON { (try? JSON(parsing: body)) ?? .null }
        /// The `reason` of a Status.
        var reason: String { json["reason"]?.string ?? "" }
        var message: String { json["message"]?.string ?? "" }
    }

    let cluster: Cluster
    let authorityPEM: String
    let admin: Credential

    var port: Int { Int(cluster.url.split(separator: ":").last ?? "") ?? 0 }
    var client: any ResourceClient { cluster.client(as: .component("test")) }

    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Runs the cluster around `body`, and shuts it down after it.
    static func with<R: Sendable>(limits: HTTPLimits = HTTPLimits(), _ body: (ServerUnderTest) async throws -> R) async throws -> R {
        try await TemporaryDirectory.with { directory in
            var configuration = Cluster.Configuration(dataDirectory: directory.path + "/data", port: 0, logger: logger)
            configuration.limits = limits
            let cluster = try await Cluster(configuration)
            let pki = try PKI.open(
                directory: configuration.dataDirectory + "/pki",
                names: PKI.Names(host: "127.0.0.1", serviceCIDR: configuration.serviceCIDR), now: SystemClock().now)
            let server = ServerUnderTest(cluster: cluster, authorityPEM: pki.authorityPEM, admin: pki.admin)
            let group = ServiceGroup(services: [cluster.services[0]], logger: logger)
            return try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let result: R
                do { result = try await body(server) } catch {
                    await group.triggerGracefulShutdown()
                    try? await tasks.waitForAll()
                    throw error
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            }
        }
    }

    func tls(_ login: Login) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorityPEM.utf8)))
        if case .admin = login {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(admin.certificatePEM.utf8)).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(admin.keyPEM.utf8), format: .pem))
        }
        return tls
    }

    /// A client that `body` may use for many requests.
    func withClient<R>(_ login: Login = .admin, http2: Bool = true, _ body: (HTTPClient) async throws -> R) async throws -> R {
        var configuration = HTTPClient.Configuration(tlsConfiguration: try tls(login))
        configuration.httpVersion = http2 ? .automatic : .http1Only
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    func request(_ method: HTTPMethod, _ path: String, headers: [String: String] = [:], body: String? = nil, login: Login = .admin) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: cluster.url + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if case .token(let token) = login { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body { request.body = .bytes(Array(body.utf8)) }
        return request
    }

    func send(
        _ method: HTTPMethod, _ path: String, headers: [String: String] = [:], body: String? = nil, login: Login = .admin, http2: Bool = true
    ) async throws -> Answer {
        try await withClient(login, http2: http2) { client in
            let response = try await client.execute(request(method, path, headers: headers, body: body, login: login), timeout: .seconds(30))
            let bytes = try await response.body.collect(upTo: 64 << 20)
            return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
        }
    }

    func get(_ path: String, accept: String? = nil, login: Login = .admin, http2: Bool = true) async throws -> Answer {
        try await send(.GET, path, headers: accept.map { ["accept": $0] } ?? [:], login: login, http2: http2)
    }

    func post(_ path: String, _ body: String, login: Login = .admin) async throws -> Answer {
        try await send(.POST, path, headers: ["content-type": "application/json"], body: body, login: login)
    }

    /// A ConfigMap in `default`.
    func makeConfigMap(_ name: String, _ data: JSON = [:]) async throws {
        _ = try await client.create(.configMaps, Object(.configMaps, namespace: "default", name: name, ["data": data]))
    }
}
