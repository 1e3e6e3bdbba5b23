import APIMachinery
import Glibc

/// A node's `status`: pure, of what was measured.
struct NodeStatus {
    let nodeName: String
    let addresses: [String]
    let resources: NodeResources
    let runtime: RuntimeVersion
    let pressures: Pressures
    /// The conditions as written last: where transition times come from.
    let previous: [JSON]
    let now: Timestamp

    var json: JSONObject {
        [
            "capacity": quantities(resources.capacity), "allocatable": quantities(resources.allocatable),
            "addresses": .array(
                addresses.map { ["type": "InternalIP", "address": .string($0)] }
                    + [["type": "Hostname", "address": .string(nodeName)]]),
            "nodeInfo": nodeInfo, "conditions": .array(conditions),
            "daemonEndpoints": ["kubeletEndpoint": ["Port": 0]],
        ]
    }

    private func quantities(_ map: [String: Quantity]) -> JSON { JSON(map.mapValues(\.description)) }

    private var nodeInfo: JSON {
        [
            "machineID": .string(Machine.id), "systemUUID": .string(Machine.id), "bootID": .string(Machine.bootID),
            "kernelVersion": .string(Machine.kernel), "osImage": .string(Machine.osImage),
            "containerRuntimeVersion": .string("\(runtime.name)://\(runtime.version)"),
            "kubeletVersion": .string(Registration.kubeletVersion), "kubeProxyVersion": "", "operatingSystem": "linux",
            "architecture": .string(Machine.architecture),
        ]
    }

    private var conditions: [JSON] {
        [
            condition(
                "MemoryPressure", pressures.memory, "KubeletHasInsufficientMemory", "kubelet has insufficient memory available",
                "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition(
                "DiskPressure", pressures.disk, "KubeletHasDiskPressure", "kubelet has disk pressure", "KubeletHasNoDiskPressure",
                "kubelet has no disk pressure"),
            condition(
                "PIDPressure", pressures.processes, "KubeletHasInsufficientPID", "kubelet has insufficient PID available",
                "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", true, "KubeletReady", "kubelet is posting ready status", "", ""),
        ]
    }

    private func condition(
        _ type: String, _ value: Bool, _ reason: String, _ message: String, _ otherReason: String, _ otherMessage: String
    ) -> JSON {
        let status = value ? "True" : "False"
        let old = previous.first { $0["type"]?.string == type }
        let since = old?["status"]?.string == status ? old?["lastTransitionTime"]?.string : nil
        return [
            "type": .string(type), "status": .string(status), "reason": .string(value ? reason : otherReason),
            "message": .string(value ? message : otherMessage), "lastHeartbeatTime": .string(now.description),
            "lastTransitionTime": .string(since ?? now.description),
        ]
    }
}

/// Whether the machine runs short. Thresholds: the kubelet's default hard evictions.
struct Pressures: Sendable, Hashable {
    var memory = false
    var disk = false
    var processes = false

    static func now() -> Pressures {
        var pressures = Pressures()
        for line in Files.text("/proc/meminfo").split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let kilobytes = Int64(line.split(separator: " ").dropFirst().first ?? "") ?? .max
            pressures.memory = kilobytes < 100 << 10
        }
        var storage = statvfs()
        if statvfs("/", &storage) == 0, storage.f_blocks > 0 {
            pressures.disk = Double(storage.f_bavail) / Double(storage.f_blocks) < 0.10
        }
        return pressures
    }
}

/// Facts of the machine.
enum Machine {
    static var architecture: String {
        switch uname(\.machine) {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        case let other: other
        }
    }
    static var kernel: String { uname(\.release) }
    static var bootID: String { line("/proc/sys/kernel/random/boot_id") }
    static var id: String { line("/etc/machine-id") }
    static var osImage: String {
        for line in Files.text("/etc/os-release").split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return String(line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" })
        }
        return "Linux"
    }

    private static func line(_ path: String) -> String { String(Files.text(path).prefix { $0 != "\n" }) }

    private static func uname<Field>(_ field: KeyPath<utsname, Field>) -> String {
        var names = utsname()
        _ = Glibc.uname(&names)
        return withUnsafeBytes(of: names[keyPath: field]) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The address by which the machine is reached: the first of an interface that is up, other than
    /// loopback and what containers hang on; loopback where there is none.
    static func addresses() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return ["127.0.0.1"] }
        defer { freeifaddrs(list) }
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            let name = String(cString: entry.ifa_name)
            guard let address = entry.ifa_addr, address.pointee.sa_family == UInt16(AF_INET),
                entry.ifa_flags & UInt32(IFF_UP) != 0, entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0,
                Files.status("/sys/class/net/\(name)/bridge") == nil, !name.hasPrefix("veth")
            else { continue }
            var text = [UInt8](repeating: 0, count: Int(INET_ADDRSTRLEN))
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                _ = text.withUnsafeMutableBytes {
                    inet_ntop(AF_INET, &pointer.pointee.sin_addr, $0.baseAddress!.assumingMemoryBound(to: CChar.self), socklen_t($0.count))
                }
            }
            return [String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)]
        }
        return ["127.0.0.1"]
    }
}
