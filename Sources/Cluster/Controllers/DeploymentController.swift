import APIMachinery

/// Moves a Deployment's pods from template to template by way of ReplicaSets.
///
/// Source: kubernetes, pkg/controller/deployment; API reference, apps/v1 Deployment.
package struct DeploymentController: Controller {
    package struct Snapshot: Sendable {
        package var deployment: Object
        /// The ReplicaSets that name this Deployment as controller, and the namespace's orphans.
        package var candidates: [Object]
        /// A ReplicaSet of another owner under the name that the current template hashes to.
        package var squatter: Object?
        /// The pods of those ReplicaSets; needed by Recreate alone.
        package var pods: [Object] = []
    }

    package let name = "deployment-controller"
    let deployments: Informer
    let replicaSets: Informer
    let pods: Informer
    /// ReplicaSets without a controller, by namespace.
    let orphans: InformerIndex

    package init(deployments: Informer, replicaSets: Informer, pods: Informer, orphans: InformerIndex) {
        self.deployments = deployments
        self.replicaSets = replicaSets
        self.pods = pods
        self.orphans = orphans
    }

    package var sources: [ControllerSource<Informer.Key>] {
        [
            .own(deployments), .controlled(replicaSets, by: "Deployment"), .orphans(replicaSets, adoptedBy: deployments), lastPodSource,
        ]
    }

    /// Recreate waits for the old pods to be gone, not only for their number to be zero.
    private var lastPodSource: ControllerSource<Informer.Key> {
        ControllerSource(pods) { [replicaSets, deployments] change in
            guard case .deleted(let pod) = change, let controller = pod.controller, controller.kind == "ReplicaSet",
                let owner = replicaSets.get(namespace: pod.namespace, name: controller.name)?.controller,
                owner.kind == "Deployment",
                let deployment = deployments.get(namespace: pod.namespace, name: owner.name),
                deployment.spec["strategy"]?["type"]?.string == "Recreate"
            else { return [] }
            return [Informer.Key(deployment)]
        }
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        guard let deployment = deployments.get(key) else { return nil }
        var snapshot = Snapshot(
            deployment: deployment, candidates: replicaSets.dependents(ofOwner: deployment.uid) + orphans[key.namespace])
        let name = Rollout.replicaSetName(for: deployment)
        if let set = replicaSets.get(namespace: key.namespace, name: name), set.controller?.uid != deployment.uid {
            snapshot.squatter = set
        }
        if deployment.spec["strategy"]?["type"]?.string == "Recreate" {
            snapshot.pods = snapshot.candidates.flatMap { pods.dependents(ofOwner: $0.uid) }
        }
        return snapshot
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let deployment = snapshot.deployment
        // A selector that does not parse selects nothing; validation keeps such out.
        let selector = (try? LabelSelector(json: deployment.spec["selector"])) ?? .nothing
        let claims = Claims(
            snapshot.candidates, type: .replicaSets, owner: deployment, ownerType: .deployments, selector: selector)
        // Whom a Deployment owns decides everything else, so that is settled first.
        if !claims.changes.isEmpty { return ControllerPlan(claims.changes) }

        var rollout = Rollout(deployment, claims.owned, now: now)
        if !deployment.isDeleting { rollout.advance(squatter: snapshot.squatter, pods: snapshot.pods) }
        return rollout.plan()
    }
}
