/// An instant of wall-clock time: nanoseconds since 1970-01-01T00:00:00Z, from 1678 to April 2262.
///
/// The cluster's own type, so that logic needs neither Foundation nor the system clock. Sums and
/// differences saturate: a deadline that somebody set to the longest there is does not lie in the past.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        nanoseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    package static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    package static func + (a: Self, b: Duration) -> Self {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
        return Timestamp(nanoseconds: overflow ? (b < .zero ? .min : .max) : sum)
    }
    package static func - (a: Self, b: Self) -> Duration {
        let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
        return .nanoseconds(overflow ? (a < b ? .min : .max) : difference)
    }

    /// RFC 3339 in UTC with whole seconds: `2026-01-02T03:04:05Z` (meta/v1 Time).
    package var description: String { format(fractionDigits: 0) }
    /// RFC 3339 in UTC with six digits of fraction (meta/v1 MicroTime).
    package var micro: String { format(fractionDigits: 6) }
    /// RFC 3339 in UTC with nine digits (container logs).
    package var nano: String { format(fractionDigits: 9) }

    private func format(fractionDigits: Int) -> String {
        var seconds = nanoseconds / 1_000_000_000
        var fraction = nanoseconds % 1_000_000_000
        if fraction < 0 {
            fraction += 1_000_000_000
            seconds -= 1
        }
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let (year, month, day) = Self.civil(days: days)
        func pad(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        var text = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))"
        if fractionDigits > 0 { text += "." + pad(fraction, 9).prefix(fractionDigits) }
        return text + "Z"
    }

    /// Parses RFC 3339 with or without a fraction and with any offset; nil when malformed or out of range.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        var position = 0
        func number(_ digits: Int) -> Int64? {
            guard position + digits <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[position..<position + digits] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            position += digits
            return value
        }
        func literal(_ allowed: String) -> Bool {
            guard position < bytes.count, allowed.utf8.contains(bytes[position]) else { return false }
            position += 1
            return true
        }
        guard let year = number(4), literal("-"), let month = number(2), literal("-"), let day = number(2), literal("Tt "),
            let hour = number(2), literal(":"), let minute = number(2), literal(":"), let second = number(2),
            (1...12).contains(month), day >= 1, day <= Self.daysIn(month: month, year: year), hour < 24, minute < 60, second < 60,
            year >= 1678, year <= 2262
        else { return nil }
        var fraction: Int64 = 0
        if literal(".") {
            var scale: Int64 = 100_000_000
            var digits = 0
            while let digit = number(1) {
                fraction += digit * scale
                scale /= 10
                digits += 1
            }
            guard digits > 0 else { return nil }
        }
        var offset: Int64 = 0
        if !literal("Zz") {
            let isNegative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
            guard literal("+-"), let hours = number(2), literal(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
        }
        guard position == bytes.count else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let (whole, isTooFar) = (days * 86_400 + hour * 3600 + minute * 60 + second - offset).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isBeyond) = whole.addingReportingOverflow(fraction)
        if isTooFar || isBeyond { return nil }
        nanoseconds = sum
    }

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Days since the epoch and back, proleptic Gregorian: Howard Hinnant, "chrono-Compatible
    // Low-Level Date Algorithms".
    private static func civil(days: Int64) -> (Int64, Int64, Int64) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let doe = z - era * 146_097
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
        let mp = (5 * doy + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yoe = y - era * 400
        let doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy
        return era * 146_097 + doe - 719_468
    }
}

extension Duration {
    /// Whole nanoseconds; saturates beyond 292 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflows) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflows ? (seconds < 0 ? .min : .max) : sum
    }

    package var milliseconds: Double { Double(nanoseconds) / 1e6 }
}
