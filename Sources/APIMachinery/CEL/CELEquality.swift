/// Comparison and membership: a step for each element looked at, however often one list is part of another.
/// Source: cel-spec, langdef, "Equality".
extension CELEvaluator {
    /// Values of different types differ, but numbers are equal where they mean the same.
    mutating func equal(_ a: CELValue, _ b: CELValue) throws(CELError) -> Bool {
        try spend(1)
        switch (a, b) {
        case (.null, .null): return true
        case (.type(let a), .type(let b)): return a == b
        case (.list(let a), .list(let b)):
            guard a.count == b.count else { return false }
            for (a, b) in zip(a, b) where try !equal(a, b) { return false }
            return true
        case (.map(let a), .map(let b)):
            guard a.count == b.count else { return false }
            for entry in a.entries {
                guard let other = try value(of: entry.key, in: b), try equal(entry.value, other) else { return false }
            }
            return true
        case (.optional(let a), .optional(let b)):
            guard let a, let b else { return a == nil && b == nil }
            return try equal(a, b)
        default:
            try spend(min(a.weight, b.weight))
            return CELValue.order(a, b) == .same
        }
    }

    mutating func contains(_ container: CELValue, _ value: CELValue) throws(CELError) -> Bool {
        switch container {
        case .list(let elements):
            for element in elements where try equal(element, value) { return true }
            return false
        case .map(let map): return try self.value(of: value, in: map) != nil
        default: throw .noOverload("@in", [value, container])
        }
    }

    /// The value of a key; nil where it is absent, or is no key at all.
    mutating func value(of key: CELValue, in map: CELMap) throws(CELError) -> CELValue? {
        try spend(key.weight)
        if case .string(let text) = key { return map[text] }
        try spend(map.count)
        return map.entries.first { CELValue.order($0.key, key) == .same }?.value
    }
}
