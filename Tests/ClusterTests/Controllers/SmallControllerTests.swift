import APIMachinery
import Testing

@testable import Cluster

private let now = Timestamp("2026-01-01T12:00:00Z")!

struct SmallControllerTests {
    @Test("Completed indexes are kept as ranges", .timeLimit(.minutes(1)))
    func indexes() {
        var set = IndexSet(parsing: "0-2,5")
        #expect(set.count == 4 && set.contains(1) && !set.contains(3))
        for index in [4, 3, 9, 8, 0] { set.insert(index) }
        #expect(set.description == "0-5,8,9")
        #expect(IndexSet(parsing: set.description) == set)
    }

    @Test("A Job waits longer after each failure since its last success", .timeLimit(.minutes(1)))
    func backoff() {
        func pod(_ phase: String, _ seconds: Int64) -> Object {
            var pod = testPod("p\(seconds)", phase: phase)
            pod["status", "containerStatuses"] = [
                ["state": ["terminated": ["finishedAt": .string((now + .seconds(seconds)).description)]]]
            ]
            return pod
        }
        #expect(JobBackoff.nextAttempt(pods: [], now: now) == nil)
        #expect(JobBackoff.nextAttempt(pods: [pod("Failed", 0)], now: now) == now + .seconds(10))
        #expect(
            JobBackoff.nextAttempt(pods: [pod("Failed", 0), pod("Failed", 5), pod("Failed", 9)], now: now) == now + .seconds(49))
        #expect(
            JobBackoff.nextAttempt(pods: [pod("Failed", 0), pod("Succeeded", 5), pod("Failed", 9)], now: now) == now + .seconds(19))
    }

    // MARK: Node lifecycle

    private func nodeController() throws -> NodeLifecycleController {
        let pods = try idle(.pods)
        return NodeLifecycleController(
            nodes: try idle(.nodes), leases: try idle(.leases), pods: pods, podsByNode: InformerIndex(pods) { _ in [] },
            listeningSince: now)
    }

    private func node(ready: String, taints: JSON = .null) -> Object {
        var node = Object(
            .nodes, name: "a",
            ["spec": ["taints": taints], "status": ["conditions": [["type": "Ready", "status": .string(ready)]]]])
        node.uid = "a"
        node["metadata", "creationTimestamp"] = .string((now + .seconds(-9999)).description)
        return node
    }

    private func lease(_ seconds: Int64) -> Object {
        Object(.leases, namespace: "kube-node-lease", name: "a", ["spec": ["renewTime": .string((now + .seconds(seconds)).micro)]])
    }

    @Test("Silence counts from when this controller began to listen", .timeLimit(.minutes(1)))
    func restart() throws {
        let controller = try nodeController()
        let snapshot = NodeLifecycleController.Snapshot(
            node: node(ready: "True"), lease: lease(-600), pods: [testPod("p")], listeningSince: now, isAnyNodeReady: true)
        let early = controller.reconcile(snapshot, now: now + .seconds(39))
        #expect(early.isEmpty && early.deadline == now + .seconds(40))
        let late = controller.reconcile(snapshot, now: now + .seconds(40))
        #expect(late.changes.contains { if case .patch(let key, _, "status") = $0.operation { key.type == .nodes } else { false } })
        #expect(late.changes.contains { if case .patch(let key, _, "status") = $0.operation { key.type == .pods } else { false } })
    }

    @Test(
        "Pods leave a silent node when their toleration ends, unless every node is silent", .timeLimit(.minutes(1)),
        arguments: [true, false])
    func eviction(isAnyNodeReady: Bool) throws {
        let controller = try nodeController()
        let taints: JSON = [
            ["key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"],
            ["key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": .string(now.description)],
        ]
        var patient = testPod("patient")
        patient["spec", "tolerations"] = [
            ["key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300]
        ]
        let snapshot = NodeLifecycleController.Snapshot(
            node: node(ready: "Unknown", taints: taints), lease: lease(-600), pods: [patient, testPod("hasty")],
            listeningSince: now,
            isAnyNodeReady: isAnyNodeReady)
        func deleted(_ time: Timestamp) -> [String] {
            controller.reconcile(snapshot, now: time).changes.compactMap {
                if case .delete(let key, _) = $0.operation { key.name } else { nil }
            }
        }
        #expect(deleted(now + .seconds(60)) == (isAnyNodeReady ? ["hasty"] : []))
        #expect(deleted(now + .seconds(300)) == (isAnyNodeReady ? ["patient", "hasty"] : []))
    }

    // MARK: Garbage

    @Test("What the garbage collector wants, by what is known of the owners", .timeLimit(.minutes(1)))
    func garbage() throws {
        let collector = GarbageCollector([try idle(.replicaSets), try idle(.pods)])
        let owner = Object(.replicaSets, namespace: "default", name: "web")
        let reference = OwnerReference(
            apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "u", isController: true, blocksOwnerDeletion: true)
        let key = ObjectKey(.replicaSets, owner)
        func plan(_ states: [GarbageCollector.Owner]) -> String {
            let snapshot = GarbageCollector.Snapshot(
                type: .pods, object: testPod("p"), owners: states.map { (reference, $0) }, dependents: [])
            return collector.reconcile(snapshot, now: now).changes.map { change in
                switch change.operation {
                case .delete(_, let options): "delete \(options.propagation?.rawValue ?? "") \(change.preconditions.count)"
                case .patch: "patch \(change.preconditions.count)"
                default: "?"
                }
            }.joined()
        }
        #expect(plan([.alive]) == "")
        #expect(plan([.absent(key)]) == "delete Background 1")
        #expect(plan([.waiting]) == "delete Background 0")
        #expect(plan([.alive, .absent(key)]) == "patch 1")
        #expect(plan([.absent(key), .unknown]) == "")
    }

    // MARK: Volumes

    @Test("A claim is bound to the smallest volume of its class, mode and labels", .timeLimit(.minutes(1)))
    func binding() {
        func volume(_ name: String, _ size: String, _ spec: [String: JSON] = [:], labels: [String: String] = [:]) -> Object {
            var volume = Object(
                .persistentVolumes, name: name,
                ["spec": ["capacity": ["storage": .string(size)], "accessModes": ["ReadWriteOnce"]]])
            for (key, value) in spec { volume["spec", key] = value }
            volume.labels = labels
            return volume
        }
        func bound(_ spec: [String: JSON], _ volumes: [Object]) -> String? {
            var claim = Object(
                .persistentVolumeClaims, namespace: "default", name: "data",
                ["spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "2Gi"]]]])
            claim.uid = "claim"
            for (key, value) in spec { claim["spec", key] = value }
            for change in ClaimBinding(claim: claim, volumes: volumes).plan().changes {
                if case .patch(let key, _, nil) = change.operation, key.type == .persistentVolumes { return key.name }
            }
            return nil
        }
        let all = [
            volume("small", "1Gi"), volume("big", "9Gi"), volume("fits", "2Gi"),
            volume("fast", "2Gi", ["storageClassName": "fast"]),
            volume("taken", "2Gi", ["claimRef": ["name": "x", "namespace": "default", "uid": "x"]]),
            volume("labelled", "3Gi", labels: ["a": "b"]),
        ]
        #expect(bound([:], all) == "fits")
        #expect(bound(["storageClassName": "fast"], all) == "fast")
        #expect(bound(["selector": ["matchLabels": ["a": "b"]]], all) == "labelled")
        #expect(bound(["accessModes": ["ReadWriteMany"]], all) == nil)
        #expect(
            bound([:], all + [volume("reserved", "5Gi", ["claimRef": ["name": "data", "namespace": "default"]])]) == "reserved")
    }
}
