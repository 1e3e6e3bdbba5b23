import APIMachinery

/// Runs pods until enough of them have succeeded.
///
/// Source: kubernetes, pkg/controller/job; API reference, batch/v1 Job; KEP-2307 for exact counts:
/// every pod carries a finalizer until its end is in the status, so none is missed or counted twice.
package struct JobController: Controller {
    static let trackingFinalizer = "batch.kubernetes.io/job-tracking"

    package struct Snapshot: Sendable {
        /// nil: the Job is gone, and `pods` are those that still wait to be counted by it.
        package var job: Object?
        /// The pods that name this Job as controller, and the namespace's orphans.
        package var pods: [Object]
    }

    package let name = "job-controller"
    let jobs: Informer
    let pods: Informer
    /// Pods without a controller, by namespace.
    let orphans: InformerIndex
    /// Pods that carry the tracking finalizer, by `namespace/job`.
    let tracked: InformerIndex

    package init(jobs: Informer, pods: Informer, orphans: InformerIndex) {
        self.jobs = jobs
        self.pods = pods
        self.orphans = orphans
        tracked = InformerIndex(pods) { pod in
            guard pod.finalizers.contains(Self.trackingFinalizer), let owner = pod.controller, owner.kind == "Job" else {
                return []
            }
            return ["\(pod.namespace)/\(owner.name)"]
        }
    }

    package var sources: [ControllerSource<Informer.Key>] { [.own(jobs), .controlled(pods, by: "Job"), .orphans(pods, adoptedBy: jobs)] }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        guard let job = jobs.get(key) else {
            let left = tracked["\(key.namespace)/\(key.name)"]
            return left.isEmpty ? nil : Snapshot(job: nil, pods: left)
        }
        return Snapshot(job: job, pods: pods.dependents(ofOwner: job.uid) + orphans[key.namespace])
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        guard let job = snapshot.job else { return ControllerPlan(snapshot.pods.compactMap(Self.untrack)) }
        let selector = Self.selector(of: job)
        let claims = Claims(snapshot.pods, type: .pods, owner: job, ownerType: .jobs, selector: selector)
        if !claims.changes.isEmpty { return ControllerPlan(claims.changes) }
        if Self.finishedAt(job) != nil { return finished(job, pods: claims.owned, now: now) }
        var run = JobRun(job, pods: claims.owned, now: now)
        return run.plan()
    }

    /// A finished Job keeps its pods, and goes itself once its time to live is over.
    private func finished(_ job: Object, pods: [Object], now: Timestamp) -> ControllerPlan {
        var plan = ControllerPlan(pods.compactMap(Self.untrack))
        guard let seconds = job.spec["ttlSecondsAfterFinished"]?.int, let end = Self.finishedAt(job), !job.isDeleting else {
            return plan
        }
        let due = end + .seconds(seconds)
        if due > now {
            plan.wake(at: due)
        } else {
            var options = DeleteOptions()
            options.propagation = .foreground
            // Someone may have raised the time to live since: the deletion holds for this version only.
            options.preconditionResourceVersion = job.resourceVersion
            plan.add(.delete(.jobs, job, options))
        }
        return plan
    }

    /// When a Job ended; nil while it has not.
    static func finishedAt(_ job: Object) -> Timestamp? {
        for type in ["Complete", "Failed"] {
            guard let condition = job.condition(type), condition["status"]?.string == "True" else { continue }
            return condition["lastTransitionTime"]?.string.flatMap(Timestamp.init) ?? job.createdAt
        }
        return nil
    }

    private static func selector(of job: Object) -> LabelSelector {
        guard let selector = job.spec["selector"], !selector.isNull else {
            return LabelSelector(matchLabels: [JobPod.controllerLabel: job.uid])
        }
        // A selector that does not parse selects nothing; validation keeps such out.
        return (try? LabelSelector(json: selector)) ?? .nothing
    }

    /// Takes the tracking finalizer off a pod that has it.
    static func untrack(_ pod: Object) -> ClusterChange? {
        guard pod.finalizers.contains(trackingFinalizer) else { return nil }
        return .finalizers(.pods, pod, pod.finalizers.filter { $0 != trackingFinalizer })
    }
}

extension ClusterChange {
    /// Replaces an object's finalizers, if it is still as seen.
    static func finalizers(_ type: ResourceType, _ object: Object, _ finalizers: [String]) -> ClusterChange {
        .patch(
            ObjectKey(type, object),
            [
                "metadata": [
                    "uid": .string(object.uid), "resourceVersion": .string(object.resourceVersion),
                    "finalizers": finalizers.isEmpty ? .null : JSON(finalizers),
                ]
            ])
    }
}
