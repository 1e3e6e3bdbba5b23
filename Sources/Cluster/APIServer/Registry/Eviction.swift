import APIMachinery

/// `pods/eviction`: deletes a pod on behalf of a drain, as far as the budgets allow.
/// Source: kubernetes, pkg/registry/core/pod/storage/eviction.go; KEP-3017.
extension Registry {
    /// Pods whose disruption a budget remembers at most.
    private static let disruptedPodsMax = 2000

    func evict(_ key: ObjectKey, _ eviction: Object, options: WriteOptions, context: RequestContext) async throws(APIStatus) -> Object {
        let asked = Self.deletion(eviction, options)
        for _ in 0..<Self.attemptsMax {
            guard let pod = store.latest(ResourceType.pods.groupResource, namespace: key.namespace ?? "", name: key.name)?.object else {
                throw .notFound(key.type, name: key.name)
            }
            let budget = Self.needsNoBudget(pod) ? nil : try budget(of: pod)
            // What was seen not to disrupt anything must still not do so when it goes.
            var isBoundToVersion = pod["status", "phase"]?.string ?? "Pending" == "Pending" && !pod.isDeleting
            if let budget {
                isBoundToVersion = !Self.countsAsDisruption(pod, budget)
                if !isBoundToVersion { try await spend(budget, on: pod, isDryRun: asked.isDryRun, context: context) }
            }
            isBoundToVersion = isBoundToVersion && asked.preconditionResourceVersion == nil
            var deletion = asked
            if isBoundToVersion { deletion.preconditionResourceVersion = pod.resourceVersion }
            do throws(APIStatus) {
                if !deletion.isDryRun { try await mark(pod, &deletion, context: context) }
                _ = try await delete(key, options: deletion, context: context)
                return Self.success(201)
            } catch {
                guard error.reason == .conflict, isBoundToVersion else { throw error }
                // Under a budget it is the client that looks again.
                if let budget { throw Self.isProcessed(budget) }
            }
        }
        throw .conflict(key.type, name: key.name, APIStatus.modifiedDetail)
    }

    private static func deletion(_ eviction: Object, _ options: WriteOptions) -> DeleteOptions {
        var deletion = DeleteOptions()
        let asked = eviction["deleteOptions"]
        deletion.isDryRun = options.isDryRun || asked?["dryRun"]?.array?.isEmpty == false
        deletion.gracePeriodSeconds = asked?["gracePeriodSeconds"]?.int.map { Int($0) }
        deletion.propagation = asked?["propagationPolicy"]?.string.flatMap(DeleteOptions.Propagation.init(rawValue:))
        deletion.preconditionUID = asked?["preconditions"]?["uid"]?.string
        deletion.preconditionResourceVersion = asked?["preconditions"]?["resourceVersion"]?.string
        return deletion
    }

    /// Says in the pod's status why it goes; a demanded version is then the one after that.
    private func mark(_ pod: Object, _ deletion: inout DeleteOptions, context: RequestContext) async throws(APIStatus) {
        let key = ObjectKey(.pods, namespace: pod.namespace, name: pod.name)
        let condition: [String: JSON] = [
            "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting",
        ]
        let (uid, version, now) = (deletion.preconditionUID, deletion.preconditionResourceVersion, clock.now)
        let result = try await modify(key, subresource: "status", options: WriteOptions(), manager: "eviction", context: context) { live in
            var marked = live
            let conditions = live["status", "conditions"]?.array ?? []
            let isMarked = conditions.contains { known in condition.allSatisfy { known[$0.key] == $0.value } }
            if !isMarked {
                let time = JSON.string(now.description)
                let added = condition.merging(["lastProbeTime": .null, "lastTransitionTime": time]) { $1 }
                marked["status", "conditions"] = .array(
                    conditions.filter { $0["type"] != condition["type"] } + [.object(JSONObject(added.map { .init(key: $0.key, value: $0.value) }))])
            }
            marked.uid = uid ?? live.uid
            marked.resourceVersion = version ?? ""
            return marked
        }
        if version != nil { deletion.preconditionResourceVersion = result.version.resourceVersion }
    }

