import APIMachinery

/// A seeded generator (SplitMix64) and what it makes: values, and texts near to valid ones.
package struct Fuzz: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    package mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }
    package mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    package static let keys = [
        "a", "b", "name", "spec", "containers", "env", "value", "ports", "containerPort", "protocol", "metadata", "labels", "finalizers",
        "status", "replicas", "$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "",
    ]
    package static let strings = [
        "", "a", "web", "yes", "0644", "1e3", "~", "- x", "a: b", " lead", "trail ", "line\nbreak", "line\nbreak\n", "tail\n\n", "# no", "é😀",
        "\t", "2001-01-01", "12:30", "null", "replace", "delete", "TCP", "\"quoted\"", "'", "\\", "<<", "---", "...", "=", "\u{85}", "\u{7f}", "\r\n",
        "\n", "- ", "-", "a #b", "0x1F", "+1", ".5", "1_0", "100m", "k: v\n\n  x\n", "on", "?", "? a", "[a", "{", "%", "@", "`", "&a", "*a", "!t", "|", ">",
    ]

    package mutating func value(depth: Int = 4) -> JSON {
        switch below(depth > 0 ? 9 : 5) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .int(pick([0, 1, -1, 8080, .max, .min, 3]))
        case 3: return .double(pick([0.5, -1.25, 1e300, .leastNonzeroMagnitude]))
        case 4: return .string(pick(Self.strings))
        case 5, 6: return .array((0..<below(4)).map { _ in value(depth: depth - 1) })
        default: return object(depth: depth - 1)
        }
    }

    package mutating func object(depth: Int = 4) -> JSON {
        .object(JSONObject((0..<below(5)).map { _ in .init(key: pick(Self.keys), value: value(depth: depth)) }))
    }

    /// A few bytes changed, removed, doubled or inserted.
    package mutating func mutated(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...below(4) {
            let index = below(bytes.count + 1)
            switch below(4) {
            case 0 where index < bytes.count: bytes[index] = UInt8(truncatingIfNeeded: next())
            case 1 where index < bytes.count: bytes.remove(at: index)
            case 2: bytes.insert(contentsOf: bytes.prefix(index).suffix(8), at: index)
            default: bytes.insert(pick(Array("{}[]:,-&*!|>'\"#%@ \t\n\\?~<".utf8)), at: index)
            }
        }
        return bytes
    }
}
