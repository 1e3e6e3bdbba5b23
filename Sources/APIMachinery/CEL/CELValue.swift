/// A value of the Common Expression Language. Source: cel-spec, langdef, "Values".
package enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([CELValue])
    case map(CELMap)
    case timestamp(Timestamp)
    case duration(Duration)
    case type(String)
    /// A value that may be absent.
    indirect case optional(CELValue?)

    /// As CEL reads JSON: a number without a fraction that is an integer stays one.
    package init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map(CELValue.init))
        case .object(let members): self = .map(CELMap(members.map { (.string($0.key), CELValue($0.value)) }))
        }
    }

    /// The name of its type, which is a value itself.
    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "map"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .type: "type"
        case .optional: "optional_type"
        }
    }

    /// Its size for the budget: what copying it costs.
    var weight: Int {
        switch self {
        case .string(let text): text.utf8.count / 16
        case .bytes(let bytes): bytes.count / 16
        case .list(let elements): elements.count
        case .map(let map): map.count
        default: 0
        }
    }
}

extension CELValue {
    enum Order: Sendable { case before, same, after, none }

    /// How two values compare; nil where their types do not. `none` is NaN's.
    static func order(_ a: CELValue, _ b: CELValue) -> Order? {
        func order<Value: Comparable>(_ a: Value, _ b: Value) -> Order { a < b ? .before : a == b ? .same : a > b ? .after : .none }
        switch (a, b) {
        case (.int(let a), .int(let b)): return order(a, b)
        case (.uint(let a), .uint(let b)): return order(a, b)
        case (.double(let a), .double(let b)): return order(a, b)
        case (.int(let a), .uint(let b)): return a < 0 ? .before : order(UInt64(a), b)
        case (.uint(let a), .int(let b)): return b < 0 ? .after : order(a, UInt64(b))
        case (.int(let a), .double(let b)): return numeric(a, b)
        case (.double(let a), .int(let b)): return numeric(b, a).reversed
        case (.uint(let a), .double(let b)): return numeric(a, b)
        case (.double(let a), .uint(let b)): return numeric(b, a).reversed
        case (.bool(let a), .bool(let b)): return order(a ? 1 : 0, b ? 1 : 0)
        case (.string(let a), .string(let b)): return a.hasSameBytes(as: b) ? .same : a.utf8.lexicographicallyPrecedes(b.utf8) ? .before : .after
        case (.bytes(let a), .bytes(let b)): return a == b ? .same : a.lexicographicallyPrecedes(b) ? .before : .after
        case (.timestamp(let a), .timestamp(let b)): return order(a, b)
        case (.duration(let a), .duration(let b)): return order(a, b)
        default: return nil
        }
    }

    /// Exactly, also where the integer is none of the doubles.
    private static func numeric<Value: FixedWidthInteger>(_ a: Value, _ b: Double) -> Order {
        if b.isNaN { return .none }
        if b < Double(Value.min) { return .after }
        if b >= Double(Value.max) { return .before }
        let whole = Value(b.rounded(.towardZero))
        if a != whole { return a < whole ? .before : .after }
        let fraction = b - b.rounded(.towardZero)
        return fraction == 0 ? .same : fraction > 0 ? .before : .after
    }
}

extension CELValue.Order {
    fileprivate var reversed: Self {
        switch self {
        case .before: .after
        case .after: .before
        default: self
        }
    }
}

/// A map: keys are bools, integers and texts, in the order they were given.
package struct CELMap: Sendable {
    private(set) var entries: [(key: CELValue, value: CELValue)]
    /// Where the text keys are; others are few and are looked for one by one.
    private var texts: [CELKey: Int] = [:]

    init(_ entries: [(key: CELValue, value: CELValue)] = []) {
        self.entries = []
        for entry in entries { append(entry.key, entry.value) }
    }

    mutating func append(_ key: CELValue, _ value: CELValue) {
        if case .string(let text) = key { texts[CELKey(text: text)] = entries.count }
        entries.append((key, value))
    }

    var count: Int { entries.count }
    var keys: [CELValue] { entries.map(\.key) }

    subscript(text: String) -> CELValue? { texts[CELKey(text: text)].map { entries[$0].value } }
}

/// A text as a key: Swift's own equality also holds between texts that only Unicode calls equivalent.
struct CELKey: Sendable, Hashable {
    let text: String

    static func == (a: Self, b: Self) -> Bool { a.text.hasSameBytes(as: b.text) }
    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
