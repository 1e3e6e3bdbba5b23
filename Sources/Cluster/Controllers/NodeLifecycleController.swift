import APIMachinery

/// Notices nodes that have fallen silent, and moves pods off those that stay so.
///
/// A node renews its Lease; nobody looks at it before it is due. Silence is counted from when this
/// controller began to listen, so that its own restart costs no node its pods. While every node is
/// silent the fault is more likely here than there, and nothing is evicted.
/// Source: kubernetes, pkg/controller/nodelifecycle and tainteviction.
package struct NodeLifecycleController: Controller {
    static let leaseNamespace = "kube-node-lease"
    /// Silence after which a node is Unknown.
    static let gracePeriod = Duration.seconds(40)
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"

    package struct Snapshot: Sendable {
        package var node: Object
        package var lease: Object?
        package var pods: [Object]
        /// Since when this controller listens.
        package var listeningSince: Timestamp
        package var isAnyNodeReady: Bool

        package init(node: Object, lease: Object?, pods: [Object], listeningSince: Timestamp, isAnyNodeReady: Bool) {
            self.node = node
            self.lease = lease
            self.pods = pods
            self.listeningSince = listeningSince
            self.isAnyNodeReady = isAnyNodeReady
        }
    }

    package let name = "node-controller"
    let nodes: Informer
    let leases: Informer
    let pods: Informer
    let podsByNode: InformerIndex
    let listeningSince: Timestamp

    package init(nodes: Informer, leases: Informer, pods: Informer, podsByNode: InformerIndex, listeningSince: Timestamp) {
        self.nodes = nodes
        self.leases = leases
        self.pods = pods
        self.podsByNode = podsByNode
        self.listeningSince = listeningSince
    }

    package var sources: [ControllerSource<Informer.Key>] {
        [
            ControllerSource(nodes) { [nodes] change in
                guard case .updated(let old, let new) = change else { return [Informer.Key(change.object)] }
                // Whether any node is ready decides about evictions on all.
                if Self.isReady(old) != Self.isReady(new) { return nodes.list().map(Informer.Key.init) }
                return old.spec == new.spec && old.status["conditions"] == new.status["conditions"] ? [] : [Informer.Key(new)]
            },
            // A renewal is no news of a node that is well: its deadline is looked at when it comes.
            ControllerSource(leases) { [nodes] change in
                guard let node = nodes.get(name: change.object.name), !Self.isReady(node) else { return [] }
                return [Informer.Key(node)]
            },
            // A pod that comes to a node, placed by the scheduler or by whoever made it.
            ControllerSource(pods) { [nodes] change in
                switch change {
                case .added: break
                case .updated(let old, _): if !PodState(old).nodeName.isEmpty { return [] }
                case .deleted: return []
                }
                guard let node = nodes.get(name: PodState(change.object).nodeName), Self.taints(of: node).contains(where: { $0["effect"]?.string == "NoExecute" })
                else { return [] }
                return [Informer.Key(node)]
            }.withoutAwaiting(),
        ]
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        guard let node = nodes.get(key) else { return nil }
        let all = nodes.list()
        return Snapshot(
            node: node, lease: leases.get(namespace: Self.leaseNamespace, name: key.name), pods: podsByNode[key.name],
            listeningSince: listeningSince, isAnyNodeReady: all.contains(where: Self.isReady))
    }

    static func isReady(_ node: Object) -> Bool { node.condition("Ready")?["status"]?.string == "True" }
    static func taints(of node: Object) -> [JSON] { node.spec["taints"]?.array ?? [] }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let node = snapshot.node
        var plan = ControllerPlan()
        let renewed = snapshot.lease?.spec["renewTime"]?.string.flatMap(Timestamp.init) ?? node.createdAt
        let due = max(renewed, snapshot.listeningSince) + Self.gracePeriod
        let ready = node.condition("Ready")
        let isSilent = due <= now
        if !isSilent { plan.wake(at: due) }

        if isSilent, ready?["status"]?.string != "Unknown" {
            plan.add(silence(node, now: now))
            if Self.isReady(node) {
                plan.add(.event(node, "NodeNotReady", "Node \(node.name) status is now: NodeNotReady"))
                plan.add(snapshot.pods.flatMap { Self.unready($0, node: node, now: now) })
            }
            // The patch wakes this node again, and the taints follow from the new conditions.
            return plan
        }
        retaint(snapshot, now: now, &plan)
        if snapshot.isAnyNodeReady { evict(snapshot, now: now, &plan) }
        return plan
    }

    private func silence(_ node: Object, now: Timestamp) -> [ClusterChange] {
        var conditions = Conditions(node)
        for type in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
            let isKnown = conditions[type] != nil
            conditions.set(
                type, "Unknown", isKnown ? "NodeStatusUnknown" : "NodeStatusNeverUpdated",
                isKnown ? "Kubelet stopped posting node status." : "Kubelet never posted node status.", now: now, updateTime: false)
        }
        return StatusPatch(.nodes, node, ["conditions": conditions.json]).changes
    }

    private static func unready(_ pod: Object, node: Object, now: Timestamp) -> [ClusterChange] {
        guard PodState(pod).isReady else { return [] }
        var conditions = Conditions(pod)
        conditions.set("Ready", false, "NodeNotReady", "Node \(node.name) is not ready", now: now)
        return StatusPatch(.pods, pod, ["conditions": conditions.json]).changes
            + [.event(pod, isWarning: true, "NodeNotReady", "Node is not ready")]
    }

    /// Taints that follow from conditions, beside those that people set.
    private func retaint(_ snapshot: Snapshot, now: Timestamp, _ plan: inout ControllerPlan) {
        let node = snapshot.node
        var wanted: [(key: String, effect: String)] = []
        let status = node.condition("Ready")?["status"]?.string
        let silent: String? =
            status == "False" ? Self.notReady : status == "True" ? nil : status == nil ? Self.notReady : Self.unreachable
        if let silent {
            wanted.append((silent, "NoSchedule"))
            if snapshot.isAnyNodeReady { wanted.append((silent, "NoExecute")) }
        }
        for (type, key) in Self.conditionTaints where node.condition(type)?["status"]?.string == "True" {
            wanted.append((key, "NoSchedule"))
        }
        if node.spec["unschedulable"]?.bool == true { wanted.append(("node.kubernetes.io/unschedulable", "NoSchedule")) }

        let current = Self.taints(of: node)
        var taints = current.filter { taint in
            let key = taint["key"]?.string ?? ""
            return !Self.ownKeys.contains(key) || wanted.contains { $0.key == key && $0.effect == taint["effect"]?.string }
        }
        for want in wanted where !taints.contains(where: { $0["key"]?.string == want.key && $0["effect"]?.string == want.effect }) {
            taints.append(["key": .string(want.key), "effect": .string(want.effect), "timeAdded": .string(now.description)])
        }
        guard taints != current else { return }
        plan.add(
            .patch(
                ObjectKey(.nodes, node),
                [
                    "metadata": ["uid": .string(node.uid), "resourceVersion": .string(node.resourceVersion)],
                    "spec": ["taints": taints.isEmpty ? .null : .array(taints)],
                ]))
    }

    private static let conditionTaints = [
        ("MemoryPressure", "node.kubernetes.io/memory-pressure"), ("DiskPressure", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "node.kubernetes.io/pid-pressure"), ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
    ]
    private static let ownKeys = Set([notReady, unreachable, "node.kubernetes.io/unschedulable"] + conditionTaints.map(\.1))

    /// Pods that do not tolerate a NoExecute taint go, those that do for a time when it is over.
    private func evict(_ snapshot: Snapshot, now: Timestamp, _ plan: inout ControllerPlan) {
        let taints = Self.taints(of: snapshot.node).filter { $0["effect"]?.string == "NoExecute" }
        if taints.isEmpty { return }
        var changes: [ClusterChange] = []
        for pod in snapshot.pods where !pod.isDeleting && !PodState(pod).isTerminal {
            guard let deadline = Self.evictionTime(pod, taints, now: now) else { continue }
            if deadline > now {
                plan.wake(at: deadline)
            } else {
                changes.append(
                    ClusterChange.delete(.pods, pod).onSuccess(pod, "TaintManagerEviction") { _ in
                        "Marking for deletion Pod \(pod.namespace)/\(pod.name)"
                    })
            }
        }
        plan.add(changes)
    }

    /// When the pod must leave; nil when it may stay for ever.
    static func evictionTime(_ pod: Object, _ taints: [JSON], now: Timestamp) -> Timestamp? {
        var earliest: Timestamp?
        for taint in taints {
            let tolerations = (pod.spec["tolerations"]?.array ?? []).filter { Toleration($0).tolerates(taint) }
            if tolerations.isEmpty { return now }
            let seconds = tolerations.compactMap { $0["tolerationSeconds"]?.int }
            guard let shortest = seconds.min() else { continue }
            let since = taint["timeAdded"]?.string.flatMap(Timestamp.init) ?? now
            let time = since + .seconds(max(0, shortest))
            earliest = min(earliest ?? time, time)
        }
        return earliest
    }
}

/// One entry of a pod's `spec.tolerations`.
struct Toleration {
    private let json: JSON

    init(_ json: JSON) { self.json = json }

    func tolerates(_ taint: JSON) -> Bool {
        let effect = json["effect"]?.string ?? ""
        if !effect.isEmpty, effect != taint["effect"]?.string { return false }
        let key = json["key"]?.string ?? ""
        if !key.isEmpty, key != taint["key"]?.string { return false }
        switch json["operator"]?.string ?? "Equal" {
        case "Exists": return true
        case "Equal", "": return json["value"]?.string ?? "" == taint["value"]?.string ?? ""
        default: return false
        }
    }
}
