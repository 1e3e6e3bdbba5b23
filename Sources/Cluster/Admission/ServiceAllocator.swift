import APIMachinery

/// Which cluster IPs and node ports are taken, and by the uid of which Service. A value: what is
/// allocated depends only on what was before.
struct ServiceAllocator: Sendable {
    static let nodePorts = 30_000...32_767
    /// The lower part of a range is left to those who choose their own. Source: KEP-3070, KEP-3668.
    private static let firstDynamicPort = 30_086

    /// What one write took that was free before, and what it no longer needs.
    struct Claim: Sendable {
        var owner: String
        var takenAddresses: [UInt32] = []
        var takenPorts: [Int] = []
        var droppedAddresses: [UInt32] = []
        var droppedPorts: [Int] = []
    }

    let cidr: String
    private let base: UInt32
    private let size: UInt32
    private var addresses: [UInt32: String] = [:]
    private var ports: [Int: String] = [:]
    private var nextAddress: UInt32
    private var nextPort = firstDynamicPort

    /// Throws `badRequest` unless `cidr` is an IPv4 network of at least four addresses.
    init(cidr: String) throws(APIStatus) {
        let parts = cidr.split(separator: "/")
        guard parts.count == 2, let address = Self.address(String(parts[0])), let bits = UInt32(parts[1]), (8...30).contains(bits) else {
            throw .badRequest("the service CIDR must be an IPv4 network such as 10.43.0.0/16, found \(JSON.string(cidr).text)")
        }
        self.cidr = cidr
        size = 1 << (32 - bits)
        base = address & ~(size - 1)
        nextAddress = min(max(16, size / 16), 256)
        if nextAddress >= size - 1 { nextAddress = 1 }
    }

