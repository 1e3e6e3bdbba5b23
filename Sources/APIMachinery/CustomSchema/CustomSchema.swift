/// One node of a custom resource's schema (OpenAPI v3 with `x-kubernetes-` extensions), read from a
/// CustomResourceDefinition.
///
/// Immutable and shared. The same class stands for the parts under `allOf`, `anyOf`, `oneOf` and
/// `not`, in which only the value rules count. Reading never fails: `CustomSchemaRules` tells what
/// is wrong with a schema, and a definition with a faulty one is not stored.
/// Source: Kubernetes documentation, "Specifying a structural schema".
package final class CustomSchema: Sendable {
    package enum ValueType: String, Sendable { case object, array, string, integer, number, boolean }

    package enum ListType: String, Sendable { case atomic, set, map }

    /// What an object may hold beside its properties.
    package enum Additional: Sendable {
        case none
        /// Anything, unchecked.
        case any
        case schema(CustomSchema)
    }

    package struct Property: Sendable {
        package let name: String
        package let schema: CustomSchema
    }

    /// nil where any type is allowed.
    package let type: ValueType?
    package let format: String
    package let isNullable: Bool
    package let isIntOrString: Bool
    package let isEmbeddedResource: Bool
    package let preservesUnknownFields: Bool
    package let listType: ListType
    package let listMapKeys: [String]
    /// An object that is applied as one value.
    package let isAtomicMap: Bool
    /// Sorted by name.
    package let properties: [Property]
    package let additional: Additional
    package let items: CustomSchema?
    package let defaultValue: JSON?
    let required: [String]
    let bounds: Bounds
    let enumeration: [JSON]
    let pattern: String
    let expression: RegularExpression?
    let allOf: [CustomSchema]
    let anyOf: [CustomSchema]
    let oneOf: [CustomSchema]
    let not: CustomSchema?
    /// Anything below, this node included, has a default.
    let hasDefaults: Bool

    /// The limits of numbers, lengths and counts.
    struct Bounds: Sendable {
        var minimum: Double?
        var maximum: Double?
        var isMinimumExclusive = false
        var isMaximumExclusive = false
        var multipleOf: Double?
        var minLength: Int64?
        var maxLength: Int64?
        var minItems: Int64?
        var maxItems: Int64?
        var minProperties: Int64?
        var maxProperties: Int64?
        var hasUniqueItems = false

        init(_ json: JSONObject) {
            minimum = json["minimum"]?.double
            maximum = json["maximum"]?.double
            isMinimumExclusive = json["exclusiveMinimum"]?.bool ?? false
            isMaximumExclusive = json["exclusiveMaximum"]?.bool ?? false
            multipleOf = json["multipleOf"]?.double
            minLength = json["minLength"]?.int
            maxLength = json["maxLength"]?.int
            minItems = json["minItems"]?.int
            maxItems = json["maxItems"]?.int
            minProperties = json["minProperties"]?.int
            maxProperties = json["maxProperties"]?.int
            hasUniqueItems = json["uniqueItems"]?.bool ?? false
        }
    }

    package init(_ json: JSON) {
        let json = json.object ?? [:]
        func flag(_ key: String) -> Bool { json[key]?.bool ?? false }
        func schemas(_ key: String) -> [CustomSchema] { (json[key]?.array ?? []).map(CustomSchema.init) }
        type = json["type"]?.string.flatMap(ValueType.init(rawValue:))
        format = json["format"]?.string ?? ""
        isNullable = flag("nullable")
        isIntOrString = flag("x-kubernetes-int-or-string")
        isEmbeddedResource = flag("x-kubernetes-embedded-resource")
        preservesUnknownFields = flag("x-kubernetes-preserve-unknown-fields")
        listType = json["x-kubernetes-list-type"]?.string.flatMap(ListType.init(rawValue:)) ?? .atomic
        listMapKeys = json["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? []
        isAtomicMap = json["x-kubernetes-map-type"]?.string == "atomic"
        properties = (json["properties"]?.object ?? [:]).map { Property(name: $0.key, schema: CustomSchema($0.value)) }
        switch json["additionalProperties"] {
        case .bool(true)?: additional = .any
        case .object(let schema)?: additional = .schema(CustomSchema(.object(schema)))
        default: additional = .none
        }
        items = json["items"]?.object.map { CustomSchema(.object($0)) }
        defaultValue = json["default"].flatMap { $0.isNull ? nil : $0 }
        required = json["required"]?.array?.compactMap(\.string) ?? []
        bounds = Bounds(json)
        enumeration = json["enum"]?.array ?? []
        pattern = json["pattern"]?.string ?? ""
        // A pattern that cannot be read was refused with its definition.
        expression = pattern.isEmpty ? nil : try? RegularExpression(pattern)
        allOf = schemas("allOf")
        anyOf = schemas("anyOf")
        oneOf = schemas("oneOf")
        not = json["not"]?.object.map { CustomSchema(.object($0)) }
        var below = properties.contains { $0.schema.hasDefaults } || items?.hasDefaults ?? false
        if case .schema(let schema) = additional { below = below || schema.hasDefaults }
        hasDefaults = defaultValue != nil || below
    }

    /// The schema of a member; nil for one that is not known.
    package func property(_ name: String) -> CustomSchema? {
        var low = 0
        var high = properties.count
        while low < high {
            let middle = (low + high) / 2
            if properties[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < properties.count && properties[low].name == name ? properties[low].schema : nil
    }

    var additionalSchema: CustomSchema? {
        if case .schema(let schema) = additional { return schema }
        return nil
    }

    /// Members that are not described survive.
    var keepsUnknownMembers: Bool {
        if case .any = additional { return true }
        return preservesUnknownFields
    }
}
