import APIMachinery
import Glibc

/// The machine's resources, and a pod's share of them as cgroups.
package struct NodeResources: Sendable {
    package static let podsMax: Int64 = 110
    /// Kept for the machine itself: where a kubelet would begin to evict.
    static let reservedMemory: Int64 = 100 << 20

    package let capacity: [String: Quantity]
    package let allocatable: [String: Quantity]
    private let memoryBytes: Int64
    private let cgroups: Cgroups

    /// Of this machine. `dataDirectory` is on the file system that pods' storage comes from.
    package init(dataDirectory: String) {
        let processors = max(1, Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let memory = Self.memoryTotal(Files.text("/proc/meminfo"))
        var storage = statvfs()
        let storageBytes = statvfs(dataDirectory, &storage) == 0 ? Int64(clamping: UInt64(storage.f_blocks) * UInt64(storage.f_frsize)) : 0
        var capacity = [
            "cpu": Quantity(units: processors), "memory": Quantity(units: memory, format: .binary),
            "pods": Quantity(units: Self.podsMax), "ephemeral-storage": Quantity(units: storageBytes, format: .binary),
        ]
        self.capacity = capacity
        capacity["memory"] = Quantity(units: max(0, memory - Self.reservedMemory), format: .binary)
        allocatable = capacity
        memoryBytes = memory
        cgroups = Cgroups.ofMachine()
    }

    /// In bytes, of the text of /proc/meminfo.
    static func memoryTotal(_ text: String) -> Int64 {
        for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
            return (Int64(line.split(separator: " ").dropFirst().first ?? "") ?? 0) * 1024
        }
        return 0
    }

    func cgroupParent(of pod: Pod) -> String { Cgroups.path(ofPod: pod.uid, pod.qos) }

    /// Makes the pod's cgroup with the pod's own limits.
    func prepare(_ pod: Pod) async throws {
        let limits = PodLimits(pod)
        let path = cgroupParent(of: pod)
        let cgroups = cgroups
        try await Files.offPool { try cgroups.make(path, limits) }
    }

    /// Removes the pod's cgroup; one that is not empty yet stays, without harm.
    func release(_ uid: String) async {
        let cgroups = cgroups
        await Files.offPool { cgroups.remove(ofPod: uid) }
    }

    func resources(of container: PodContainer, in pod: Pod) -> Runtime_V1_LinuxContainerResources {
        let limits = container.json["resources"]?["limits"]
        let requests = container.json["resources"]?["requests"]
        let cpuLimit = Quantity(limits?["cpu"])
        let memoryLimit = Quantity(limits?["memory"])
        return .with {
            $0.cpuShares = CPU.shares(milli: (Quantity(requests?["cpu"]) ?? cpuLimit)?.milli ?? 0)
            if let milli = cpuLimit?.milli, milli > 0 {
                $0.cpuPeriod = CPU.periodMicroseconds
                $0.cpuQuota = CPU.quota(milli: milli)
            }
            if let bytes = memoryLimit?.value, bytes > 0 { $0.memoryLimitInBytes = bytes }
            $0.oomScoreAdj = oomScore(pod, request: (Quantity(requests?["memory"]) ?? memoryLimit)?.value ?? 0)
        }
    }

    /// The kernel kills best-effort pods first, then those that asked for little. Where lowering the
    /// score is not permitted, the runtime raises it to what is. Source: Kubernetes docs, "Node-pressure Eviction".
    func oomScore(_ pod: Pod, request: Int64) -> Int64 {
        switch pod.qos {
        case .guaranteed: return -997
        case .bestEffort: return 1000
        case .burstable:
            guard memoryBytes > 0 else { return 999 }
            return min(999, max(3, 1000 - Int64(Double(request) * 1000 / Double(memoryBytes))))
        }
    }
}

/// CPU quantities in the kernel's terms.
enum CPU {
    static let periodMicroseconds: Int64 = 100_000
    static let sharesMin: Int64 = 2
    static let quotaMin: Int64 = 1000

    /// 1024 for each processor, at least 2.
    static func shares(milli: Int64) -> Int64 { max(sharesMin, min(262_144, milli.multipliedReportingOverflow(by: 1024).partialValue / 1000)) }

    /// Microseconds of each period of 100 ms, at least 1 ms.
    static func quota(milli: Int64) -> Int64 { max(quotaMin, milli.multipliedReportingOverflow(by: periodMicroseconds).partialValue / 1000) }

    /// cgroup v2's weight (1…10000) of v1's shares (2…262144).
    static func weight(shares: Int64) -> Int64 { 1 + (shares - 2) * 9999 / 262_142 }
}

/// What a pod's own cgroup is given: the sum of its containers, or the largest init container where that is more.
struct PodLimits: Sendable, Hashable {
    var cpuShares: Int64
    /// nil: some container has no limit.
    var cpuQuota: Int64?
    var memoryBytes: Int64?

    init(_ pod: Pod) {
        func total(_ value: (PodContainer) -> Int64?) -> Int64? {
            var sum: Int64 = 0
            var largestInitial: Int64 = 0
            for container in pod.containers {
                guard let value = value(container) else { return nil }
                switch container.role {
                case .initial: largestInitial = max(largestInitial, sum.addingReportingOverflow(value).partialValue)
                case .sidecar, .main: sum = sum.addingReportingOverflow(value).partialValue
                }
            }
            return max(sum, largestInitial)
        }
        func quantity(_ container: PodContainer, _ kind: String, _ resource: String) -> Quantity? {
            Quantity(container.json["resources"]?[kind]?[resource])
        }
        let request = total { (quantity($0, "requests", "cpu") ?? quantity($0, "limits", "cpu"))?.milli ?? 0 }
        cpuShares = CPU.shares(milli: request ?? 0)
        cpuQuota = total { quantity($0, "limits", "cpu").flatMap { $0.milli > 0 ? $0.milli : nil } }.flatMap { $0 > 0 ? CPU.quota(milli: $0) : nil }
        memoryBytes = total { quantity($0, "limits", "memory").flatMap { $0.value > 0 ? $0.value : nil } }.flatMap { $0 > 0 ? $0 : nil }
    }
}