    /// Dotted decimal as a number.
    static func address(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.utf8.count <= 3, part.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let byte = UInt8(part) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    static func text(_ address: UInt32) -> String { [24, 16, 8, 0].map { String(address >> $0 & 255) }.joined(separator: ".") }

    // MARK: What is stored

    private static func addresses(of service: Object) -> [UInt32] {
        let all = service["spec", "clusterIPs"]?.array?.compactMap(\.string) ?? [service["spec", "clusterIP"]?.string ?? ""]
        return all.compactMap { address($0) }
    }

    private static func ports(of service: Object) -> [Int] {
        let asked = (service["spec", "ports"]?.array ?? []).map { $0["nodePort"] } + [service["spec", "healthCheckNodePort"]]
        return asked.compactMap { $0?.int.flatMap { Int(exactly: $0) } }.filter { $0 != 0 }
    }

    /// Load balancers ask nodes whether they have an endpoint, where only those are to be used.
    private static func needsHealthPort(_ service: Object) -> Bool {
        type(service) == "LoadBalancer" && service["spec", "externalTrafficPolicy"]?.string == "Local"
    }

    /// Notes what a stored Service holds.
    mutating func reserve(_ service: Object) {
        for address in Self.addresses(of: service) { addresses[address] = service.uid }
        for port in Self.ports(of: service) { ports[port] = service.uid }
    }

    /// Frees what a deleted Service held.
    mutating func free(_ service: Object) {
        for address in Self.addresses(of: service) where addresses[address] == service.uid { addresses[address] = nil }
        for port in Self.ports(of: service) where ports[port] == service.uid { ports[port] = nil }
    }

    /// The write failed: what it took is free again.
    mutating func release(_ claim: Claim) {
        for address in claim.takenAddresses where addresses[address] == claim.owner { addresses[address] = nil }
        for port in claim.takenPorts where ports[port] == claim.owner { ports[port] = nil }
    }

    /// The write is done: what it gave up is free.
    mutating func commit(_ claim: Claim) {
        for address in claim.droppedAddresses where addresses[address] == claim.owner { addresses[address] = nil }
        for port in claim.droppedPorts where ports[port] == claim.owner { ports[port] = nil }
    }

    // MARK: Claiming

    /// Fills in addresses and ports as the Service's type asks and takes them.
    ///
    /// Throws `invalid` for one that is taken or out of range; then nothing was taken.
    mutating func claim(for service: inout Object, old: Object?) throws(APIStatus) -> Claim {
        var claim = Claim(owner: service.uid)
        if let old { Self.inherit(&service, old) }
        do throws(APIStatus) {
            try claimAddress(&service, &claim)
            try claimPorts(&service, &claim)
            try claimHealthPort(&service, &claim)
        } catch {
            release(claim)
            throw error
        }
        if let old {
            claim.droppedAddresses = Self.addresses(of: old).filter { !Self.addresses(of: service).contains($0) }
            claim.droppedPorts = Self.ports(of: old).filter { !Self.ports(of: service).contains($0) }
        }
        return claim
    }

    private static func type(_ service: Object) -> String { service["spec", "type"]?.string ?? "ClusterIP" }
    private static func hasNodePorts(_ service: Object) -> Bool {
        switch type(service) {
        case "NodePort": true
        case "LoadBalancer": service["spec", "allocateLoadBalancerNodePorts"]?.bool ?? true
        default: false
        }
    }

    /// An update that leaves out what was allocated keeps it, as long as its type has a use for it.
    private static func inherit(_ new: inout Object, _ old: Object) {
        if type(new) != "ExternalName", type(old) != "ExternalName" {
            let ip = new["spec", "clusterIP"]?.string ?? ""
            let ips = new["spec", "clusterIPs"]?.array ?? []
            if ip.isEmpty, ips.isEmpty {
                for key in ["clusterIP", "clusterIPs"] { new["spec", key] = old["spec", key] }
            } else if ips.isEmpty, old["spec", "clusterIP"]?.string == ip {
                new["spec", "clusterIPs"] = old["spec", "clusterIPs"]
            } else if !ip.isEmpty, ip != old["spec", "clusterIP"]?.string, new["spec", "clusterIPs"] == old["spec", "clusterIPs"] {
                // A client that knows the first field alone. Source: Kubernetes, registry/core/service, normalizeClusterIPs.
                new["spec", "clusterIPs"] = [.string(ip)]
            }
            for key in ["ipFamilies", "ipFamilyPolicy"] where new["spec", key] == nil { new["spec", key] = old["spec", key] }
        }
        let healthPort = old["spec", "healthCheckNodePort"]
        if needsHealthPort(new), needsHealthPort(old) {
            if new["spec", "healthCheckNodePort"]?.int ?? 0 == 0 { new["spec", "healthCheckNodePort"] = healthPort }
        } else if !needsHealthPort(new), new["spec", "healthCheckNodePort"] == healthPort {
            new["spec", "healthCheckNodePort"] = nil
        }
        guard let ports = new["spec", "ports"]?.array else { return }
        let before = old["spec", "ports"]?.array ?? []
        func identity(_ port: JSON) -> String { "\(port["protocol"]?.string ?? "TCP")/\(port["port"]?.int ?? 0)" }
        let known = Dictionary(before.map { (identity($0), $0["nodePort"]?.int ?? 0) }) { first, _ in first }
        let keepsPorts = hasNodePorts(new)
        // A type that ceases to have node ports drops those that it had, not ones that were set with it.
        let dropsPorts = !keepsPorts && hasNodePorts(old)
        new["spec", "ports"] = .array(
            ports.map { port in
                var port = port
                let asked = port["nodePort"]?.int ?? 0
                if keepsPorts, asked == 0, let number = known[identity(port)], number != 0 {
                    port.set(.int(number), at: ["nodePort"])
                } else if dropsPorts, asked == known[identity(port)] {
                    port.set(nil, at: ["nodePort"])
                }
                return port
            })
    }

    private mutating func claimAddress(_ service: inout Object, _ claim: inout Claim) throws(APIStatus) {
        if Self.type(service) == "ExternalName" {
            for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where service["spec", key]?.string != "None" {
                // An address that the client set is left for validation to refuse.
                if key != "clusterIP" || addresses[Self.address(service["spec", key]?.string ?? "") ?? 0] == service.uid { service["spec", key] = nil }
            }
            return
        }
        let listed = service["spec", "clusterIPs"]?.array?.first?.string ?? ""
        var ip = service["spec", "clusterIP"]?.string ?? ""
        if ip.isEmpty { ip = listed }
        if ip.isEmpty { ip = Self.text(try nextFreeAddress(service, &claim)) }
        service["spec", "clusterIP"] = .string(ip)
        if listed.isEmpty { service["spec", "clusterIPs"] = [.string(ip)] }
        if service["spec", "ipFamilies"] == nil { service["spec", "ipFamilies"] = ["IPv4"] }
        if service["spec", "ipFamilyPolicy"] == nil { service["spec", "ipFamilyPolicy"] = "SingleStack" }
        if ip != "None" { try take(ip, service, &claim) }
    }

    private mutating func take(_ ip: String, _ service: Object, _ claim: inout Claim) throws(APIStatus) {
        func refusal(_ detail: String) -> APIStatus {
            .invalid(
                ResourceType.services.gvk, name: service.name,
                [
                    .init(
                        reason: "FieldValueInvalid", message: "Invalid value: [\(JSON.string(ip).text)]: failed to allocate IP \(ip): \(detail)",
                        field: "spec.clusterIPs")
                ])
        }
        guard let address = Self.address(ip), address > base, address < base + (size - 1) else {
            throw refusal("the provided IP (\(ip)) is not in the valid range. The range of valid IPs is \(cidr)")
        }
        if let holder = addresses[address] {
            if holder != service.uid { throw refusal("provided IP is already allocated") }
            return
        }
        addresses[address] = service.uid
        claim.takenAddresses.append(address)
    }

    /// The next one after the last handed out, so that an address is not reused at once.
    private mutating func nextFreeAddress(_ service: Object, _ claim: inout Claim) throws(APIStatus) -> UInt32 {
        for _ in 0..<size {
            let address = base + nextAddress
            nextAddress = nextAddress + 1 >= size - 1 ? 1 : nextAddress + 1
            if addresses[address] == nil { return address }
        }
        throw .internalError("failed to allocate a serviceIP: range is full")
    }

    private mutating func claimPorts(_ service: inout Object, _ claim: inout Claim) throws(APIStatus) {
        guard Self.hasNodePorts(service), var list = service["spec", "ports"]?.array else { return }
        if Self.type(service) == "LoadBalancer" { service["spec", "allocateLoadBalancerNodePorts"] = true }
        // Chosen numbers first, so that none of them is handed out to a neighbour.
        for (index, port) in list.enumerated() {
            guard let number = port["nodePort"]?.int, number != 0 else { continue }
            try take(port: number, field: "spec.ports[\(index)].nodePort", service, &claim)
        }
        for (index, port) in list.enumerated() where port["nodePort"]?.int ?? 0 == 0 {
            // One service port over two protocols keeps one node port, where it can.
            let twin = list.first { $0["port"] == port["port"] && $0["protocol"] != port["protocol"] && $0["nodePort"]?.int ?? 0 != 0 }
            let number = if let shared = twin?["nodePort"]?.int { shared } else { Int64(try nextFreePort(&claim)) }
            list[index].set(.int(number), at: ["nodePort"])
        }
        service["spec", "ports"] = .array(list)
    }

    private mutating func claimHealthPort(_ service: inout Object, _ claim: inout Claim) throws(APIStatus) {
        // Set where it is of no use, it is left for validation to refuse.
        guard Self.needsHealthPort(service) else { return }
        if let number = service["spec", "healthCheckNodePort"]?.int, number != 0 {
            try take(port: number, field: "spec.healthCheckNodePort", service, &claim)
        } else {
            service["spec", "healthCheckNodePort"] = JSON(try nextFreePort(&claim))
        }
    }

    private mutating func take(port number: Int64, field: String, _ service: Object, _ claim: inout Claim) throws(APIStatus) {
        // One out of range is for validation to refuse.
        guard let port = Int(exactly: number), Self.nodePorts.contains(port) else { return }
        if let holder = ports[port] {
            guard holder != service.uid else { return }
            throw .invalid(
                ResourceType.services.gvk, name: service.name,
                [
                    .init(
                        reason: "FieldValueInvalid", message: "Invalid value: \(port): provided port is already allocated",
                        field: field)
                ])
        }
        ports[port] = service.uid
        claim.takenPorts.append(port)
    }

    private mutating func nextFreePort(_ claim: inout Claim) throws(APIStatus) -> Int {
        for _ in Self.nodePorts {
            let port = nextPort
            nextPort = port == Self.nodePorts.upperBound ? Self.nodePorts.lowerBound : port + 1
            guard ports[port] == nil else { continue }
            ports[port] = claim.owner
            claim.takenPorts.append(port)
            return port
        }
        throw .internalError("failed to allocate a nodePort: range is full")
    }
}
