import APIMachinery

/// One look at a Deployment and its ReplicaSets, and the changes decided so far.
///
/// Replica counts are those wanted after the changes; available counts are those observed.
struct Rollout {
    let deployment: Object
    let now: Timestamp
    let parameters: RolloutParameters
    /// All but the current one, oldest first.
    var old: [ScaledSet]
    /// The ReplicaSet of the current template.
    var new: ScaledSet?
    private(set) var changes: [ClusterChange] = []
    private(set) var conditions: Conditions
    private var collisionCount: Int64

    /// A ReplicaSet with the replica count that this look wants it to have.
    struct ScaledSet {
        let object: Object
        var replicas: Int
        var annotations: [String: String]

        init(_ object: Object) {
            self.object = object
            replicas = Int(object.spec["replicas"]?.int ?? 1)
            annotations = object.annotations
        }

        var name: String { object.name }
        var specReplicas: Int { Int(object.spec["replicas"]?.int ?? 1) }
        var statusReplicas: Int { Int(object.status["replicas"]?.int ?? 0) }
        /// Available pods, as far as the ReplicaSet keeps them: a status from before it was scaled
        /// down still counts those that are going.
        var available: Int { min(specReplicas, Int(object.status["availableReplicas"]?.int ?? 0)) }
        var revision: Int64 { object.annotations[DeploymentAnnotation.revision].flatMap { Int64($0) } ?? 0 }
        var desired: Int? { object.annotations[DeploymentAnnotation.desiredReplicas].flatMap { Int($0) } }
    }

    init(_ deployment: Object, _ owned: [Object], now: Timestamp) {
        self.deployment = deployment
        self.now = now
        parameters = RolloutParameters(deployment)
        conditions = Conditions(deployment)
        collisionCount = deployment.status["collisionCount"]?.int ?? 0
        let template = PodTemplate(deployment).canonical
        let sorted = owned.sorted { ($0.creationTimestamp, $0.name) < ($1.creationTimestamp, $1.name) }.map(ScaledSet.init)
        // Several may match after a collision; the oldest is the one, as in Kubernetes.
        let index = sorted.firstIndex { PodTemplate($0.object).canonical == template }
        new = index.map { sorted[$0] }
        old = sorted.enumerated().filter { $0.offset != index }.map(\.element)
    }

    static func replicaSetName(for deployment: Object) -> String {
        "\(deployment.name)-\(PodTemplate(deployment).hash(collisions: deployment.status["collisionCount"]?.int ?? 0))"
    }

    var all: [ScaledSet] { old + (new.map { [$0] } ?? []) }
    var replicas: Int { parameters.replicas }
    var isPaused: Bool { deployment.spec["paused"]?.bool ?? false }

    /// The next step of whatever the Deployment is in: scaling, or rolling out.
    mutating func advance(squatter: Object?, pods: [Object]) {
        setPausedCondition()
        let isScaled = all.contains { $0.replicas > 0 && $0.desired.map { $0 != replicas } ?? false }
        if isPaused || isScaled {
            adoptRevision()
            scaleProportionally()
            if isPaused { cleanUpHistory() }
            return
        }
        if parameters.isRecreate {
            recreate(squatter: squatter, pods: pods)
        } else {
            roll(squatter: squatter)
        }
        if isComplete { cleanUpHistory() }
    }

    private mutating func roll(squatter: Object?) {
        adoptRevision()
        guard new != nil else { return createNew(squatter: squatter) }
        let wanted = newReplicas()
        if wanted != new?.replicas { return scaleNew(to: wanted) }
        scaleDownOld()
    }

    private mutating func recreate(squatter: Object?, pods: [Object]) {
        adoptRevision()
        if old.contains(where: { $0.replicas > 0 }) {
            for index in old.indices { scaleOld(index, to: 0) }
            return
        }
        let oldUIDs = Set(old.map(\.object.uid))
        let isOldRunning =
            old.contains { $0.statusReplicas > 0 }
            || pods.contains { pod in pod.controller.map { oldUIDs.contains($0.uid) } ?? false && !PodState(pod).isTerminal }
        if isOldRunning { return }
        guard new != nil else { return createNew(squatter: squatter) }
        if new?.replicas != replicas { scaleNew(to: replicas) }
    }

    /// How many replicas the new ReplicaSet may have now.
    private func newReplicas() -> Int {
        let current = new?.replicas ?? 0
        if parameters.isRecreate || current >= replicas { return replicas }
        // Pods that a ReplicaSet has been told to give up live until it does: counting them keeps the
        // surge a bound on pods, where Kubernetes' is one on the sum of `spec.replicas`.
        let room = replicas + parameters.maxSurge - all.reduce(0) { $0 + max($1.replicas, $1.statusReplicas) }
        return room <= 0 ? current : current + min(room, replicas - current)
    }

