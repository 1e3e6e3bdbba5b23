import APIMachinery

/// A pod as the scheduler weighs it, read once from its object.
package struct PodToSchedule: Sendable {
    struct HostPort: Hashable, Sendable {
        var ip: String
        var `protocol`: String
        var port: Int64
    }

    let object: Object
    let requests: ResourceAmounts
    /// The same, with a little for containers that ask for nothing, so that such pods spread too.
    let scoredRequests: ResourceAmounts
    let hostPorts: [HostPort]
    let priority: Int64

    static let defaultCPU: Int64 = 100
    static let defaultMemory: Int64 = 200 * 1024 * 1024

    init(_ pod: Object) {
        object = pod
        requests = .requests(of: pod)
        var scored = requests
        if scored.cpu == 0 { scored.cpu = Self.defaultCPU }
        if scored.memory == 0 { scored.memory = Self.defaultMemory }
        scoredRequests = scored
        priority = pod.spec["priority"]?.int ?? 0
        let sidecars = (pod.spec["initContainers"]?.array ?? []).filter { $0["restartPolicy"]?.string == "Always" }
        hostPorts = ((pod.spec["containers"]?.array ?? []) + sidecars).flatMap { container in
            (container["ports"]?.array ?? []).compactMap { port in
                guard let number = port["hostPort"]?.int, number > 0 else { return nil }
                let ip = port["hostIP"]?.string ?? ""
                return HostPort(ip: ip.isEmpty ? "0.0.0.0" : ip, protocol: port["protocol"]?.string ?? "TCP", port: number)
            }
        }
    }

    var uid: String { object.uid }
    var key: Informer.Key { Informer.Key(object) }
    var nodeName: String { object.spec["nodeName"]?.string ?? "" }
    var tolerations: [Toleration] { (object.spec["tolerations"]?.array ?? []).map(Toleration.init) }
    var isGated: Bool { object.spec["schedulingGates"]?.array?.isEmpty == false }

    var claimNames: [String] { VolumeProtection.claimNames(of: object) }
}

/// A node and what runs on it.
package struct NodeToFill: Sendable {
    private(set) var object: Object
    private(set) var allocatable: ResourceAmounts
    /// Pods that the node takes.
    private(set) var podsMax: Int64
    private(set) var requested = ResourceAmounts()
    private(set) var scoredRequested = ResourceAmounts()
    private(set) var pods: [String: PodToSchedule] = [:]

    init(_ node: Object) {
        object = node
        allocatable = ResourceAmounts(node.status["allocatable"])
        podsMax = Quantity(node.status["allocatable"]?["pods"])?.value ?? 0
    }

    mutating func update(_ node: Object) {
        object = node
        allocatable = ResourceAmounts(node.status["allocatable"])
        podsMax = Quantity(node.status["allocatable"]?["pods"])?.value ?? 0
    }

    mutating func add(_ pod: PodToSchedule) {
        remove(pod.uid)
        pods[pod.uid] = pod
        requested += pod.requests
        scoredRequested += pod.scoredRequests
    }

    mutating func remove(_ uid: String) {
        guard pods.removeValue(forKey: uid) != nil else { return }
        // Added up anew: from a sum that saturated nothing can be taken away.
        requested = pods.values.reduce(into: ResourceAmounts()) { $0 += $1.requests }
        scoredRequested = pods.values.reduce(into: ResourceAmounts()) { $0 += $1.scoredRequests }
    }

    var name: String { object.name }
    var taints: [JSON] { object.spec["taints"]?.array ?? [] }
    var isUnschedulable: Bool { object.spec["unschedulable"]?.bool ?? false }
}
