import APIMachinery
import TestSupport
import Testing

@testable import Cluster

/// Watches as Kubernetes' informers rely on them. Source: Kubernetes' e2e test watch.go.
@Suite(.timeLimit(.minutes(2))) struct WatcherTests {
    private static let path = ResourceType.configMaps.path()

    private static func make(_ server: ServerUnderTest, _ name: String, label: String) async throws -> String {
        let object: JSON = ["metadata": ["name": .string(name), "labels": ["watch": .string(label)]], "data": ["n": "0"]]
        let answer = try await server.post(path, object.text)
        #expect(answer.status == 201, "\(answer.body)")
        return answer.json["metadata"]?["resourceVersion"]?.string ?? ""
    }

    /// Changes the object once and answers the version of that.
    @discardableResult
    private static func change(_ server: ServerUnderTest, _ name: String, _ value: String) async throws -> String {
        let answer = try await server.patch("\(path)/\(name)", ["data": ["n": .string(value)]])
        #expect(answer.status == 200, "\(answer.body)")
        return answer.json["metadata"]?["resourceVersion"]?.string ?? ""
    }

    @Test("watches with different selectors each see their additions, changes and deletions") func selectors() async throws {
        try await ServerUnderTest.with { server in
            func events(_ selector: String, last: String) async throws -> [String] {
                try await server.watch("\(Self.path)?watch=1&labelSelector=\(selector)&resourceVersion=1", until: { $0.eventText == last }) {}
                    .map { "\($0.eventText) \($0["object"]?["data"]?["n"]?.string ?? "")" }
            }
            _ = try await Self.make(server, "a", label: "A")
            try await Self.change(server, "a", "1")
            try await Self.change(server, "a", "2")
            _ = try await server.delete("\(Self.path)/a")
            _ = try await Self.make(server, "b", label: "B")
            _ = try await server.delete("\(Self.path)/b")
            let a = ["ADDED a 0", "MODIFIED a 1", "MODIFIED a 2", "DELETED a 2"]
            let b = ["ADDED b 0", "DELETED b 0"]
            #expect(try await events("watch%3DA", last: "DELETED a") == a)
            #expect(try await events("watch%3DB", last: "DELETED b") == b)
            #expect(try await events("watch%20in%20(A,B)", last: "DELETED b") == a + b)
        }
    }

    @Test("a watch starts from a version that it is given, and goes on from the last one that it saw") func versions() async throws {
        try await ServerUnderTest.with { server in
            _ = try await Self.make(server, "a", label: "A")
            let first = try await Self.change(server, "a", "1")
            try await Self.change(server, "a", "2")
            let selector = "\(Self.path)?watch=1&labelSelector=watch%3DA&resourceVersion="
            let seen = try await server.watch(selector + first, until: { $0["object"]?["data"]?["n"] == "2" }) {}
            #expect(seen.map(\.eventText) == ["MODIFIED a"])
            let last = seen.last?["object"]?["metadata"]?["resourceVersion"]?.string ?? ""
            try await Self.change(server, "a", "3")
            _ = try await server.delete("\(Self.path)/a")
            let rest = try await server.watch(selector + last, until: { $0["type"] == "DELETED" }) {}
            #expect(rest.map(\.eventText) == ["MODIFIED a", "DELETED a"])
        }
    }

    @Test("an object that no longer fits the selector is deleted to the watch, and added when it fits again") func leaving() async throws {
        try await ServerUnderTest.with { server in
            let version = try await Self.make(server, "a", label: "A")
            func relabel(_ label: String) async throws {
                #expect(try await server.patch("\(Self.path)/a", ["metadata": ["labels": ["watch": .string(label)]]]).status == 200)
            }
            let events = try await server.watch(
                "\(Self.path)?watch=1&labelSelector=watch%3DA&resourceVersion=\(version)", until: { $0["object"]?["data"]?["n"] == "5" }
            ) {
                try await Self.change(server, "a", "1")
                try await relabel("other")
                try await Self.change(server, "a", "2")
                try await relabel("A")
                try await Self.change(server, "a", "5")
            }
            #expect(events.map(\.eventText) == ["MODIFIED a", "DELETED a", "ADDED a", "MODIFIED a"])
            // What leaves is shown as it was when it left, with the version of the change.
            let versions = events.compactMap { $0["object"]?["metadata"]?["resourceVersion"]?.string }.compactMap { Int($0) }
            #expect(versions == versions.sorted() && Set(versions).count == 4)
        }
    }

    @Test("concurrent watches from different versions see the same events in the same order") func order() async throws {
        try await ServerUnderTest.with { server in
            var starts: [String] = []
            for number in 0..<10 { starts.append(try await Self.make(server, "n\(number)", label: "A")) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        for value in 1...3 { try await Self.change(server, "n\(number)", "\(value)") }
                    }
                }
                try await group.waitForAll()
            }
            let end = try await Self.make(server, "end", label: "A")
            let all = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
                for (index, start) in starts.enumerated() {
                    group.addTask {
                        let events = try await server.watch(
                            "\(Self.path)?watch=1&labelSelector=watch%3DA&resourceVersion=\(start)", until: { $0["object"]?["metadata"]?["resourceVersion"]?.string == end }) {}
                        return (index, events.compactMap { $0["object"]?["metadata"]?["resourceVersion"]?.string })
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            let longest = try #require(all[0])
            #expect(longest.count == 9 + 30 + 1)
            for (index, events) in all { #expect(events == Array(longest.dropFirst(index))) }
        }
    }

    @Test("metadata alone can be listed and watched") func metadata() async throws {
        try await ServerUnderTest.with { server in
            let version = try await Self.make(server, "a", label: "A")
            let accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
            let list = try await server.get("\(Self.path)?labelSelector=watch%3DA", accept: accept).json
            #expect(list["kind"] == "PartialObjectMetadataList" && list["apiVersion"] == "meta.k8s.io/v1")
            let item = list["items"]?.array?.first
            #expect(item?["kind"] == "PartialObjectMetadata" && item?["metadata"]?["name"] == "a" && item?["data"] == nil)
            try await server.withClient { client in
                let one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
                let response = try await client.execute(
                    server.request(.GET, "\(Self.path)?watch=1&labelSelector=watch%3DA&resourceVersion=\(version)", headers: ["accept": one]), timeout: .seconds(30))
                var lines = WatchLines(response)
                try await Self.change(server, "a", "1")
                let event = try #require(try await lines.next())
                #expect(event["type"] == "MODIFIED" && event["object"]?["kind"] == "PartialObjectMetadata" && event["object"]?["data"] == nil)
            }
        }
    }

    @Test("a list comes in chunks of one snapshot, until nothing remains") func chunks() async throws {
        try await ServerUnderTest.with { server in
            let templates = ResourceType.podTemplates
            for number in 0..<40 {
                let object = MinimalObjects.of(templates, name: "t\(number + 10)")
                _ = try await server.client.create(templates, object)
            }
            var names: [String] = []
            var token = ""
            var version = ""
            repeat {
                let list = try await server.get("\(templates.path())?limit=17&continue=\(token)").json
                let metadata = list["metadata"]
                names += list["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string } ?? []
                token = metadata?["continue"]?.string ?? ""
                if version.isEmpty { version = metadata?["resourceVersion"]?.string ?? "" }
                #expect(metadata?["resourceVersion"]?.string == version)
                let remaining = metadata?["remainingItemCount"]?.int ?? 0
                #expect(names.count + Int(remaining) == 40 && token.isEmpty == (remaining == 0))
                // Changes between the chunks are in none of them.
                _ = try await server.client.create(templates, MinimalObjects.of(templates, name: "late\(names.count)"))
            } while !token.isEmpty
            #expect(names == (10..<50).map { "t\($0)" })
            #expect(try await server.names("\(templates.path())?limit=500").count == 43)
        }
    }
}
