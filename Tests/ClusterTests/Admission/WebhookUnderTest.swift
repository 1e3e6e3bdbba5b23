import APIMachinery
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import Synchronization

@testable import Cluster

/// A webhook over real HTTPS on loopback: what it answers is the test's.
final class WebhookUnderTest: Sendable {
    enum Behavior: Sendable {
        /// Made from the request of the review.
        case answer(@Sendable (JSON) -> JSON)
        /// These bytes, whatever was asked.
        case bytes([UInt8])
        case never
        case status(Int, headers: HTTPHeaders = [:])
        /// An answer without end, so many bytes at a time.
        case drip(bytes: Int)
    }

    let port: Int
    let authorityPEM: String
    private let seen: Requests
    private let listener: Listener

    private final class Requests: Sendable {
        let all = Mutex<[JSON]>([])
    }

    /// The requests of the reviews so far.
    var requests: [JSON] { seen.all.withLock { $0 } }

    private init(port: Int, authorityPEM: String, seen: Requests, listener: Listener) {
        self.port = port
        self.authorityPEM = authorityPEM
        self.seen = seen
        self.listener = listener
    }

    static func with<R>(_ behavior: Behavior, _ body: (WebhookUnderTest) async throws -> R) async throws -> R {
        let now = SystemClock().now
        let authority = try CertificateAuthority(now: now)
        let credential = try authority.serverCredential(
            commonName: "webhook", names: ["localhost", "hook.default.svc"], addresses: [IPAddress("127.0.0.1")!], now: now)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(credential.certificatePEM.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(credential.keyPEM.utf8), format: .pem)))
        tls.applicationProtocols = NIOHTTP2SupportedALPNProtocols
        let seen = Requests()
        let responder = Responder(
            respond: { request in
                let review = (try? JSON(parsing: Array(request.body.readableBytesView))) ?? .null
                let asked = review["request"] ?? .null
                seen.all.withLock { $0.append(asked) }
                switch behavior {
                case .answer(let make):
                    var response = make(asked)
                    if response["uid"] == nil { response.set(asked["uid"], at: ["uid"]) }
                    return Reply(.now(.json(["apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response])))
                case .bytes(let bytes): return Reply(.now(Response(body: .bytes(bytes))))
                case .status(let code, let headers):
                    var response = Response.text("no", status: .init(statusCode: code))
                    response.headers.add(contentsOf: headers)
                    return Reply(.now(response))
                case .drip(let count):
                    return Reply(
                        .stream { writer throws(APIStatus) in
                            guard (try? await writer.begin(contentType: "application/json")) != nil else { return }
                            // Until the client has had enough.
                            while (try? await writer.write([[UInt8](repeating: 32, count: count)])) != nil {}
                        })
                case .never: return Reply(.later {
                    try? await Task.sleep(for: .seconds(60))
                    return .text("late")
                })
                }
            }, refuse: { _ in nil })
        let listener = Listener(
            responder: responder, tls: try NIOSSLContext(configuration: tls), limits: HTTPLimits(), streams: OpenStreams(), logger: ServerUnderTest.logger)
        let port = try await listener.bind(host: "127.0.0.1", port: 0)
        let webhook = WebhookUnderTest(port: port, authorityPEM: try authority.certificatePEM, seen: seen, listener: listener)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await listener.tasks.run() }
            defer { group.cancelAll() }
            do {
                let result = try await body(webhook)
                group.cancelAll()
                await listener.shutDown()
                return result
            } catch {
                group.cancelAll()
                await listener.shutDown()
                throw error
            }
        }
    }

    /// A configuration that calls this webhook for ConfigMaps in namespaces that are not the system's.
    func configuration(_ kind: String, name: String = "hooks", _ more: JSONObject = [:]) -> Object {
        var webhook: JSONObject = [
            "name": "check.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 20,
            "clientConfig": ["url": .string("https://localhost:\(port)/admit"), "caBundle": .string(Base64.encode(authorityPEM.utf8))],
            "rules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE", "DELETE"], "resources": ["configmaps"], "scope": "Namespaced"]],
            "namespaceSelector": ["matchExpressions": [["key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]]]],
        ]
        for member in more { webhook[member.key] = member.value }
        let type: ResourceType = kind == "Mutating" ? .mutatingWebhookConfigurations : .validatingWebhookConfigurations
        return Object(type, name: name, ["webhooks": [.object(webhook)]])
    }
}
