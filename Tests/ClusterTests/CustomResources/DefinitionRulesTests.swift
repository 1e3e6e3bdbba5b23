import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct DefinitionRulesTests {
    private static func errors(_ schema: JSON) -> [String] {
        DefinitionRules(WidgetDefinition.definition(versions: [WidgetDefinition.version("v1", schema: schema, ["selectableFields": []])]), old: nil)
            .errors.map(\.description)
    }

    private static func property(_ schema: JSON) -> JSON { ["type": "object", "properties": ["a": schema]] }

    private static let place = "spec.versions[0].schema.openAPIV3Schema"

    @Test("the example is right") func right() {
        #expect(DefinitionRules(WidgetDefinition.definition(), old: nil).errors == [])
    }

    private static let faultySchemas: [(JSON, String)] = [
        (["properties": [:]], "\(place).type: Invalid value: \"\": must be object at the root"),
        (property([:]), "\(place).properties.a.type: Required value: must not be empty for specified object fields"),
        (property(["type": "array", "items": [:]]), "\(place).properties.a.items.type: Required value: must not be empty for specified array items"),
        (property(["type": "array"]), "\(place).properties.a.items: Required value: must be specified"),
        (property(["$ref": "#/a", "type": "string"]), "\(place).properties.a.$ref: Forbidden: $ref is not supported"),
        (property(["type": "text"]), "\(place).properties.a.type: Unsupported value: \"text\": supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\""),
        (
            property(["type": "array", "items": ["type": "string"], "uniqueItems": true]),
            "\(place).properties.a.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        ),
        (property(["type": "string", "anyOf": [["type": "string"]]]), "\(place).properties.a.anyOf[0].type: Forbidden: must be empty to be structural"),
        (
            property(["type": "object", "anyOf": [["properties": ["b": [:]]]]]),
            "\(place).properties.a.properties.b: Required value: because it is defined in \(place).properties.a.anyOf[0].properties.b"
        ),
        (
            property(["type": "object", "properties": ["b": ["type": "string"]], "default": ["c": 1]]),
            "\(place).properties.a.default: Invalid value: {\"c\":1}: must not have unknown fields"
        ),
        (
            property(["type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": ["type": "object", "properties": ["k": ["type": "string"]]]]),
            "\(place).properties.a.items.properties.k.default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
        ),
    ]

    @Test("schemas that are not structural are refused", arguments: Self.faultySchemas) func structural(schema: JSON, message: String) {
        #expect(Self.errors(schema).contains(message), "\(Self.errors(schema))")
    }

    @Test("a schema that is too deep or too large is refused") func bounded() {
        var deep: JSON = ["type": "string"]
        for _ in 0..<200 { deep = Self.property(deep) }
        #expect(Self.errors(deep).contains { $0.contains("nests more than 64 levels deep") })
        let many = JSONObject((0..<60_000).map { .init(key: "f\($0)", value: ["type": "string"]) })
        #expect(Self.errors(["type": "object", "properties": .object(many)]).contains { $0.contains("more than 50000 nodes") })
    }

    @Test("expressions that RE2 does not have, or that are enormous, are refused", arguments: ["(a", "(?=a)", "\\1", "((a{1000}){1000}){1000}", "((){1000}){1000}", "[z-a]", "a**"])
    func pattern(pattern: String) {
        let errors = Self.errors(Self.property(["type": "string", "pattern": .string(pattern)]))
        #expect(errors.contains { $0.contains("must be a valid regular expression, but isn't") }, "\(errors)")
    }

    @Test("defaults that multiply are refused") func multiplying() {
        let empty = JSON.array(Array(repeating: .object([:]), count: 100))
        var inner: JSON = ["type": "string", "default": "x"]
        for _ in 0..<4 { inner = ["type": "array", "default": empty, "items": Self.property(inner)] }
        #expect(Self.errors(Self.property(inner)).contains { $0.contains("more than 200000 values") })
    }

    @Test("names, scope, versions and columns are checked") func names() {
        var definition = WidgetDefinition.definition()
        definition.name = "wrong.example.com"
        definition["spec", "scope"] = "Galaxy"
        definition["spec", "versions"] = [
            WidgetDefinition.version("v1"), WidgetDefinition.version("v1", schema: WidgetDefinition.schema, ["additionalPrinterColumns": [["name": "A", "type": "text", "jsonPath": "spec"]]]),
        ]
        let errors = DefinitionRules(definition, old: nil).errors.map(\.description)
        for expected in [
            "metadata.name: Invalid value: \"wrong.example.com\": must be spec.names.plural+\".\"+spec.group",
            "spec.scope: Unsupported value: \"Galaxy\": supported values: \"Cluster\", \"Namespaced\"",
            "spec.versions: Invalid value: \"v1\": must contain unique version names",
            "spec.versions: Invalid value: \"2 versions\": must have exactly one version marked as storage version",
            "spec.versions[1].additionalPrinterColumns[0].type: Invalid value: \"text\": must be one of boolean,date,integer,number,string",
            "spec.versions[1].additionalPrinterColumns[0].jsonPath: Invalid value: \"spec\": must be a simple json path starting with .",
        ] { #expect(errors.contains(expected), "\(errors)") }
        var other = WidgetDefinition.definition(plural: "widgets")
        other["spec", "group"] = "widgets.k8s.io"
        other.name = "widgets.widgets.k8s.io"
        #expect(DefinitionRules(other, old: nil).errors.contains { $0.path.description == "metadata.annotations[api-approved.kubernetes.io]" })
    }
}
