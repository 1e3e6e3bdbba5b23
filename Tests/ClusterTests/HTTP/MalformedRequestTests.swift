import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct MalformedRequestTests {
    @Test(
        "bytes that are no HTTP request are answered with a Status of 400, and the connection ends",
        arguments: [
            "nonsense\r\n\r\n", "GET /api/v1/pods%zz HTTP/1.1\r\nhost: x\r\n\r\n", "GET /api?watch=%00 HTTP/1.1\r\nhost: x\r\n\r\n", "GET /api/v1/pods/%ff HTTP/1.1\r\nhost: x\r\n\r\n", "GET * HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST /api HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n", "GET /api HTTP/1.1\r\nhost: x\r\na: b\0c\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /api HTTP/1.1\r\nhost\r\n\r\n", "GET /api HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
            "GET /api HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", "\0\0\0\0\r\n\r\n",
        ])
    func notHTTP(bytes: String) async throws {
        try await ServerUnderTest.with { server in
            let answer = try await RawConnection.exchange(bytes, with: server)
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "answer: \(answer)")
            #expect(answer.contains(#""reason":"BadRequest""#))
        }
    }

    @Test(
        "requests that make no sense are answered with Kubernetes' reasons",
        arguments: [
            ("GET", "/api/v1/namespaces/default/pods?limit=many", "", 400, "BadRequest"),
            ("GET", "/api/v1/pods?labelSelector=a%3D%3D%3D", "", 400, "BadRequest"), ("GET", "/api/v1/pods?watch=perhaps", "", 400, "BadRequest"),
            ("GET", "/nowhere", "", 404, "NotFound"), ("GET", "/api/v1/gadgets", "", 404, "NotFound"), ("GET", "/apis/apps/v9/deployments", "", 404, "NotFound"),
            ("GET", "/api/v1/namespaces/default/pods/p/status/more", "", 404, "NotFound"), ("HEAD", "/api/v1/pods", "", 405, ""),
            ("OPTIONS", "/api/v1/pods", "", 405, "MethodNotAllowed"), ("POST", "/api/v1/namespaces/default/pods/p", "{}", 405, "MethodNotAllowed"),
            ("PUT", "/api/v1/namespaces/default/configmaps", "{}", 405, "MethodNotAllowed"),
            ("POST", "/api/v1/namespaces/default/configmaps", "{", 400, "BadRequest"), ("POST", "/api/v1/namespaces/default/configmaps", "[]", 400, "BadRequest"),
            ("POST", "/api/v1/namespaces/default/configmaps", #"{"kind":"Secret"}"#, 400, "BadRequest"),
            ("POST", "/api/v1/namespaces/default/configmaps", #"{"apiVersion":"v2"}"#, 400, "BadRequest"),
            ("PUT", "/api/v1/namespaces/default/configmaps/a", #"{"metadata":{"name":"b"}}"#, 400, "BadRequest"),
            ("PUT", "/api/v1/namespaces/default/configmaps/a", #"{"metadata":{"name":"a","namespace":"other"}}"#, 400, "BadRequest"),
            ("DELETE", "/api/v1/namespaces/default/configmaps/a", #"{"propagationPolicy":"Sideways"}"#, 422, "Invalid"),
            ("POST", "/api/v1/namespaces/default/configmaps?dryRun=Some", "{}", 422, "Invalid"),
            ("POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Lenient", "{}", 422, "Invalid"),
            ("PATCH", "/api/v1/namespaces/default/configmaps/a", "{}", 415, "UnsupportedMediaType"),
            ("DELETE", "/api/v1/configmaps", "", 405, "MethodNotAllowed"), ("PUT", "/api/v1/configmaps/a", "{}", 404, "NotFound"),
            ("DELETE", "/api/v1/namespaces/default/configmaps/a?orphanDependents=true&propagationPolicy=Foreground", "", 422, "Invalid"),
            ("PATCH", "/api/v1/namespaces/default/configmaps/a?fieldManager=\(String(repeating: "m", count: 129))", "{}", 422, "Invalid"),
        ])
    func senseless(method: String, path: String, body: String, code: Int, reason: String) async throws {
        try await ServerUnderTest.with { server in
            let answer = try await server.send(.init(rawValue: method), path, headers: ["content-type": "application/json"], body: body.isEmpty ? nil : body)
            #expect(answer.status == code, "\(method) \(path): \(answer.body)")
            #expect(answer.reason == reason, "\(answer.body)")
        }
    }

    @Test("a body that is not JSON is refused with line and column") func position() async throws {
        try await ServerUnderTest.with { server in
            let answer = try await server.post("/api/v1/namespaces/default/configmaps", "{\n  \"data\": oops\n}")
            #expect(answer.message.contains("2:11"), "\(answer.message)")
        }
    }

    @Test("an unknown body type is 415, an unknown answer type 406") func mediaTypes() async throws {
        try await ServerUnderTest.with { server in
            let body = try await server.send(.POST, "/api/v1/namespaces/default/configmaps", headers: ["content-type": "text/html"], body: "{}")
            #expect(body.status == 415)
            let accept = try await server.get("/api/v1/pods", accept: "text/html")
            #expect(accept.status == 406)
            let protobuf = try await server.get("/api/v1/pods", accept: "application/vnd.kubernetes.protobuf,application/json")
            #expect(protobuf.status == 200 && protobuf.headers.first(name: "content-type") == "application/json")
        }
    }

    @Test("a body over the limit is 413, told by its length or found by counting") func largeBodies() async throws {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 1000
        try await ServerUnderTest.with(limits: limits) { server in
            let told = try await RawConnection.exchange(
                "POST /api/v1/namespaces HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\n", with: server)
            #expect(told.hasPrefix("HTTP/1.1 413 "), "\(told)")
            let chunk = String(repeating: "x", count: 600)
            let counted = try await RawConnection.exchange(
                "POST /api/v1/namespaces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n258\r\n\(chunk)\r\n258\r\n\(chunk)\r\n", with: server)
            #expect(counted.hasPrefix("HTTP/1.1 413 "), "\(counted)")
            let http2 = try await server.post("/api/v1/namespaces", String(repeating: " ", count: 1001))
            #expect(http2.status == 413)
        }
    }

    @Test("those who may not write are refused before their body is read") func refusedEarly() async throws {
        try await ServerUnderTest.with { server in
            let answer = try await RawConnection.exchange(
                "POST /api/v1/namespaces HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n", with: server, login: .anonymous)
            #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(answer)")
        }
    }

    @Test("a head that comes too slowly, a body that does not come, and an idle connection are closed") func slow() async throws {
        func with(_ change: (inout HTTPLimits) -> Void, _ body: (ServerUnderTest) async throws -> Void) async throws {
            var limits = HTTPLimits()
            change(&limits)
            try await ServerUnderTest.with(limits: limits, body)
        }
        try await with({ $0.headTimeout = .seconds(1) }) { server in
            let head = try await RawConnection.exchange("GET /api HTTP/1.1\r\nho", with: server)
            #expect(head == "")
        }
        try await with({ $0.bodyTimeout = .seconds(1) }) { server in
            let body = try await RawConnection.exchange("POST /api/v1/namespaces HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{", with: server)
            #expect(body.hasPrefix("HTTP/1.1 408 "), "\(body)")
        }
        try await with({ $0.idleTimeout = .seconds(2) }) { server in
            let idle = try await RawConnection.exchange("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", with: server)
            #expect(idle.hasPrefix("HTTP/1.1 200 ") && idle.hasSuffix("ok"), "\(idle)")
        }
    }

    @Test("a head over the limit is refused") func largeHead() async throws {
        var limits = HTTPLimits()
        limits.headBytesMax = 4096
        try await ServerUnderTest.with(limits: limits) { server in
            let field = String(repeating: "a", count: 3000)
            let answer = try await RawConnection.exchange("GET /api HTTP/1.1\r\nhost: x\r\na: \(field)\r\nb: \(field)\r\n\r\n", with: server)
            #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer)")
            let decoded = try await RawConnection.exchange("GET /api HTTP/1.1\r\nhost: x\r\na: \(field)\(field)\r\n\r\n", with: server)
            #expect(decoded.hasPrefix("HTTP/1.1 431 ") && decoded.contains("the request's head has more than 4096 bytes"), "\(decoded)")
        }
    }
}
