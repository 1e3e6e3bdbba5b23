import APIMachinery

/// Takes back the `DisruptionTarget` of pods that were to go and did not: their deletion failed after the eviction had said so.
///
/// Source: kubernetes, pkg/controller/disruption, stale pod disruption.
package struct StaleDisruption: Controller {
    private static let condition = "DisruptionTarget"

    /// As whom pods' status is written.
    package let name = "disruption-controller"
    let pods: Informer

    package init(pods: Informer) { self.pods = pods }

    package var sources: [ControllerSource<Informer.Key>] {
        [ControllerSource(pods) { Self.isTarget($0.object) ? [Informer.Key($0.object)] : [] }]
    }

    /// What the kubelet is about to end may take as long as it likes, and an ended pod keeps what ended it.
    private static func isTarget(_ pod: Object) -> Bool {
        guard let target = pod.condition(condition), target["status"] == "True", target["reason"] != "TerminationByKubelet" else { return false }
        return PodState(pod).isActive
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Object? { pods.get(key) }

    package func reconcile(_ pod: Object, now: Timestamp) -> ControllerPlan {
        guard Self.isTarget(pod) else { return ControllerPlan() }
        let since = pod.condition(Self.condition)?["lastTransitionTime"]?.string.flatMap(Timestamp.init) ?? pod.createdAt
        let due = since + DisruptionBudget.deletionTimeout
        guard due <= now else { return ControllerPlan([], deadline: due) }
        let conditions = (pod.status["conditions"]?.array ?? []).map { condition -> JSON in
            guard condition["type"]?.string == Self.condition else { return condition }
            return ["type": .string(Self.condition), "status": "False", "lastTransitionTime": .string(now.description), "lastProbeTime": .null]
        }
        // Of the version seen: the agent writes conditions too.
        let version: JSON = ["uid": .string(pod.uid), "resourceVersion": .string(pod.resourceVersion)]
        return ControllerPlan([
            .patch(ObjectKey(.pods, pod), ["metadata": version, "status": ["conditions": .array(conditions)]], subresource: "status")
        ])
    }
}
