import APIMachinery
import AsyncHTTPClient
import NIOCore
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct WatchRequestTests {
    /// Reads a watch line by line.
    private struct Lines {
        var body: HTTPClientResponse.Body.AsyncIterator
        var rest = ""

        init(_ response: HTTPClientResponse) { body = response.body.makeAsyncIterator() }

        mutating func next() async throws -> JSON? {
            while true {
                if let end = rest.firstIndex(of: "\n") {
                    defer { rest = String(rest[rest.index(after: end)...]) }
                    return try JSON(parsing: String(rest[..<end]))
                }
                guard let chunk = try await body.next() else { return nil }
                rest += String(buffer: chunk)
            }
        }
    }

    @Test("a watch delivers changes as they happen and ends at its timeout", arguments: [true, false]) func changes(http2: Bool) async throws {
        try await ServerUnderTest.with { server in
            try await server.withClient(http2: http2) { http in
                let list = try await server.get("/api/v1/namespaces/default/configmaps").json
                let version = list["metadata"]?["resourceVersion"]?.string ?? ""
                let response = try await http.execute(
                    server.request(.GET, "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=10&resourceVersion=\(version)"), timeout: .seconds(30))
                var lines = Lines(response)
                try await server.makeConfigMap("a", ["k": "1"])
                _ = try await server.client.patch(ObjectKey(.configMaps, namespace: "default", name: "a"), .merge(["data": ["k": "2"]]))
                try await server.client.delete(ObjectKey(.configMaps, namespace: "default", name: "a"))
                var seen: [String] = []
                while let event = try await lines.next() {
                    guard event["object"]?["metadata"]?["name"]?.string == "a" else { continue }
                    seen.append("\(event["type"]?.string ?? "") \(event["object"]?["data"]?["k"]?.string ?? "")")
                }
                #expect(seen == ["ADDED 1", "MODIFIED 2", "DELETED 2"])
            }
        }
    }

    @Test("a streamed list ends with a bookmark that says so") func initialEvents() async throws {
        try await ServerUnderTest.with { server in
            try await server.makeConfigMap("a")
            try await server.withClient { http in
                let path = "/api/v1/namespaces/default/configmaps?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
                var lines = Lines(try await http.execute(server.request(.GET, path), timeout: .seconds(30)))
                let first = try #require(try await lines.next())
                #expect(first["type"]?.string == "ADDED")
                var event: JSON? = first
                while let current = event, current["type"]?.string != "BOOKMARK" { event = try await lines.next() }
                #expect(event?["object"]?["metadata"]?["annotations"]?["k8s.io/initial-events-end"]?.string == "true")
            }
        }
    }

    @Test("a watch of Tables carries the columns once") func tables() async throws {
        try await ServerUnderTest.with { server in
            try await server.withClient { http in
                let accept = ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io"]
                var lines = Lines(
                    try await http.execute(
                        server.request(.GET, "/api/v1/namespaces/default/configmaps?watch=1&fieldSelector=metadata.name%3Da", headers: accept), timeout: .seconds(30)))
                try await server.makeConfigMap("a", ["k": "v"])
                _ = try await server.client.patch(ObjectKey(.configMaps, namespace: "default", name: "a"), .merge(["data": ["l": "w"]]))
                let first = try #require(try await lines.next())
                let second = try #require(try await lines.next())
                #expect(first["object"]?["columnDefinitions"]?.array?.map { $0["name"]?.string ?? "" } == ["Name", "Data", "Age"])
                #expect(second["object"]?["columnDefinitions"]?.array?.isEmpty == true)
                #expect(second["object"]?["rows"]?.array?.first?["cells"]?.array?.prefix(2) == ["a", 2])
            }
        }
    }

    @Test("a client that goes away leaves no watch behind", arguments: [true, false]) func abandoned(http2: Bool) async throws {
        try await ServerUnderTest.with { server in
            try await server.withClient(http2: http2) { http in
                let response = try await http.execute(server.request(.GET, "/api/v1/pods?watch=1"), timeout: .seconds(30))
                #expect(response.status == .ok)
                #expect(try await watches(server) == 1)
            }
            // The client's connections are closed; the server hears of it in its own time.
            while try await watches(server) > 0 { await Task.yield() }
        }
    }

    private func watches(_ server: ServerUnderTest) async throws -> Int {
        let text = try await server.get("/metrics").body
        let line = text.split(separator: "\n").last { $0.hasPrefix("apiserver_longrunning_requests ") }
        return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? -1
    }

    @Test("metrics name what is served, and never what a client made up") func labels() async throws {
        try await ServerUnderTest.with { server in
            #expect(try await server.get("/api/v1/nothing%22%0Aevil%20of%20it").status == 404)
            #expect(try await server.get("/api/v1/namespaces/default/pods/p/evil").status == 404)
            #expect(try await server.get("/api/v1/pods").status == 200)
            let text = try await server.get("/metrics").body
            #expect(MetricsLint.problems(text) == [])
            #expect(!text.contains("evil") && text.contains(#"apiserver_request_total{verb="list",resource="pods",code="200"} 1"#))
        }
    }

    @Test("a shutdown ends watches without an error") func shutdown() async throws {
        let (responses, feed) = AsyncStream.makeStream(of: (HTTPClient, HTTPClientResponse).self)
        async let received: String? = {
            for await (http, response) in responses {
                let body: String
                do { body = String(buffer: try await response.body.collect(upTo: 1 << 20)) } catch { body = "\(error)" }
                try await http.shutdown()
                return body
            }
            return nil
        }()
        try await ServerUnderTest.with { server in
            let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .init(tlsConfiguration: try server.tls(.admin)))
            let response = try await http.execute(server.request(.GET, "/api/v1/pods?watch=1"), timeout: .seconds(30))
            #expect(response.status == .ok)
            feed.yield((http, response))
        }
        let body = try await received
        #expect(body == "")
    }
}
