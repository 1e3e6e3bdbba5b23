import APIMachinery
import Testing

@testable import Cluster

/// What `fieldValidation` makes of fields that do not exist, or stand twice. Source: Kubernetes' e2e test field_validation.go.
@Suite(.timeLimit(.minutes(2))) struct FieldValidationTests {
    private static let deployments = ResourceType.deployments.path()
    private static let deployment =
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"%META},"spec":{"unknownField":"foo","replicas":2,"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"i","image":"j"}]}}}}"#

    @Test("unknown and duplicate fields of a built-in kind are refused together, told, or dropped") func typed() async throws {
        try await ServerUnderTest.with { server in
            let body = Self.deployment.replacing("%META", with: "")
            let strict = try await server.post(Self.deployments + "?fieldValidation=Strict", body)
            #expect(strict.status == 400)
            #expect(
                strict.message.contains(
                    #"strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas", duplicate field "spec.template.spec.containers[0].image""#),
                "\(strict.message)")
            let ignored = try await server.post(Self.deployments + "?fieldValidation=Ignore&dryRun=All", body)
            #expect(ignored.status == 201 && ignored.headers["warning"].isEmpty)
            // As in Kubernetes the last one counts.
            #expect(ignored.json["spec"]?["replicas"] == 3 && ignored.json["spec"]?["unknownField"] == nil)
            let warned = try await server.post(Self.deployments + "?fieldValidation=Warn", body)
            #expect(warned.status == 201)
            #expect(
                warned.headers["warning"] == [
                    #"299 - "unknown field \"spec.unknownField\"""#, #"299 - "duplicate field \"spec.replicas\"""#,
                    #"299 - "duplicate field \"spec.template.spec.containers[0].image\"""#,
                ])
            let merged = try await server.patch(
                Self.deployments + "/web?fieldValidation=Strict", text: #"{"spec":{"paused":true,"paused":false}}"#, .strategic)
            #expect(merged.message.contains(#"strict decoding error: duplicate field "spec.paused""#), "\(merged.message)")
            let replaced = try await server.send(
                .PUT, Self.deployments + "/web?fieldValidation=Strict", headers: ["content-type": "application/json"], body: body)
            #expect(replaced.message.contains(#"duplicate field "spec.replicas""#))
        }
    }

    @Test("unknown metadata of a built-in kind is refused") func typedMetadata() async throws {
        try await ServerUnderTest.with { server in
            let body = Self.deployment.replacing("%META", with: #","unknownMeta":"foo""#)
            let strict = try await server.post(Self.deployments + "?fieldValidation=Strict", body)
            #expect(strict.message.contains(#"strict decoding error: unknown field "metadata.unknownMeta""#), "\(strict.message)")
        }
    }

    @Test("duplicates in YAML are told with their lines") func yaml() async throws {
        try await ServerUnderTest.with { server in
            let body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: one\n  k: two\n"
            func post(_ validation: String) async throws -> ServerUnderTest.Answer {
                try await server.send(
                    .POST, ResourceType.configMaps.path() + "?fieldValidation=" + validation, headers: ["content-type": "application/yaml"], body: body)
            }
            let strict = try await post("Strict")
            #expect(strict.message.hasSuffix(#"strict decoding error: line 7: key "k" already set in map"#), "\(strict.message)")
            #expect(try await post("Ignore").json["data"] == ["k": "two"])
        }
    }

    private static let ports: JSON = [
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
        "items": [
            "type": "object", "required": ["containerPort", "protocol"],
            "properties": ["containerPort": ["type": "integer"], "protocol": ["type": "string"], "name": ["type": "string"]],
        ],
    ]

    /// Defines Widgets whose spec keeps unknown fields, or not; nil: without any schema of fields.
    private static func define(_ server: ServerUnderTest, preservesUnknown: Bool?) async throws {
        var schema: JSON = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        if let preservesUnknown {
            var spec: JSON = [
                "type": "object",
                "properties": [
                    "foo": ["type": "string"], "ports": ports,
                    "template": [
                        "type": "object", "x-kubernetes-embedded-resource": true,
                        "properties": ["spec": ["type": "object"], "metadata": ["type": "object", "properties": ["name": ["type": "string"]]]],
                    ],
                ],
            ]
            if preservesUnknown { spec.set(true, at: ["x-kubernetes-preserve-unknown-fields"]) }
            schema = ["type": "object", "properties": ["spec": spec]]
        }
        let version: JSON = ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]
        let answer = try await server.post(ResourceType.customResourceDefinitions.path(), WidgetDefinition.definition(versions: [version]).json.text)
        #expect(answer.status == 201, "\(answer.body)")
    }

    private static func apply(_ server: ServerUnderTest, _ rest: String, validation: String = "Strict") async throws -> ServerUnderTest.Answer {
        try await server.patch(
            "\(WidgetDefinition.path)/w?fieldManager=tester&fieldValidation=\(validation)", text: "apiVersion: example.com/v1\nkind: Widget\n" + rest, .apply)
    }

    private static let valid = "metadata:\n  name: w\n  finalizers: [example.com/test]\nspec:\n  foo: foo1\n  ports:\n  - {name: x, containerPort: 80, protocol: TCP}\n"

    @Test("a custom object that fits its schema is applied") func valid() async throws {
        try await ServerUnderTest.with { server in
            try await Self.define(server, preservesUnknown: false)
            #expect(try await Self.apply(server, Self.valid).status == 201)
            let invalid = try await Self.apply(server, "unknownField: x\n" + Self.valid)
            #expect(invalid.status == 400 && invalid.message.contains(".unknownField: field not declared in schema"), "\(invalid.message)")
            let warned = try await Self.apply(server, "unknownField: x\n" + Self.valid, validation: "Warn")
            #expect(warned.status == 200 && warned.headers["warning"].count == 1 && warned.json["unknownField"] == nil)
        }
    }

    @Test("without a schema of fields any field is known") func schemaless() async throws {
        try await ServerUnderTest.with { server in
            try await Self.define(server, preservesUnknown: nil)
            let answer = try await Self.apply(server, Self.valid + "  unknown: uk1\n")
            #expect(answer.status == 201 && answer.json["spec"]?["unknown"] == "uk1", "\(answer.body)")
        }
    }

    @Test("unknown metadata is found at the root and in an embedded object") func embedded() async throws {
        try await ServerUnderTest.with { server in
            try await Self.define(server, preservesUnknown: true)
            let answer = try await Self.apply(
                server,
                "metadata: {name: w, unknownMeta: x}\nspec:\n  template:\n    apiVersion: foo/v1\n    kind: Sub\n    metadata: {name: sub, unknownSubMeta: x}\n")
            #expect(answer.message.contains(".spec.template.metadata.unknownSubMeta: field not declared in schema"), "\(answer.message)")
            #expect(answer.message.contains(".metadata.unknownMeta: field not declared in schema"), "\(answer.message)")
        }
    }

    @Test("duplicates are found where unknown fields are kept") func preservedDuplicates() async throws {
        try await ServerUnderTest.with { server in
            try await Self.define(server, preservesUnknown: true)
            let body = "metadata:\n  name: w\nspec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2\n"
            let strict = try await Self.apply(server, body)
            #expect(strict.status == 400 && strict.message.contains(#"line 8: key "foo" already set in map"#), "\(strict.message)")
            let ignored = try await Self.apply(server, body, validation: "Ignore")
            #expect(ignored.json["spec"] == ["foo": "foo2", "unknown": "uk1"])
        }
    }
}
