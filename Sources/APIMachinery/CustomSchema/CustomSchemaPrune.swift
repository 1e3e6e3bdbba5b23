extension CustomSchema {
    /// Longest list of unknown fields reported.
    private static let unknownMax = 100

    /// The object without the fields that the schema does not know, and one error for each of those in its spec.
    ///
    /// `metadata` is pruned as in every kind, also inside embedded resources.
    /// Source: Kubernetes documentation, "Field pruning".
    package func pruned(_ object: Object) -> (object: Object, unknown: [FieldError]) {
        var walk = Pruning()
        guard case .object(let fields)? = walk.prune(object.json, self, isResource: true) else { return (object, walk.unknown) }
        return (Object(fields), walk.unknown)
    }

    /// A default as it would be stored, for the check that it has no unknown field.
    func prunedDefault(_ value: JSON) -> JSON {
        var walk = Pruning()
        return walk.prune(value, self, isResource: isEmbeddedResource) ?? value
    }

    private struct Pruning {
        var unknown: [FieldError] = []
        private var path: [FieldPath.Step] = []

        /// nil when nothing changes.
        mutating func prune(_ value: JSON, _ schema: CustomSchema, isResource: Bool) -> JSON? {
            switch value {
            case .object(let members): return prune(members, schema, isResource: isResource || schema.isEmbeddedResource).map(JSON.object)
            case .array(let elements):
                guard let items = schema.items else { return nil }
                var result: [JSON]?
                for (index, element) in elements.enumerated() {
                    path.append(.index(index))
                    defer { path.removeLast() }
                    guard let changed = prune(element, items, isResource: false) else { continue }
                    if result == nil { result = elements }
                    result?[index] = changed
                }
                return result.map(JSON.array)
            default: return nil
            }
        }

        private mutating func prune(_ members: JSONObject, _ schema: CustomSchema, isResource: Bool) -> JSONObject? {
            var changes: [(key: String, value: JSON?)] = []
            for member in members {
                path.append(.key(member.key))
                defer { path.removeLast() }
                var changed: JSON?
                if isResource, member.key == "metadata" {
                    changed = pruneMetadata(member.value)
                } else if isResource, member.key == "apiVersion" || member.key == "kind" {
                    continue
                } else if let property = schema.property(member.key) ?? schema.additionalSchema {
                    changed = prune(member.value, property, isResource: false)
                } else if schema.keepsUnknownMembers {
                    continue
                } else {
                    reportUnknown(member.key, schema)
                    changes.append((member.key, nil))
                    continue
                }
                if let changed { changes.append((member.key, changed)) }
            }
            return changes.isEmpty ? nil : members.merging(changes)
        }

        private mutating func pruneMetadata(_ value: JSON) -> JSON? {
            guard let node = Schema.objectMetadata, case .object(let members) = value else { return nil }
            // The object's own metadata is checked like that of every kind.
            if path.count > 1 {
                for member in members where node.fields[member.key] == nil {
                    path.append(.key(member.key))
                    reportUnknown(member.key, nil)
                    path.removeLast()
                }
            }
            return node.normalized(value)
        }

        private mutating func reportUnknown(_ key: String, _ schema: CustomSchema?) {
            guard unknown.count < CustomSchema.unknownMax else { return }
            let place = FieldPath(path)
            var message = "unknown field \"\(place)\""
            if let near = schema.flatMap({ Spelling.nearest(to: key, among: $0.properties.lazy.map(\.name)) }) { message += "; did you mean \"\(near)\"?" }
            unknown.append(FieldError(.unknownField, place, message))
        }
    }
}
