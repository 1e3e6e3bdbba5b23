extension CustomSchema {
    /// Most values that defaults add to one object: defaults within defaults could otherwise fill the memory.
    package static let defaultedValuesMax = 200_000

    /// The defaults of one object would be more than `defaultedValuesMax` values.
    package struct TooManyDefaults: Error {}

    /// The object with its defaults; a null in a field that may not be null counts as absent.
    /// Source: Kubernetes documentation, "Defaulting and Nullable".
    package func defaulted(_ object: Object) throws(TooManyDefaults) -> Object {
        var walk = Defaulting()
        guard case .object(let fields)? = try walk.fill(object.json, self, isResource: true) else { return object }
        return Object(fields)
    }

    /// A default with the defaults inside it.
    func defaultedDefault(_ value: JSON) throws(TooManyDefaults) -> JSON {
        var walk = Defaulting()
        return try walk.fill(value, self, isResource: isEmbeddedResource) ?? value
    }

    private struct Defaulting {
        private var addedCount = 0

        /// nil when nothing changes.
        mutating func fill(_ value: JSON, _ schema: CustomSchema, isResource: Bool) throws(TooManyDefaults) -> JSON? {
            switch value {
            case .object(let members):
                return try fill(members, schema, isResource: isResource || schema.isEmbeddedResource).map(JSON.object)
            case .array(let elements):
                guard let items = schema.items else { return nil }
                var result: [JSON]?
                for (index, element) in elements.enumerated() {
                    guard let changed = try fill(element, items, isResource: false) else { continue }
                    if result == nil { result = elements }
                    result?[index] = changed
                }
                return result.map(JSON.array)
            default: return nil
            }
        }

        private mutating func fill(
            _ members: JSONObject, _ schema: CustomSchema, isResource: Bool
        ) throws(TooManyDefaults) -> JSONObject? {
            var result: JSONObject?
            func set(_ key: String, _ value: JSON?) {
                if result == nil { result = members }
                result?[key] = value
            }
            for property in schema.properties {
                guard !(isResource && ["apiVersion", "kind", "metadata"].contains(property.name)) else { continue }
                let known = members[property.name]
                if known == nil || known == .null && !property.schema.isNullable {
                    if let value = property.schema.defaultValue {
                        addedCount += Self.count(value)
                        guard addedCount <= CustomSchema.defaultedValuesMax else { throw TooManyDefaults() }
                        set(property.name, try fill(value, property.schema, isResource: false) ?? value)
                    } else if known != nil {
                        set(property.name, nil)
                    }
                } else if let known, let changed = try fill(known, property.schema, isResource: false) {
                    set(property.name, changed)
                }
            }
            guard let additional = schema.additionalSchema else { return result }
            for member in members where schema.property(member.key) == nil {
                if let changed = try fill(member.value, additional, isResource: false) { set(member.key, changed) }
            }
            return result
        }

        private static func count(_ value: JSON) -> Int {
            switch value {
            case .array(let elements): elements.reduce(1) { $0 + count($1) }
            case .object(let members): members.reduce(1) { $0 + count($1.value) }
            default: 1
            }
        }
    }
}
