import APIMachinery
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Posts reviews to webhooks over HTTPS, on connections that are kept.
///
/// One client for each authority and address; the least used goes when there are too many. Redirects are not followed.
final class WebhookCaller: Sendable {
    /// Clients kept.
    static let clientsMax = 32
    /// Longest answer read.
    static let answerBytesMax = 4 << 20

    private struct Key: Hashable {
        var authorityPEM: String
        /// A service's name and the address that stands for it.
        var host: String
        var address: String
    }

    private struct State {
        var clients: [Key: (client: HTTPClient, uses: Int, lastUse: UInt64)] = [:]
        var tick: UInt64 = 0
        var isShut = false
    }

    /// An address and port of a service's endpoint; nil when none is ready.
    typealias Resolve = @Sendable (_ namespace: String, _ name: String, _ port: Int) -> (address: String, port: Int)?

    private let resolve: Resolve
    private let state = Mutex(State())

    init(resolve: @escaping Resolve) { self.resolve = resolve }

    func call(_ webhook: Webhook, _ body: [UInt8]) async throws(AdmissionReview.Failure) -> [UInt8] {
        let (url, key) = try address(webhook)
        do {
            let client = try take(key)
            let result: [UInt8]
            do {
                result = try await Self.post(body, to: url, client)
            } catch {
                await put(key)
                throw error
            }
            await put(key)
            return result
        } catch let failure as AdmissionReview.Failure {
            throw failure
        } catch {
            throw AdmissionReview.Failure(description: "failed to call webhook: Post \(JSON.string(url).text): \(error)")
        }
    }

    private func address(_ webhook: Webhook) throws(AdmissionReview.Failure) -> (url: String, Key) {
        switch webhook.target {
        case .url(let url):
            guard url.hasPrefix("https://") else { throw AdmissionReview.Failure(description: "the URL \(url.prefix(256)) must begin with https://") }
            return (url, Key(authorityPEM: webhook.authorityPEM, host: "", address: ""))
        case .service(let namespace, let name, let path, let port):
            let host = "\(name).\(namespace).svc"
            guard let endpoint = resolve(namespace, name, port) else {
                throw AdmissionReview.Failure(description: "failed to call webhook: Post \"https://\(host):\(port)\(path)\": no endpoints available for service \"\(name)\"")
            }
            let rest = path.isEmpty || path.hasPrefix("/") ? path : "/\(path)"
            return ("https://\(host):\(endpoint.port)\(rest)", Key(authorityPEM: webhook.authorityPEM, host: host, address: endpoint.address))
        }
    }

    private static func post(_ body: [UInt8], to url: String, _ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = ["content-type": "application/json", "accept": "application/json", "user-agent": "gitctl-apiserver"]
        request.body = .bytes(ByteBuffer(bytes: body))
        // The caller's own limit is shorter; this one frees the connection.
        let response = try await client.execute(request, timeout: .seconds(Webhook.timeoutSeconds.upperBound + 1))
        guard response.status == .ok else {
            throw AdmissionReview.Failure(description: "the server responded with the status code \(response.status.code)")
        }
        var bytes: [UInt8] = []
        for try await chunk in response.body {
            bytes.append(contentsOf: chunk.readableBytesView)
            guard bytes.count <= answerBytesMax else { throw AdmissionReview.Failure(description: "the answer is larger than \(answerBytesMax) bytes") }
        }
        return bytes
    }

    // MARK: Clients

    private func take(_ key: Key) throws -> HTTPClient {
        if let client = use(key, making: nil) { return client }
        // Reading certificates takes too long to do under the lock; a client made twice is shut at once.
        var tls = TLSConfiguration.makeClientConfiguration()
        if !key.authorityPEM.isEmpty { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(key.authorityPEM.utf8))) }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        if !key.host.isEmpty { configuration.dnsOverride = [key.host: key.address] }
        guard let client = use(key, making: configuration) else { throw AdmissionReview.Failure(description: "the server is shutting down") }
        return client
    }

    /// The client for `key`, one use more; nil when there is none and none is to be made.
    private func use(_ key: Key, making configuration: HTTPClient.Configuration?) -> HTTPClient? {
        state.withLock { state in
            guard !state.isShut else { return nil }
            state.tick += 1
            if state.clients[key] == nil, let configuration {
                state.clients[key] = (HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration), 0, state.tick)
            }
            state.clients[key]?.uses += 1
            state.clients[key]?.lastUse = state.tick
            return state.clients[key]?.client
        }
    }

    /// Ends a use, and the clients that are too many.
    private func put(_ key: Key) async {
        let old = state.withLock { state -> [HTTPClient] in
            state.clients[key]?.uses -= 1
            let excess = state.clients.count - Self.clientsMax
            guard excess > 0 else { return [] }
            let idle = state.clients.filter { $0.value.uses == 0 }.sorted { $0.value.lastUse < $1.value.lastUse }.prefix(excess)
            for (key, _) in idle { state.clients[key] = nil }
            return idle.map(\.value.client)
        }
        // A client that does not shut down properly is gone all the same.
        for client in old { try? await client.shutdown() }
    }

    /// Calls in flight fail; none is begun after this.
    func shutDown() async {
        let clients = state.withLock { state in
            state.isShut = true
            defer { state.clients = [:] }
            return state.clients.values.map(\.client)
        }
        for client in clients { try? await client.shutdown() }
    }
}
