import APIMachinery
import Testing

@testable import Cluster

/// What custom kinds look like to those who ask: OpenAPI, discovery, lists and watches of definitions.
/// Source: Kubernetes' e2e tests crd_publish_openapi.go, custom_resource_definition.go and crd_watch.go.
@Suite(.timeLimit(.minutes(2))) struct PublishedSchemaTests {
    private static func version(_ name: String, _ schema: JSON, isServed: Bool = true, isStorage: Bool = true) -> JSON {
        ["name": .string(name), "served": .bool(isServed), "storage": .bool(isStorage), "schema": ["openAPIV3Schema": schema]]
    }

    private static let anything: JSON = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]

    private static func described(_ text: String) -> JSON {
        [
            "type": "object",
            "properties": ["spec": ["type": "object", "description": .string(text), "required": ["size"], "properties": ["size": ["type": "integer"]]]],
        ]
    }

    private static func definition(group: String, plural: String, kind: String, _ versions: [JSON]) -> Object {
        Object(
            .customResourceDefinitions, name: "\(plural).\(group)",
            [
                "spec": [
                    "group": .string(group), "scope": "Namespaced", "versions": .array(versions),
                    "names": ["plural": .string(plural), "singular": .string(kind.lowercased()), "kind": .string(kind)],
                ]
            ])
    }

    private static func create(_ server: ServerUnderTest, _ definitions: Object...) async throws {
        for definition in definitions {
            let answer = try await server.post(ResourceType.customResourceDefinitions.path(), definition.json.text)
            #expect(answer.status == 201, "\(answer.body)")
        }
    }

    /// The published schema of a kind in OpenAPI v2, and the same from v3.
    private static func published(_ server: ServerUnderTest, _ group: String, _ version: String, _ kind: String) async throws -> (JSON?, JSON?) {
        let name = group.split(separator: ".").reversed().joined(separator: ".") + ".\(version).\(kind)"
        let second = try await server.get("/openapi/v2").json["definitions"]?[name]
        let index = try await server.get("/openapi/v3").json["paths"]?["apis/\(group)/\(version)"]?["serverRelativeURL"]?.string
        guard let index else { return (second, nil) }
        return (second, try await server.get(index).json["components"]?["schemas"]?[name])
    }

    @Test("a kind is published with its schema, and one without a schema as an object of anything") func schemas() async throws {
        try await ServerUnderTest.with { server in
            let embedded: JSON = [
                "type": "object",
                "properties": ["spec": ["type": "object", "properties": ["free": Self.anything]], "status": Self.anything],
            ]
            try await Self.create(
                server, Self.definition(group: "a.example.com", plural: "plains", kind: "Plain", [Self.version("v1", Self.described("What is asked."))]),
                Self.definition(group: "a.example.com", plural: "anys", kind: "Any", [Self.version("v1", Self.anything)]),
                Self.definition(group: "a.example.com", plural: "embeds", kind: "Embed", [Self.version("v1", embedded)]))
            let (second, third) = try await Self.published(server, "a.example.com", "v1", "Plain")
            for schema in [second, third] {
                #expect(schema?["properties"]?["spec"]?["description"] == "What is asked.")
                #expect(schema?["properties"]?["spec"]?["required"] == ["size"])
                #expect(schema?["x-kubernetes-group-version-kind"]?.array?.first == ["group": "a.example.com", "kind": "Plain", "version": "v1"])
                #expect(schema?["properties"]?["metadata"] != nil && schema?["properties"]?["kind"]?["type"] == "string")
            }
            let (any, _) = try await Self.published(server, "a.example.com", "v1", "Any")
            #expect(any?["x-kubernetes-group-version-kind"] != nil && any?["properties"]?["spec"] == nil)
            let (embed, _) = try await Self.published(server, "a.example.com", "v1", "Embed")
            // kubectl takes what v2 says for all that there is: where anything is kept, nothing is said.
            #expect(embed?["properties"]?["spec"]?["properties"]?["free"]?["properties"] == nil)
            #expect(embed?["properties"]?["status"]?["type"] == "object")
        }
    }

    @Test("kinds of several groups, of one group's versions, and of one version are published beside each other") func several() async throws {
        try await ServerUnderTest.with { server in
            try await Self.create(
                server, Self.definition(group: "a.example.com", plural: "ones", kind: "One", [Self.version("v1", Self.described("a"))]),
                Self.definition(group: "b.example.com", plural: "ones", kind: "One", [Self.version("v1", Self.described("b"))]),
                Self.definition(group: "a.example.com", plural: "twos", kind: "Two", [Self.version("v2", Self.described("c"))]),
                Self.definition(group: "a.example.com", plural: "threes", kind: "Three", [Self.version("v1", Self.described("d"))]))
            for (group, version, kind, text) in [
                ("a.example.com", "v1", "One", "a"), ("b.example.com", "v1", "One", "b"), ("a.example.com", "v2", "Two", "c"), ("a.example.com", "v1", "Three", "d"),
            ] {
                let (second, third) = try await Self.published(server, group, version, kind)
                #expect(second?["properties"]?["spec"]?["description"]?.string == text, "\(kind)")
                #expect(third?["properties"]?["spec"]?["description"]?.string == text, "\(kind)")
            }
        }
    }

    @Test("a version that is renamed or no longer served leaves what is published, and the others stay") func renamed() async throws {
        try await ServerUnderTest.with { server in
            let path = ResourceType.customResourceDefinitions.path("gadgets.c.example.com")
            func versions(_ versions: [JSON]) async throws {
                let answer = try await server.patch(path, ["spec": ["versions": .array(versions)]])
                #expect(answer.status == 200, "\(answer.body)")
            }
            try await Self.create(
                server,
                Self.definition(
                    group: "c.example.com", plural: "gadgets", kind: "Gadget",
                    [Self.version("v2", Self.described("two")), Self.version("v3", Self.described("three"), isStorage: false)]))
            try await versions([Self.version("v2", Self.described("two")), Self.version("v4", Self.described("three"), isStorage: false)])
            #expect(try await Self.published(server, "c.example.com", "v3", "Gadget") == (nil, nil))
            #expect(try await Self.published(server, "c.example.com", "v4", "Gadget").0 != nil)
            #expect(try await Self.published(server, "c.example.com", "v2", "Gadget").0?["properties"]?["spec"]?["description"] == "two")
            try await versions([Self.version("v2", Self.described("two")), Self.version("v4", Self.described("three"), isServed: false, isStorage: false)])
            #expect(try await Self.published(server, "c.example.com", "v4", "Gadget") == (nil, nil))
            #expect(try await server.get("/apis/c.example.com/v4/namespaces/default/gadgets").status == 404)
            #expect(try await Self.published(server, "c.example.com", "v2", "Gadget").1 != nil)
        }
    }

    @Test("definitions are listed, and deleted as a collection by their labels") func collection() async throws {
        try await ServerUnderTest.with { server in
            for number in 0..<4 {
                var definition = Self.definition(group: "d.example.com", plural: "k\(number)s", kind: "K\(number)", [Self.version("v1", Self.anything)])
                definition.labels = ["set": number < 3 ? "gone" : "kept"]
                try await Self.create(server, definition)
            }
            let path = ResourceType.customResourceDefinitions.path()
            #expect(try await server.names(path + "?labelSelector=set").count == 4)
            #expect(try await server.delete(path + "?labelSelector=set%3Dgone").status == 200)
            let marked = try await server.get(path + "?labelSelector=set").json["items"]?.array ?? []
            // Each goes when its objects are known to be gone; that is a controller's part.
            #expect(marked.filter { $0["metadata"]?["deletionTimestamp"] == nil }.compactMap { $0["metadata"]?["name"]?.string } == ["k3s.d.example.com"])
        }
    }

    @Test("custom objects are watched like all others") func watched() async throws {
        try await ServerUnderTest.with { server in
            try await Self.create(server, WidgetDefinition.definition())
            let version = try await server.get(WidgetDefinition.path).json["metadata"]?["resourceVersion"]?.string ?? ""
            let events = try await server.watch("\(WidgetDefinition.path)?watch=1&resourceVersion=\(version)", until: { $0.eventText == "DELETED b" }) {
                for name in ["a", "b"] { _ = try await server.post(WidgetDefinition.path, WidgetDefinition.widget(name).json.text) }
                _ = try await server.patch(WidgetDefinition.path + "/a", ["spec": ["size": 9]])
                for name in ["a", "b"] { _ = try await server.delete("\(WidgetDefinition.path)/\(name)") }
            }
            #expect(events.map(\.eventText) == ["ADDED a", "ADDED b", "MODIFIED a", "DELETED a", "DELETED b"])
        }
    }
}
