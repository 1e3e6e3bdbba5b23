import APIMachinery
import Logging
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

    @Test("Indexes that no Job can have are left out", .timeLimit(.minutes(1)))
    func impossibleIndexes() {
        var set = IndexSet(parsing: "3,0-9223372036854775807,9223372036854775807,5,4")
        for index in [Int.max, -1, Int.min] { set.insert(index) }
        #expect(set.description == "3,5" && set.count == 2)
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

    /// The keys that a change in a source wakes at once.
    private func woken<Key: Hashable & Sendable>(_ source: ControllerSource<Key>, _ change: Informer.Change) async -> Set<Key> {
        let queue = WorkQueue<Key>(clock: VirtualClock(now: now))
        source.wake(change, queue)
        var keys: Set<Key> = []
        for _ in 0..<queue.count { if let key = await queue.next() { keys.insert(key) } }
        return keys
    }

    @Test("A pod seen before the nodes are is looked at when they had time to come", .timeLimit(.minutes(1)))
    func podBeforeNodes() async throws {
        let pods = try idle(.pods)
        let collector = PodGarbageCollector(pods: pods, nodes: try idle(.nodes), podsByNode: InformerIndex(pods) { _ in [] })
        let clock = VirtualClock(now: now)
        let queue = WorkQueue<PodGarbageCollector.Key>(clock: clock)
        collector.sources[0].wake(.added(testPod("p")), queue)
        #expect(queue.count == 0)
        clock.advance(by: PodGarbageCollector.quarantine)
        await withTaskGroup(of: Void.self) { group in
            // No worker: the timer alone, which makes the key ready.
            group.addTask { await queue.run(workers: 0, onError: { _, _ in }) { _ in } }
            #expect(await queue.next() == .pod(Informer.Key(namespace: "default", name: "p")))
            group.cancelAll()
        }
    }

    @Test("A pod that comes placed on a tainted node is looked at", .timeLimit(.minutes(1)))
    func podOnTaintedNode() async throws {
        let fixture = try await RegistryFixture()
        _ = try await fixture.client.create(
            .nodes, Object(.nodes, name: "node-1", ["spec": ["taints": [["key": "x", "effect": "NoExecute"]]]]))
        let nodes = Informer(.nodes, client: fixture.client, clock: fixture.clock, logger: Logger(label: "test"))
        let run = Task { try await nodes.run() }
        await nodes.waitUntilSynced()
        let pods = try idle(.pods)
        let controller = NodeLifecycleController(
            nodes: nodes, leases: try idle(.leases), pods: pods, podsByNode: InformerIndex(pods) { _ in [] }, listeningSince: now)
        #expect(await woken(controller.sources[2], .added(testPod("p"))) == [Informer.Key(namespace: "", name: "node-1")])
        #expect(await woken(controller.sources[2], .deleted(testPod("p"))).isEmpty)
        run.cancel()
        // Ends by cancellation, which is how it always ends.
        _ = await run.result
    }

    @Test("An orphan that goes before it was adopted is missed by whom it was counted for", .timeLimit(.minutes(1)))
    func orphanGone() async throws {
        let fixture = try await RegistryFixture()
        let selector: JSON = ["matchLabels": ["app": "web"]]
        let template: JSON = ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "main", "image": "one"]]]]
        try await fixture.create(.replicaSets, "web", ["spec": ["selector": selector, "template": template]])
        let sets = Informer(.replicaSets, client: fixture.client, clock: fixture.clock, logger: Logger(label: "test"))
        let run = Task { try await sets.run() }
        await sets.waitUntilSynced()
        let pods = try idle(.pods)
        let controller = ReplicaSetController(replicaSets: sets, pods: pods, orphans: InformerIndex(pods) { _ in [] })
        let orphans = controller.sources[2]
        let web: Set = [Informer.Key(namespace: "default", name: "web")]
        #expect(await woken(orphans, .added(testPod("p"))) == web)
        #expect(await woken(orphans, .added(testPod("p", isDeleting: true))).isEmpty)
        #expect(await woken(orphans, .deleted(testPod("p", isDeleting: true))) == web)
        #expect(await woken(orphans, .deleted(testPod("p", labels: ["app": "other"]))).isEmpty)
        run.cancel()
        // Ends by cancellation, which is how it always ends.
        _ = await run.result
    }

    @Test("An index forgets an object whose last state is not the one it knew", .timeLimit(.minutes(1)))
    func indexOfDeleted() async throws {
        let fixture = try await RegistryFixture()
        let pods = Informer(.pods, client: fixture.client, clock: fixture.clock, logger: Logger(label: "test"))
        let held = InformerIndex(pods) { $0.finalizers }
        let seen = Signal()
        pods.onChange { if case .deleted = $0 { seen.fire() } }
        try await fixture.pod("p", finalizers: ["example.com/hold"])
        let run = Task { try await pods.run() }
        await pods.waitUntilSynced()
        #expect(held["example.com/hold"].count == 1)
        try await fixture.client.delete(fixture.key(.pods, "p"))
        // Its last finalizer and the pod go in one write.
        try await fixture.client.patch(fixture.key(.pods, "p"), .merge(["metadata": ["finalizers": .null]]))
        await seen.wait()
        let added = Signal()
        pods.onChange { if case .added = $0 { added.fire() } }
        try await fixture.pod("p")
        await added.wait()
        #expect(pods.list().count == 1 && held["example.com/hold"].isEmpty)
        run.cancel()
        // Ends by cancellation, which is how it always ends.
        _ = await run.result
    }

    @Test("A namespace that goes tells what holds it now, not what held it first", .timeLimit(.minutes(1)))
    func namespaceMessages() throws {
        let controller = NamespaceController(namespaces: try idle(.namespaces), contents: [])
        var namespace = Object(.namespaces, name: "team", ["spec": ["finalizers": ["kubernetes"]]])
        func conditions(_ contents: [NamespaceController.Snapshot.Content]) throws -> [JSON] {
            let plan = controller.reconcile(NamespaceController.Snapshot(namespace: namespace, contents: contents), now: now)
            guard case .patch(_, let patch, "status") = try #require(plan.status(nil).first).operation else { return [] }
            return patch["status"]?["conditions"]?.array ?? []
        }
        namespace["status", "conditions"] = .array(try conditions([.init(type: .pods, objects: [testPod("a"), testPod("b")])]))
        var held = Object(.configMaps, namespace: "team", name: "held")
        held.finalizers = ["example.com/hold"]
        let messages = try conditions([.init(type: .configMaps, objects: [held])]).compactMap { $0["message"]?.string }
        #expect(messages.contains { $0.contains("configmaps. has 1 resource instances") && !$0.contains("pods") })
        #expect(messages.contains { $0.contains("example.com/hold in 1 resource instances") })
    }

    // MARK: Endpoints

    @Test("A pod that goes hides none that has its address already", .timeLimit(.minutes(1)))
    func sharedAddress() throws {
        let controller = EndpointSliceController(
            services: ServiceInformers(services: try idle(.services), pods: try idle(.pods)), slices: try idle(.endpointSlices))
        let service = Object(
            .services, namespace: "default", name: "web", ["spec": ["selector": ["app": "web"], "ports": [["port": 80]]]])
        var pods = [testPod("a-old", isDeleting: true), testPod("b-new")]
        for index in pods.indices { pods[index]["status", "podIP"] = "10.42.0.7" }
        let snapshot = EndpointSliceController.Snapshot(service: service, pods: pods, slices: [])
        guard case .create(_, let slice) = try #require(controller.reconcile(snapshot, now: now).changes.first).operation else {
            return #expect(Bool(false))
        }
        let endpoints = slice["endpoints"]?.array ?? []
        #expect(endpoints.map { $0["targetRef"]?["name"] } == ["a-old", "b-new"])
        #expect(endpoints.map { $0["conditions"]?["ready"] } == [false, true])
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
