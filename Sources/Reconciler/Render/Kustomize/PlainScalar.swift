import APIMachinery

/// What go-yaml makes of scalars, whose rules kustomize's output follows: version 3 when it reads, version 2 when it prints.
enum PlainScalar {
    enum Tag: Hashable {
        /// Not decided: the text decides.
        case none
        case string, int, float, bool, null, timestamp, binary
        case other(String)
    }

    /// The tag and value of an untagged plain scalar, as version 3 reads it.
    static func resolve(_ text: String) -> (tag: Tag, value: JSON) {
        guard let first = text.utf8.first else { return (.null, .null) }
        switch first {
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "n"), UInt8(ascii: "N"),
            UInt8(ascii: "~"):
            switch text {
            case "true", "True", "TRUE": return (.bool, true)
            case "false", "False", "FALSE": return (.bool, false)
            case "~", "null", "Null", "NULL": return (.null, .null)
            default: return (.string, .string(text))
            }
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return number(text) ?? (.string, .string(text))
        default: return (.string, .string(text))
        }
    }

    /// Whether version 2 would read the plain text as something else than a string: then it is printed in quotes.
    static func needsQuotes(_ text: String) -> Bool {
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF": true
        default: resolve(text).tag != .string || isSexagesimal(text)
        }
    }

    /// Whether YAML 1.1 reads the text as something else than a string, so that a field set to it needs quotes.
    static func isAmbiguous(_ text: String) -> Bool {
        if text.isEmpty || text.utf8.contains(10) { return false }
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF": return true
        default: return ![.string, .timestamp].contains(resolve(text).tag)
        }
    }

    private static func number(_ text: String) -> (tag: Tag, value: JSON)? {
        switch text {
        case ".nan", ".NaN", ".NAN": return (.float, .double(.nan))
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return (.float, .double(.infinity))
        case "-.inf", "-.Inf", "-.INF": return (.float, .double(-.infinity))
        default: break
        }
        if text.utf8.first == UInt8(ascii: ".") { return float(text).map { (.float, .double($0)) } }
        if let time = Timestamp3339(text) { return (.timestamp, .string(time.description)) }
        let plain = text.replacing("_", with: "")
        if let value = integer(plain) { return (.int, value) }
        return float(plain).map { (.float, .double($0)) }
    }

    /// Decimal, and with a prefix or leading zero hexadecimal, octal or binary.
    private static func integer(_ text: String) -> JSON? {
        var digits = text[...]
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        guard let first = digits.utf8.first, first >= 48, first <= 57 else { return nil }
        var radix = 10
        if first == 48, digits.utf8.count > 1 {
            digits.removeFirst()
            switch digits.first {
            case "x", "X": radix = 16
            case "b", "B": radix = 2
            case "o", "O": radix = 8
            default: radix = 8
            }
            if let letter = digits.first, letter.isLetter { digits.removeFirst() }
        }
        guard let lead = digits.utf8.first, lead != UInt8(ascii: "+"), lead != UInt8(ascii: "-") else { return nil }
        guard let magnitude = UInt64(digits, radix: radix) else { return nil }
        if isNegative { return magnitude <= 1 << 63 ? .int(Int64(truncatingIfNeeded: 0 &- magnitude)) : nil }
        return Int64(exactly: magnitude).map(JSON.int) ?? .double(Double(magnitude))
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func float(_ text: String) -> Double? {
        var rest = text.utf8[...]
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        func digits() -> Int {
            let count = rest.prefix { $0 >= 48 && $0 <= 57 }.count
            rest = rest.dropFirst(count)
            return count
        }
        let whole = digits()
        var mantissa = whole
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            mantissa += digits()
        }
        guard mantissa > 0 else { return nil }
        if let exponent = rest.first, exponent | 32 == UInt8(ascii: "e") {
            rest.removeFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
            guard digits() > 0 else { return nil }
        }
        guard rest.isEmpty else { return nil }
        // `Double` wants a digit after the point; YAML does not.
        let value =
            Double(text)
            ?? Double(text.replacing(".e", with: ".0e").replacing(".E", with: ".0E") + (text.hasSuffix(".") ? "0" : ""))
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    /// `1:30`, which YAML 1.1 took for ninety.
    private static func isSexagesimal(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= 48 && $0 <= 57 } ?? false }
        guard isDigit(rest.first) else { return false }
        rest = rest.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
        var groups = 0
        while rest.first == UInt8(ascii: ":") {
            rest.removeFirst()
            let count = rest.prefix { isDigit($0) }.count
            guard count == 1 || count == 2 && (rest.first ?? 0) <= UInt8(ascii: "5") else { return false }
            rest = rest.dropFirst(count)
            groups += 1
        }
        guard groups > 0 else { return false }
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { isDigit($0) || $0 == UInt8(ascii: "_") } }
        return rest.isEmpty
    }
}
