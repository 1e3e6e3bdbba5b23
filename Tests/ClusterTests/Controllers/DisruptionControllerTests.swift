import APIMachinery
import Testing

@testable import Cluster

private let now = Timestamp("2026-01-01T12:00:00Z")!

@Suite(.timeLimit(.minutes(1))) struct DisruptionControllerTests {
    private let controller: DisruptionController
    private let set: Object

    init() throws {
        let scales = ControllerScales(
            replicaSets: try idle(.replicaSets), deployments: try idle(.deployments), statefulSets: try idle(.statefulSets),
            replicationControllers: try idle(.replicationControllers))
        controller = DisruptionController(budgets: try idle(.podDisruptionBudgets), pods: try idle(.pods), scales: scales)
        var set = Object(.replicaSets, namespace: "default", name: "web")
        set.uid = "set"
        self.set = set
    }

    private func budget(_ spec: JSONObject, status: JSON = [:]) -> Object {
        var spec = spec
        spec["selector"] = ["matchLabels": ["app": "web"]]
        var budget = Object(.podDisruptionBudgets, namespace: "default", name: "web", ["spec": .object(spec), "status": status])
        budget.uid = "budget"
        budget.resourceVersion = "7"
        budget.generation = 2
        return budget
    }

    private func pods(ready: Int, notReady: Int = 0) -> [Object] {
        (0..<ready).map { testPod("ready-\($0)", owner: set) } + (0..<notReady).map { testPod("sick-\($0)", owner: set, isReady: false) }
    }

    private func plan(_ budget: Object, _ pods: [Object], _ scale: ControllerScale? = nil) -> ControllerPlan {
        controller.reconcile(.init(budget: budget, pods: pods, scales: scale.map { ["set": $0] } ?? [:]), now: now)
    }

    /// The patch of the status, with what else it is bound to.
    private func patch(_ plan: ControllerPlan) throws -> JSON {
        let change = try #require(plan.changes.first)
        guard case .patch(let key, let patch, "status") = change.operation else { throw Unexpected() }
        #expect(key == ObjectKey(.podDisruptionBudgets, namespace: "default", name: "web"))
        #expect(patch["metadata"] == ["uid": "budget", "resourceVersion": "7"])
        return patch["status"] ?? .null
    }

    private struct Unexpected: Error {}

    private func events(_ plan: ControllerPlan) -> [String] {
        plan.changes.compactMap { change in change.success.map { "\($0.reason): \($0.message($0.object))" } }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var spec: JSONObject
        var ready: Int, notReady: Int
        /// The controller's; nil where the budget must not ask for it.
        var replicas: Int?
        var expected: Int, desired: Int, allowed: Int
        var testDescription: String { "\(JSON.object(spec).text) of \(ready) ready and \(notReady) not" }

        init(_ spec: JSONObject, ready: Int, notReady: Int = 0, of replicas: Int?, expected: Int, desired: Int, allowed: Int) {
            (self.spec, self.ready, self.notReady, self.replicas) = (spec, ready, notReady, replicas)
            (self.expected, self.desired, self.allowed) = (expected, desired, allowed)
        }
    }

    static let cases = [
        Case(["minAvailable": 2], ready: 3, of: nil, expected: 3, desired: 2, allowed: 1),
        Case(["minAvailable": 2], ready: 1, notReady: 2, of: nil, expected: 3, desired: 2, allowed: 0),
        Case(["minAvailable": 0], ready: 2, of: nil, expected: 2, desired: 0, allowed: 2),
        Case(["minAvailable": 0], ready: 0, of: nil, expected: 0, desired: 0, allowed: 0),
        Case(["minAvailable": "50%"], ready: 5, of: 5, expected: 5, desired: 3, allowed: 2),
        Case(["minAvailable": "50%"], ready: 5, of: 9, expected: 9, desired: 5, allowed: 0),
        Case(["minAvailable": "100%"], ready: 3, of: 3, expected: 3, desired: 3, allowed: 0),
        Case(["maxUnavailable": 1], ready: 3, of: 3, expected: 3, desired: 2, allowed: 1),
        Case(["maxUnavailable": 1], ready: 2, notReady: 1, of: 3, expected: 3, desired: 2, allowed: 0),
        Case(["maxUnavailable": "30%"], ready: 4, of: 4, expected: 4, desired: 2, allowed: 2),
        Case(["maxUnavailable": 9], ready: 3, of: 3, expected: 3, desired: 0, allowed: 3),
        Case(["maxUnavailable": 1], ready: 0, of: nil, expected: 0, desired: 0, allowed: 0),
        Case([:], ready: 3, of: nil, expected: 0, desired: 0, allowed: 0),
    ]

    @Test("a budget comes to what Kubernetes makes of it", arguments: cases) func counts(_ test: Case) throws {
        let plan = plan(
            budget(test.spec), pods(ready: test.ready, notReady: test.notReady), test.replicas.map { .replicas($0, uid: "deployment") })
        let status = try patch(plan)
        #expect(status["expectedPods"] == JSON(test.expected) && status["desiredHealthy"] == JSON(test.desired))
        #expect(status["currentHealthy"] == JSON(test.ready) && status["disruptionsAllowed"] == JSON(test.allowed))
        #expect(status["observedGeneration"] == 2)
        let condition = status["conditions"]?.array?.first
        #expect(condition?["type"] == "DisruptionAllowed" && condition?["status"] == (test.allowed > 0 ? "True" : "False"))
        #expect(condition?["reason"] == (test.allowed > 0 ? "SufficientPods" : "InsufficientPods"))
        #expect(condition?["lastTransitionTime"] == "2026-01-01T12:00:00Z" && condition?["observedGeneration"] == 2)
    }

    @Test("a status that is right is not written again") func settled() throws {
        let first = try patch(plan(budget(["minAvailable": 2]), pods(ready: 3)))
        let again = plan(budget(["minAvailable": 2], status: first), pods(ready: 3))
        #expect(again.isEmpty && again.deadline == nil)
    }

    @Test("a controller of several ReplicaSets is counted once") func once() throws {
        var other = set
        other.uid = "other"
        let pods = pods(ready: 2) + [testPod("new", owner: other)]
        let scale = ControllerScale.replicas(3, uid: "deployment")
        let plan = controller.reconcile(
            .init(budget: budget(["maxUnavailable": 1]), pods: pods, scales: ["set": scale, "other": scale]), now: now)
        #expect(try patch(plan)["expectedPods"] == 3)
    }

    @Test("an evicted pod counts as gone until it is deleted, for two minutes at most") func disrupted() throws {
        func status(_ disrupted: [String: Timestamp]) -> JSON {
            ["disruptedPods": .object(JSONObject(disrupted.map { .init(key: $0.key, value: .string($0.value.description)) }))]
        }
        let fresh = plan(
            budget(["minAvailable": 1], status: status(["ready-0": now + .seconds(-30), "gone": now, "going": now])),
            pods(ready: 3) + [testPod("going", owner: set, isDeleting: true)])
        let written = try patch(fresh)
        #expect(written["currentHealthy"] == 2 && written["disruptionsAllowed"] == 1)
        #expect(written["disruptedPods"] == ["gone": .null, "going": .null])
        #expect(fresh.deadline == now + .seconds(90))

        let overdue = plan(budget(["minAvailable": 1], status: status(["ready-0": now + .seconds(-120)])), pods(ready: 3))
        #expect(try patch(overdue)["disruptedPods"] == .null && patch(overdue)["disruptionsAllowed"] == 2)
        #expect(events(overdue) == ["NotDeleted: Pod was expected by PDB default/web to be deleted but it wasn't"])
        #expect(overdue.deadline == nil)
    }

    @Test("where the scale cannot be known nothing may go, and the budget says why", arguments: [
        (ControllerScale.missing, #"found no controllers for pod "ready-0""#),
        (.unknown("jobs.batch does not implement the scale subresource"), "jobs.batch does not implement the scale subresource"),
    ])
    func unknown(scale: ControllerScale, message: String) throws {
        let status: JSON = ["disruptionsAllowed": 2, "currentHealthy": 3, "observedGeneration": 1]
        let plan = plan(budget(["maxUnavailable": 1], status: status), pods(ready: 3), scale)
        let written = try patch(plan)
        #expect(written["disruptionsAllowed"] == 0 && written["currentHealthy"] == nil && written["observedGeneration"] == nil)
        let condition = written["conditions"]?.array?.first
        #expect(condition?["reason"] == "SyncFailed" && condition?["status"] == "False" && condition?["message"] == .string(message))
        #expect(events(plan) == ["CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: \(message)"])
    }

    @Test("pods that nobody keeps are told of, and none at all") func unmanaged() throws {
        let plan = plan(budget(["minAvailable": "50%"]), [testPod("alone")])
        #expect(try patch(plan)["expectedPods"] == 0)
        #expect(
            events(plan) == [
                "UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: app=web) were found to be unmanaged. As a result, the "
                    + "status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods "
                    + "please set \".spec.minAvailable\" field of the PDB to an integer value."
            ])
        #expect(events(self.plan(budget(["minAvailable": 1]), [])) == ["NoPods: No matching pods found"])
    }

    @Test("a pod that was to go and stayed is no target after two minutes") func stale() throws {
        let controller = StaleDisruption(pods: try idle(.pods))
        func pod(_ age: Int64, reason: String = "EvictionByEvictionAPI", phase: String = "Running", isDeleting: Bool = false) -> Object {
            var pod = testPod("a", phase: phase, isDeleting: isDeleting)
            pod.resourceVersion = "7"
            let target: JSON = [
                "type": "DisruptionTarget", "status": "True", "reason": .string(reason), "lastTransitionTime": .string((now + .seconds(-age)).description),
            ]
            pod["status", "conditions"] = .array((pod.status["conditions"]?.array ?? []) + [target])
            return pod
        }
        let early = controller.reconcile(pod(30), now: now)
        #expect(early.isEmpty && early.deadline == now + .seconds(90))
        guard case .patch(_, let patch, "status") = try #require(controller.reconcile(pod(120), now: now).changes.first).operation else {
            throw Unexpected()
        }
        #expect(patch["metadata"]?["resourceVersion"] == "7")
        let conditions = patch["status"]?["conditions"]?.array
        #expect(conditions?.map { $0["type"] } == ["Ready", "DisruptionTarget"] && conditions?.last?["status"] == "False")
        #expect(conditions?.last?["lastTransitionTime"] == "2026-01-01T12:00:00Z" && conditions?.last?["reason"] == nil)
        for other in [pod(120, reason: "TerminationByKubelet"), pod(120, phase: "Failed"), pod(120, isDeleting: true), testPod("b")] {
            let plan = controller.reconcile(other, now: now)
            #expect(plan.isEmpty && plan.deadline == nil)
        }
    }

    @Test("conditions of others stay, and the time moves with the status") func conditions() throws {
        let before: JSON = [
            "conditions": [
                ["type": "Other", "status": "True"],
                ["type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed", "lastTransitionTime": "2026-01-01T00:00:00Z"],
            ]
        ]
        let still = try patch(plan(budget(["minAvailable": 3], status: before), pods(ready: 3)))["conditions"]?.array
        #expect(still?.first?["type"] == "Other" && still?.last?["lastTransitionTime"] == "2026-01-01T00:00:00Z")
        let moved = try patch(plan(budget(["minAvailable": 1], status: before), pods(ready: 3)))["conditions"]?.array
        #expect(moved?.count == 2 && moved?.last?["lastTransitionTime"] == "2026-01-01T12:00:00Z")
    }
}
