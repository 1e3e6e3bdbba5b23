extension Schema {
    /// The object as Kubernetes' decoder and encoder would give it back: without unknown fields and
    /// nulls, quantities (`1024Mi`) and times in their canonical form, whole doubles as integers.
    /// An object of an unknown kind is left alone. Apply it after `check`, or where unknown fields
    /// are to be dropped.
    package func pruned(_ object: Object) -> Object {
        guard let gvk = object.gvk, let node = node(gvk), case .object(let fields)? = node.normalized(object.json) else { return object }
        return Object(fields)
    }
}

extension SchemaNode {
    /// The canonical form of a value of this type; nil when the value already is.
    func normalized(_ value: JSON) -> JSON? {
        switch (valueType, value) {
        case (.object, .object(let members)): return normalized(members).map(JSON.object)
        case (.map, .object(let members)): return normalizedMap(members).map(JSON.object)
        case (.list, .array(let elements)):
            guard let element else { return nil }
            var result: [JSON]?
            for (index, item) in elements.enumerated() {
                guard let changed = element.normalized(item) else { continue }
                if result == nil { result = elements }
                result?[index] = changed
            }
            return result.map(JSON.array)
        case (.integer, .double(let number)), (.intOrString, .double(let number)): return Int64(exactly: number).map(JSON.int)
        case (.quantity, _):
            guard let text = Quantity(value)?.description, value != .string(text) else { return nil }
            return .string(text)
        case (.string, .string(let text)) where format == .dateTime: return normalizedTime(text)
        default: return nil
        }
    }

    private func normalized(_ members: JSONObject) -> JSONObject? {
        let fields = self.fields
        var changes: [(key: String, value: JSON?)] = []
        for member in members {
            let field = fields[member.key]
            if field == nil, keepsUnknownFields { continue }
            guard let field, !member.value.isNull else {
                changes.append((member.key, nil))
                continue
            }
            if let changed = field.normalized(member.value) { changes.append((member.key, changed)) }
        }
        return changes.isEmpty ? nil : members.merging(changes)
    }

    private func normalizedMap(_ members: JSONObject) -> JSONObject? {
        guard let element, element.valueType != .any else { return nil }
        var changes: [(key: String, value: JSON?)] = []
        for member in members {
            // A null string decodes as an empty one; a null object as none.
            let changed: JSON? = member.value.isNull ? (element.valueType == .string ? .string("") : nil) : element.normalized(member.value)
            if changed == nil, !member.value.isNull { continue }
            changes.append((member.key, changed))
        }
        return changes.isEmpty ? nil : members.merging(changes)
    }

    private func normalizedTime(_ text: String) -> JSON? {
        guard let time = Timestamp(text) else { return nil }
        let canonical = name.hasSuffix("MicroTime") ? time.micro : time.description
        return canonical == text ? nil : .string(canonical)
    }
}
