import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct CustomResourceTests {
    private let fixture: RegistryFixture

    init() async throws {
        fixture = try await RegistryFixture()
        _ = try await fixture.client.create(.customResourceDefinitions, WidgetDefinition.definition())
    }

    private func define(_ definition: Object) async throws -> Object { try await fixture.client.create(.customResourceDefinitions, definition) }

    private func create(_ widget: Object) async throws -> Object { try await fixture.client.create(WidgetDefinition.type, widget) }

    private func apply(_ spec: JSON, manager: String) async throws -> Object {
        var options = WriteOptions()
        options.fieldManager = manager
        return try await fixture.client.patch(
            fixture.key(WidgetDefinition.type, "a"), .apply(WidgetDefinition.widget("a", spec).json), subresource: nil, options: options)
    }

    @Test("a definition is established in the answer to its creation, and its kind served at once") func established() async throws {
        let definition = try fixture.get(.customResourceDefinitions, "widgets.example.com")
        #expect(definition.hasCondition("NamesAccepted") && definition.hasCondition("Established"))
        #expect(definition.status["acceptedNames"]?["listKind"] == "WidgetList")
        #expect(definition.status["storedVersions"] == ["v1"])
        let type = try #require(fixture.registry.resourceType(group: "example.com", version: "v1", plural: "widgets"))
        #expect(type.kind == "Widget" && type.shortNames == ["wd"] && type.subresources == ["status", "scale"])
        #expect(fixture.registry.fork().resourceType(group: "example.com", version: "v1", plural: "widgets") != nil)
    }

    @Test("unknown fields are pruned, defaults filled in, and what is to be kept is kept") func shaped() async throws {
        let widget = try await create(
            WidgetDefinition.widget(
                "a",
                [
                    "size": 3, "unknown": 1, "free": ["any": ["thing": 1]], "labels": ["a": "b"], "parts": [["name": "x", "what": 2]],
                    "template": ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "nonsense": 1], "spec": ["a": 1]],
                ]))
        #expect(widget.spec["color"] == "red" && widget.spec["unknown"] == nil)
        #expect(widget.spec["free"] == ["any": ["thing": 1]] && widget.spec["labels"] == ["a": "b"])
        #expect(widget.spec["parts"] == [["name": "x", "count": 1]])
        #expect(widget.spec["template"] == ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"], "spec": ["a": 1]])
        #expect(widget.generation == 1)
    }

    private static let invalidSpecs: [(JSON, String, String)] = [
        (["size": 11], "spec.size", "Invalid value: 11: spec.size in body should be less than or equal to 10"),
        (["size": "x"], "spec.size", "Invalid value: \"string\": spec.size in body must be of type integer: \"string\""),
        ([:], "spec.size", "Required value"),
        (["size": 1, "color": "blue"], "spec.color", "Unsupported value: \"blue\": supported values: \"red\", \"green\""),
        (["size": 1, "name": "UP"], "spec.name", "Invalid value: \"UP\": spec.name in body should match '^[a-z]+$'"),
        (["size": 1, "name": "abcdefghij"], "spec.name", "Too long: may not be more than 8 bytes"),
        (["size": 1, "port": true], "spec.port", "Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\""),
        (["size": 1, "tags": ["a", "a"]], "spec.tags[1]", "Duplicate value: \"a\""),
        (["size": 1, "parts": [["name": "x"], ["name": "x"]]], "spec.parts[1]", "Duplicate value: {\"name\":\"x\"}"),
    ]

    @Test("values are checked, in Kubernetes' words", arguments: Self.invalidSpecs) func invalid(spec: JSON, field: String, message: String) async throws {
        let status = try await fixture.failure { _ = try await create(WidgetDefinition.widget("a", spec)) }
        #expect(status.reason == .invalid)
        #expect(status.causes.contains { $0.field == field && $0.message == message }, "\(status.causes)")
    }

    @Test("a field that was wrong before its definition became stricter may stay") func ratcheting() async throws {
        _ = try await create(WidgetDefinition.widget("a", ["size": 9]))
        var definition = try fixture.get(.customResourceDefinitions, "widgets.example.com")
        var schema = WidgetDefinition.schema
        schema.set(5, at: ["properties", "spec", "properties", "size", "maximum"])
        definition["spec", "versions"] = [WidgetDefinition.version("v1", schema: schema)]
        _ = try await fixture.client.update(.customResourceDefinitions, definition, subresource: nil, options: WriteOptions())
        let key = fixture.key(WidgetDefinition.type, "a")
        let changed = try await fixture.client.patch(key, .merge(["spec": ["color": "green"]]), subresource: nil, options: WriteOptions())
        #expect(changed.spec["color"] == "green")
        let status = try await fixture.failure {
            _ = try await fixture.client.patch(key, .merge(["spec": ["size": 8]]), subresource: nil, options: WriteOptions())
        }
        #expect(status.reason == .invalid)
    }

    @Test("strict validation refuses an unknown field and names the near one") func strict() async throws {
        var options = WriteOptions()
        options.fieldValidation = .strict
        let status = try await fixture.failure {
            _ = try await fixture.client.create(WidgetDefinition.type, WidgetDefinition.widget("a", ["size": 1, "colour": "red"]), options: options)
        }
        #expect(status.reason == .badRequest)
        #expect(status.message.contains("strict decoding error: unknown field \"spec.colour\"; did you mean \"color\"?"))
    }

    @Test("server-side apply merges by the definition's lists") func applied() async throws {
        _ = try await apply(["size": 1, "parts": [["name": "x", "count": 2]], "tags": ["a"]], manager: "one")
        let both = try await apply(["parts": [["name": "y"]], "tags": ["b"]], manager: "two")
        #expect(both.spec["parts"]?.array?.compactMap { $0["name"]?.string } == ["x", "y"])
        #expect(both.spec["tags"] == ["a", "b"])
        let fewer = try await apply(["size": 1, "tags": ["a"]], manager: "one")
        #expect(fewer.spec["parts"]?.array?.compactMap { $0["name"]?.string } == ["y"])
        let conflict = try await fixture.failure { _ = try await apply(["size": 2], manager: "two") }
        #expect(conflict.reason == .conflict && conflict.causes.first?.field == ".spec.size")
    }

    @Test("status and scale are parts of their own") func subresources() async throws {
        let widget = try await create(WidgetDefinition.widget("a", ["size": 3, "replicas": 2]))
        let key = fixture.key(WidgetDefinition.type, "a")
        var changed = widget
        changed["status"] = ["replicas": 2, "selector": "app=a", "unknown": 1]
        changed["spec", "size"] = 7
        let status = try await fixture.client.update(WidgetDefinition.type, changed, subresource: "status", options: WriteOptions())
        #expect(status.spec["size"] == 3 && status.status == ["replicas": 2, "selector": "app=a"] && status.generation == 1)
        let scale = try fixture.registry.get(key, subresource: "scale", context: fixture.context).object
        #expect(scale.spec["replicas"] == 2 && scale.status == ["replicas": 2, "selector": "app=a"])
        _ = try await fixture.client.patch(key, .merge(["spec": ["replicas": 5]]), subresource: "scale", options: WriteOptions())
        let scaled = try fixture.get(WidgetDefinition.type, "a")
        #expect(scaled.spec["replicas"] == 5 && scaled.generation == 2)
    }

    @Test("objects written before a default came to be have it when they are read") func lateDefault() async throws {
        _ = try await create(WidgetDefinition.widget("a"))
        var definition = try fixture.get(.customResourceDefinitions, "widgets.example.com")
        var schema = WidgetDefinition.schema
        schema.set("medium", at: ["properties", "spec", "properties", "name", "default"])
        definition["spec", "versions"] = [WidgetDefinition.version("v1", schema: schema)]
        _ = try await fixture.client.update(.customResourceDefinitions, definition, subresource: nil, options: WriteOptions())
        #expect(try fixture.get(WidgetDefinition.type, "a").spec["name"] == "medium")
        let list = try await fixture.client.list(WidgetDefinition.type, namespace: nil, options: ListOptions())
        #expect(list.items.first?.spec["name"] == "medium")
    }

    @Test("every version is served, with what its own schema says") func versions() async throws {
        _ = try await create(WidgetDefinition.widget("a"))
        var definition = try fixture.get(.customResourceDefinitions, "widgets.example.com")
        var schema = WidgetDefinition.schema
        schema.set(["type": "string", "default": "steel"], at: ["properties", "spec", "properties", "material"])
        definition["spec", "versions"] = [
            WidgetDefinition.version("v1", isStorage: true), WidgetDefinition.version("v2", schema: schema, isStorage: false),
        ]
        _ = try await fixture.client.update(.customResourceDefinitions, definition, subresource: nil, options: WriteOptions())
        let second = try #require(fixture.registry.resourceType(group: "example.com", version: "v2", plural: "widgets"))
        let widget = try fixture.get(second, "a")
        #expect(widget.apiVersion == "example.com/v2" && widget.spec["material"] == "steel")
        let made = try await fixture.client.create(second, WidgetDefinition.widget("b", ["size": 1, "material": "wood"], version: "v2"))
        #expect(made.apiVersion == "example.com/v2" && made.spec["material"] == "wood")
        let first = try fixture.get(WidgetDefinition.type, "b")
        #expect(first.apiVersion == "example.com/v1" && first.spec["material"] == nil)
        let types = fixture.registry.resourceTypes.filter { $0.plural == "widgets" }.map(\.version)
        #expect(types == ["v2", "v1"])
        let items = try await fixture.client.list(second, namespace: "default", options: ListOptions()).items
        #expect(items.map(\.apiVersion) == ["example.com/v2", "example.com/v2"])
    }

    @Test("selectable fields select, in lists and watches") func selected() async throws {
        _ = try await create(WidgetDefinition.widget("a"))
        _ = try await create(WidgetDefinition.widget("b", ["size": 1, "color": "green"]))
        var options = ListOptions()
        options.fieldSelector = FieldSelector("spec.color", equals: "green")
        #expect(try await fixture.client.list(WidgetDefinition.type, namespace: nil, options: options).items.map(\.name) == ["b"])
        options.fieldSelector = FieldSelector("spec.size", equals: "1")
        let status = try await fixture.failure { _ = try await fixture.client.list(WidgetDefinition.type, namespace: nil, options: options) }
        #expect(status.reason == .badRequest)
    }

    @Test("a name that is taken is told, and given when it becomes free") func names() async throws {
        let other = try await define(WidgetDefinition.definition(plural: "gadgets", kind: "Gadget", shortNames: ["wd"]))
        let condition = other.status["conditions"]?.array?.first { $0["type"] == "NamesAccepted" }
        #expect(condition?["reason"] == "ShortNamesConflict" && condition?["message"] == "\"wd\" is already in use")
        #expect(!other.hasCondition("Established"))
        #expect(fixture.registry.resourceType(group: "example.com", version: "v1", plural: "gadgets") == nil)
        let key = fixture.key(.customResourceDefinitions, "widgets.example.com")
        _ = try await fixture.client.patch(
            key, .merge(["spec": ["names": ["shortNames": .null]]]), subresource: nil, options: WriteOptions())
        #expect(fixture.registry.resourceType(group: "example.com", version: "v1", plural: "gadgets") != nil)
    }

    @Test("a definition that is deleted waits for its objects, and takes no new ones") func deletion() async throws {
        _ = try await create(WidgetDefinition.widget("a"))
        let key = fixture.key(.customResourceDefinitions, "widgets.example.com")
        try await fixture.client.delete(key, options: DeleteOptions())
        let definition = try fixture.get(.customResourceDefinitions, "widgets.example.com")
        #expect(definition.finalizers == [DefinitionStatus.cleanupFinalizer] && definition.hasCondition("Terminating"))
        let status = try await fixture.failure { _ = try await create(WidgetDefinition.widget("b")) }
        #expect(status.reason == .methodNotAllowed)
        _ = try await fixture.client.patch(
            key, .merge(["metadata": ["finalizers": .null]]), subresource: nil, options: WriteOptions())
        #expect(fixture.registry.resourceType(group: "example.com", version: "v1", plural: "widgets") == nil)
    }

    @Test("CEL rules are kept, and the answer says that they are not evaluated") func expressions() async throws {
        var schema = WidgetDefinition.schema
        schema.set([["rule": "self.size > 1"]], at: ["properties", "spec", "x-kubernetes-validations"])
        let context = fixture.context
        let definition = WidgetDefinition.definition(
            plural: "gadgets", kind: "Gadget", shortNames: [], versions: [WidgetDefinition.version("v1", schema: schema)])
        let made = try await fixture.registry.create(.customResourceDefinitions, definition, options: WriteOptions(), context: context)
        #expect(context.warnings.all.contains { $0.contains("x-kubernetes-validations") && $0.contains("does not evaluate") })
        let kept = made.object["spec", "versions"]?.array?.first?["schema"]?["openAPIV3Schema"]?["properties"]?["spec"]?["x-kubernetes-validations"]
        #expect(kept?.array?.first?["rule"] == "self.size > 1")
    }
}
