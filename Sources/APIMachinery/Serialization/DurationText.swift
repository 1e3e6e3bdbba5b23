extension Duration {
    /// As Go prints a duration, which is how the API writes one (meta/v1 Duration): `1h2m3.5s`, `250ms`, `0s`.
    ///
    /// Source: Go, time.Duration.String.
    package var goText: String {
        let (seconds, attoseconds) = components
        let nanoseconds = attoseconds / 1_000_000_000
        let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
        let (whole, part) = (seconds.magnitude, nanoseconds.magnitude)
        if whole == 0 {
            switch part {
            case 0: return "0s"
            case ..<1_000: return "\(sign)\(part)ns"
            case ..<1_000_000: return "\(sign)\(Self.decimal(part, unit: 1_000))µs"
            default: return "\(sign)\(Self.decimal(part, unit: 1_000_000))ms"
            }
        }
        let hours = whole / 3600
        var text = sign
        if hours > 0 { text += "\(hours)h" }
        if whole >= 60 { text += "\(whole / 60 % 60)m" }
        return text + Self.decimal(whole % 60 * 1_000_000_000 + part, unit: 1_000_000_000) + "s"
    }

    /// `value` in units, without zeros at the end of its fraction.
    private static func decimal(_ value: UInt64, unit: UInt64) -> String {
        let (whole, part) = value.quotientAndRemainder(dividingBy: unit)
        if part == 0 { return String(whole) }
        // The leading one keeps the zeros behind the point.
        var digits = String(unit + part).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
