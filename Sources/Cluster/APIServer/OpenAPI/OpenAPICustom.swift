import APIMachinery

/// The schema of a custom kind as OpenAPI: what its definition says, with what every object has.
/// Source: kubernetes, apiextensions-apiserver pkg/controller/openapi/builder.
struct OpenAPICustom {
    let dialect: OpenAPIDialect
    let version: CustomVersion

    /// `com.example.v1.Widget`.
    static func name(of gvk: GroupVersionKind) -> String {
        (gvk.group.split(separator: ".").reversed().map(String.init) + [gvk.version, gvk.kind]).joined(separator: ".")
    }

    /// The kind's and its list's.
    var definitions: [(name: String, definition: JSON)] {
        let gvk = version.type.gvk
        let list = OpenAPIDocument.list(gvk)
        return [(Self.name(of: gvk), kind(gvk)), (Self.name(of: list), listDefinition(list, of: gvk))]
    }

    private func kind(_ gvk: GroupVersionKind) -> JSON {
        var schema = published(version.schemaJSON.object ?? [:])
        schema["type"] = "object"
        // In Swagger 2.0 a description of some fields would forbid the others.
        if dialect == .v3 || schema["x-kubernetes-preserve-unknown-fields"]?.bool != true { addMembers(&schema) }
        schema["x-kubernetes-group-version-kind"] = [gvk.openAPI]
        return .object(schema)
    }

    private func listDefinition(_ list: GroupVersionKind, of gvk: GroupVersionKind) -> JSON {
        var schema: JSONObject = [
            "type": "object", "required": ["items"], "description": .string("\(list.kind) is a list of \(gvk.kind)"),
            "properties": [
                "items": [
                    "type": "array", "items": ["$ref": .string(dialect.definitionPrefix + Self.name(of: gvk))],
                    "description": .string("The objects."),
                ]
            ],
            "x-kubernetes-group-version-kind": [list.openAPI],
        ]
        addMembers(&schema, metadata: OpenAPIDefinitions.listMetadata)
        return .object(schema)
    }

    /// `apiVersion`, `kind` and `metadata`, which definitions need not describe.
    private func addMembers(_ schema: inout JSONObject, metadata: String = OpenAPIDefinitions.objectMetadata) {
        var properties = schema["properties"]?.object ?? [:]
        let descriptions = FieldDescriptions()
        for key in ["apiVersion", "kind"] {
            properties[key] = ["type": "string", "description": .string(descriptions.of(key, in: "any") ?? "")]
        }
        let reference: JSON = ["$ref": .string(dialect.definitionPrefix + metadata)]
        let text = JSON.string(descriptions.of("metadata", in: "any") ?? "")
        properties["metadata"] = dialect == .v3 ? ["allOf": [reference], "description": text] : ["$ref": reference["$ref"] ?? "", "description": text]
        schema["properties"] = .object(properties)
    }

    /// A schema without what the dialect cannot say.
    private func published(_ schema: JSONObject) -> JSONObject {
        var schema = schema
        if dialect == .v2 {
            let isOpen = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
            if isOpen || schema["nullable"]?.bool == true { for key in ["properties", "items", "additionalProperties"] { schema[key] = nil } }
            if schema["nullable"]?.bool == true { schema["type"] = nil }
            for key in ["allOf", "anyOf", "oneOf", "not", "nullable"] { schema[key] = nil }
        }
        if let properties = schema["properties"]?.object { schema["properties"] = .object(properties.mapValues(published)) }
        for key in ["items", "additionalProperties"] { if let child = schema[key] { schema[key] = published(child) } }
        if schema["x-kubernetes-embedded-resource"]?.bool == true, dialect == .v3 || schema["properties"] != nil { addMembers(&schema) }
        return schema
    }

    private func published(_ schema: JSON) -> JSON { schema.object.map { .object(published($0)) } ?? schema }
}
