import APIMachinery

/// Says of each PodDisruptionBudget how many of its pods may be evicted now.
///
/// `pods/eviction` spends what the status allows, and leaves the pod's name in it; the status is
/// written for the version that was looked at alone, so that nothing that was spent comes back.
/// Source: kubernetes, pkg/controller/disruption; API reference, policy/v1 PodDisruptionBudget.
package struct DisruptionController: Controller {
    package struct Snapshot: Sendable {
        package var budget: Object
        /// Those that the budget selects.
        package var pods: [Object]
        /// Of the pods' controllers, by the uid that pods name; empty where the budget does not ask.
        package var scales: [String: ControllerScale]
    }

    package let name = "disruption-controller"
    private let budgets: Informer
    private let budgetsByNamespace: InformerIndex
    private let pods: Informer
    private let podsByNamespace: InformerIndex
    private let scales: ControllerScales

    init(budgets: Informer, pods: Informer, scales: ControllerScales) {
        self.budgets = budgets
        self.pods = pods
        self.scales = scales
        budgetsByNamespace = InformerIndex(budgets) { [$0.namespace] }
        podsByNamespace = InformerIndex(pods) { [$0.namespace] }
    }

    package var sources: [ControllerSource<Informer.Key>] {
        let byPod = ControllerSource<Informer.Key>(pods) { [budgetsByNamespace] change in
            var versions = [change.object]
            if case .updated(let old, let new) = change {
                if Look(old) == Look(new) { return [] }
                versions.append(old)
            }
            return budgetsByNamespace[change.object.namespace].filter { budget in
                let selector = Self.selector(of: budget)
                return versions.contains { selector.matches($0.labels) }
            }.map(Informer.Key.init)
        }
        let byScale = scales.informers.map { informer in
            ControllerSource<Informer.Key>(informer) { [budgetsByNamespace] change in
                guard case .updated(let old, let new) = change, old.spec["replicas"] != new.spec["replicas"] else { return [] }
                return budgetsByNamespace[new.namespace].filter(DisruptionBudget.countsByControllers).map(Informer.Key.init)
            }
        }
        return [.own(budgets), byPod] + byScale
    }

    /// What a budget counts of a pod, or selects it by.
    private struct Look: Equatable {
        var isReady, isDeleting: Bool
        var controller: String?
        var labels: [String: String]

        init(_ pod: Object) {
            (isReady, isDeleting) = (PodState(pod).isReady, pod.isDeleting)
            controller = pod.controller?.uid
            labels = pod.labels
        }
    }

    private static func selector(of budget: Object) -> LabelSelector {
        // A selector that does not parse selects nothing; validation keeps such out.
        (try? LabelSelector(json: budget.spec["selector"])) ?? .nothing
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) async -> Snapshot? {
        guard let budget = budgets.get(key) else { return nil }
        let selector = Self.selector(of: budget)
        let selected = podsByNamespace[key.namespace].filter { selector.matches($0.labels) }.sorted { $0.name < $1.name }
        var snapshot = Snapshot(budget: budget, pods: selected, scales: [:])
        guard DisruptionBudget.countsByControllers(budget) else { return snapshot }
        for owner in Set(selected.compactMap(\.controller)) {
            snapshot.scales[owner.uid] = await scales.scale(of: owner, namespace: key.namespace, client: client)
        }
        return snapshot
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let budget = snapshot.budget
        do throws(DisruptionBudget.Failure) {
            return try plan(DisruptionBudget(snapshot, now: now), snapshot, now: now)
        } catch {
            var plan = ControllerPlan()
            let observed = budget.status["observedGeneration"]?.int ?? 0
            plan.add(
                Self.write(
                    budget,
                    [
                        "disruptionsAllowed": 0,
                        "conditions": DisruptionBudget.conditions(
                            budget, isAllowed: false, "SyncFailed", error.message, generation: observed, now: now),
                    ], disrupted: nil))
            let text = "Failed to calculate the number of expected pods: \(error.message)"
            if !plan.isEmpty { plan.add(.event(budget, isWarning: true, "CalculateExpectedPodCountFailed", text)) }
            return plan
        }
    }

    private func plan(_ count: DisruptionBudget, _ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let budget = snapshot.budget
        var plan = ControllerPlan()
        let isAllowed = count.allowed > 0
        let reason = isAllowed ? "SufficientPods" : "InsufficientPods"
        plan.add(
            Self.write(
                budget,
                [
                    "currentHealthy": JSON(count.healthy), "desiredHealthy": JSON(count.desired), "expectedPods": JSON(count.expected),
                    "disruptionsAllowed": JSON(count.allowed), "observedGeneration": .int(budget.generation),
                    "conditions": DisruptionBudget.conditions(budget, isAllowed: isAllowed, reason, "", generation: budget.generation, now: now),
                ], disrupted: count.disrupted))
        // Told when the state changes, not at every look at it.
        if !plan.isEmpty {
            if snapshot.pods.isEmpty { plan.add(.event(budget, "NoPods", "No matching pods found")) }
            if !count.unmanaged.isEmpty { plan.add(.event(budget, isWarning: true, "UnmanagedPods", Self.unmanaged(budget))) }
        }
        for pod in count.overdue {
            let text = "Pod was expected by PDB \(budget.namespace)/\(budget.name) to be deleted but it wasn't"
            plan.add(.event(pod, isWarning: true, "NotDeleted", text))
        }
        if let time = count.recheck { plan.wake(at: time) }
        return plan
    }

    private static func unmanaged(_ budget: Object) -> String {
        "Pods selected by this PodDisruptionBudget (selector: \(selector(of: budget))) were found to be unmanaged. As a result, the status "
            + "of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set "
            + "\".spec.minAvailable\" field of the PDB to an integer value."
    }

    /// Of the version seen alone: an eviction may have spent of the budget since.
    ///
    /// - Parameter disrupted: what stays of `disruptedPods`; nil leaves them.
    private static func write(_ budget: Object, _ wanted: [String: JSON], disrupted: [String: String]?) -> [ClusterChange] {
        let counts: Set = ["currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed"]
        var patch = StatusPatch.difference(budget, wanted, keptWhenZero: counts)
        let known = budget.status["disruptedPods"]?.object ?? [:]
        if let disrupted, known.count != disrupted.count {
            let gone = known.filter { disrupted[$0.key] == nil }.map { JSONObject.Element(key: $0.key, value: .null) }
            patch["disruptedPods"] = disrupted.isEmpty ? .null : .object(JSONObject(gone))
        }
        if patch.isEmpty { return [] }
        let version: JSON = ["uid": .string(budget.uid), "resourceVersion": .string(budget.resourceVersion)]
        return [.patch(ObjectKey(.podDisruptionBudgets, budget), ["metadata": version, "status": .object(patch)], subresource: "status")]
    }
}
