import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct DiscoveryTests {
    private static func aggregated(_ version: String) -> String {
        "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList,application/json"
    }

    @Test("the aggregated document is served in both versions, with an ETag", arguments: ["v2", "v2beta1"]) func aggregated(version: String) async throws {
        try await ServerUnderTest.with { server in
            let core = try await server.get("/api", accept: Self.aggregated(version))
            #expect(core.headers.first(name: "content-type") == "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList")
            #expect(core.json["apiVersion"]?.string == "apidiscovery.k8s.io/\(version)")
            let pods = core.json["items"]?.array?.first?["versions"]?.array?.first?["resources"]?.array?.first { $0["resource"] == "pods" }
            #expect(pods?["scope"] == "Namespaced" && pods?["shortNames"] == ["po"] && pods?["singularResource"] == "pod")
            let eviction = pods?["subresources"]?.array?.first { $0["subresource"] == "eviction" }
            #expect(eviction?["responseKind"] == ["group": "policy", "version": "v1", "kind": "Eviction"])
            let tag = try #require(core.headers.first(name: "etag"))
            let again = try await server.send(.GET, "/api", headers: ["accept": Self.aggregated(version), "if-none-match": tag])
            #expect(again.status == 304)
        }
    }

    @Test("the old documents name the same kinds as the aggregated one") func old() async throws {
        try await ServerUnderTest.with { server in
            #expect(try await server.get("/api").json["versions"] == ["v1"])
            let new = try await server.get("/apis", accept: Self.aggregated("v2")).json["items"]?.array ?? []
            let old = try await server.get("/apis").json["groups"]?.array ?? []
            #expect(new.compactMap { $0["metadata"]?["name"]?.string } == old.compactMap { $0["name"]?.string })
            for group in new {
                let name = group["metadata"]?["name"]?.string ?? ""
                #expect(try await server.get("/apis/\(name)").json["kind"] == "APIGroup")
                for version in group["versions"]?.array ?? [] {
                    let list = try await server.get("/apis/\(name)/\(version["version"]?.string ?? "")").json
                    let names = (list["resources"]?.array ?? []).compactMap { $0["name"]?.string }.filter { !$0.contains("/") }
                    #expect(names == (version["resources"]?.array ?? []).compactMap { $0["resource"]?.string })
                }
            }
            #expect(try await server.get("/apis/nothing").status == 404)
            #expect(try await server.get("/apis/apps/v7").status == 404)
        }
    }
}
