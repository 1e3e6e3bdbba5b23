import APIMachinery

/// A Deployment's status, and when time alone will change it.
struct RolloutStatus: Sendable {
    private let deployment: Object
    private let now: Timestamp
    private var conditions: Conditions
    private var counts: [String: JSON]
    /// When the progress deadline passes, while a rollout is under way.
    private(set) var deadline: Timestamp?

    init(_ rollout: Rollout, collisionCount: Int64) {
        deployment = rollout.deployment
        now = rollout.now
        conditions = rollout.conditions
        let sets = rollout.all.map(\.object)
        func sum(_ key: String) -> Int64 { sets.reduce(0) { $0 + ($1.status[key]?.int ?? 0) } }
        let (total, available) = (sum("replicas"), sum("availableReplicas"))
        counts = [
            "observedGeneration": .int(deployment.generation),
            "replicas": .int(total),
            "updatedReplicas": .int(rollout.new?.object.status["replicas"]?.int ?? 0),
            "readyReplicas": .int(sum("readyReplicas")),
            "availableReplicas": .int(available),
            "unavailableReplicas": .int(max(0, total - available)),
            "terminatingReplicas": .int(sum("terminatingReplicas")),
            "collisionCount": .int(collisionCount),
        ]
        let isAvailable = available >= Int64(rollout.replicas - rollout.parameters.maxUnavailable)
        conditions.set(
            "Available", isAvailable, isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.", now: now,
            updateTime: true)
        setProgress(rollout)
        let failed = ([rollout.new].compactMap { $0 } + rollout.old).lazy.compactMap { $0.object.condition("ReplicaFailure") }.first
        if let failed, failed["status"]?.string == "True" {
            conditions.set(
                "ReplicaFailure", true, failed["reason"]?.string ?? "", failed["message"]?.string ?? "", now: now, updateTime: true)
        } else {
            conditions.remove("ReplicaFailure")
        }
    }

    private mutating func setProgress(_ rollout: Rollout) {
        guard let seconds = rollout.parameters.progressDeadlineSeconds else { return conditions.remove("Progressing") }
        if rollout.isPaused || deployment.isDeleting { return }
        beginProgress(rollout)
        let subject = rollout.new.map { "ReplicaSet \"\($0.name)\"" } ?? "Deployment \"\(deployment.name)\""
        let current = conditions["Progressing"]
        let reason = current?["reason"]?.string
        if reason == "NewReplicaSetAvailable", counts["replicas"] == counts["updatedReplicas"] { return }
        if rollout.isComplete {
            conditions.set(
                "Progressing", true, "NewReplicaSetAvailable", "\(subject) has successfully progressed.", now: now, updateTime: true
            )
        } else if isAdvancing {
            conditions.set(
                "Progressing", true, "ReplicaSetUpdated", "\(subject) is progressing.", now: now, updateTime: true,
                isRefreshed: true)
            deadline = now + .seconds(seconds)
        } else if let current, reason != "NewReplicaSetAvailable", reason != "ProgressDeadlineExceeded" {
            let since = current["lastUpdateTime"]?.string.flatMap(Timestamp.init) ?? now
            if since + .seconds(seconds) < now {
                conditions.set(
                    "Progressing", false, "ProgressDeadlineExceeded", "\(subject) has timed out progressing.", now: now,
                    updateTime: true)
            } else {
                // One second later, because conditions keep whole seconds.
                deadline = since + .seconds(seconds + 1)
            }
        }
    }

    /// A new template starts the clock anew, whatever the last one came to.
    private mutating func beginProgress(_ rollout: Rollout) {
        guard let new = rollout.new else { return }
        let message = conditions["Progressing"]?["message"]?.string ?? ""
        if message.contains("\"\(new.name)\"") { return }
        if let reason = conditions["Progressing"]?["reason"]?.string, reason.hasPrefix("Deployment") { return }
        let isFresh = new.object.createdAt >= deployment.createdAt && new.revisionHistory == nil
        conditions.set(
            "Progressing", true, isFresh ? "NewReplicaSetCreated" : "FoundNewReplicaSet",
            isFresh ? "Created new replica set \"\(new.name)\"" : "Found new replica set \"\(new.name)\"", now: now,
            updateTime: true,
            isRefreshed: true)
    }

    /// More of the new, fewer of the old, or more of them ready, than last written.
    private var isAdvancing: Bool {
        func count(_ status: JSON, _ key: String) -> Int64 { status[key]?.int ?? 0 }
        let (was, is_) = (deployment.status, JSON.object(JSONObject(counts.map { .init(key: $0.key, value: $0.value) })))
        return count(is_, "updatedReplicas") > count(was, "updatedReplicas")
            || count(is_, "replicas") - count(is_, "updatedReplicas") < count(was, "replicas") - count(was, "updatedReplicas")
            || count(is_, "readyReplicas") > count(was, "readyReplicas")
            || count(is_, "availableReplicas") > count(was, "availableReplicas")
    }

    /// The write that brings the Deployment's status to this, if any.
    func changes(failure: APIStatus?) -> [ClusterChange] {
        var conditions = conditions
        // A lost race is no failure to create: the next look repeats it.
        if let failure, failure.reason != .alreadyExists {
            conditions.set("Progressing", false, "ReplicaSetCreateError", failure.message, now: now, updateTime: true)
        }
        var wanted = counts
        wanted["conditions"] = conditions.json
        return StatusPatch(.deployments, deployment, wanted).changes
    }
}

extension Rollout.ScaledSet {
    var revisionHistory: String? { object.annotations[DeploymentAnnotation.revisionHistory] }
}
