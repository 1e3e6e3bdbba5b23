import APIMachinery

/// What the scheduler knows and decides: events in, decisions out, no clock and no requests.
package struct SchedulerState: Sendable {
    package enum Decision: Sendable {
        case bind(Object, node: String)
        /// The pod fits nowhere; why, in Kubernetes' words.
        case unschedulable(Object, message: String)
        /// The pod is not to be placed before its gates are gone.
        case gated(Object)
    }

    private var nodes: [String: NodeToFill] = [:]
    private var queue = SchedulingQueue()
    /// Every pod that takes room, by uid: bound, or assumed to be bound soon.
    private var placed: [String: (pod: PodToSchedule, node: String)] = [:]
    /// Uids of pods placed by a decision that no event has confirmed yet.
    private var assumed: Set<String> = []
    private var claims: [Informer.Key: Object] = [:]
    private var volumes: [String: Object] = [:]
    private var reportedGates: Set<String> = []
    private var gated: [Object] = []

    package init() {}

    package var nextDeadline: Timestamp? { queue.nextDeadline }
    package var waitingCount: Int { queue.count }
}

/// Events.
extension SchedulerState {
    package mutating func podChanged(_ object: Object) {
        let uid = object.uid
        let state = PodState(object)
        if state.isTerminal { return podGone(object) }
        if !state.nodeName.isEmpty {
            queue.remove(uid)
            assumed.remove(uid)
            // An update that changes neither place nor size is most updates.
            if let known = placed[uid], known.node == state.nodeName, known.pod.object.spec == object.spec { return }
            place(PodToSchedule(object), on: state.nodeName)
            return
        }
        let name = object.spec["schedulerName"]?.string ?? ""
        guard name.isEmpty || name == Scheduler.name, !object.isDeleting else {
            queue.remove(uid)
            return
        }
        // The event that confirms an assumption is still to come.
        if assumed.contains(uid) { return }
        let pod = PodToSchedule(object)
        if pod.isGated {
            queue.remove(uid)
            if reportedGates.insert(uid).inserted { gated.append(object) }
            return
        }
        reportedGates.remove(uid)
        if let known = queue.pod(uid), known.object.spec == object.spec, known.object.labels == object.labels {
            // Its own condition, written by this scheduler, is no reason to try again.
            queue.refresh(pod)
        } else {
            queue.add(pod)
        }
    }

    package mutating func podGone(_ object: Object) {
        let uid = object.uid
        queue.remove(uid)
        assumed.remove(uid)
        reportedGates.remove(uid)
        guard let node = placed.removeValue(forKey: uid)?.node else { return }
        nodes[node]?.remove(uid)
        queue.cured(.podGone)
    }

    package mutating func nodeChanged(_ object: Object) {
        if let old = nodes[object.name]?.object {
            nodes[object.name]?.update(object)
            let isSame =
                old.spec == object.spec && old.labels == object.labels && old.status["allocatable"] == object.status["allocatable"]
            if !isSame { queue.cured(.node) }
            return
        }
        var node = NodeToFill(object)
        // Pods may be heard of before their node, and outlive a node that comes back.
        for (pod, name) in placed.values where name == object.name { node.add(pod) }
        nodes[object.name] = node
        queue.cured(.node)
    }

    package mutating func nodeGone(_ object: Object) { nodes[object.name] = nil }

    package mutating func claimChanged(_ object: Object, isGone: Bool) {
        claims[Informer.Key(object)] = isGone ? nil : object
        queue.cured(.volume)
    }

    package mutating func volumeChanged(_ object: Object, isGone: Bool) {
        volumes[object.name] = isGone ? nil : object
        queue.cured(.volume)
    }

    /// The server refused a binding, or could not be asked.
    package mutating func bindFailed(_ object: Object, isPodGone: Bool, now: Timestamp) {
        guard assumed.remove(object.uid) != nil else { return }
        if let node = placed.removeValue(forKey: object.uid)?.node { nodes[node]?.remove(object.uid) }
        if isPodGone { queue.remove(object.uid) } else { queue.retry(object.uid, now: now) }
    }

    private mutating func place(_ pod: PodToSchedule, on node: String) {
        if let before = placed[pod.uid]?.node, before != node { nodes[before]?.remove(pod.uid) }
        placed[pod.uid] = (pod, node)
        nodes[node]?.add(pod)
    }
}

