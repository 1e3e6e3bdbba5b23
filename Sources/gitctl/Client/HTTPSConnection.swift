import APIMachinery
import AsyncHTTPClient
import Cluster
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemPackage

/// The connections to one server: requests with the kubeconfig's login, failures as `APIStatus`.
///
/// Closes when the last client that uses it is gone.
final class HTTPSConnection: Sendable {
    private static let connectTimeout = TimeAmount.seconds(10)
    /// HTTP/1.1 servers hold one connection for each watch.
    private static let connectionsMax = 64

    let config: KubeconfigFile
    private let client: HTTPClient
    private let baseURL: String
    /// Whom the requests ask to act as; nil for the login itself.
    private let user: UserInfo?
    /// Whose connections these are; nil when they are its own.
    private let owner: HTTPSConnection?

    /// The same connections, acting as another user. Source: Kubernetes documentation, "User impersonation".
    init(_ owner: HTTPSConnection, as user: UserInfo) {
        config = owner.config
        client = owner.client
        baseURL = owner.baseURL
        self.user = user
        self.owner = owner
    }

    init(_ config: KubeconfigFile) throws {
        self.config = config
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authority = config.authorityPEM { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8))) }
        if config.skipsVerification { tls.certificateVerification = .none }
        if case .certificate(let certificate, let key) = config.login {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.timeout.connect = Self.connectTimeout
        // Who asks knows whether to try again, and a server that is not there is told of at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        // Nobody traces, and the attributes of a span cost as much as a small request.
        configuration.tracing.tracer = nil
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connectionsMax
        var url = config.server
        if let name = config.serverName, let scheme = url.range(ofFirst: "://") {
            let authority = url[scheme...].prefix { $0 != "/" }
            let host = authority.prefix { $0 != ":" }
            configuration.dnsOverride = [name: String(host)]
            url = url[..<scheme] + name + authority.dropFirst(host.count) + url[scheme...].dropFirst(authority.count)
        }
        baseURL = url
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        user = nil
        owner = nil
    }

    deinit {
        guard owner == nil else { return }
        let client = client
        // The client is kept until it has closed its connections; there is nobody left to tell of a failure.
        client.shutdown { _ in _ = client }
    }

    /// A request whose answer is one JSON object.
    func object(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: (bytes: [UInt8], type: String)? = nil,
        accept: String = "application/json"
    ) async throws(APIStatus) -> JSONObject {
        try await answer(method, path, query: query, body: body, accept: accept).body
    }

    /// The answer's object and its content type.
    func answer(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: (bytes: [UInt8], type: String)? = nil, accept: String
    ) async throws(APIStatus) -> (body: JSONObject, contentType: String) {
        let response = try await send(method, path, query: query, body: body, accept: accept, deadline: .now() + HTTPSClient.requestTimeout)
        let bytes: ByteBuffer
        do { bytes = try await response.body.collect(upTo: HTTPSClient.answerBytesMax) } catch { throw unreachable(error) }
        guard case .object(let fields)? = try? JSON(parsing: bytes.readableBytesView) else {
            // Whatever it is, it is no answer of a Kubernetes API.
            throw .internalError("\(config.server)\(path) answered \(response.status.code) with something that is not a JSON object")
        }
        return (fields, response.headers.first(name: "content-type") ?? "")
    }

    /// Sends a request; an answer of 400 and above is thrown.
    func send(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: (bytes: [UInt8], type: String)? = nil, accept: String,
        deadline: NIODeadline
    ) async throws(APIStatus) -> HTTPClientResponse {
        let parameters = query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        var request = HTTPClientRequest(url: baseURL + path + (parameters.isEmpty ? "" : "?" + parameters))
        request.method = method
        request.headers = ["accept": accept, "user-agent": "gitctl/1 (linux)"]
        if let authorization = try authorization() { request.headers.add(name: "authorization", value: authorization) }
        if let user { Self.impersonate(user.withoutImpliedGroups, &request.headers) }
        if let body {
            request.headers.add(name: "content-type", value: body.type)
            request.body = .bytes(body.bytes)
        }
        let response: HTTPClientResponse
        do { response = try await client.execute(request, deadline: deadline) } catch { throw unreachable(error) }
        guard response.status.code >= 400 else { return response }
        // An error's body that cannot be read says no more than its code.
        let bytes = try? await response.body.collect(upTo: 1 << 20)
        throw Self.failure(code: Int(response.status.code), body: bytes.map { Array($0.readableBytesView) } ?? [])
    }

    private static func impersonate(_ user: UserInfo, _ headers: inout HTTPHeaders) {
        headers.add(name: "impersonate-user", value: user.name)
        for group in user.groups { headers.add(name: "impersonate-group", value: group) }
        if !user.uid.isEmpty { headers.add(name: "impersonate-uid", value: user.uid) }
        for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) {
            for value in values { headers.add(name: "impersonate-extra-\(PercentEncoding.encode(key))", value: value) }
        }
    }

    private func authorization() throws(APIStatus) -> String? {
        switch config.login {
        case .none, .certificate: return nil
        case .token(let token): return "Bearer \(token)"
        case .tokenFile(let path):
            guard let bytes = try? PrivateFile.read(path) else {
                // Whether it is missing or not readable, the remedy is the same.
                throw APIStatus(.unauthorized, "cannot read the token file \(path) that the kubeconfig names")
            }
            return "Bearer " + String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        case .password(let user, let password): return "Basic " + Base64.encode("\(user):\(password)".utf8)
        }
    }

    /// The `Status` of a failed answer, or one made from its code.
    static func failure(code: Int, body: [UInt8]) -> APIStatus {
        if let json = try? JSON(parsing: body), var status = APIStatus(json: json) {
            status.code = code
            return status
        }
        // A proxy or another server wrote it: the text is all there is.
        let text = String(decoding: body.prefix(512), as: UTF8.self)
        let reasons: [Int: APIStatus.Reason] = [
            400: .badRequest, 401: .unauthorized, 403: .forbidden, 404: .notFound, 405: .methodNotAllowed, 406: .notAcceptable, 409: .conflict,
            410: .gone, 413: .requestEntityTooLarge, 415: .unsupportedMediaType, 422: .invalid, 429: .tooManyRequests,
            503: .serviceUnavailable, 504: .timeout,
        ]
        return APIStatus(reasons[code] ?? .internalError, "the server answered \(code)\(text.isEmpty ? "" : ": \(text)")", code: code)
    }

    func unreachable(_ error: any Error) -> APIStatus {
        if error is CancellationError { return APIStatus(.serviceUnavailable, "the request to \(config.server) was cancelled") }
        return APIStatus(
            .serviceUnavailable, "cannot reach \(config.server): \(Self.cause(of: error)); check that the server runs and that the kubeconfig names it")
    }

    /// The system's word where there is one: the libraries' own texts are for their authors.
    private static func cause(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let failed = error.connectionErrors.first { return cause(of: failed.error) }
            return error.dnsAError == nil && error.dnsAAAAError == nil ? "connection failed" : "its name \(error.host) cannot be resolved"
        case let error as IOError: return Errno(rawValue: error.errnoCode).description
        case let error as HTTPClientError where error == .connectTimeout: return "it does not answer within \(connectTimeout.nanoseconds / 1_000_000_000) s"
        default: return "\(error)"
        }
    }
}

extension String {
    /// The index just after the first `text`.
    fileprivate func range(ofFirst text: String) -> Index? { firstRange(of: text)?.upperBound }
}
