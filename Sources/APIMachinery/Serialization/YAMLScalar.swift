/// What a plain scalar means in YAML 1.1, as sigs.k8s.io/yaml decides it.
enum YAMLScalar {
    /// The value of a plain, untagged scalar; nil for one that JSON cannot express (`.inf`, `.nan`).
    static func resolve(_ text: String) -> JSON? {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"),
            UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"), UInt8(ascii: "~"):
            return words[text] ?? .string(text)
        case UInt8(ascii: "."):
            if notFinite.contains(text) { return nil }
            return float(text) ?? .string(text)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            if notFinite.contains(text) { return nil }
            return number(text) ?? .string(text)
        default: return .string(text)
        }
    }

    private static let words: [String: JSON] = {
        var words: [String: JSON] = ["~": .null, "null": .null, "Null": .null, "NULL": .null]
        for word in ["y", "yes", "true", "on"] { for spelling in spellings(word) { words[spelling] = .bool(true) } }
        for word in ["n", "no", "false", "off"] { for spelling in spellings(word) { words[spelling] = .bool(false) } }
        return words
    }()

    private static func spellings(_ word: String) -> [String] {
        [word, word.uppercased(), word.prefix(1).uppercased() + word.dropFirst()]
    }

    private static let notFinite: Set<String> = [
        ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
    ]

    /// Integers with a base prefix or a leading 0 for octal, `_` between digits; then floats.
    private static func number(_ text: String) -> JSON? {
        var plain = Array(text.utf8)
        if plain.contains(UInt8(ascii: "_")) { plain.removeAll { $0 == UInt8(ascii: "_") } }
        let isNegative = plain.first == UInt8(ascii: "-")
        let digits = plain.first == UInt8(ascii: "+") || isNegative ? plain.dropFirst() : plain[...]
        if let value = integer(digits, isNegative: isNegative) { return value }
        return float(String(decoding: plain, as: UTF8.self))
    }

    private static func integer(_ digits: ArraySlice<UInt8>, isNegative: Bool) -> JSON? {
        guard let first = digits.first, first >= 48, first <= 57 else { return nil }
        var digits = digits
        var radix: UInt64 = 10
        if first == 48, digits.count > 1 {
            digits.removeFirst()
            let prefix = digits[digits.startIndex] | 32
            radix = prefix == UInt8(ascii: "x") ? 16 : prefix == UInt8(ascii: "b") ? 2 : 8
            if prefix > 57 { digits.removeFirst() }
            guard !digits.isEmpty, prefix <= 57 || [UInt8(ascii: "x"), UInt8(ascii: "b"), UInt8(ascii: "o")].contains(prefix) else {
                return nil
            }
        }
        var magnitude: UInt64 = 0
        for byte in digits {
            let digit: UInt64
            switch byte {
            case 48...57: digit = UInt64(byte - 48)
            case 65...70, 97...102: digit = UInt64((byte | 32) - 87)
            default: return nil
            }
            guard digit < radix else { return nil }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            magnitude = sum
        }
        if isNegative { return magnitude <= 1 << 63 ? .int(Int64(truncatingIfNeeded: 0 &- magnitude)) : nil }
        return Int64(exactly: magnitude).map(JSON.int) ?? .double(Double(magnitude))
    }

    /// Decimal floats alone: no `inf`, no hexadecimal. A whole value becomes an integer, as it does
    /// on Kubernetes' way through JSON.
    private static func float(_ text: String) -> JSON? {
        var digits = 0
        var isExponent = false
        for byte in text.utf8 {
            switch byte {
            case 48...57: digits += 1
            case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"): break
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                if isExponent || digits == 0 { return nil }
                isExponent = true
            default: return nil
            }
        }
        // `Double` wants a digit before the exponent's sign and after the point; YAML does not.
        guard digits > 0, let value = Double(text) ?? (text.hasSuffix(".") ? Double(text + "0") : nil), value.isFinite else { return nil }
        return value.magnitude < 9e15 && value == value.rounded(.towardZero) ? .int(Int64(value)) : .double(value)
    }

    /// The value of a scalar with an explicit tag; nil when the text does not fit the tag.
    static func resolve(_ text: String, tag: String) -> JSON? {
        switch tag {
        case "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp": return .string(text)
        case "tag:yaml.org,2002:null":
            return resolve(text) == .null ? .null : nil
        case "tag:yaml.org,2002:bool":
            if case .bool(let value)? = resolve(text) { return .bool(value) }
            return nil
        case "tag:yaml.org,2002:int":
            if case .int(let value)? = resolve(text) { return .int(value) }
            return nil
        case "tag:yaml.org,2002:float": return resolve(text).flatMap { $0.double == nil ? nil : $0 }
        default: return nil
        }
    }
}
