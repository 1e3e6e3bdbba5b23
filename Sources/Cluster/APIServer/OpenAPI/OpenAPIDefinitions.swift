import APIMachinery

/// Schema nodes as OpenAPI schemas, with Kubernetes' `x-kubernetes-` extensions.
struct OpenAPIDefinitions {
    let dialect: OpenAPIDialect
    let schema: Schema
    let kinds: [String: [GroupVersionKind]]
    let descriptions = FieldDescriptions()

    static let objectMetadata = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    static let listMetadata = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
    private static let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"
    private static let intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"

    /// Visits every definition that `roots` reach, once each.
    func walk(from roots: [GroupVersionKind], _ visit: (String, JSON) -> Void) {
        var seen: Set<String> = []
        var open = roots.compactMap { schema.node($0) } + [Self.objectMetadata, Self.listMetadata].compactMap(schema.definition(named:))
        while let node = open.popLast() {
            guard seen.insert(node.name).inserted else { continue }
            visit(node.name, definition(node))
            for field in node.fields { collect(field.node, seen, &open) }
        }
        visit(Self.quantity, dialect == .v2 ? ["type": "string"] : ["oneOf": [["type": "string"], ["type": "number"]]])
        visit(
            Self.intOrString,
            dialect == .v2
                ? ["type": "string", "format": "int-or-string"]
                : ["format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]]])
    }

    private func collect(_ node: SchemaNode, _ seen: Set<String>, _ open: inout [SchemaNode]) {
        if node.valueType == .object, !node.name.isEmpty {
            if !seen.contains(node.name) { open.append(node) }
        } else if let element = node.element {
            collect(element, seen, &open)
        }
    }

    private func definition(_ node: SchemaNode) -> JSON {
        var properties = JSONObject()
        var required: [String] = []
        for field in node.fields {
            var property = value(field.node)
            if let text = descriptions.of(field.name, in: node.name) {
                if dialect == .v3, let reference = property["$ref"] { property = ["allOf": [["$ref": reference]]] }
                property.set(.string(text), at: ["description"])
            }
            properties[field.name] = property
            if field.node.isRequired { required.append(field.name) }
        }
        var definition: JSONObject = ["type": "object"]
        if let text = descriptions.of(node.name) { definition["description"] = .string(text) }
        if !properties.isEmpty { definition["properties"] = .object(properties) }
        if !required.isEmpty { definition["required"] = JSON(required) }
        if node.isAtomicMap { definition["x-kubernetes-map-type"] = "atomic" }
        if let kinds = kinds[node.name] { definition["x-kubernetes-group-version-kind"] = .array(kinds.map(\.openAPI)) }
        return .object(definition)
    }

    private func reference(_ name: String) -> JSON { .string(dialect.definitionPrefix + name) }

    /// The schema of a field, an element or a map's value.
    private func value(_ node: SchemaNode) -> JSON {
        var schema = JSONObject()
        switch node.valueType {
        case .any: break
        case .object where node.name.isEmpty, .opaque: schema["type"] = "object"
        case .object: return withAttributes(of: node, referring: node.name)
        case .quantity: return withAttributes(of: node, referring: Self.quantity)
        case .intOrString: return withAttributes(of: node, referring: Self.intOrString)
        case .map:
            schema["type"] = "object"
            if let element = node.element { schema["additionalProperties"] = value(element) }
        case .list:
            schema["type"] = "array"
            if let element = node.element { schema["items"] = value(element) }
            schema["x-kubernetes-list-type"] = node.listType == .map ? "map" : node.listType == .set ? "set" : "atomic"
            if !node.listMapKeys.isEmpty { schema["x-kubernetes-list-map-keys"] = JSON(node.listMapKeys) }
        case .string: schema["type"] = "string"
        case .integer: schema["type"] = "integer"
        case .number: schema["type"] = "number"
        case .boolean: schema["type"] = "boolean"
        }
        if node.format != .none { schema["format"] = .string(node.format.rawValue) }
        if !node.enumValues.isEmpty { schema["enum"] = JSON(node.enumValues) }
        addAttributes(of: node, to: &schema)
        return .object(schema)
    }

    /// A reference; OpenAPI 3 allows nothing beside `$ref`, hence `allOf`.
    private func withAttributes(of node: SchemaNode, referring name: String) -> JSON {
        var schema = JSONObject()
        addAttributes(of: node, to: &schema)
        if schema.isEmpty || dialect == .v2 {
            schema["$ref"] = reference(name)
        } else {
            schema["allOf"] = [["$ref": reference(name)]]
        }
        return .object(schema)
    }

    private func addAttributes(of node: SchemaNode, to schema: inout JSONObject) {
        var strategies: [String] = []
        if node.patchStrategy.contains(.merge) { strategies.append("merge") }
        if node.patchStrategy.contains(.replace) { strategies.append("replace") }
        if node.patchStrategy.contains(.retainKeys) { strategies.append("retainKeys") }
        if !strategies.isEmpty { schema["x-kubernetes-patch-strategy"] = .string(strategies.joined(separator: ",")) }
        if let key = node.patchMergeKey { schema["x-kubernetes-patch-merge-key"] = .string(key) }
        if node.isAtomicMap { schema["x-kubernetes-map-type"] = "atomic" }
    }
}

extension GroupVersionKind {
    var openAPI: JSON { ["group": .string(group), "version": .string(version), "kind": .string(kind)] }
}
