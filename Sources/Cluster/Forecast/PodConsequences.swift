import APIMachinery

/// Pods that restart, stop, find no node, or are not made at all; and rollouts that do not end.
extension Comparison {
    private static let resource = ResourceType.pods.groupResource

    /// Pods of the live cluster that go while what they belong to stays.
    var restarts: [Consequence] {
        var gone: [ObjectIdentity: [Object]] = [:]
        for (key, pod) in before where key.resource == Self.resource && isGoing(key) && !PodState(pod).isTerminal {
            guard !isTakenAlong(pod) else { continue }
            let root = root(of: pod)
            // A Job's pods are assumed to run for ever: only what is done to the Job itself is news.
            if root.kind != "Job" || touched.contains(root) { gone[root, default: []].append(pod) }
        }
        var come: [ObjectIdentity: Int] = [:]
        for (key, pod) in after where key.resource == Self.resource && before[key]?.uid != pod.uid && !pod.isDeleting {
            come[root(of: pod), default: 0] += 1
        }
        return gone.flatMap { root, pods -> [Consequence] in
            let names = pods.map { "Pod \($0.name)" }
            if root.kind == "Pod" {
                let isBack = come[root] != nil
                return [Consequence(isBack ? .podsRestarted : .podsStopped, root, "\(isBack ? "restarts" : "stops") \(root)", names: names)]
            }
            let restarted = min(pods.count, come[root] ?? 0)
            let stopped = pods.count - restarted
            // Which of them are replaced and which are not is nothing that one could tell apart.
            return [
                restarted > 0 ? Consequence(.podsRestarted, root, "restarts \(restarted.of("pod")) of \(root)", names: names) : nil,
                stopped > 0 ? Consequence(.podsStopped, root, "stops \(stopped.of("pod")) of \(root)", names: names) : nil,
            ].compactMap { $0 }
        }
    }

    /// It goes because of what a step deletes for good: deleted itself, or along with its owner or namespace.
    private func isTakenAlong(_ pod: Object) -> Bool {
        if deletedNamespaces.contains(pod.namespace) { return true }
        return ([pod] + owners(of: pod)).contains { deletedForGood.contains($0.uid) }
    }

    /// New pods that the scheduler places nowhere, by what they belong to and why.
    var unschedulable: [Consequence] {
        struct Group: Hashable {
            var root: ObjectIdentity
            var message: String
        }
        var groups: [Group: Int] = [:]
        for (key, pod) in after where key.resource == Self.resource && before[key]?.uid != pod.uid && !pod.isDeleting {
            guard let condition = pod.condition("PodScheduled"), condition["status"] == "False", PodState(pod).nodeName.isEmpty else { continue }
            groups[Group(root: root(of: pod), message: condition["message"]?.string ?? ""), default: 0] += 1
        }
        return groups.map { group, count in
            let who = group.root.kind == "Pod" ? "\(group.root)" : "\(count.of("pod")) of \(group.root)"
            return Consequence(.podsUnschedulable, group.root, "\(who) cannot be scheduled: \(group.message)")
        }
    }

    /// Controllers that the server does not let make their pods: quotas, limits, security.
    var podsRefused: [Consequence] {
        var found: [ObjectIdentity: String] = [:]
        for set in objects(.replicaSets, in: after) {
            guard let condition = set.condition("ReplicaFailure"), condition["status"] == "True", condition["reason"] == "FailedCreate" else { continue }
            if before[Key(ResourceType.replicaSets.groupResource, set)]?.condition("ReplicaFailure")?["status"] == "True" { continue }
            found[root(of: set)] = condition["message"]?.string
        }
        // Jobs tell of it by events alone.
        for change in changes where change.resource == ResourceType.events.groupResource && change.object.fields["reason"] == "FailedCreate" {
            let about = change.object.fields["involvedObject"]
            guard about?["kind"] == "Job" else { continue }
            let job = ObjectIdentity(
                group: ResourceType.jobs.group, kind: "Job", namespace: about?["namespace"]?.string ?? "", name: about?["name"]?.string ?? "")
            found[job] = change.object.fields["message"]?.string
        }
        return found.map { Consequence(.podsRefused, $0, "\($0) cannot make its pods: \(Self.cause($1))") }
    }

    /// Without the pod's name, which is made up.
    private static func cause(_ message: String) -> String {
        message.firstRange(of: "is forbidden: ").map { String(message[$0.upperBound...]) } ?? message
    }

    /// Deployments that do not get on within their deadline. Those of which a better reason is told are left out.
    func stalled(without known: Set<ObjectIdentity>) -> [Consequence] {
        objects(.deployments, in: after).compactMap { deployment in
            let subject = ObjectIdentity(deployment)
            guard touched.contains(subject), !known.contains(subject), !deployment.isDeleting,
                deployment.condition("Progressing")?["reason"] == "ProgressDeadlineExceeded"
            else { return nil }
            let wanted = deployment.spec["replicas"]?.int ?? 1
            let ready = deployment.status["updatedReplicas"]?.int ?? 0
            let deadline = deployment.spec["progressDeadlineSeconds"]?.int ?? 600
            return Consequence(
                .rolloutStalls, subject, "\(subject) does not finish its rollout within \(deadline) s: \(ready) of \(Int(wanted).of("pod")) updated")
        }
    }
}
