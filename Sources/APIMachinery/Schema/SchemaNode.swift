import Synchronization

/// The schema of one value: a field, a list's element, a map's value, or a whole kind.
///
/// Immutable and shared. What differs by use (list keys, merge strategy, whether it is required)
/// stands here; the fields of an object stand in its `type`, which is read from the table when
/// first asked for.
package final class SchemaNode: Sendable {
    package enum ValueType: Sendable, Hashable {
        /// Any JSON value.
        case any
        /// Known fields, in `fields`.
        case object
        /// An object with any fields, all kept (`RawExtension`, `FieldsV1`).
        case opaque
        /// Any keys, values of `element`.
        case map
        /// A list of `element`.
        case list
        case string, integer, number, boolean, quantity, intOrString
    }

    /// How server-side apply merges a list or map. Source: KEP-555.
    package enum ListType: Sendable, Hashable { case atomic, set, map }

    package struct PatchStrategy: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let merge = PatchStrategy(rawValue: 1)
        package static let replace = PatchStrategy(rawValue: 2)
        package static let retainKeys = PatchStrategy(rawValue: 4)
    }

    package let valueType: ValueType
    package let format: Format
    /// Of elements and map values.
    package let element: SchemaNode?
    package let listType: ListType
    /// Keys that identify an item of a list of type `map`.
    package let listMapKeys: [String]
    /// An object or map that is applied as one value.
    package let isAtomicMap: Bool
    package let patchStrategy: PatchStrategy
    package let patchMergeKey: String?
    /// The values allowed; empty where any is.
    package let enumValues: [String]
    package let isRequired: Bool
    /// Of an object: fields that are not in `fields` are kept, whatever they hold.
    package let keepsUnknownFields: Bool
    let type: SchemaType?

    package enum Format: String, Sendable, Hashable {
        case none = ""
        case int32, int64, double, byte
        case dateTime = "date-time"
    }

    init(
        _ valueType: ValueType, format: Format = .none, element: SchemaNode? = nil, listType: ListType = .atomic,
        listMapKeys: [String] = [], isAtomicMap: Bool = false, patchStrategy: PatchStrategy = [], patchMergeKey: String? = nil,
        enumValues: [String] = [], isRequired: Bool = false, keepsUnknownFields: Bool = false, type: SchemaType? = nil
    ) {
        self.valueType = valueType
        self.format = format
        self.element = element
        self.listType = listType
        self.listMapKeys = listMapKeys
        self.isAtomicMap = isAtomicMap
        self.patchStrategy = patchStrategy
        self.patchMergeKey = patchMergeKey
        self.enumValues = enumValues
        self.isRequired = isRequired
        self.keepsUnknownFields = keepsUnknownFields
        self.type = type
    }

    /// The name of the definition referred to (`io.k8s.api.core.v1.PodSpec`); empty for an inline type.
    package var name: String { type?.name ?? "" }
    /// The known fields, sorted by name; empty for anything but an object.
    package var fields: SchemaFields { type?.fields ?? .none }
}

/// The fields of an object type, sorted by name.
package struct SchemaFields: Sendable, RandomAccessCollection {
    package struct Field: Sendable {
        package let name: String
        package let node: SchemaNode
    }

    static let none = SchemaFields([])
    private let fields: [Field]

    init(_ sorted: [Field]) { fields = sorted }

    package var startIndex: Int { 0 }
    package var endIndex: Int { fields.count }
    package subscript(position: Int) -> Field { fields[position] }

    package subscript(name: String) -> SchemaNode? {
        var low = 0
        var high = fields.count
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low < fields.count && fields[low].name == name ? fields[low].node : nil
    }
}

/// A named definition. Its fields are parsed at first use and then kept.
final class SchemaType: Sendable {
    let name: String
    /// What server-side defaulting does to a value of this type.
    let defaults: TypeDefaults?
    private let load: @Sendable () -> SchemaFields
    private let loaded = Mutex<SchemaFields?>(nil)

    init(name: String, defaults: TypeDefaults? = nil, load: @escaping @Sendable () -> SchemaFields) {
        self.name = name
        self.defaults = defaults
        self.load = load
    }

    var fields: SchemaFields {
        if let fields = loaded.withLock({ $0 }) { return fields }
        // Outside the lock: a definition may refer to itself. Loading twice gives equal fields.
        let fields = load()
        return loaded.withLock { kept in
            if let kept { return kept }
            kept = fields
            return fields
        }
    }

    /// Ends the references to other types, when the table goes.
    func forgetFields() {
        // Released outside the lock: it may free other types.
        _ = loaded.withLock { kept in
            defer { kept = nil }
            return kept
        }
    }
}