    /// Takes old pods away: those never available first, then as many as availability allows.
    private mutating func scaleDownOld() {
        let oldTotal = old.reduce(0) { $0 + $1.replicas }
        guard oldTotal > 0, let new else { return }
        let minAvailable = replicas - parameters.maxUnavailable
        var spare = oldTotal + new.replicas - minAvailable - max(0, new.replicas - new.available)
        guard spare > 0 else { return }
        for index in old.indices where spare > 0 && old[index].replicas > old[index].available {
            let cut = min(spare, old[index].replicas - old[index].available)
            spare -= cut
            scaleOld(index, to: old[index].replicas - cut)
        }
        var excess = min(spare, all.reduce(0) { $0 + min($1.available, $1.replicas) } - minAvailable)
        for index in old.indices where excess > 0 && old[index].replicas > 0 {
            let cut = min(excess, old[index].replicas)
            excess -= cut
            scaleOld(index, to: old[index].replicas - cut)
        }
    }

    /// Spreads a changed size over the ReplicaSets, by their share, in the middle of a rollout.
    private mutating func scaleProportionally() {
        if let only = activeOrLatest {
            if all[only].replicas != replicas || all[only].desired != replicas { scale(only, to: replicas) }
            return
        }
        if let new, new.desired == replicas, new.replicas == replicas, new.available == replicas {
            for index in old.indices { scaleOld(index, to: 0) }
            return
        }
        guard !parameters.isRecreate else { return }
        let active = all.indices.filter { all[$0].replicas > 0 }
        let allowed = replicas > 0 ? replicas + parameters.maxSurge : 0
        let toAdd = allowed - active.reduce(0) { $0 + all[$1].replicas }
        // Larger first; of equals the newer when growing, the older when shrinking.
        let ordered = active.sorted { a, b in
            let (left, right) = (all[a], all[b])
            if left.replicas != right.replicas { return left.replicas > right.replicas }
            return (left.object.creationTimestamp > right.object.creationTimestamp) == (toAdd > 0)
        }
        var added = 0
        var sizes: [(Int, Int)] = []
        for index in ordered {
            let share = parameters.share(of: all[index], toAdd: toAdd, added: added)
            added += share
            sizes.append((index, all[index].replicas + share))
        }
        if !sizes.isEmpty { sizes[0].1 = max(0, sizes[0].1 + toAdd - added) }
        for (index, size) in sizes { scale(index, to: size) }
    }

    /// The one ReplicaSet that a change of size concerns, if there is but one: an index into `all`.
    private var activeOrLatest: Int? {
        let active = all.indices.filter { all[$0].replicas > 0 }
        switch active.count {
        case 0: return all.isEmpty ? nil : all.count - 1
        case 1: return active[0]
        default: return nil
        }
    }

    private mutating func scale(_ index: Int, to count: Int) {
        if index < old.count { scaleOld(index, to: count) } else { scaleNew(to: count) }
    }

    private mutating func scaleOld(_ index: Int, to count: Int) {
        old[index].replicas = count
        old[index].annotations.merge(parameters.sizeAnnotations) { $1 }
    }

    private mutating func scaleNew(to count: Int) {
        new?.replicas = count
        new?.annotations.merge(parameters.sizeAnnotations) { $1 }
    }

    /// One more than the old ReplicaSets say, whatever somebody wrote into their annotations.
    private var nextRevision: Int64 { (old.map { min($0.revision, .max - 1) }.max() ?? 0) + 1 }

    /// Gives the current template's ReplicaSet the next revision and the Deployment's annotations.
    private mutating func adoptRevision() {
        guard let current = new else { return }
        let next = nextRevision
        var annotations = current.annotations
        for (key, value) in deployment.annotations where !DeploymentAnnotation.notCopied.contains(key) { annotations[key] = value }
        if current.revision < next {
            if current.revision > 0 {
                let history = annotations[DeploymentAnnotation.revisionHistory]
                annotations[DeploymentAnnotation.revisionHistory] =
                    history.map { "\($0),\(current.revision)" } ?? "\(current.revision)"
            }
            annotations[DeploymentAnnotation.revision] = String(next)
        }
        new?.annotations = annotations
    }

