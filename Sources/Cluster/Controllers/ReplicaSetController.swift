import APIMachinery

/// Keeps the number of a ReplicaSet's pods.
///
/// Source: kubernetes, pkg/controller/replicaset; API reference, apps/v1 ReplicaSet.
package struct ReplicaSetController: Controller {
    /// Pods made or deleted in one reconciliation.
    static let burst = 500

    package struct Snapshot: Sendable {
        package var replicaSet: Object
        /// The pods that name this ReplicaSet as controller, and the namespace's orphans.
        package var candidates: [Object]
        /// Pods per node of all ReplicaSets with the same owner.
        package var relatedPerNode: [String: Int] = [:]
    }

    package let name = "replicaset-controller"
    let replicaSets: Informer
    let pods: Informer
    /// Pods without a controller, by namespace.
    let orphans: InformerIndex

    package init(replicaSets: Informer, pods: Informer, orphans: InformerIndex) {
        self.replicaSets = replicaSets
        self.pods = pods
        self.orphans = orphans
    }

    package var sources: [ControllerSource<Informer.Key>] {
        [.own(replicaSets), .controlled(pods, by: "ReplicaSet"), .orphans(pods, adoptedBy: replicaSets)]
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        guard let replicaSet = replicaSets.get(key) else { return nil }
        var snapshot = Snapshot(
            replicaSet: replicaSet, candidates: pods.dependents(ofOwner: replicaSet.uid) + orphans[key.namespace])
        let wanted = replicaSet.spec["replicas"]?.int ?? 1
        if snapshot.candidates.count > wanted {
            let owner = replicaSet.controller?.uid
            let siblings = owner.map { replicaSets.dependents(ofOwner: $0) } ?? [replicaSet]
            for pod in siblings.flatMap({ pods.dependents(ofOwner: $0.uid) }) where PodState(pod).isActive {
                snapshot.relatedPerNode[PodState(pod).nodeName, default: 0] += 1
            }
        }
        return snapshot
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let set = snapshot.replicaSet
        var plan = ControllerPlan()
        // A selector that does not parse selects nothing; validation keeps such out.
        let selector = (try? LabelSelector(json: set.spec["selector"])) ?? .nothing
        let claims = Claims(
            snapshot.candidates, type: .pods, owner: set, ownerType: .replicaSets, selector: selector)
        plan.add(claims.changes)
        let active = claims.owned.filter { PodState($0).isActive }
        // Orphans about to be adopted already count, or their places would be filled twice.
        let adopting = snapshot.candidates.filter { $0.controller == nil && selector.matches($0.labels) && PodState($0).isActive }
        if !set.isDeleting { replicate(set, active: active, adopting: adopting.count, snapshot, now: now, &plan) }

        let minReady = set.spec["minReadySeconds"]?.int ?? 0
        for pod in active { if let time = PodState(pod).availableAt(minReadySeconds: minReady, now: now) { plan.wake(at: time) } }
        let isChanging = !plan.isEmpty
        plan.status = { failure in
            // What was just changed comes back as events; the status is written then, once.
            if isChanging, failure == nil { return [] }
            return Self.status(of: set, pods: claims.owned, active: active, failure: failure, now: now)
        }
        return plan
    }

    private func replicate(
        _ set: Object, active: [Object], adopting: Int, _ snapshot: Snapshot, now: Timestamp, _ plan: inout ControllerPlan
    ) {
        let missing = Int(set.spec["replicas"]?.int ?? 1) - active.count - adopting
        if missing > 0 {
            let pod = PodTemplate(set).pod(for: set)
            let create = ClusterChange.create(.pods, pod)
                .onSuccess(set, "SuccessfulCreate") { "Created pod: \($0.name)" }
                .onFailure(set, "FailedCreate") { "Error creating: \($0.message)" }
            plan.add(Array(repeating: create, count: min(missing, Self.burst)), isSlowStart: true)
        } else if missing < 0, adopting == 0 {
            let victims = PodRanking(relatedPerNode: snapshot.relatedPerNode, now: now).first(min(-missing, Self.burst), of: active)
            plan.add(
                victims.map { pod in
                    ClusterChange.delete(.pods, pod)
                        .onSuccess(set, "SuccessfulDelete") { _ in "Deleted pod: \(pod.name)" }
                        .onFailure(set, "FailedDelete") { "Error deleting: \($0.message)" }
                })
        }
    }

    private static func status(
        of set: Object, pods: [Object], active: [Object], failure: APIStatus?, now: Timestamp
    ) -> [ClusterChange] {
        let minReady = set.spec["minReadySeconds"]?.int ?? 0
        let labels = PodTemplate(set).labels
        var conditions = Conditions(set)
        if let failure {
            let isCreating = active.count < Int(set.spec["replicas"]?.int ?? 1)
            conditions.set("ReplicaFailure", true, isCreating ? "FailedCreate" : "FailedDelete", failure.message, now: now)
        } else {
            conditions.remove("ReplicaFailure")
        }
        let terminating = pods.count { $0.isDeleting && !PodState($0).isTerminal }
        let wanted: [String: JSON] = [
            "replicas": JSON(active.count),
            "fullyLabeledReplicas": JSON(active.count { pod in labels.allSatisfy { pod.labels[$0.key] == $0.value } }),
            "readyReplicas": JSON(active.count { PodState($0).isReady }),
            "availableReplicas": JSON(active.count { PodState($0).isAvailable(minReadySeconds: minReady, now: now) }),
            "terminatingReplicas": JSON(terminating),
            "observedGeneration": .int(set.generation),
            "conditions": conditions.json,
        ]
        return StatusPatch(.replicaSets, set, wanted, keptWhenZero: ["replicas"]).changes
    }
}

extension Object {
    /// Whether the controller has seen the current generation.
    var observed: Bool { (status["observedGeneration"]?.int ?? 0) >= generation }
}
