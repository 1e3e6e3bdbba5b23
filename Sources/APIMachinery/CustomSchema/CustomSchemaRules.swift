/// What a CustomResourceDefinition's schema must be to be served: structural, without references,
/// with defaults that fit, and bounded.
///
/// Source: kubernetes, apiextensions-apiserver pkg/apis/apiextensions/validation and
/// pkg/apiserver/schema; Kubernetes documentation, "Specifying a structural schema".
package struct CustomSchemaRules {
    /// Deepest nesting of one schema.
    static let depthMax = 64
    /// Most nodes of one schema.
    static let nodesMax = 50_000

    package private(set) var errors: [FieldError] = []
    /// CEL rules (`x-kubernetes-validations`) were found.
    package private(set) var hasExpressions = false
    private var nodeCount = 0

    /// Checks the schema at `path` (`spec.versions[0].schema.openAPIV3Schema`).
    package init(_ schema: JSON, at path: FieldPath) {
        guard case .object(let root) = schema else {
            errors.append(.required(path, "schemas are required"))
            return
        }
        if root["type"]?.string != "object" {
            errors.append(.invalid(path.appending("type"), root["type"] ?? "", "must be object at the root"))
        }
        if root["x-kubernetes-embedded-resource"]?.bool == true {
            errors.append(.forbidden(path.appending("x-kubernetes-embedded-resource"), "must not be used at the root"))
        }
        if root["nullable"]?.bool == true { errors.append(.forbidden(path.appending("nullable"), "nullable cannot be true at the root")) }
        if root["default"] != nil { errors.append(.forbidden(path.appending("default"), "must be undefined at the root")) }
        check(root, path, depth: 0, isRoot: true, isResource: true)
    }

    private static let unsupported = [
        "$ref", "$schema", "additionalItems", "definitions", "dependencies", "id", "patternProperties",
    ]

    private mutating func forbid(_ path: FieldPath, _ key: String, _ detail: String) {
        errors.append(.forbidden(path.appending(key), detail))
    }

    // MARK: A node with structure

    private mutating func check(_ schema: JSONObject, _ path: FieldPath, depth: Int, isRoot: Bool = false, isResource: Bool = false) {
        guard isWithinBounds(path, depth) else { return }
        checkCommon(schema, path)
        checkType(schema, path, isRoot: isRoot)
        checkExtensions(schema, path)
        let properties = schema["properties"]?.object ?? [:]
        let here = isResource || schema["x-kubernetes-embedded-resource"]?.bool == true
        for property in properties {
            let place = path.appending("properties").appending(property.key)
            guard case .object(let child) = property.value else { continue }
            if here, ["apiVersion", "kind", "metadata"].contains(property.key) {
                checkMeta(child, property.key, place)
                continue
            }
            check(child, place, depth: depth + 1)
        }
        if case .object(let child)? = schema["additionalProperties"] {
            check(child, path.appending("additionalProperties"), depth: depth + 1)
        }
        if case .object(let child)? = schema["items"] { check(child, path.appending("items"), depth: depth + 1) }
        checkCombinations(schema, path, depth: depth, structure: schema)
        if errors.isEmpty { checkDefault(schema, path) }
    }

    private mutating func isWithinBounds(_ path: FieldPath, _ depth: Int) -> Bool {
        nodeCount += 1
        if depth > Self.depthMax {
            if depth == Self.depthMax + 1 { errors.append(.forbidden(path, "the schema nests more than \(Self.depthMax) levels deep")) }
            return false
        }
        if nodeCount > Self.nodesMax {
            if nodeCount == Self.nodesMax + 1 { errors.append(.forbidden(path, "the schema has more than \(Self.nodesMax) nodes")) }
            return false
        }
        return true
    }

    private mutating func checkType(_ schema: JSONObject, _ path: FieldPath, isRoot: Bool) {
        let type = schema["type"]?.string ?? ""
        let isIntOrString = schema["x-kubernetes-int-or-string"]?.bool == true
        if type.isEmpty {
            let isFree = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
            if !isRoot, !isIntOrString, !isFree {
                let place = path.steps.last == .key("items") ? "array items" : "object fields"
                errors.append(.required(path.appending("type"), "must not be empty for specified \(place)"))
            }
        } else if CustomSchema.ValueType(rawValue: type) == nil {
            errors.append(.unsupported(path.appending("type"), .string(type), ["array", "boolean", "integer", "number", "object", "string"]))
        } else if isIntOrString {
            errors.append(.invalid(path.appending("type"), .string(type), "must be empty if x-kubernetes-int-or-string is true"))
        }
        if type == "array", schema["items"] == nil { errors.append(.required(path.appending("items"), "must be specified")) }
        if case .array? = schema["items"] { forbid(path, "items", "items must be a schema object and not an array") }
        if schema["additionalProperties"] != nil {
            if schema["properties"]?.object?.isEmpty == false {
                forbid(path, "additionalProperties", "additionalProperties and properties are mutual exclusive")
            } else if isRoot {
                forbid(path, "additionalProperties", "must not be used at the root")
            } else if type != "object", !type.isEmpty {
                forbid(path, "additionalProperties", "must only be used with type object")
            }
        }
    }

    private mutating func checkExtensions(_ schema: JSONObject, _ path: FieldPath) {
        let type = schema["type"]?.string ?? ""
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool == false {
            errors.append(.invalid(path.appending("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"))
        }
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool == true, !type.isEmpty, type != "object" {
            errors.append(.invalid(path.appending("type"), .string(type), "must be object if x-kubernetes-preserve-unknown-fields is true"))
        }
        if schema["x-kubernetes-embedded-resource"]?.bool == true {
            if type != "object" { errors.append(.invalid(path.appending("type"), .string(type), "must be object if x-kubernetes-embedded-resource is true")) }
            if schema["properties"]?.object?.isEmpty ?? true, schema["x-kubernetes-preserve-unknown-fields"]?.bool != true {
                errors.append(.required(path.appending("properties"), "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"))
            }
        }
        if let mapType = schema["x-kubernetes-map-type"]?.string {
            if !["atomic", "granular"].contains(mapType) {
                errors.append(.unsupported(path.appending("x-kubernetes-map-type"), .string(mapType), ["atomic", "granular"]))
            }
            if type != "object" { errors.append(.invalid(path.appending("type"), .string(type), "must be object if x-kubernetes-map-type is specified")) }
        }
        checkListType(schema, path, type)
        if schema["x-kubernetes-validations"]?.array?.isEmpty == false { hasExpressions = true }
    }

    private mutating func checkListType(_ schema: JSONObject, _ path: FieldPath, _ type: String) {
        let keys = schema["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? []
        let keysPath = path.appending("x-kubernetes-list-map-keys")
        guard let listType = schema["x-kubernetes-list-type"]?.string else {
            if !keys.isEmpty { errors.append(.required(path.appending("x-kubernetes-list-type"), "must be map if x-kubernetes-list-map-keys is non-empty")) }
            return
        }
        if CustomSchema.ListType(rawValue: listType) == nil {
            errors.append(.unsupported(path.appending("x-kubernetes-list-type"), .string(listType), ["atomic", "map", "set"]))
        }
        if type != "array" { errors.append(.invalid(path.appending("type"), .string(type), "must be array if x-kubernetes-list-type is specified")) }
        guard listType == "map" else {
            if !keys.isEmpty { errors.append(.invalid(path.appending("x-kubernetes-list-type"), .string(listType), "must be map if x-kubernetes-list-map-keys is non-empty")) }
            return
        }
        if keys.isEmpty { errors.append(.required(keysPath, "must not be empty if x-kubernetes-list-type is map")) }
        let items = schema["items"]?.object ?? [:]
        if items["type"]?.string != "object" {
            errors.append(.invalid(path.appending("items").appending("type"), items["type"] ?? "", "must be object if parent array's x-kubernetes-list-type is map"))
            return
        }
        let required = Set(items["required"]?.array?.compactMap(\.string) ?? [])
        for (index, key) in keys.enumerated() {
            guard let property = items["properties"]?[key] else {
                errors.append(.invalid(keysPath.appending(index), .string(key), "must be a property of the list's items"))
                continue
            }
            let place = path.appending("items").appending("properties").appending(key)
            if ["array", "object"].contains(property["type"]?.string) {
                errors.append(.invalid(place.appending("type"), property["type"] ?? "", "must be a scalar type if parent array's x-kubernetes-list-type is map"))
            }
            if property["default"] == nil, !required.contains(key) {
                errors.append(
                    .required(place.appending("default"), "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"))
            }
        }
        if Set(keys).count != keys.count { errors.append(.duplicate(keysPath, JSON(keys))) }
    }

    /// `apiVersion` and `kind` are strings, `metadata` an object of which only the name may be restricted.
    private mutating func checkMeta(_ schema: JSONObject, _ name: String, _ path: FieldPath) {
        let expected = name == "metadata" ? "object" : "string"
        if schema["type"]?.string != expected { errors.append(.invalid(path.appending("type"), schema["type"] ?? "", "must be \(expected)")) }
        guard name == "metadata" else { return }
        for property in schema["properties"]?.object ?? [:] where !["name", "generateName"].contains(property.key) {
            errors.append(.forbidden(path, "must not specify anything other than name and generateName, but metadata is implicitly specified"))
            break
        }
        checkCommon(schema, path)
    }

    // MARK: Values

    private mutating func checkCommon(_ schema: JSONObject, _ path: FieldPath) {
        for key in Self.unsupported where schema[key].map({ !$0.isNull }) ?? false { forbid(path, key, "\(key) is not supported") }
        if schema["uniqueItems"]?.bool == true { forbid(path, "uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic") }
        if schema["additionalProperties"]?.bool == false { forbid(path, "additionalProperties", "additionalProperties cannot be set to false") }
        if let pattern = schema["pattern"]?.string, !pattern.isEmpty {
            do throws(RegularExpression.Failure) { _ = try RegularExpression(pattern) } catch {
                errors.append(.invalid(path.appending("pattern"), .string(pattern), "must be a valid regular expression, but isn't: \(error)"))
            }
        }
    }

    private mutating func checkCombinations(_ schema: JSONObject, _ path: FieldPath, depth: Int, structure: JSONObject) {
        for key in ["allOf", "anyOf", "oneOf"] {
            for (index, part) in (schema[key]?.array ?? []).enumerated() {
                guard case .object(let part) = part else { continue }
                checkValueRules(part, path.appending(key).appending(index), depth: depth + 1, structure: structure)
            }
        }
        if case .object(let part)? = schema["not"] { checkValueRules(part, path.appending("not"), depth: depth + 1, structure: structure) }
    }

    /// The part of a schema that only restricts values: what it names must be described outside it too.
    private mutating func checkValueRules(_ schema: JSONObject, _ path: FieldPath, depth: Int, structure: JSONObject) {
        guard isWithinBounds(path, depth) else { return }
        checkCommon(schema, path)
        let isIntOrString = structure["x-kubernetes-int-or-string"]?.bool == true
        if let type = schema["type"]?.string, !type.isEmpty, !isIntOrString { forbid(path, "type", "must be empty to be structural") }
        for key in ["description", "title"] where schema[key]?.string?.isEmpty == false { forbid(path, key, "must be empty to be structural") }
        for key in ["default", "additionalProperties"] where schema[key] != nil { forbid(path, key, "must be undefined to be structural") }
        for key in ["nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"]
        where schema[key]?.bool == true { forbid(path, key, "must be false to be structural") }
        for property in schema["properties"]?.object ?? [:] {
            guard case .object(let child) = property.value else { continue }
            let outer = structure["properties"]?[property.key]?.object ?? structure["additionalProperties"]?.object
            let place = path.appending("properties").appending(property.key)
            if outer == nil, structure["x-kubernetes-preserve-unknown-fields"]?.bool != true {
                errors.append(.required(Self.structural(place), "because it is defined in \(place)"))
            }
            checkValueRules(child, place, depth: depth + 1, structure: outer ?? [:])
        }
        if case .object(let child)? = schema["items"] {
            let place = path.appending("items")
            if structure["items"] == nil { errors.append(.required(Self.structural(place), "because it is defined in \(place)")) }
            checkValueRules(child, place, depth: depth + 1, structure: structure["items"]?.object ?? [:])
        }
        checkCombinations(schema, path, depth: depth, structure: structure)
    }

    /// The place without the combinations on the way.
    private static func structural(_ path: FieldPath) -> FieldPath {
        var steps: [FieldPath.Step] = []
        var index = 0
        while index < path.steps.count {
            switch path.steps[index] {
            case .key("allOf"), .key("anyOf"), .key("oneOf"): index += 1
            case .key("not"): break
            default: steps.append(path.steps[index])
            }
            index += 1
        }
        return FieldPath(steps)
    }

    /// A default must be what a client could have written.
    private mutating func checkDefault(_ schema: JSONObject, _ path: FieldPath) {
        guard let value = schema["default"], !value.isNull else { return }
        let node = CustomSchema(.object(schema))
        let place = path.appending("default")
        if node.prunedDefault(value) != value { errors.append(.invalid(place, value.shortened, "must not have unknown fields")) }
        do throws(CustomSchema.TooManyDefaults) {
            errors += node.checkDefault(try node.defaultedDefault(value), at: place)
        } catch {
            errors.append(.forbidden(place, "with the defaults inside it, it has more than \(CustomSchema.defaultedValuesMax) values"))
        }
    }
}
