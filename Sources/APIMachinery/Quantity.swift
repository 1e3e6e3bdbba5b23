/// A Kubernetes resource quantity (`100m`, `1.5Gi`, `12e6`): exact to 10⁻⁹, up to 10²⁹.
///
/// Source: apimachinery, api/resource. Digits beyond 10⁻⁹ round away from zero; binary quantities
/// are capped at 2⁶³-1, all others at the range of the type.
package struct Quantity: Sendable, Comparable, CustomStringConvertible {
    /// How the quantity was written; it decides how it is written again.
    package enum Format: Sendable { case decimalExponent, binary, decimal }

    /// Billionths.
    private var nano: Int128
    private var format: Format

    private init(nano: Int128, format: Format) {
        self.nano = nano
        self.format = format
    }

    package static let zero = Quantity(nano: 0, format: .decimal)

    package init(units: Int64, format: Format = .decimal) { self.init(nano: Int128(units) * Self.unit, format: format) }
    package init(milli: Int64) { self.init(nano: Int128(milli) * 1_000_000, format: .decimal) }

    package init(nano: Int64) { self.init(nano: Int128(nano), format: .decimal) }

    private static let unit: Int128 = 1_000_000_000

    /// Units, rounded away from zero; saturates.
    package var value: Int64 { Self.rounded(nano, by: Self.unit) }
    /// Thousandths, rounded away from zero; saturates.
    package var milli: Int64 { Self.rounded(nano, by: 1_000_000) }

    package var isZero: Bool { nano == 0 }
    package var isNegative: Bool { nano < 0 }

    private static func rounded(_ nano: Int128, by divisor: Int128) -> Int64 {
        let (quotient, remainder) = nano.quotientAndRemainder(dividingBy: divisor)
        return Int64(clamping: quotient + remainder.signum())
    }
}

extension Quantity: Hashable {
    /// Equality and order are those of the amount: `1024Mi == 1Gi`.
    package static func == (a: Self, b: Self) -> Bool { a.nano == b.nano }
    package static func < (a: Self, b: Self) -> Bool { a.nano < b.nano }
    package func hash(into hasher: inout Hasher) { hasher.combine(nano) }

    /// Saturates. The format is the left operand's, unless that is zero.
    package static func + (a: Self, b: Self) -> Self {
        let (sum, overflow) = a.nano.addingReportingOverflow(b.nano)
        return Quantity(nano: overflow ? (b.nano > 0 ? .max : .min) : sum, format: a.isZero ? b.format : a.format)
    }
    package static func - (a: Self, b: Self) -> Self {
        let (difference, overflow) = a.nano.subtractingReportingOverflow(b.nano)
        return Quantity(nano: overflow ? (b.nano < 0 ? .max : .min) : difference, format: a.isZero ? b.format : a.format)
    }
    package static func += (a: inout Self, b: Self) { a = a + b }
    package static func -= (a: inout Self, b: Self) { a = a - b }
}

/// Reading.
extension Quantity {
    /// A string or a number of an object; nil for anything that is not a quantity.
    package init?(_ json: JSON?) {
        switch json {
        case .string(let text): self.init(text)
        case .int(let value): self.init(units: value)
        case .double(let value): self.init(value.description)
        default: return nil
        }
    }

    package init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        let whole = bytes.prefix(while: Self.isDigit)
        bytes = bytes.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if bytes.first == UInt8(ascii: ".") {
            bytes.removeFirst()
            fraction = bytes.prefix(while: Self.isDigit)
            bytes = bytes.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty, let suffix = Self.suffix(bytes) else { return nil }
        var magnitude = Self.magnitude(whole: whole, fraction: fraction, multiplier: suffix.multiplier, exponent: suffix.exponent)
        var format = suffix.format
        if format == .binary {
            magnitude = min(magnitude, Int128(Int64.max) * Self.unit)
            if magnitude > 0, magnitude < Self.unit { format = .decimal }
        }
        self.init(nano: isNegative ? -magnitude : magnitude, format: format)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    private static func suffix(_ bytes: ArraySlice<UInt8>) -> (multiplier: Int128, exponent: Int, format: Format)? {
        let letters = Array("kMGTPE".utf8)
        switch bytes.count {
        case 0: return (1, 0, .decimal)
        case 1:
            let letter = bytes[bytes.startIndex]
            if let power = letters.firstIndex(of: letter) { return (1, 3 * (power + 1), .decimal) }
            guard let power = Array("mun".utf8).firstIndex(of: letter) else { return nil }
            return (1, -3 * (power + 1), .decimal)
        case 2 where bytes[bytes.startIndex + 1] == UInt8(ascii: "i"):
            guard let power = Array("KMGTPE".utf8).firstIndex(of: bytes[bytes.startIndex]) else { return nil }
            return (Int128(1) << Int128(10 * (power + 1)), 0, .binary)
        default:
            guard bytes[bytes.startIndex] | 32 == UInt8(ascii: "e") else { return nil }
            let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
            guard text.utf8.count < 12, let exponent = Int(text) else { return nil }
            return (1, exponent, .decimalExponent)
        }
    }

    /// |whole.fraction × multiplier × 10^exponent| in billionths, rounded up; saturates.
    private static func magnitude(whole: ArraySlice<UInt8>, fraction: ArraySlice<UInt8>, multiplier: Int128, exponent: Int) -> Int128 {
        var fraction = fraction
        while fraction.last == 48 { fraction.removeLast() }
        let digits = (whole + fraction).drop { $0 == 48 }
        if digits.isEmpty { return 0 }
        // The value is digits × 10^scale billionths × multiplier.
        var scale = exponent - fraction.count + 9
        var value: Int128 = 0
        var isInexact = false
        var isFull = false
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int128(digit - 48))
            // Digits beyond the type's range only matter by their presence.
            if overflow || carry || isFull {
                isFull = true
                isInexact = isInexact || digit != 48
                scale += 1
            } else {
                value = sum
            }
        }
        // Makes room for a binary multiplier.
        while multiplier > 1, scale < 0, value > 1_000_000_000_000_000_000 {
            isInexact = isInexact || value % 10 != 0
            value /= 10
            scale += 1
        }
        let (product, overflow) = value.multipliedReportingOverflow(by: multiplier)
        if overflow { return .max }
        value = product
        while scale > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return .max }
            value = product
            scale -= 1
        }
        while scale < 0, value > 0 {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            isInexact = isInexact || remainder != 0
            value = quotient
            scale += 1
        }
        return isInexact && value < .max ? value + 1 : value
    }
}

/// Writing.
extension Quantity {
    /// Kubernetes' canonical form: no fraction, the largest suffix that needs none.
    package var description: String {
        if nano == 0 { return "0" }
        let kibi = Self.unit * 1024
        if format == .binary, nano % Self.unit == 0, nano >= kibi || nano <= -kibi {
            var value = nano / Self.unit
            var power = 0
            while value % 1024 == 0, power < 6 {
                value /= 1024
                power += 1
            }
            return "\(value)\(["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power])"
        }
        var value = nano
        var exponent = -9
        while value % 1000 == 0 {
            value /= 1000
            exponent += 3
        }
        if exponent == 0 { return "\(value)" }
        if format == .decimalExponent || exponent > 18 { return "\(value)e\(exponent)" }
        let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
        return "\(value)\(suffixes[exponent / 3 + 3])"
    }
}
