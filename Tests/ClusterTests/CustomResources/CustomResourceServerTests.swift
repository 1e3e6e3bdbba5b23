import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct CustomResourceServerTests {
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    private static func with(_ body: @Sendable (ServerUnderTest) async throws -> Void) async throws {
        try await ServerUnderTest.with { server in
            let answer = try await server.post(definitions, WidgetDefinition.definition().json.text)
            #expect(answer.status == 201, "\(answer.body)")
            try await body(server)
        }
    }

    @Test("the request after a definition's finds its kind in discovery, OpenAPI and under its path") func atOnce() async throws {
        try await Self.with { server in
            let made = try await server.post(WidgetDefinition.path, WidgetDefinition.widget("a").json.text)
            #expect(made.status == 201, "\(made.body)")
            let groups = try await server.get("/apis", accept: Self.aggregated).json["items"]?.array ?? []
            let group = groups.first { $0["metadata"]?["name"] == "example.com" }
            #expect(group?["versions"]?.array?.first?["resources"]?.array?.first?["singularResource"] == "widget")
            #expect(try await server.get("/apis/example.com/v1").json["resources"]?.array?.map { $0["name"] } == ["widgets", "widgets/scale", "widgets/status"])
            let index = try await server.get("/openapi/v3").json["paths"]?["apis/example.com/v1"]?["serverRelativeURL"]?.string
            let document = try await server.get(try #require(index)).json
            let schema = document["components"]?["schemas"]?["com.example.v1.Widget"]
            #expect(schema?["properties"]?["spec"]?["properties"]?["size"]?["description"] == "How large the widget is.")
            #expect(schema?["properties"]?["metadata"]?["allOf"] != nil)
            let patch = document["paths"]?["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]?["patch"]
            #expect(patch?["requestBody"]?["content"]?["application/strategic-merge-patch+json"] == nil)
            #expect(patch?["requestBody"]?["content"]?["application/apply-patch+yaml"] != nil)
        }
    }

    @Test("what is published changes with the definition, and goes with it") func published() async throws {
        try await Self.with { server in
            func url() async throws -> String? {
                try await server.get("/openapi/v3").json["paths"]?["apis/example.com/v1"]?["serverRelativeURL"]?.string
            }
            let first = try #require(try await url())
            let tag = try await server.get("/apis", accept: Self.aggregated).headers.first(name: "etag")
            let path = Self.definitions + "/widgets.example.com"
            let patch = #"[{"op":"add","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/extra","value":{"type":"string"}}]"#
            let patched = try await server.send(.PATCH, path, headers: ["content-type": "application/json-patch+json"], body: patch)
            #expect(patched.status == 200, "\(patched.body)")
            let second = try #require(try await url())
            #expect(first != second)
            #expect(try await server.get(second).body.contains("\"extra\""))
            #expect(try await server.get("/openapi/v2").json["definitions"]?["com.example.v1.Widget"] != nil)
            _ = try await server.send(.DELETE, path)
            let released = try await server.send(
                .PATCH, path, headers: ["content-type": "application/merge-patch+json"], body: #"{"metadata":{"finalizers":null}}"#)
            #expect(released.status == 200)
            #expect(try await url() == nil)
            #expect(try await server.get(WidgetDefinition.path).status == 404)
            #expect(try await server.get("/apis", accept: Self.aggregated).headers.first(name: "etag") != tag)
        }
    }

    @Test("strategic merge is refused for custom kinds, the other patches are not") func patches() async throws {
        try await Self.with { server in
            _ = try await server.post(WidgetDefinition.path, WidgetDefinition.widget("a").json.text)
            let path = WidgetDefinition.path + "/a"
            func patch(_ type: String, _ body: String) async throws -> ServerUnderTest.Answer {
                try await server.send(.PATCH, path + "?fieldManager=t\(type.contains("apply") ? "&force=true" : "")", headers: ["content-type": type], body: body)
            }
            let refused = try await patch("application/strategic-merge-patch+json", "{}")
            #expect(refused.status == 415 && !refused.message.contains("strategic"))
            #expect(try await patch("application/merge-patch+json", #"{"spec":{"size":4}}"#).json["spec"]?["size"] == 4)
            #expect(try await patch("application/json-patch+json", #"[{"op":"replace","path":"/spec/size","value":5}]"#).json["spec"]?["size"] == 5)
            let applied = try await patch(
                "application/apply-patch+yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {color: green}\n")
            #expect(applied.json["spec"] == ["color": "green", "size": 5])
        }
    }

    @Test("tables have the definition's columns") func table() async throws {
        try await Self.with { server in
            _ = try await server.post(
                WidgetDefinition.path, WidgetDefinition.widget("a", ["size": 2, "parts": [["name": "x"], ["name": "y", "count": 3]]]).json.text)
            let table = try await server.get(WidgetDefinition.path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").json
            #expect(table["columnDefinitions"]?.array?.compactMap { $0["name"]?.string } == ["Name", "Size", "First", "Age"])
            #expect(table["rows"]?.array?.first?["cells"]?.array?.prefix(3) == ["a", 2, "y"])
        }
    }

    @Test("a deprecated version warns, and CEL rules too") func warnings() async throws {
        try await ServerUnderTest.with { server in
            var schema = WidgetDefinition.schema
            schema.set([["rule": "self.size > 1"]], at: ["properties", "spec", "x-kubernetes-validations"])
            let version = WidgetDefinition.version("v1", schema: schema, ["deprecated": true, "deprecationWarning": "use gadgets"])
            let made = try await server.post(Self.definitions, WidgetDefinition.definition(versions: [version]).json.text)
            #expect(made.headers["warning"].contains { $0.contains("does not evaluate") })
            let widget = try await server.post(WidgetDefinition.path, WidgetDefinition.widget("a").json.text)
            #expect(widget.headers["warning"].contains { $0.contains("use gadgets") })
        }
    }

    @Test("definitions that would harm the server are refused") func hostile() async throws {
        try await ServerUnderTest.with { server in
            var deep: JSON = ["type": "string"]
            for _ in 0..<90 { deep = ["type": "object", "properties": ["a": deep]] }
            for schema: JSON in [
                deep, ["type": "object", "properties": ["a": ["type": "string", "pattern": "((a{1000}){1000}){1000}"]]],
                ["type": "object", "properties": ["a": ["$ref": "#"]]],
            ] {
                let version = WidgetDefinition.version("v1", schema: schema, ["selectableFields": []])
                let answer = try await server.post(Self.definitions, WidgetDefinition.definition(versions: [version]).json.text)
                #expect((400..<500).contains(answer.status), "\(answer.body.prefix(500))")
            }
            #expect(try await server.get("/readyz").body == "ok")
        }
    }
}