    /// Pods that have ended, wait, or go already disrupt nothing.
    private static func needsNoBudget(_ pod: Object) -> Bool {
        pod.isDeleting || ["Succeeded", "Failed", "Pending"].contains(pod["status", "phase"]?.string ?? "")
    }

    /// The one budget that selects the pod. Throws `internalError` for several.
    private func budget(of pod: Object) throws(APIStatus) -> Object? {
        let budgets = store.snapshot(ResourceType.podDisruptionBudgets.groupResource).versions.objects(in: pod.namespace).filter { version in
            // A selector that does not parse was refused when the budget was written; none selects nothing.
            guard let json = version.object["spec", "selector"], let selector = try? LabelSelector(json: json) else { return false }
            return selector.matches(pod.labels)
        }
        if budgets.count > 1 {
            throw APIStatus(.internalError, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        return budgets.first?.object
    }

    /// A pod that is not ready may go without asking, if the budget says so.
    private static func countsAsDisruption(_ pod: Object, _ budget: Object) -> Bool {
        let isReady = pod["status", "conditions"]?.array?.contains { $0["type"] == "Ready" && $0["status"] == "True" } ?? false
        if isReady { return true }
        if budget["spec", "unhealthyPodEvictionPolicy"] == "AlwaysAllow" { return false }
        let healthy = budget["status", "currentHealthy"]?.int ?? 0
        let desired = budget["status", "desiredHealthy"]?.int ?? 0
        return !(healthy >= desired && desired > 0)
    }

    /// Takes one disruption off the budget. Throws `tooManyRequests` when none is left.
    private func spend(_ budget: Object, on pod: Object, isDryRun: Bool, context: RequestContext) async throws(APIStatus) {
        let key = ObjectKey(.podDisruptionBudgets, namespace: budget.namespace, name: budget.name)
        let now = clock.now
        var options = WriteOptions()
        options.isDryRun = isDryRun
        _ = try await modify(key, subresource: "status", options: options, manager: "eviction", context: context) { live throws(APIStatus) in
            try Self.checkBudget(live, pod)
            var spent = live
            let left = (live["status", "disruptionsAllowed"]?.int ?? 0) - 1
            spent["status", "disruptionsAllowed"] = .int(left)
            if left == 0 { spent["status", "conditions"] = Self.withoutRoom(live, now: now) }
            spent["status", "disruptedPods", pod.name] = .string(now.description)
            spent.resourceVersion = ""
            return spent
        }
    }

    /// The budget's conditions once nothing is left, as its controller would write them.
    private static func withoutRoom(_ budget: Object, now: Timestamp) -> JSON {
        let generation = budget["status", "observedGeneration"]?.int ?? 0
        return DisruptionBudget.conditions(budget, isAllowed: false, "InsufficientPods", "", generation: generation, now: now)
    }

    private static let refusal = "Cannot evict pod as it would violate the pod's disruption budget."

    private static func refused(_ detail: String, retryAfter seconds: Int?) -> APIStatus {
        APIStatus(
            .tooManyRequests, refusal, causes: [.init(reason: "DisruptionBudget", message: detail, field: "")], retryAfterSeconds: seconds)
    }

    private static func isProcessed(_ budget: Object) -> APIStatus {
        refused("The disruption budget \(budget.name) is still being processed by the server.", retryAfter: 10)
    }

    private static func checkBudget(_ budget: Object, _ pod: Object) throws(APIStatus) {
        let allowed = budget["status", "disruptionsAllowed"]?.int ?? 0
        if budget["status", "observedGeneration"]?.int ?? 0 < budget.generation {
            throw isProcessed(budget)
        }
        if allowed < 0 { throw .forbidden(.podDisruptionBudgets, name: budget.name, "pdb disruptions allowed is negative") }
        if budget["status", "disruptedPods"]?.object?.count ?? 0 > disruptedPodsMax {
            throw .forbidden(.podDisruptionBudgets, name: budget.name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
        }
        if allowed == 0 {
            throw refused(
                "The disruption budget \(budget.name) needs \(budget["status", "desiredHealthy"]?.int ?? 0) healthy pods and has \(budget["status", "currentHealthy"]?.int ?? 0) currently",
                retryAfter: nil)
        }
    }
}
