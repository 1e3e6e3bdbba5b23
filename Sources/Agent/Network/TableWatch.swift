import Dispatch
import Glibc

/// Tells when someone deletes a table of nftables (`nft flush ruleset`, a firewall's reload).
///
/// Listens to the kernel's notifications; source: linux/netfilter/nfnetlink.h, nf_tables.h, netlink(7).
final class TableWatch {
    private static let familyNetlink: Int32 = 16
    private static let protocolNetfilter: Int32 = 12
    /// NFNLGRP_NFTABLES, the seventh group, as a bit.
    private static let groups: UInt32 = 1 << 6
    /// NFNL_SUBSYS_NFTABLES and NFT_MSG_DELTABLE.
    private static let tableDeleted: UInt16 = 10 << 8 | 2
    private static let attributeTableName: UInt16 = 1

    private let source: any DispatchSourceRead

    /// nil when the kernel gives no such socket; tables are then repaired at the next change.
    /// `onDeletion` is also called when notifications were lost.
    init?(table: String, onDeletion: @escaping @Sendable () -> Void) {
        let descriptor = socket(Self.familyNetlink, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), Self.protocolNetfilter)
        guard descriptor >= 0 else { return nil }
        // struct sockaddr_nl: family, padding, port, groups.
        var address: (UInt16, UInt16, UInt32, UInt32) = (UInt16(Self.familyNetlink), 0, 0, Self.groups)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, 12) == 0 }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            var isDeleted = false
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0, errno == ENOBUFS { isDeleted = true }
                guard count > 0 else { break }
                if Self.deletedTables(buffer[..<count]).contains(table) { isDeleted = true }
            }
            if isDeleted { onDeletion() }
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }

    /// Names of the tables whose deletion the messages tell.
    static func deletedTables(_ bytes: ArraySlice<UInt8>) -> [String] {
        var names: [String] = []
        var rest = bytes
        // Each message: length (4), type (2), flags (2), sequence (4), port (4), family, version, id (2), attributes.
        while rest.count >= 20 {
            let length = number(rest, 0, size: 4)
            guard length >= 20, length <= rest.count else { break }
            if number(rest, 4, size: 2) == Int(tableDeleted) {
                var attributes = rest.prefix(length).dropFirst(20)
                while attributes.count >= 4 {
                    let size = number(attributes, 0, size: 2)
                    guard size >= 4, size <= attributes.count else { break }
                    if number(attributes, 2, size: 2) == Int(attributeTableName) {
                        names.append(String(decoding: attributes.prefix(size).dropFirst(4).prefix { $0 != 0 }, as: UTF8.self))
                    }
                    attributes = attributes.dropFirst((size + 3) & ~3)
                }
            }
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return names
    }

    /// Numbers come in the machine's order, and every machine that runs this is little-endian.
    private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int, size: Int) -> Int {
        (0..<size).reduce(0) { $0 | Int(bytes[bytes.startIndex + offset + $1]) << (8 * $1) }
    }
}
