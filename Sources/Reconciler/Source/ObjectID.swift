/// The SHA-1 that names a git object.
package struct ObjectID: Sendable, Hashable, CustomStringConvertible {
    private var high: UInt64
    private var middle: UInt64
    private var low: UInt32

    /// From the 20 bytes of the hash.
    init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == 20, "a SHA-1 has 20 bytes")
        high = 0
        middle = 0
        low = 0
        for (index, byte) in bytes.enumerated() {
            switch index {
            case 0..<8: high = high << 8 | UInt64(byte)
            case 8..<16: middle = middle << 8 | UInt64(byte)
            default: low = low << 8 | UInt32(byte)
            }
        }
    }

    /// From 40 hexadecimal digits; nil when `text` is anything else.
    package init?(_ text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 40, text.utf8.count == 40 else { return nil }
        self.init(bytes: stride(from: 0, to: 40, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    /// What git writes for "no object": a ref created or deleted by a push.
    package static let zero = ObjectID(bytes: [UInt8](repeating: 0, count: 20))

    var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: middle >> (56 - 8 * $0)) }
            + (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * $0)) }
    }

    /// 40 hexadecimal digits.
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The first seven digits, as git abbreviates.
    package var short: String { String(description.prefix(7)) }
}
