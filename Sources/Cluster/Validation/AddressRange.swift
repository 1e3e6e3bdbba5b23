/// A range of addresses in CIDR notation.
struct AddressRange: Sendable {
    private let network: IPAddress
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let network = IPAddress(String(parts[0])), parts[1].utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let bits = Int(parts[1]), bits <= network.bytes.count * 8
        else { return nil }
        self.network = network
        self.bits = bits
    }

    /// `other` lies wholly in this range and is smaller.
    func strictlyContains(_ other: AddressRange) -> Bool {
        guard other.network.bytes.count == network.bytes.count, other.bits > bits else { return false }
        return (0..<bits).allSatisfy { bit in (network.bytes[bit / 8] ^ other.network.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0 }
    }
}
