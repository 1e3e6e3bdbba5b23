import APIMachinery
import NIOCore
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    @Test("one connection serves many requests, pipelined ones in order") func pipelining() async throws {
        try await ServerUnderTest.with { server in
            let answer = try await RawConnection.exchange(
                "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /version HTTP/1.1\r\nhost: x\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
                with: server)
            let parts = answer.split(separator: "HTTP/1.1 200 OK\r\n", omittingEmptySubsequences: true)
            #expect(parts.count == 3, "\(answer)")
            #expect(parts.count == 3 && parts[0].hasSuffix("ok") && parts[1].contains("gitVersion") && parts[2].hasSuffix("ok"))
        }
    }

    @Test("HTTP/1.0 is answered, and the connection closed") func oldHTTP() async throws {
        try await ServerUnderTest.with { server in
            let answer = try await RawConnection.exchange("GET /healthz HTTP/1.0\r\n\r\n", with: server)
            #expect(answer.contains(" 200 OK\r\n") && answer.hasSuffix("ok"), "\(answer)")
        }
    }

    @Test("a client that asks for leave to send its body gets it") func expectContinue() async throws {
        try await ServerUnderTest.with { server in
            let body = #"{"metadata":{"name":"c"}}"#
            let answer = try await RawConnection.exchange(
                "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)",
                with: server)
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n"), "\(answer)")
        }
    }

    @Test("a list larger than any buffer arrives whole, over both versions of HTTP", arguments: [true, false])
    func largeList(http2: Bool) async throws {
        try await ServerUnderTest.with { server in
            let text = String(repeating: "0123456789", count: 20_000)
            for index in 0..<20 { try await server.makeConfigMap("large-\(index)", ["text": .string(text)]) }
            let answer = try await server.get("/api/v1/namespaces/default/configmaps", http2: http2)
            #expect(answer.status == 200)
            #expect(answer.headers.first(name: "content-length") == String(answer.body.utf8.count))
            #expect(answer.json["items"]?.array?.count { $0["data"]?["text"]?.string == text } == 20)
        }
    }

    @Test("requests beyond the limit in flight are asked to come back") func inFlight() async throws {
        var limits = HTTPLimits()
        limits.writesInFlightMax = 0
        limits.retryAfterSeconds = 7
        try await ServerUnderTest.with(limits: limits) { server in
            let answer = try await server.post("/api/v1/namespaces", #"{"metadata":{"name":"n"}}"#)
            #expect(answer.status == 429 && answer.reason == "TooManyRequests")
            #expect(answer.headers.first(name: "retry-after") == "7")
            #expect(answer.json["details"]?["retryAfterSeconds"]?.int == 7)
            // Reads have a limit of their own.
            #expect(try await server.get("/api/v1/namespaces").status == 200)
        }
    }

    /// The parser calls them an error, and the error was answered too.
    @Test("what follows a request that asks for the connection to be closed gets no answer", arguments: ["GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", "\u{1}"])
    func afterClose(next: String) async throws {
        try await ServerUnderTest.with { server in
            let body = #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"generateName":"a"}}"#
            let request = "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
            let answer = try await RawConnection.exchange(request + next, with: server)
            #expect(answer.hasPrefix("HTTP/1.1 201 ") && answer.split(separator: "HTTP/1.1 ").count == 1, "\(answer)")
        }
    }

    /// Such a head is an error when the connection ends, and was answered after the farewell, which stopped a debug build.
    @Test("a connection whose head is only begun ends with the server", arguments: ["", "GET /heal", "GET /healthz HTTP/1.1\r\nhost: x\r\n"])
    func headBegunAtShutdown(sent: String) async throws {
        let end = try await ServerUnderTest.with { server in
            let (channel, answered, end) = try await RawConnection.openAnswered(to: server)
            try await channel.writeAndFlush(ByteBuffer(string: "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n" + sent))
            try await answered.get()
            return end
        }
        let answer = try await end.get()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.hasSuffix("ok"), "\(answer)")
    }

    @Test("a second instance is told that the port, or the directory, is taken, and what to do") func takenResources() async throws {
        try await ServerUnderTest.with { server in
            let directory = server.cluster.kubeconfigPath.replacing("/kubeconfig", with: "")
            func failure(_ change: (inout Cluster.Configuration) -> Void) async -> String {
                var configuration = Cluster.Configuration(dataDirectory: directory + "-2", port: 0, logger: ServerUnderTest.logger)
                change(&configuration)
                do {
                    _ = try await Cluster(configuration)
                    return "it started"
                } catch { return "\(error)" }
            }
            let port = await failure { $0.port = server.port }
            #expect(port.contains("127.0.0.1:\(server.port): the port is in use") && port.contains("--listen"), "\(port)")
            let locked = await failure { $0.dataDirectory = directory }
            #expect(locked.contains(directory) && locked.contains("--data-dir"), "\(locked)")
            let address = await failure { $0.host = "203.0.113.7" }
            #expect(address.contains("203.0.113.7") && address.contains("no interface"), "\(address)")
            let file = await failure { $0.dataDirectory = server.cluster.kubeconfigPath }
            #expect(file.contains("Not a directory"), "\(file)")
            let network = await failure { $0.serviceCIDR = "everywhere" }
            #expect(network.contains("--service-cidr everywhere"), "\(network)")
        }
    }
}
