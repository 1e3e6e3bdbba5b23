import APIMachinery

/// Removes pods that nobody else will: bound to a node that is gone, deleted before they were
/// placed, or finished and too many.
///
/// Source: kubernetes, pkg/controller/podgc.
package struct PodGarbageCollector: Controller {
    /// Finished pods kept.
    static let terminatedMax = 12_500
    /// How long a node must be missing.
    static let quarantine = Duration.seconds(40)

    package enum Key: Hashable, Sendable {
        case pod(Informer.Key)
        case terminated
    }

    package enum Snapshot: Sendable {
        /// nodeIsMissing: according to the server.
        case pod(Object, nodeIsMissing: Bool)
        case terminated([Object])
    }

    package let name = "pod-garbage-collector"
    let pods: Informer
    let nodes: Informer
    let podsByNode: InformerIndex
    let terminated: InformerIndex

    package init(pods: Informer, nodes: Informer, podsByNode: InformerIndex) {
        self.pods = pods
        self.nodes = nodes
        self.podsByNode = podsByNode
        terminated = InformerIndex(pods) { PodState($0).isTerminal ? [""] : [] }
    }

    package var sources: [ControllerSource<Key>] {
        [
            ControllerSource(pods) { [nodes, terminated] change, queue in
                if case .deleted = change { return }
                let pod = change.object
                let node = PodState(pod).nodeName
                if node.isEmpty {
                    if pod.isDeleting { queue.add(.pod(Informer.Key(pod))) }
                } else if !nodes.isSynced || nodes.get(name: node) == nil {
                    // Nodes not heard of yet have come by then.
                    queue.add(.pod(Informer.Key(pod)), after: Self.quarantine)
                }
                if PodState(pod).isTerminal, terminated[""].count > Self.terminatedMax { queue.add(.terminated) }
            },
            ControllerSource(nodes) { [podsByNode] change, queue in
                guard case .deleted(let node) = change else { return }
                for pod in podsByNode[node.name] { queue.add(.pod(Informer.Key(pod)), after: Self.quarantine) }
            },
        ]
    }

    package func snapshot(of key: Key, client: any ResourceClient) async throws -> Snapshot? {
        switch key {
        case .terminated: return .terminated(terminated[""])
        case .pod(let key):
            guard let pod = pods.get(key) else { return nil }
            let node = PodState(pod).nodeName
            guard !node.isEmpty, nodes.get(name: node) == nil else { return .pod(pod, nodeIsMissing: false) }
            return .pod(pod, nodeIsMissing: try await client.find(ObjectKey(.nodes, name: node)) == nil)
        }
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        switch snapshot {
        case .terminated(let pods):
            let excess = pods.sorted { ($0.creationTimestamp, $0.name) < ($1.creationTimestamp, $1.name) }
                .prefix(max(0, pods.count - Self.terminatedMax))
            return ControllerPlan(excess.map { .delete(.pods, $0, Self.atOnce) })
        case .pod(let pod, let nodeIsMissing):
            let isUnplaced = pod.isDeleting && PodState(pod).nodeName.isEmpty
            guard nodeIsMissing || isUnplaced else { return ControllerPlan() }
            var plan = ControllerPlan()
            if nodeIsMissing, !PodState(pod).isTerminal {
                var conditions = Conditions(pod)
                conditions.set("DisruptionTarget", true, "DeletionByPodGC", "PodGC: node no longer exists", now: now)
                plan.add(StatusPatch(.pods, pod, ["phase": "Failed", "conditions": conditions.json]).changes)
            }
            plan.add(.delete(.pods, pod, Self.atOnce))
            return plan
        }
    }

    private static let atOnce: DeleteOptions = {
        var options = DeleteOptions()
        options.gracePeriodSeconds = 0
        return options
    }()
}
