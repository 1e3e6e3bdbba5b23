import APIMachinery

/// One look at an unfinished Job and its pods.
struct JobRun {
    /// Pods made in one reconciliation.
    static let burst = 500
    /// Pods taken into the status in one write.
    static let uncountedMax = 500

    private let job: Object
    private let now: Timestamp
    private let pods: [Object]
    private let active: [Object]
    private let terminating: [Object]
    private let isIndexed: Bool
    private let completions: Int?
    private let parallelism: Int

    private var conditions: Conditions
    private var succeeded: Int
    private var failed: Int
    private var uncounted: Uncounted
    private var indexes: IndexSet
    private var events: [ClusterChange] = []
    private var steps = ControllerPlan()

    /// Uids of pods that have ended and still carry the finalizer, or lost it since the last write.
    private struct Uncounted: Equatable {
        var succeeded: [String] = []
        var failed: [String] = []

        var json: JSON {
            var object = JSONObject()
            if !succeeded.isEmpty { object["succeeded"] = JSON(succeeded) }
            if !failed.isEmpty { object["failed"] = JSON(failed) }
            return .object(object)
        }
        var isEmpty: Bool { succeeded.isEmpty && failed.isEmpty }
    }

    init(_ job: Object, pods: [Object], now: Timestamp) {
        self.job = job
        self.now = now
        self.pods = pods
        active = pods.filter { PodState($0).isActive }
        terminating = pods.filter { $0.isDeleting && !PodState($0).isTerminal }
        isIndexed = job.spec["completionMode"]?.string == "Indexed"
        completions = job.spec["completions"]?.int.map(Int.init)
        parallelism = Int(job.spec["parallelism"]?.int ?? 1)
        conditions = Conditions(job)
        succeeded = Int(job.status["succeeded"]?.int ?? 0)
        failed = Int(job.status["failed"]?.int ?? 0)
        indexes = IndexSet(parsing: job.status["completedIndexes"]?.string ?? "")
        let list = job.status["uncountedTerminatedPods"]
        uncounted = Uncounted(
            succeeded: list?["succeeded"]?.array?.compactMap(\.string) ?? [],
            failed: list?["failed"]?.array?.compactMap(\.string) ?? [])
    }

    private var totalSucceeded: Int { isIndexed ? indexes.count : succeeded + uncounted.succeeded.count }
    private var totalFailed: Int { failed + uncounted.failed.count }
    private var isSuspended: Bool { job.spec["suspend"]?.bool ?? false }

    mutating func plan() -> ControllerPlan {
        let tracked = Dictionary(
            pods.filter { $0.finalizers.contains(JobController.trackingFinalizer) }.map { ($0.uid, $0) },
            uniquingKeysWith: { first, _ in first })
        countReleased(tracked: tracked)
        countEnded(tracked: tracked)
        let startTime = startTime()
        decideEnd(startTime: startTime)

        var plan = ControllerPlan()
        let isEnding = conditions.holds("FailureTarget") || conditions.holds("SuccessCriteriaMet")
        let isOver = isEnding && active.isEmpty && terminating.isEmpty && uncounted.isEmpty
        if isOver { finish() }
        if !isOver, !job.isDeleting {
            if isEnding { plan.add(active.map { deletion(of: $0) }) } else { manage(&plan) }
        }

        // The status goes first: a pod may lose its finalizer only once its end is written down.
        var ordered = ControllerPlan()
        let status = statusChange(startTime: startTime)
        ordered.add(status)
        let named = Set(uncounted.succeeded + uncounted.failed)
        ordered.add(tracked.values.filter { named.contains($0.uid) }.sorted { $0.name < $1.name }.compactMap(JobController.untrack))
        ordered.steps += plan.steps
        ordered.deadline = plan.deadline
        if let deadline = activeDeadline(startTime: startTime), !isOver, deadline > now { ordered.wake(at: deadline) }
        if !status.isEmpty { ordered.add(events) }
        return ordered
    }

