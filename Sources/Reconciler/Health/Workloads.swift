import APIMachinery

extension HealthRules {
    /// Rolled out: the controller saw the spec, every replica is of the newest template and available.
    static let deployment: Rule = { object, view in
        let wanted = object.spec["replicas"]?.int ?? 1
        let status = object.status
        let count = { (key: String) in status[key]?.int ?? 0 }
        if (status["observedGeneration"]?.int ?? 0) < object.generation { return .progressing("rollout not begun") }
        if object.spec["paused"]?.bool == true { return Health(.suspended, "paused (spec.paused)") }
        let ready = "\(count("readyReplicas"))/\(wanted) ready"
        if let progress = object.condition("Progressing"), progress.status == .isFalse {
            let cause = rootCause(ofDeployment: object, view: view)
            return .degraded(cause.map { "\(ready) — \($0.reason)" } ?? "\(ready) — \(progress.sentence)", isFinal: true)
        }
        if let failure = object.condition("ReplicaFailure"), failure.status == .isTrue {
            return .degraded("\(ready) — cannot create pods: \(RootCause.ofRefusal(failure.message))")
        }
        if count("updatedReplicas") >= wanted, count("availableReplicas") >= wanted, count("replicas") <= count("updatedReplicas") {
            return .healthy
        }
        if let cause = rootCause(ofDeployment: object, view: view) { return cause.under(ready) }
        if count("updatedReplicas") < wanted {
            return .progressing("\(ready) — \(count("updatedReplicas")) of \(wanted) replicas updated")
        }
        if count("replicas") > count("updatedReplicas") {
            let old = count("replicas") - count("updatedReplicas")
            return .progressing("\(ready) — \(old) old \(old == 1 ? "replica" : "replicas") to go")
        }
        return .progressing(ready)
    }

    /// What keeps the newest ReplicaSet from being available.
    private static func rootCause(ofDeployment object: Object, view: ClusterView) -> Health? {
        let revision = { (set: Object) in Int(set.annotations["deployment.kubernetes.io/revision"] ?? "") ?? 0 }
        let sets = view.dependents(.replicaSets, object.uid)
        guard let newest = sets.max(by: { (revision($0), $0.creationTimestamp) < (revision($1), $1.creationTimestamp) }) else { return nil }
        return rootCause(ofReplicaSet: newest, view: view)
    }

    static let replicaSet: Rule = { object, view in
        let wanted = object.spec["replicas"]?.int ?? 1
        let status = object.status
        if (status["observedGeneration"]?.int ?? 0) < object.generation { return .progressing("not begun") }
        let available = status["availableReplicas"]?.int ?? 0
        if available >= wanted, status["replicas"]?.int ?? 0 == wanted { return .healthy }
        let ready = "\(status["readyReplicas"]?.int ?? 0)/\(wanted) ready"
        return rootCause(ofReplicaSet: object, view: view)?.under(ready) ?? .progressing(ready)
    }

    private static func rootCause(ofReplicaSet set: Object, view: ClusterView) -> Health? {
        if let failure = set.condition("ReplicaFailure"), failure.status == .isTrue {
            return .degraded("cannot create pods: \(RootCause.ofRefusal(failure.message))")
        }
        return worstPod(ofOwner: set.uid, view: view)
    }

    /// The pod that is worst off, by name where several are equal, so that the reason is steady.
    static func worstPod(ofOwner uid: String, view: ClusterView) -> Health? {
        let found = view.dependents(.pods, uid).filter { !$0.isDeleting }.map { (name: $0.name, health: pod($0, view)) }
            .filter { $0.health.state != .healthy }
        guard let worst = found.max(by: { ($0.health.state, $1.name) < ($1.health.state, $0.name) }) else { return nil }
        return worst.health.under("pod \(worst.name)")
    }

    /// Complete is well, failed is final, anything else is on its way.
    static let job: Rule = { object, view in
        if let complete = object.condition("Complete"), complete.status == .isTrue { return .healthy }
        if let failed = object.condition("Failed"), failed.status == .isTrue {
            let pods = view.dependents(.pods, object.uid).sorted { $0.creationTimestamp < $1.creationTimestamp }
            let last = pods.last { $0.status["phase"]?.string == "Failed" }
            return .degraded(failed.sentence + (last.map { " — pod \($0.name): \(exit(of: $0))" } ?? ""), isFinal: true)
        }
        if let suspended = object.condition("Suspended"), suspended.status == .isTrue || object.spec["suspend"]?.bool == true {
            return Health(.suspended, "suspended (spec.suspend)")
        }
        let completions = object.spec["completions"]?.int ?? 1
        let done = "\(object.status["succeeded"]?.int ?? 0)/\(completions) completed"
        return cause(of: object, lacksPods: object.status["active"]?.int ?? 0 == 0, view: view).under(done)
    }
}
