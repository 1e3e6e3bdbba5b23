import Glibc

/// The machine's control groups: version 1 (also beside an unused version 2, "hybrid") or version 2.
enum Cgroups: Sendable {
    /// Mount points by controller.
    case v1(cpu: String?, accounting: String?, memory: String?, all: [String])
    case v2(root: String)

    static func ofMachine() -> Cgroups {
        var controllers: [String: String] = [:]
        var unified: String?
        for line in Files.text("/proc/self/mountinfo", sizeBytesMax: 32 << 20).split(separator: "\n") {
            guard let separator = line.firstRange(of: " - ") else { continue }
            let fields = line[..<separator.lowerBound].split(separator: " ")
            let after = line[separator.upperBound...].split(separator: " ")
            guard fields.count > 4, after.count > 2 else { continue }
            let point = String(fields[4])
            if after[0] == "cgroup2" { unified = point }
            if after[0] == "cgroup" { for name in after[2].split(separator: ",") { controllers[String(name)] = point } }
        }
        if controllers["memory"] == nil, controllers["cpu"] == nil, let unified { return .v2(root: unified) }
        let named = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb", "net_cls", "net_prio", "perf_event", "rdma", "misc", "name=systemd"]
        return .v1(
            cpu: controllers["cpu"], accounting: controllers["cpuacct"], memory: controllers["memory"],
            all: Array(Set(named.compactMap { controllers[$0] } + [unified].compactMap { $0 })))
    }

    /// A pod's group, below a controller's mount point, as containerd's cgroupfs driver wants it: by quality of service, then pod.
    static func path(ofPod uid: String, _ qos: QualityOfService) -> String {
        switch qos {
        case .guaranteed: "/kubepods/pod\(uid)"
        case .burstable: "/kubepods/burstable/pod\(uid)"
        case .bestEffort: "/kubepods/besteffort/pod\(uid)"
        }
    }

    /// Removes all groups of a pod whose quality of service is no longer known.
    func remove(ofPod uid: String) {
        for qos in QualityOfService.allCases { remove(Self.path(ofPod: uid, qos)) }
    }

    /// Errors: a limit that the kernel refuses. A controller that this process may not use is left
    /// to the runtime, whose message is the better one.
    func make(_ path: String, _ limits: PodLimits) throws(Files.Failure) {
        switch self {
        case .v1(let cpu, _, let memory, _):
            if let cpu, (try? Files.makeDirectory(cpu + path, mode: 0o755)) != nil {
                try set("cpu.shares", limits.cpuShares, in: cpu + path)
                if let quota = limits.cpuQuota {
                    try set("cpu.cfs_period_us", CPU.periodMicroseconds, in: cpu + path)
                    try set("cpu.cfs_quota_us", quota, in: cpu + path)
                }
            }
            if let memory, let bytes = limits.memoryBytes, (try? Files.makeDirectory(memory + path, mode: 0o755)) != nil {
                try set("memory.limit_in_bytes", bytes, in: memory + path)
            }
        case .v2(let root):
            guard (try? Files.makeDirectory(root + path, mode: 0o755)) != nil else { return }
            var ancestor = root
            for component in path.split(separator: "/") {
                // A controller that the machine lacks cannot be delegated; the limits below then say so.
                for controller in ["cpu", "memory", "pids", "cpuset", "io"] {
                    try? write("+\(controller)", to: "\(ancestor)/cgroup.subtree_control")
                }
                ancestor += "/\(component)"
            }
            try set("cpu.weight", CPU.weight(shares: limits.cpuShares), in: root + path)
            if let quota = limits.cpuQuota { try write("\(quota) \(CPU.periodMicroseconds)", to: "\(root + path)/cpu.max") }
            if let bytes = limits.memoryBytes { try set("memory.max", bytes, in: root + path) }
        }
    }

    /// Removes the group and what the runtime made below it, where no process is left.
    func remove(_ path: String) {
        let roots: [String] =
            switch self {
            case .v1(_, _, _, let all): all
            case .v2(let root): [root]
            }
        for root in roots {
            for child in Files.names(in: root + path) { rmdir("\(root)\(path)/\(child)") }
            rmdir(root + path)
        }
    }

    private func set(_ file: String, _ value: Int64, in directory: String) throws(Files.Failure) {
        try write(String(value), to: "\(directory)/\(file)")
    }

    private func write(_ text: String, to path: String) throws(Files.Failure) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        if file < 0 { throw Files.Failure(operation: "open", path: path, code: errno) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        if Glibc.write(file, bytes, bytes.count) != bytes.count { throw Files.Failure(operation: "write", path: path, code: errno) }
    }
}
