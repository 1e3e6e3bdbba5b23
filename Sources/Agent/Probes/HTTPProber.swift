import APIMachinery
import AsyncHTTPClient
import NIOCore
import NIOPosix
import Synchronization

/// Asks containers over HTTP and TCP, for probes and hooks.
package final class HTTPProber: Sendable {
    private let client = Mutex<HTTPClient?>(nil)

    package init() {}

    /// Certificates are not verified and redirects count as success, as in a kubelet.
    private var http: HTTPClient {
        client.withLock { client in
            if let client { return client }
            var configuration = HTTPClient.Configuration()
            var tls = configuration.tlsConfiguration ?? .makeClientConfiguration()
            tls.certificateVerification = .none
            configuration.tlsConfiguration = tls
            configuration.redirectConfiguration = .disallow
            configuration.httpVersion = .http1Only
            configuration.connectionPool.idleTimeout = .milliseconds(100)
            let made = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            client = made
            return made
        }
    }

    /// Must be called before the last reference goes.
    package func shutdown() async throws {
        let client = client.withLock { client in
            defer { client = nil }
            return client
        }
        try await client?.shutdown()
    }

    /// nil for success (status 200 to 399), else what went wrong.
    func get(_ target: HookHandler.HTTPTarget, host: String, port: Int, timeout: Duration) async -> String? {
        let address = host.contains(":") ? "[\(host)]" : host
        var request = HTTPClientRequest(url: "\(target.scheme)://\(address):\(port)\(target.path)")
        request.headers.add(name: "User-Agent", value: "kube-probe/1.36")
        request.headers.add(name: "Accept", value: "*/*")
        request.headers.add(name: "Connection", value: "close")
        for header in target.headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        do {
            let response = try await http.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            if (200..<400).contains(response.status.code) { return nil }
            return "HTTP probe failed with statuscode: \(response.status.code)"
        } catch {
            return "Get \"\(request.url)\": \(Self.describe(error))"
        }
    }

    /// nil for an accepted connection.
    func connect(host: String, port: Int, timeout: Duration) async -> String? {
        do {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.nanoseconds(timeout.nanoseconds)).connect(host: host, port: port).get()
            // The answer was the connection.
            channel.close(promise: nil)
            return nil
        } catch {
            return "dial tcp \(host):\(port): \(Self.describe(error))"
        }
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout || error == .connectTimeout:
            "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { describe($0.error) } ?? "connection failed"
        case let error as IOError where error.errnoCode == ECONNREFUSED: "connect: connection refused"
        default: "\(error)"
        }
    }
}
