import Glibc

/// A JSON value: the only representation of an object's fields inside gitctl.
///
/// Integers and fractions are kept apart because Kubernetes' schemas do (`3` and `3.0` differ in
/// a strict decode). Equality is structural, and of texts that of their bytes.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    package static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }
}

extension String {
    /// `==` also holds between texts that Unicode calls equivalent ("é" in one scalar or in two), and
    /// a write that changes one into the other would be none.
    func hasSameBytes(as other: String) -> Bool {
        let (a, b) = (utf8, other.utf8)
        let count = a.count
        guard count == b.count else { return false }
        let isSame: Bool?? = a.withContiguousStorageIfAvailable { a in
            b.withContiguousStorageIfAvailable { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return true }
                return memcmp(a, b, count) == 0
            }
        }
        return (isSame ?? nil) ?? a.elementsEqual(b)
    }
}

extension JSON {
    /// The string, or nil when this is another type.
    package var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    /// The integer; a double with no fraction counts, as in Kubernetes' decoder.
    package var int: Int64? {
        switch self {
        case .int(let value): return value
        case .double(let value): return Int64(exactly: value)
        default: return nil
        }
    }

    /// The number, integral or not.
    package var double: Double? {
        switch self {
        case .int(let value): return Double(value)
        case .double(let value): return value
        default: return nil
        }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { return value }
        return nil
    }

    package var array: [JSON]? {
        if case .array(let value) = self { return value }
        return nil
    }

    package var object: JSONObject? {
        if case .object(let value) = self { return value }
        return nil
    }

    package var isNull: Bool { self == .null }

    /// The JSON type's name as Kubernetes' messages spell it.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The member `key` of an object; nil when absent or when this is not an object.
    package subscript(key: String) -> JSON? { object?[key] }

    /// The value at a path of member names; nil when any step is absent.
    package subscript(path path: [String]) -> JSON? {
        var value = self
        for key in path {
            guard let next = value.object?[key] else { return nil }
            value = next
        }
        return value
    }

    /// Sets (or, with nil, removes) the value at a path of member names, making the objects on
    /// the way. A value on the way that is not an object is replaced.
    package mutating func set(_ value: JSON?, at path: some Collection<String>) {
        guard let key = path.first else {
            self = value ?? .null
            return
        }
        var members = object ?? JSONObject()
        // Taken out of self first, so that the member array is uniquely referenced below.
        self = .null
        members.set(value, at: key, rest: path.dropFirst())
        self = .object(members)
    }
}

// Not by `nil`: `object["key"] == nil` and `object["key"] = nil` would then mean null, not absent.
extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByStringInterpolation
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }

    package init(_ value: Int) { self = .int(Int64(value)) }
    package init(_ value: [String]) { self = .array(value.map(JSON.string)) }
    package init(_ value: [String: String]) {
        self = .object(JSONObject(value.map { JSONObject.Member(key: $0.key, value: .string($0.value)) }))
    }
}