/// Decisions.
extension SchedulerState {
    /// The next decision; nil when there is nothing to decide.
    package mutating func next(now: Timestamp) -> Decision? {
        if !gated.isEmpty { return .gated(gated.removeFirst()) }
        guard let pod = queue.take(now: now) else { return nil }
        if let problem = claimProblem(pod) {
            queue.wait(pod.uid, for: .volume)
            return .unschedulable(pod.object, message: FailedScheduling(nodeCount: nodes.count, problem: problem).message)
        }
        var fitting: [NodeToFill] = []
        var failures = FailedScheduling(nodeCount: nodes.count, problem: "")
        for node in nodes.values {
            var reasons = NodeFilters.reasons(pod, node)
            if reasons.isEmpty, !volumesReach(pod, node) { reasons = [.volumeAffinity] }
            if reasons.isEmpty { fitting.append(node) } else { failures.add(reasons, pod: pod, node: node) }
        }
        guard let best = NodeScores.best(pod, fitting) else {
            queue.wait(pod.uid, for: nodes.isEmpty ? .node : failures.cure)
            return .unschedulable(pod.object, message: failures.message)
        }
        // It stays queued, untried, until an event confirms the binding or the server refuses it.
        assumed.insert(pod.uid)
        place(pod, on: best.name)
        return .bind(pod.object, node: best.name)
    }

    /// What about its claims keeps the pod from any node.
    private func claimProblem(_ pod: PodToSchedule) -> String? {
        var isUnbound = false
        for name in pod.claimNames {
            guard let claim = claims[Informer.Key(namespace: pod.object.namespace, name: name)] else {
                return "persistentvolumeclaim \"\(name)\" not found"
            }
            if claim.isDeleting { return "persistentvolumeclaim \"\(name)\" is being deleted" }
            let volume = claim.spec["volumeName"]?.string ?? ""
            if volume.isEmpty || claim.annotations[VolumeBinder.bindCompleted] == nil {
                isUnbound = true
            } else if claim.status["phase"]?.string == "Lost" {
                return "persistentvolumeclaim \"\(name)\" bound to non-existent persistentvolume \"\(volume)\""
            }
        }
        return isUnbound ? "pod has unbound immediate PersistentVolumeClaims" : nil
    }

    private func volumesReach(_ pod: PodToSchedule, _ node: NodeToFill) -> Bool {
        pod.claimNames.allSatisfy { name in
            guard let volume = claims[Informer.Key(namespace: pod.object.namespace, name: name)]?.spec["volumeName"]?.string,
                let required = volumes[volume]?.spec["nodeAffinity"]?["required"], !required.isNull
            else { return true }
            return NodeSelector.matches(required, node.object)
        }
    }
}

/// The message of a pod that fits nowhere.
struct FailedScheduling: Sendable {
    let nodeCount: Int
    /// What concerns the pod whatever the node; empty when the nodes speak.
    let problem: String
    private var counts: [String: Int] = [:]
    private(set) var cure: SchedulingCure = []
    /// Nodes on which no pod leaving would help, and those where none of lower priority is.
    private var unhelpful = 0
    private var withoutVictims = 0

    init(nodeCount: Int, problem: String) {
        self.nodeCount = nodeCount
        self.problem = problem
    }

    mutating func add(_ reasons: [FilterReason], pod: PodToSchedule, node: NodeToFill) {
        for reason in reasons {
            counts[reason.message, default: 0] += 1
            cure.formUnion(reason.cure)
        }
        if !reasons.allSatisfy(\.isCuredByPodsLeaving) {
            unhelpful += 1
        } else if !node.pods.values.contains(where: { $0.priority < pod.priority }) {
            withoutVictims += 1
        }
    }

    /// `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. preemption: …`
    var message: String {
        if nodeCount == 0 { return "no nodes available to schedule pods" }
        let head = "0/\(nodeCount) nodes are available: "
        if !problem.isEmpty {
            return head
                + "\(problem). preemption: 0/\(nodeCount) nodes are available: \(nodeCount) Preemption is not helpful for scheduling."
        }
        let reasons = counts.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
        var text = head + reasons + "."
        // Nothing is preempted here yet: where Kubernetes might, nothing is claimed about it.
        if unhelpful + withoutVictims == nodeCount {
            let parts = [
                unhelpful > 0 ? "\(unhelpful) Preemption is not helpful for scheduling" : nil,
                withoutVictims > 0 ? "\(withoutVictims) No preemption victims found for incoming pod" : nil,
            ]
            text += " preemption: \(head)\(parts.compactMap { $0 }.sorted().joined(separator: ", "))."
        }
        return text
    }
}
