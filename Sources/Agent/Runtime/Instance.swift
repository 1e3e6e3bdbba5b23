/// What tells one gitctl of a machine from another: a short name derived from the data directory.
package struct Instance: Sendable, Hashable, CustomStringConvertible {
    /// Eight hexadecimal digits.
    package let id: String

    /// FNV-1a over the path, folded to 32 bits; stable across versions, because names of kernel
    /// objects that outlive the daemon (table, CNI network) are built of it.
    package init(dataDirectory: String) {
        var path = dataDirectory[...]
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let folded = UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
        let digits = String(folded, radix: 16)
        id = String(repeating: "0", count: 8 - digits.count) + digits
    }

    package var description: String { id }

    /// The nftables table in family `inet`.
    package var tableName: String { "gitctl-\(id)" }
    /// The CNI network; names of its lease and cache files begin with it.
    package var networkName: String { "gitctl-\(id)" }
}