    /// Moves the pods that have lost their finalizer from the list into the counts.
    private mutating func countReleased(tracked: [String: Object]) {
        succeeded += isIndexed ? 0 : uncounted.succeeded.count { tracked[$0] == nil }
        failed += uncounted.failed.count { tracked[$0] == nil }
        uncounted.succeeded.removeAll { tracked[$0] == nil }
        uncounted.failed.removeAll { tracked[$0] == nil }
    }

    /// Puts the pods that have ended on the list.
    private mutating func countEnded(tracked: [String: Object]) {
        let known = Set(uncounted.succeeded + uncounted.failed)
        var room = Self.uncountedMax - known.count
        let isFailing = conditions.holds("FailureTarget")
        for pod in tracked.values.sorted(by: { $0.name < $1.name }) where room > 0 && !known.contains(pod.uid) {
            if PodState(pod).phase == "Succeeded" {
                if isIndexed {
                    guard let index = JobPod.index(of: pod), completions.map({ index < $0 }) ?? true else { continue }
                    indexes.insert(index)
                }
                uncounted.succeeded.append(pod.uid)
            } else if hasFailed(pod) || (isFailing && PodState(pod).isTerminal) {
                uncounted.failed.append(pod.uid)
            } else {
                continue
            }
            room -= 1
        }
    }

    /// A pod on its way out counts as failed unless the Job waits for the very end.
    private func hasFailed(_ pod: Object) -> Bool {
        if PodState(pod).phase == "Failed" { return true }
        return !waitsForTermination && pod.isDeleting
    }
    private var waitsForTermination: Bool { job.spec["podReplacementPolicy"]?.string == "Failed" }

    /// When the Job began, or began again after a suspension.
    private mutating func startTime() -> JSON {
        if conditions.holds("FailureTarget") || conditions.holds("SuccessCriteriaMet") { return job.status["startTime"] ?? .null }
        if isSuspended {
            if !conditions.holds("Suspended") {
                conditions.set("Suspended", true, "JobSuspended", "Job suspended", now: now)
                events.append(.event(job, "Suspended", "Job suspended"))
            }
            return .null
        }
        if conditions.holds("Suspended") {
            conditions.set("Suspended", false, "JobResumed", "Job resumed", now: now)
            events.append(.event(job, "Resumed", "Job resumed"))
            return .string(now.description)
        }
        return job.status["startTime"].flatMap { $0.isNull ? nil : $0 } ?? .string(now.description)
    }

    private func activeDeadline(startTime: JSON) -> Timestamp? {
        guard let seconds = job.spec["activeDeadlineSeconds"]?.int, let start = startTime.string.flatMap(Timestamp.init) else {
            return nil
        }
        return start + .seconds(seconds)
    }

    /// Notes why the Job is to end, if it is.
    private mutating func decideEnd(startTime: JSON) {
        if conditions.holds("FailureTarget") || conditions.holds("SuccessCriteriaMet") { return }
        if isPastBackoffLimit {
            conditions.set("FailureTarget", true, "BackoffLimitExceeded", "Job has reached the specified backoff limit", now: now)
        } else if let deadline = activeDeadline(startTime: startTime), deadline <= now {
            conditions.set("FailureTarget", true, "DeadlineExceeded", "Job was active longer than specified deadline", now: now)
        } else if isSatisfied {
            conditions.set("SuccessCriteriaMet", true, "CompletionsReached", "Reached expected number of succeeded pods", now: now)
        }
    }

    private var isSatisfied: Bool {
        if let completions { return totalSucceeded >= completions }
        return totalSucceeded > 0 && active.isEmpty && terminating.isEmpty
    }

    private var isPastBackoffLimit: Bool {
        let limit = Int(job.spec["backoffLimit"]?.int ?? 6)
        if totalFailed > limit { return true }
        guard job.spec["template"]?["spec"]?["restartPolicy"]?.string == "OnFailure" else { return false }
        let restarts = pods.filter { ["Running", "Pending"].contains(PodState($0).phase) }.reduce(0) {
            $0 + PodState($1).restartCount
        }
        return limit == 0 ? restarts > 0 : restarts >= Int64(limit)
    }

