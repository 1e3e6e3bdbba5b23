extension CustomSchema {
    /// The whole object's description for merges: the schema's fields, and `apiVersion`, `kind` and `metadata`.
    package var node: SchemaNode { node(isRoot: true) }

    private func node(isRoot: Bool) -> SchemaNode {
        if isIntOrString { return SchemaNode(.intOrString) }
        switch type {
        case .object: return objectNode(isRoot: isRoot)
        case nil: return isRoot || !properties.isEmpty ? objectNode(isRoot: isRoot) : SchemaNode(.any)
        case .array:
            let isAtomic = listType == .atomic
            return SchemaNode(
                .list, element: items.map { $0.node(isRoot: false) },
                listType: isAtomic ? .atomic : listType == .set ? .set : .map, listMapKeys: listMapKeys)
        case .string: return SchemaNode(.string)
        case .integer: return SchemaNode(.integer)
        case .number: return SchemaNode(.number)
        case .boolean: return SchemaNode(.boolean)
        }
    }

    private func objectNode(isRoot: Bool) -> SchemaNode {
        if let element = additionalSchema { return SchemaNode(.map, element: element.node(isRoot: false), isAtomicMap: isAtomicMap) }
        if properties.isEmpty, !isRoot, !isEmbeddedResource { return SchemaNode(.map, element: SchemaNode(.any), isAtomicMap: isAtomicMap) }
        let constants = properties.compactMap { property in property.schema.defaultValue.map { (property.name, $0) } }
        let type = SchemaType(name: "", defaults: constants.isEmpty ? nil : TypeDefaults(constants: constants)) { [self] in
            var fields = properties.map { SchemaFields.Field(name: $0.name, node: $0.schema.node(isRoot: false)) }
            if isRoot || isEmbeddedResource {
                fields.removeAll { ["apiVersion", "kind", "metadata"].contains($0.name) }
                fields.append(.init(name: "apiVersion", node: SchemaNode(.string)))
                fields.append(.init(name: "kind", node: SchemaNode(.string)))
                fields.append(.init(name: "metadata", node: Schema.objectMetadata ?? SchemaNode(.any)))
                fields.sort { $0.name < $1.name }
            }
            return SchemaFields(fields)
        }
        return SchemaNode(.object, isAtomicMap: isAtomicMap, keepsUnknownFields: keepsUnknownMembers, type: type)
    }
}

extension Schema {
    /// meta/v1 ObjectMeta.
    static let objectMetadata = builtin.definition(named: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
}
