/// What the node itself needs so that its pods can be reached: forwarding, the gateway's address,
/// and a route that refuses pod addresses which no pod has.
package struct PodNetwork: Sendable {
    /// Marks our routes (`ip route … proto`), so that they are told from the administrator's.
    static let routeProtocol = "142"

    let podCIDR: String

    /// The node's own address in the pod network: the first of the range, which host-local gives to
    /// the host's end of each pod's link. nil when `podCIDR` is not an IPv4 range.
    package static func gateway(of cidr: String) -> String? { IPv4Range(cidr).map { IPv4Range.text($0.first &+ 1) } }

    package init(podCIDR: String) { self.podCIDR = podCIDR }

    /// Idempotent. The gateway's address lies on `lo`, so that it is there before the first pod is.
    package func prepare() async throws {
        guard let gateway = Self.gateway(of: podCIDR) else {
            throw Containerd.Failure(description: "the pod range must be an IPv4 range such as 10.42.0.0/16, found \(podCIDR)")
        }
        try KernelFile.set("1", at: "/proc/sys/net/ipv4/ip_forward")
        try await Command("ip", "-batch", "-").output(
            input: """
                link set lo up
                address replace \(gateway)/32 dev lo
                route replace unreachable \(podCIDR) metric 4096 proto \(Self.routeProtocol)

                """)
    }

    /// Throws when another instance on this network has pods in the range: each would cut the other's off.
    package func refuseInUse() async throws {
        let routes = try await Command("ip", "-4", "route", "show", "type", "unreachable", "proto", Self.routeProtocol).output()
        for line in routes.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 1, let other = IPv4Range(String(words[1])), let own = IPv4Range(podCIDR), own.overlaps(other) else { continue }
            throw Containerd.Failure(
                description: "another gitctl on this machine has the pod range \(words[1]), which overlaps \(podCIDR): choose other ranges with --pod-cidr and --service-cidr, or stop that one with gitctl down --data-dir DIR; if none runs: ip route delete \(words.prefix(2).joined(separator: " ")) metric 4096"
            )
        }
    }

    /// Removes the pods' links, the routes and the address. Forwarding stays on: others may rely on it.
    package func remove() async throws {
        let routes = try await Command("ip", "-4", "route", "show", "root", podCIDR).output()
        var commands: [String] = []
        for line in routes.split(separator: "\n") {
            let words = line.split(separator: " ")
            if let index = words.firstIndex(of: "dev"), index + 1 < words.count, words[index + 1].hasPrefix("veth") {
                commands.append("link delete \(words[index + 1])")
            }
        }
        commands.append("route delete unreachable \(podCIDR) metric 4096 proto \(Self.routeProtocol)")
        if let gateway = Self.gateway(of: podCIDR) { commands.append("address delete \(gateway)/32 dev lo") }
        // With -force the rest goes on when a line fails: what is gone already is what is wanted.
        _ = try await Command("ip", "-force", "-batch", "-").run(input: commands.joined(separator: "\n") + "\n")
    }
}

/// An IPv4 range in CIDR notation.
package struct IPv4Range: Sendable, Hashable {
    package let first: UInt32
    package let prefixLength: Int

    func overlaps(_ other: IPv4Range) -> Bool {
        let mask = Self.mask(min(prefixLength, other.prefixLength))
        return first & mask == other.first & mask
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]), (0...32).contains(length), let address = Self.address(parts[0]) else {
            return nil
        }
        prefixLength = length
        first = address & Self.mask(length)
    }

    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length) }

    package func contains(_ address: UInt32) -> Bool { address & Self.mask(prefixLength) == first }

    /// A dotted quad without leading zeros.
    package static func address(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let value = UInt8(part), String(value) == part else { return nil }
            address = address << 8 | UInt32(value)
        }
        return address
    }

    package static func text(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }
}
