/// Floating-point numbers as Go writes them: the shortest digits that read back, in the form that its JSON and YAML encoders choose.
enum GoNumber {
    /// As in JSON: an exponent only below 1e-6 and from 1e21 on.
    static func json(_ value: Double) -> String {
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let magnitude = value.magnitude
        if magnitude < 1e-6 || magnitude >= 1e21 {
            var text = exponential(value)
            // e-09 is written e-9.
            if let range = text.firstRange(of: "e-0") { text.replaceSubrange(range, with: "e-") }
            return text
        }
        return positional(value)
    }

    /// As YAML version 2 writes it, and Go's `%v`: an exponent below 1e-4 and from 1e6 on.
    static func general(_ value: Double) -> String {
        if value.isNaN { return ".nan" }
        if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let exponent = parts(value).point - 1
        return exponent < -4 || exponent >= 6 ? exponential(value) : positional(value)
    }

    /// 0.00…: always with a point, never an exponent.
    static func positional(_ value: Double) -> String {
        let (isNegative, digits, point) = parts(value)
        let sign = isNegative ? "-" : ""
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    private static func exponential(_ value: Double) -> String {
        let (isNegative, digits, point) = parts(value)
        let exponent = point - 1
        let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
        let magnitude = String(abs(exponent))
        return (isNegative ? "-" : "") + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+")
            + (magnitude.count < 2 ? "0" : "") + magnitude
    }

    /// The significant digits, and how many of them stand before the point.
    private static func parts(_ value: Double) -> (isNegative: Bool, text: String, point: Int) {
        var text = value.magnitude.description[...]
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        let whole = text.prefix { $0 != "." }
        let fraction = text.dropFirst(whole.count + 1)
        var digits = whole + fraction
        var point = whole.count + exponent
        while digits.count > 1, digits.hasPrefix("0") {
            digits.removeFirst()
            point -= 1
        }
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        return (value.sign == .minus, String(digits), point)
    }
}
