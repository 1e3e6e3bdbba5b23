import APIMachinery

/// Why a node cannot take a pod: one for each plugin of Kubernetes' scheduler that this one has.
package enum FilterReason: Sendable, Hashable {
    case unschedulable
    case nodeName
    case taint(key: String, value: String)
    case affinity
    case ports
    case insufficient(String)
    case tooManyPods
    case volumeAffinity

    /// As FailedScheduling messages count it.
    var message: String {
        switch self {
        case .unschedulable: "node(s) were unschedulable"
        case .nodeName: "node(s) didn't match the requested node name"
        case .taint(let key, let value): "node(s) had untolerated taint {\(key): \(value)}"
        case .affinity: "node(s) didn't match Pod's node affinity/selector"
        case .ports: "node(s) didn't have free ports for the requested pod ports"
        case .insufficient(let name): "Insufficient \(name)"
        case .tooManyPods: "Too many pods"
        case .volumeAffinity: "node(s) didn't match PersistentVolume's node affinity"
        }
    }

    /// What must change before another attempt is worth while.
    var cure: SchedulingCure {
        switch self {
        case .ports, .insufficient, .tooManyPods: [.podGone, .node]
        case .unschedulable, .nodeName, .taint, .affinity, .volumeAffinity: .node
        }
    }

    /// Whether pods leaving the node would help.
    var isCuredByPodsLeaving: Bool { cure.contains(.podGone) }
}

/// Kinds of change that may let a waiting pod be placed.
package struct SchedulingCure: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A node came, or changed in a way that matters here.
    static let node = SchedulingCure(rawValue: 1)
    /// A placed pod ended or went.
    static let podGone = SchedulingCure(rawValue: 2)
    /// A claim or volume changed.
    static let volume = SchedulingCure(rawValue: 4)
}

/// The filters, in the order in which Kubernetes runs them; the first that fails speaks for the node.
enum NodeFilters {
    typealias Filter = @Sendable (PodToSchedule, NodeToFill) -> [FilterReason]

    static let all: [Filter] = [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit]

    /// Empty when the node can take the pod.
    static func reasons(_ pod: PodToSchedule, _ node: NodeToFill) -> [FilterReason] {
        for filter in all {
            let reasons = filter(pod, node)
            if !reasons.isEmpty { return reasons }
        }
        return []
    }

    private static let unschedulableTaint: JSON = ["key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"]

    @Sendable static func nodeUnschedulable(_ pod: PodToSchedule, _ node: NodeToFill) -> [FilterReason] {
        guard node.isUnschedulable, !pod.tolerations.contains(where: { $0.tolerates(unschedulableTaint) }) else { return [] }
        return [.unschedulable]
    }

    @Sendable static func nodeName(_ pod: PodToSchedule, _ node: NodeToFill) -> [FilterReason] {
        pod.nodeName.isEmpty || pod.nodeName == node.name ? [] : [.nodeName]
    }

    @Sendable static func taintToleration(_ pod: PodToSchedule, _ node: NodeToFill) -> [FilterReason] {
        let taints = node.taints
        if taints.isEmpty { return [] }
        let tolerations = pod.tolerations
        for taint in taints where ["NoSchedule", "NoExecute"].contains(taint["effect"]?.string) {
            if !tolerations.contains(where: { $0.tolerates(taint) }) {
                return [.taint(key: taint["key"]?.string ?? "", value: taint["value"]?.string ?? "")]
            }
        }
        return []
    }

    @Sendable static func nodeAffinity(_ pod: PodToSchedule, _ node: NodeToFill) -> [FilterReason] {
        let spec = pod.object.spec
        if let selector = spec["nodeSelector"]?.stringMap, !selector.isEmpty {
            let labels = node.object.labels
            if !selector.allSatisfy({ labels[$0.key] == $0.value }) { return [.affinity] }
        }
        let required = spec["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]
        if let required, !required.isNull, !NodeSelector.matches(required, node.object) { return [.affinity] }
        return []
    }

    @Sendable static func nodePorts(_ pod: PodToSchedule, _ node: NodeToFill) -> [FilterReason] {
        if pod.hostPorts.isEmpty { return [] }
        let taken = node.pods.values.flatMap(\.hostPorts)
        let meets = pod.hostPorts.contains { wanted in
            taken.contains { port in
                port.port == wanted.port && port.protocol == wanted.protocol
                    && (port.ip == wanted.ip || port.ip == "0.0.0.0" || wanted.ip == "0.0.0.0")
            }
        }
        return meets ? [.ports] : []
    }

    @Sendable static func nodeResourcesFit(_ pod: PodToSchedule, _ node: NodeToFill) -> [FilterReason] {
        var reasons: [FilterReason] = []
        if Int64(node.pods.count) + 1 > node.podsMax { reasons.append(.tooManyPods) }
        let (wanted, used, has) = (pod.requests, node.requested, node.allocatable)
        func check(_ name: String, _ wanted: Int64, _ used: Int64, of has: Int64) {
            if wanted > 0, ResourceAmounts.sum(used, wanted) > has { reasons.append(.insufficient(name)) }
        }
        check("cpu", wanted.cpu, used.cpu, of: has.cpu)
        check("memory", wanted.memory, used.memory, of: has.memory)
        check("ephemeral-storage", wanted.ephemeralStorage, used.ephemeralStorage, of: has.ephemeralStorage)
        for (name, amount) in wanted.extended.sorted(by: { $0.key < $1.key }) {
            check(name, amount, used.extended[name, default: 0], of: has.extended[name, default: 0])
        }
        return reasons
    }
}

/// `nodeSelectorTerms` of affinities and volumes. Source: API reference, core/v1 NodeSelector.
enum NodeSelector {
    /// Terms are alternatives; within one, all must hold. No term matches nothing.
    static func matches(_ selector: JSON, _ node: Object) -> Bool {
        (selector["nodeSelectorTerms"]?.array ?? []).contains { matches(term: $0, node) }
    }

    static func matches(term: JSON, _ node: Object) -> Bool {
        let labels = term["matchExpressions"]?.array ?? []
        let fields = term["matchFields"]?.array ?? []
        if labels.isEmpty, fields.isEmpty { return false }
        return labels.allSatisfy { holds($0, node.labels) } && fields.allSatisfy { holds($0, ["metadata.name": node.name]) }
    }

    private static let operators: [String: LabelSelector.Operator] = [
        "In": .in, "NotIn": .notIn, "Exists": .exists, "DoesNotExist": .doesNotExist, "Gt": .greaterThan, "Lt": .lessThan,
    ]

    private static func holds(_ expression: JSON, _ values: [String: String]) -> Bool {
        guard let name = expression["operator"]?.string, let op = operators[name] else { return false }
        let key = expression["key"]?.string ?? ""
        return LabelSelector.Requirement(key: key, operator: op, values: expression["values"]?.array?.compactMap(\.string) ?? [])
            .matches(values[key])
    }
}
