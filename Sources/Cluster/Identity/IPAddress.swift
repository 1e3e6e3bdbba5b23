import Glibc

/// An IPv4 or IPv6 address, parsed.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen, in network order.
    package let bytes: [UInt8]

    package init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: &v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            bytes = withUnsafeBytes(of: &v6) { Array($0) }
        } else {
            return nil
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    package static let loopback = IPAddress(bytes: [127, 0, 0, 1])

    package var isV4: Bool { bytes.count == 4 }
    package var isLoopback: Bool { isV4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1] }
    package var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }
    /// fe80::/10 and 169.254.0.0/16: no address for other machines.
    package var isLinkLocal: Bool { isV4 ? bytes.starts(with: [169, 254]) : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        bytes.withUnsafeBytes { _ = inet_ntop(isV4 ? AF_INET : AF_INET6, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The first usable address of a CIDR (`10.43.0.0/16` gives `10.43.0.1`); nil when it is none.
    package static func first(inCIDR cidr: String) -> IPAddress? {
        guard let network = IPAddress(String(cidr.prefix { $0 != "/" })) else { return nil }
        var bytes = network.bytes
        bytes[bytes.count - 1] |= 1
        return IPAddress(bytes: bytes)
    }

    /// The machine's addresses on interfaces that are up, without loopback and link-local ones, IPv4 first.
    package static func ofThisMachine() -> [IPAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard entry.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.ifa_addr else { continue }
            switch Int32(address.pointee.sa_family) {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(IPAddress(bytes: withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) }))
                }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(IPAddress(bytes: withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }))
                }
            default: continue
            }
        }
        return addresses.filter { !$0.isLoopback && !$0.isLinkLocal }.sorted { $0.isV4 && !$1.isV4 }
    }
}
