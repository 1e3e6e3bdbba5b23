/// What the API server knows of every kind's fields: strict decoding, pruning, defaulting, and the
/// description that merges and OpenAPI are made from.
package struct Schema: Sendable {
    private let table: SchemaTable

    /// Kubernetes 1.36's kinds and gitctl's own.
    package static let builtin = Schema(table: SchemaTable(builtinSchemaTable))

    init(table: SchemaTable) { self.table = table }

    /// The schema of a kind; nil for one that the table lacks.
    package func node(_ gvk: GroupVersionKind) -> SchemaNode? { table.node(gvk) }

    /// Of a definition by its full name (`io.k8s.api.core.v1.PodSpec`).
    package func definition(named name: String) -> SchemaNode? { table.node(named: name) }

    /// The kinds described, in no order; lists and options included.
    package var kinds: [GroupVersionKind] { table.kinds }

    /// The same kinds, read anew: for a walk of many definitions whose nodes shall be freed after it.
    package static func unshared() -> Schema { Schema(table: SchemaTable(builtinSchemaTable)) }

    /// Changes when the built-in kinds do (FNV-1a of the table).
    package static var fingerprint: UInt64 {
        let text = StaticText(builtinSchemaTable)
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<text.count { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
        return hash
    }

    /// All definitions, sorted by name.
    package var definitions: some Sequence<SchemaNode> {
        (0..<table.count).lazy.map { [table] in table.definition($0) }
    }
}