    private mutating func createNew(squatter: Object?) {
        // One that could be adopted was adopted before this.
        if squatter != nil {
            collisionCount += 1
            return
        }
        let hash = PodTemplate(deployment).hash(collisions: collisionCount)
        var set = Object(.replicaSets, namespace: deployment.namespace, name: "\(deployment.name)-\(hash)")
        var template = deployment.spec["template"] ?? [:]
        template.set(.string(hash), at: ["metadata", "labels", PodTemplate.hashLabel])
        var selector = deployment.spec["selector"] ?? [:]
        selector.set(.string(hash), at: ["matchLabels", PodTemplate.hashLabel])
        set.labels = PodTemplate(deployment).labels.merging([PodTemplate.hashLabel: hash]) { $1 }
        set.ownerReferences = [OwnerReference(controller: deployment)]
        var annotations = deployment.annotations.filter { !DeploymentAnnotation.notCopied.contains($0.key) }
        annotations[DeploymentAnnotation.revision] = String(nextRevision)
        set.annotations = annotations.merging(parameters.sizeAnnotations) { $1 }
        let count = newReplicas()
        var spec: JSONObject = ["replicas": JSON(count), "selector": selector, "template": template]
        if let seconds = deployment.spec["minReadySeconds"] { spec["minReadySeconds"] = seconds }
        set.fields["spec"] = .object(spec)
        let name = set.name
        var change = ClusterChange.create(.replicaSets, set)
            .onFailure(deployment, "ReplicaSetCreateError") { "Failed to create new replica set \"\(name)\": \($0.message)" }
        if count > 0 {
            change = change.onSuccess(deployment, "ScalingReplicaSet") { _ in "Scaled up replica set \(name) from 0 to \(count)" }
        }
        changes.append(change)
    }

    private mutating func setPausedCondition() {
        guard parameters.progressDeadlineSeconds != nil else { return }
        let current = conditions["Progressing"]?["reason"]?.string
        if current == "ProgressDeadlineExceeded" { return }
        if isPaused, current != "DeploymentPaused" {
            conditions.set("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now: now)
        } else if !isPaused, current == "DeploymentPaused" {
            conditions.set("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", now: now)
        }
    }

    /// Old ReplicaSets beyond `revisionHistoryLimit` go, oldest revision first.
    private mutating func cleanUpHistory() {
        guard let limit = deployment.spec["revisionHistoryLimit"]?.int else { return }
        let idle = old.filter { !$0.object.isDeleting }
        let excess = idle.count - Int(limit)
        guard excess > 0 else { return }
        for set in idle.sorted(by: { ($0.revision, $0.name) < ($1.revision, $1.name) }).prefix(excess)
        where set.replicas == 0 && set.specReplicas == 0 && set.statusReplicas == 0 && set.object.observed {
            changes.append(.delete(.replicaSets, set.object))
        }
    }

    /// What was decided, as changes and a status.
    func plan() -> ControllerPlan {
        var plan = ControllerPlan()
        var revision: [ClusterChange] = []
        if let wanted = new?.annotations[DeploymentAnnotation.revision], !deployment.isDeleting,
            deployment.annotations[DeploymentAnnotation.revision] != wanted
        {
            revision = [
                .patch(
                    ObjectKey(.deployments, deployment),
                    ["metadata": ["annotations": [DeploymentAnnotation.revision: .string(wanted)], "uid": .string(deployment.uid)]])
            ]
        }
        let scaling = all.compactMap(change)
        plan.add(changes + scaling + revision)
        let status = RolloutStatus(self, collisionCount: collisionCount)
        plan.deadline = status.deadline
        let isChanging = !changes.isEmpty || !scaling.isEmpty
        plan.status = { failure in
            // What was changed comes back as events; the status that they make is written then.
            isChanging && failure == nil ? [] : status.changes(failure: failure)
        }
        return plan
    }

    /// The patch that brings a ReplicaSet to what is wanted of it; holds only for the version seen.
    private func change(_ set: ScaledSet) -> ClusterChange? {
        var patch: JSON = [:]
        if set.replicas != set.specReplicas { patch.set(JSON(set.replicas), at: ["spec", "replicas"]) }
        if let seconds = deployment.spec["minReadySeconds"]?.int, set.object.uid == new?.object.uid,
            seconds != set.object.spec["minReadySeconds"]?.int ?? 0
        {
            patch.set(.int(seconds), at: ["spec", "minReadySeconds"])
        }
        for (key, value) in set.annotations where set.object.annotations[key] != value {
            patch.set(.string(value), at: ["metadata", "annotations", key])
        }
        guard patch != [:] else { return nil }
        patch.set(.string(set.object.resourceVersion), at: ["metadata", "resourceVersion"])
        patch.set(.string(set.object.uid), at: ["metadata", "uid"])
        let change = ClusterChange.patch(ObjectKey(.replicaSets, set.object), patch)
        guard set.replicas != set.specReplicas else { return change }
        let direction = set.replicas > set.specReplicas ? "up" : "down"
        return change.onSuccess(deployment, "ScalingReplicaSet") { _ in
            "Scaled \(direction) replica set \(set.name) from \(set.specReplicas) to \(set.replicas)"
        }
    }

    /// Every replica is of the current template, available, and nothing else is left.
    var isComplete: Bool {
        guard let new else { return false }
        return new.statusReplicas == replicas && new.available == replicas && new.specReplicas == replicas
            && old.allSatisfy { $0.statusReplicas == 0 && $0.specReplicas == 0 }
    }
}