    private mutating func finish() {
        if let cause = conditions["FailureTarget"], conditions.holds("FailureTarget") {
            let (reason, message) = (cause["reason"]?.string ?? "", cause["message"]?.string ?? "")
            conditions.set("Failed", true, reason, message, now: now)
            events.append(.event(job, isWarning: true, reason, message))
        } else {
            conditions.set("Complete", true, "CompletionsReached", "Reached expected number of succeeded pods", now: now)
            events.append(.event(job, "Completed", "Job completed"))
        }
    }

    /// Brings the number of active pods to what is wanted.
    private func manage(_ plan: inout ControllerPlan) {
        if isSuspended { return remove(active, &plan) }
        var wanted = parallelism
        if let completions {
            wanted = min(parallelism, max(0, completions - totalSucceeded))
        } else if totalSucceeded > 0 {
            wanted = min(parallelism, active.count)
        }
        if active.count > wanted {
            remove(PodRanking(relatedPerNode: [:], now: now).first(active.count - wanted, of: active), &plan)
            return
        }
        var missing = wanted - active.count - (waitsForTermination ? terminating.count : 0)
        missing = min(missing, Self.burst)
        guard missing > 0 else { return }
        if let retry = JobBackoff.nextAttempt(pods: pods, now: now), retry > now { return plan.wake(at: retry) }
        let pods: [Object]
        if isIndexed {
            let busy = Set((active + (waitsForTermination ? terminating : [])).compactMap(JobPod.index))
            let free = (0..<(completions ?? 0)).lazy.filter { !busy.contains($0) && !indexes.contains($0) }.prefix(missing)
            pods = free.map { JobPod.make(for: job, index: $0) }
        } else {
            pods = Array(repeating: JobPod.make(for: job, index: nil), count: missing)
        }
        plan.add(
            pods.map { pod in
                ClusterChange.create(.pods, pod)
                    .onSuccess(job, "SuccessfulCreate") { "Created pod: \($0.name)" }
                    .onFailure(job, "FailedCreate") { "Error creating: \($0.message)" }
            }, isSlowStart: true)
    }

    /// Deletes pods that did nothing wrong: without their finalizer they count for nothing.
    private func remove(_ pods: [Object], _ plan: inout ControllerPlan) {
        plan.add(pods.compactMap(JobController.untrack))
        plan.add(pods.map { deletion(of: $0) })
    }

    private func deletion(of pod: Object) -> ClusterChange {
        ClusterChange.delete(.pods, pod)
            .onSuccess(job, "SuccessfulDelete") { _ in "Deleted pod: \(pod.name)" }
            .onFailure(job, "FailedDelete") { "Error deleting: \($0.message)" }
    }

    /// Counts depend on what was counted before, so the write holds for the version seen alone.
    private func statusChange(startTime: JSON) -> [ClusterChange] {
        let isComplete = conditions.holds("Complete")
        let wanted: [String: JSON] = [
            "active": JSON(active.count),
            "ready": JSON(active.count { PodState($0).isReady }),
            "terminating": JSON(terminating.count),
            "succeeded": JSON(isIndexed ? indexes.count : succeeded),
            "failed": JSON(failed),
            "startTime": startTime,
            "completionTime": isComplete ? job.status["completionTime"] ?? .string(now.description) : .null,
            "completedIndexes": isIndexed ? .string(indexes.description) : .null,
            "conditions": conditions.json,
        ]
        var status = StatusPatch.difference(job, wanted, keptWhenZero: ["ready", "terminating"])
        // Merged as a whole: a merge patch would keep the emptied half of the list.
        let before = job.status["uncountedTerminatedPods"] ?? .null
        if before != uncounted.json {
            status["uncountedTerminatedPods"] = [
                "succeeded": uncounted.succeeded.isEmpty ? .null : JSON(uncounted.succeeded),
                "failed": uncounted.failed.isEmpty ? .null : JSON(uncounted.failed),
            ]
        }
        if status.isEmpty { return [] }
        return [
            .patch(
                ObjectKey(.jobs, job),
                [
                    "metadata": ["uid": .string(job.uid), "resourceVersion": .string(job.resourceVersion)],
                    "status": .object(status),
                ], subresource: "status")
        ]
    }
}

extension Conditions {
    func holds(_ type: String) -> Bool { self[type]?["status"]?.string == "True" }
}
