import APIMachinery

extension Validation {
    /// A value together with where it stands: what the rules are written against.
    ///
    /// An absent field is a `Field` too, with a nil value, so that rules need no nesting.
    struct Field: Sendable {
        /// nil when absent or null.
        let value: JSON?
        let steps: [FieldPath.Step]

        init(_ value: JSON?, at steps: [FieldPath.Step] = []) {
            self.value = value == .null ? nil : value
            self.steps = steps
        }

        var path: FieldPath { FieldPath(steps) }

        subscript(_ key: String) -> Field { Field(value?[key], at: steps + [.key(key)]) }

        /// The entries of a list, none when absent.
        var elements: [Field] {
            (value?.array ?? []).enumerated().map { Field($0.element, at: steps + [.index($0.offset)]) }
        }

        /// The members of an object, in key order.
        var members: [(key: String, field: Field)] {
            (value?.object ?? [:]).map { ($0.key, Field($0.value, at: steps + [.key($0.key)])) }
        }

        var isPresent: Bool { value != nil }
        var isEmpty: Bool {
            switch value {
            case nil: true
            case .string(let text): text.isEmpty
            case .array(let list): list.isEmpty
            case .object(let object): object.isEmpty
            default: false
            }
        }
        var string: String? { value?.string }
        var int: Int64? { value?.int }
        var bool: Bool? { value?.bool }
        var text: String { value?.string ?? "" }

        /// Whether both hold the same; absent, null and empty count as equal, as in Kubernetes' semantic comparison.
        func equals(_ other: Field) -> Bool { (isEmpty && other.isEmpty) || value?.withoutNulls == other.value?.withoutNulls }
    }
}

extension JSON {
    /// This value without the members that are null, at every depth.
    var withoutNulls: JSON {
        guard holdsNull else { return self }
        switch self {
        case .array(let list): return .array(list.map(\.withoutNulls))
        case .object(let object): return .object(object.keeping { !$0.value.isNull }.mapValues(\.withoutNulls))
        default: return self
        }
    }

    /// Whether a member is null, at any depth: seldom, and then the value is its own answer.
    private var holdsNull: Bool {
        switch self {
        case .array(let list): list.contains { $0.holdsNull }
        case .object(let object): object.contains { $0.value.isNull || $0.value.holdsNull }
        default: false
        }
    }
}
