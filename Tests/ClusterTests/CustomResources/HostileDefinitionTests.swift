import APIMachinery
import Testing

@testable import Cluster

/// Definitions that would cost the server its memory or its time, over HTTP: refused, or served like any other.
@Suite(.timeLimit(.minutes(2))) struct HostileDefinitionTests {
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    private static func wrapped(_ schema: JSON) -> JSON { ["type": "object", "properties": ["spec": schema]] }

    private static func nested(_ depth: Int, _ wrap: (JSON) -> JSON) -> JSON { (0..<depth).reduce(["type": "string"]) { inner, _ in wrap(inner) } }

    private static let refused: [(String, @Sendable () -> JSON, Int, String)] = [
        ("a reference to itself", { wrapped(["$ref": "#"]) }, 422, "$ref: Forbidden: $ref is not supported"),
        ("a reference elsewhere", { wrapped(["$ref": "https://example.com/schema"]) }, 422, "$ref: Forbidden: $ref is not supported"),
        ("100 levels", { wrapped(nested(100) { ["type": "object", "properties": ["a": $0]] }) }, 422, "levels deep"),
        ("400 levels of lists", { wrapped(nested(400) { ["type": "array", "items": $0] }) }, 422, "levels deep"),
        ("alternatives within alternatives", { wrapped(nested(14) { ["anyOf": [$0, $0, $0]] }) }, 413, "Request entity too large"),
        ("60,000 properties", { wrapped(["type": "object", "properties": .object(JSONObject((0..<60_000).map { .init(key: "f\($0)", value: ["type": "string"]) }))]) }, 422, "more than 50000 nodes"),
        (
            "defaults that multiply",
            { wrapped(nested(5) { ["type": "array", "default": .array(Array(repeating: [:], count: 60)), "items": ["type": "object", "properties": ["a": $0]]] }) }, 422, "more than 200000 values"
        ),
        ("a pattern of a thousand million steps", { wrapped(["type": "string", "pattern": "((a{1000}){1000}){1000}"]) }, 422, "must be a valid regular expression"),
        ("a schema that is no schema", { ["type": ["object"], "properties": []] }, 400, "openAPIV3Schema"), ("null", { .null }, 422, "schemas are required"),
    ]

    @Test("definitions that would grow without bound are refused", arguments: refused.indices) func refuses(index: Int) async throws {
        let (name, schema, code, message) = Self.refused[index]
        try await ServerUnderTest.with { server in
            let body = WidgetDefinition.definition(versions: [WidgetDefinition.version("v1", schema: schema(), ["selectableFields": []])]).json.text
            let answer = try await server.post(Self.definitions, body)
            #expect(answer.status == code, "\(name): \(answer.body.prefix(600))")
            #expect(answer.json["kind"] == "Status" && answer.message.contains(message), "\(name): \(answer.message.prefix(600))")
            #expect(try await server.get("/readyz").status == 200)
        }
    }

    @Test("a definition of 10,000 properties is served, described and used") func large() async throws {
        try await ServerUnderTest.with { server in
            let properties = JSONObject((0..<10_000).map { .init(key: "f\($0)", value: ["type": "string", "default": "x", "pattern": "^[a-z]*$"]) })
            let schema = Self.wrapped(["type": "object", "properties": .object(properties)])
            let made = try await server.post(Self.definitions, WidgetDefinition.definition(versions: [WidgetDefinition.version("v1", schema: schema, ["selectableFields": []])]).json.text)
            #expect(made.status == 201, "\(made.body.prefix(400))")
            let widget = try await server.post(WidgetDefinition.path, WidgetDefinition.widget("a", ["f1": "y"]).json.text)
            #expect(widget.status == 201 && widget.json["spec"]?.object?.count == 10_000 && widget.json["spec"]?["f1"] == "y")
            let wrong = try await server.post(WidgetDefinition.path, WidgetDefinition.widget("b", ["f1": "1"]).json.text)
            #expect(wrong.status == 422 && wrong.message.contains("spec.f1"), "\(wrong.message.prefix(300))")
            #expect(try await server.get("/openapi/v3/apis/example.com/v1").status == 200)
        }
    }

    @Test("a pattern that would explode where others backtrack takes no time") func pattern() async throws {
        try await ServerUnderTest.with { server in
            let schema = Self.wrapped(["type": "object", "properties": ["a": ["type": "string", "pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"], "b": ["type": "string", "pattern": "^(a|aa)+$"]]])
            _ = try await server.post(Self.definitions, WidgetDefinition.definition(versions: [WidgetDefinition.version("v1", schema: schema, ["selectableFields": []])]).json.text)
            let text = String(repeating: "a", count: 50_000)
            let answer = try await server.post(WidgetDefinition.path, WidgetDefinition.widget("a", ["a": .string(text), "b": .string(text + "!")]).json.text)
            #expect(answer.status == 422 && answer.message.contains("spec.a") && answer.message.contains("spec.b"), "\(answer.body.suffix(600))")
        }
    }
}
