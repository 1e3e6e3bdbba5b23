import APIMachinery
import Logging
import Testing

@testable import Cluster

private let now = Timestamp("2026-01-01T12:00:00Z")!

/// Informers that never run: reconcile reads its snapshot alone.
func idle(_ type: ResourceType) throws -> Informer {
    let clock = VirtualClock(now: now)
    let store = Store.inMemory(clock: clock)
    let registry = try Registry(store: store, serviceCIDR: "10.43.0.0/16", clock: clock)
    return Informer(
        type, client: LocalClient(registry: registry, user: .component("test")), clock: clock, logger: Logger(label: "test"))
}

func testPod(
    _ name: String, owner: Object? = nil, phase: String = "Running", isReady: Bool = true, node: String = "node-1",
    age: Int64 = 3600,
    labels: [String: String] = ["app": "web"], isDeleting: Bool = false
) -> Object {
    var pod = Object(.pods, namespace: "default", name: name, ["spec": ["nodeName": .string(node), "containers": []]])
    pod.uid = "uid-\(name)"
    pod.labels = labels
    pod["metadata", "creationTimestamp"] = .string((now + .seconds(-age)).description)
    if isDeleting { pod["metadata", "deletionTimestamp"] = .string(now.description) }
    if let owner { pod.ownerReferences = [OwnerReference(controller: owner)] }
    pod["status"] = [
        "phase": .string(phase),
        "conditions": [
            [
                "type": "Ready", "status": isReady ? "True" : "False",
                "lastTransitionTime": .string((now + .seconds(-age + 10)).description),
            ]
        ],
    ]
    return pod
}

struct ReplicaSetControllerTests {
    let controller: ReplicaSetController
    var set: Object

    init() throws {
        let pods = try idle(.pods)
        controller = ReplicaSetController(replicaSets: try idle(.replicaSets), pods: pods, orphans: InformerIndex(pods) { _ in [] })
        set = Object(
            .replicaSets, namespace: "default", name: "web",
            [
                "spec": [
                    "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
                    "template": [
                        "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "main", "image": "one"]]],
                    ],
                ]
            ])
        set.uid = "set"
        set.generation = 1
    }

    private func plan(_ pods: [Object]) -> ControllerPlan {
        controller.reconcile(.init(replicaSet: set, candidates: pods), now: now)
    }

    @Test("Missing pods are made from the template, owned, slowly at first", .timeLimit(.minutes(1)))
    func creates() throws {
        let plan = plan([
            testPod("a", owner: set), testPod("b", owner: set, phase: "Failed"), testPod("c", owner: set, isDeleting: true),
        ])
        #expect(plan.changes.count == 2)
        #expect(plan.steps.first?.isSlowStart == true)
        guard case .create(_, let pod) = try #require(plan.changes.first).operation else { return #expect(Bool(false)) }
        #expect(pod.generateName == "web-" && pod.labels == ["app": "web"] && pod.controller?.uid == "set")
    }

    @Test("Surplus pods go in order of their use", .timeLimit(.minutes(1)))
    func deletes() {
        var costly = testPod("costly", owner: set, age: 10)
        costly.annotations["controller.kubernetes.io/pod-deletion-cost"] = "100"
        let pods = [
            costly, testPod("old", owner: set, age: 90_000), testPod("new", owner: set, age: 60),
            testPod("unready", owner: set, isReady: false),
            testPod("pending", owner: set, phase: "Pending", isReady: false),
            testPod("unplaced", owner: set, phase: "Pending", isReady: false, node: ""),
        ]
        func deleted(_ replicas: Int) -> [String] {
            var set = set
            set["spec", "replicas"] = JSON(replicas)
            return controller.reconcile(.init(replicaSet: set, candidates: pods), now: now).changes.compactMap {
                if case .delete(let key, _) = $0.operation { key.name } else { nil }
            }
        }
        #expect(deleted(5) == ["unplaced"])
        #expect(deleted(2) == ["unplaced", "pending", "unready", "new"])
        #expect(deleted(1).last == "old")
    }

    @Test("Orphans that match are adopted and count; owned pods that no longer match are released", .timeLimit(.minutes(1)))
    func claims() {
        let plan = plan([testPod("orphan"), testPod("strange", owner: set, labels: ["app": "other"]), testPod("mine", owner: set)])
        let patched = plan.changes.compactMap { change -> String? in
            if case .patch(let key, let patch, _) = change.operation {
                return "\(key.name) \(patch["metadata"]?["ownerReferences"]?.array?.count ?? 0) \(change.preconditions.count)"
            }
            return nil
        }
        #expect(patched == ["orphan 1 1", "strange 0 0"])
        #expect(plan.changes.count { if case .create = $0.operation { true } else { false } } == 1)
    }

    @Test("The status counts, and says what failed", .timeLimit(.minutes(1)))
    func status() throws {
        let pods = [testPod("a", owner: set), testPod("b", owner: set, isReady: false), testPod("c", owner: set)]
        let plan = plan(pods)
        guard case .patch(_, let patch, "status") = try #require(plan.status(nil).first).operation else {
            return #expect(Bool(false))
        }
        let status = patch["status"]
        #expect(status?["replicas"] == 3 && status?["readyReplicas"] == 2 && status?["availableReplicas"] == 2)
        #expect(status?["observedGeneration"] == 1)
        let failed = plan.status(.internalError("no"))
        guard case .patch(_, let patch, _) = try #require(failed.first).operation else { return #expect(Bool(false)) }
        #expect(patch["status"]?["conditions"]?.array?.first?["type"] == "ReplicaFailure")
    }

    @Test("With minReadySeconds a pod is available later, and the controller looks then", .timeLimit(.minutes(1)))
    func minReady() {
        var set = set
        set["spec", "minReadySeconds"] = 100
        set["spec", "replicas"] = 1
        let plan = controller.reconcile(.init(replicaSet: set, candidates: [testPod("a", owner: set, age: 70)]), now: now)
        #expect(plan.deadline == now + .seconds(40))
    }
}
