import APIMachinery
import Testing

@testable import Cluster

/// What a forecast says of commits to a cluster with pods at work.
@Suite("Forecasts: what a commit leads to", .timeLimit(.minutes(2)))
struct ForecastTests {
    /// `web` with so many pods behind the Service `web`.
    static func web(_ cluster: SimulatedCluster, replicas: Int = 3, strategy: JSON = ["type": "RollingUpdate"]) async throws {
        _ = try await cluster.client.create(.services, Manifest.service("web", selecting: "web"))
        try await RolloutTests.rollOut(cluster, replicas: replicas, strategy: strategy)
        try await cluster.wait(.endpointSlices) { slices in
            slices.contains { $0.fields["endpoints"]?.array?.count { $0["conditions"]?["ready"] == true } == replicas }
        }
    }

    @Test("A new image restarts the pods, one after the other, and the Service never goes without")
    func rollingUpdate() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        let status = try await cluster.forecast([.apply(deployment("web", replicas: 3, image: "two"))])
        #expect(status.isSettled)
        #expect(status.consequences.map(\.message) == ["restarts 3 pods of Deployment default/web"])
        #expect(status.consequences.first?.kind == .podsRestarted)
        let pods = try await cluster.simulated.list(.pods).map { "Pod \($0.name)" }
        #expect(status.consequences.first?.names == pods.sorted())
        #expect(status.duration >= .seconds(3) && status.duration < .seconds(60))
    }

    @Test("What a commit only writes down restarts nothing")
    func nothing() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        let settings = Object(.configMaps, namespace: "default", name: "settings", ["data": ["a": "b"]])
        #expect(try await cluster.messages(.apply(settings), .apply(deployment("web", replicas: 3))) == [])
    }

    @Test("Recreate leaves the Service without endpoints for a while, and a disruption budget unkept")
    func recreate() async throws {
        let cluster = try await StillCluster { cluster in
            let budget = Object(
                .podDisruptionBudgets, namespace: "default", name: "web",
                ["spec": ["minAvailable": 2, "selector": ["matchLabels": ["app": "web"]]]])
            _ = try await cluster.client.create(.podDisruptionBudgets, budget)
            try await Self.web(cluster, strategy: ["type": "Recreate"])
            try await cluster.wait(.podDisruptionBudgets) { $0.first?.status["currentHealthy"] == 3 }
        }
        #expect(
            try await cluster.messages(.apply(deployment("web", replicas: 3, image: "two", strategy: ["type": "Recreate"]))) == [
                "Service default/web has no ready endpoint for a while (3 before)",
                "PodDisruptionBudget default/web is not kept for a while: 0 healthy pods, 2 wanted",
                "restarts 3 pods of Deployment default/web",
            ])
    }

    @Test("A Service that selects nothing any more loses its endpoints")
    func selector() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        #expect(
            try await cluster.messages(.apply(Manifest.service("web", selecting: "wbe")))
                == ["Service default/web loses all ready endpoints (3 before)"])
    }

    @Test("Pods that fit nowhere are told with the scheduler's words, and time goes past the progress deadline in no time")
    func unschedulable() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        let status = try await cluster.forecast([.apply(Manifest.deployment("big", replicas: 2, cpu: "65"))])
        #expect(status.isSettled)
        #expect(
            status.consequences.map(\.message) == [
                "2 pods of Deployment default/big cannot be scheduled: 0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
            ])
        // The deadline is ten minutes.
        #expect(status.duration >= .seconds(600))
    }

    @Test("Scaling down stops pods")
    func scaleDown() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        #expect(try await cluster.messages(.apply(deployment("web", replicas: 1))) == ["stops 2 pods of Deployment default/web"])
    }

    @Test("A deleted Deployment takes its pods along, and its Service is left without")
    func cascade() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        #expect(
            try await cluster.messages(Manifest.delete(.deployments, "web")) == [
                "Service default/web loses all ready endpoints (3 before)", "Deployment default/web takes along 3 Pods, 1 ReplicaSet",
            ])
    }

    @Test("A deleted namespace takes everything along")
    func namespace() async throws {
        let cluster = try await StillCluster { cluster in
            _ = try await cluster.client.create(.namespaces, Object(.namespaces, name: "team"))
            try await cluster.wait(.serviceAccounts) { $0.contains { $0.namespace == "team" } }
            _ = try await cluster.client.create(.configMaps, Object(.configMaps, namespace: "team", name: "settings", ["data": ["a": "b"]]))
            _ = try await cluster.client.create(.deployments, Manifest.inNamespace("team", deployment("web", replicas: 2)))
            try await cluster.wait(.pods) { $0.count(where: \.isReady) == 2 }
        }
        #expect(
            try await cluster.messages(Manifest.delete(.namespaces, "team"))
                == ["Namespace team takes along 1 ConfigMap, 1 Deployment, 2 Pods, 1 ReplicaSet"])
    }

    @Test("What a finalizer holds does not go")
    func finalizer() async throws {
        let cluster = try await StillCluster { cluster in
            var held = Object(.configMaps, namespace: "default", name: "held")
            held.finalizers = ["example.com/keep"]
            _ = try await cluster.client.create(.configMaps, held)
        }
        #expect(
            try await cluster.messages(Manifest.delete(.configMaps, "held"))
                == ["ConfigMap default/held does not go: the finalizer example.com/keep must be removed first"])
    }

    @Test("A replaced Deployment restarts its pods all at once")
    func replaced() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        var other = deployment("web", replicas: 3)
        other["spec", "selector", "matchLabels"] = ["app": "web", "tier": "front"]
        other["spec", "template", "metadata", "labels"] = ["app": "web", "tier": "front"]
        #expect(
            try await cluster.messages(.replace(other)).contains("restarts 3 pods of Deployment default/web"))
    }

    private static let shops = Object(
        .customResourceDefinitions, name: "shops.example.com",
        [
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "shops", "singular": "shop", "kind": "Shop"],
                "versions": [["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": ["type": "object"]]]],
            ]
        ])

    @Test("A definition takes the objects of its kind along, and one of them what it owns")
    func customKinds() async throws {
        let type = ResourceType(group: "example.com", version: "v1", kind: "Shop", plural: "shops")
        let cluster = try await StillCluster { cluster in
            _ = try await cluster.client.create(.customResourceDefinitions, Self.shops)
            let shop = try await cluster.client.create(type, Object(type, namespace: "default", name: "main"))
            _ = try await cluster.client.create(type, Object(type, namespace: "default", name: "other"))
            var owned = Object(.configMaps, namespace: "default", name: "owned")
            owned.ownerReferences = [OwnerReference(controller: shop)]
            _ = try await cluster.client.create(.configMaps, owned)
        }
        #expect(try await cluster.messages(Manifest.delete(type, "main")) == ["Shop default/main takes along 1 ConfigMap"])
        #expect(
            try await cluster.messages(Manifest.delete(.customResourceDefinitions, "shops.example.com")) == [
                "CustomResourceDefinition shops.example.com takes along 2 Shops"
            ])
    }

    @Test("A namespace, a kind and an object of it in one commit, with a pod that starts there")
    func together() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        let shop = Object(["apiVersion": "example.com/v1", "kind": "Shop", "metadata": ["name": "main", "namespace": "team"]])
        let pod = Manifest.inNamespace("team", ClusterBehaviorTests.pod("one"))
        #expect(
            try await cluster.messages(.apply(Self.shops), .apply(Object(.namespaces, name: "team")), .apply(shop), .apply(pod)) == [])
    }

    @Test("A pod that is in trouble stays in it, and one that starts is taken for started")
    func trouble() async throws {
        let cluster = try await StillCluster { try await Self.web($0) }
        let pods = try await cluster.simulated.list(.pods).sorted { $0.name < $1.name }
        for (pod, reason) in zip(pods, ["ImagePullBackOff", "ContainerCreating"]) {
            let status: JSON = [
                "phase": "Pending", "conditions": [["type": "Ready", "status": "False"]],
                "containerStatuses": [["name": "main", "image": "one", "imageID": "", "ready": false, "restartCount": 0, "state": ["waiting": ["reason": .string(reason)]]]],
            ]
            // No agent is left that would start them again.
            try await cluster.simulated.client.patch(ObjectKey(.pods, pod), .merge(["status": status]), subresource: "status")
        }
        // The second gets ready, and the first does not: it would keep the Service.
        let messages = try await cluster.messages(Manifest.delete(.pods, pods[1].name), Manifest.delete(.pods, pods[2].name))
        #expect(messages.filter { $0.hasPrefix("Service") } == ["Service default/web has no ready endpoint for a while (2 before)"], "\(messages)")
    }

    @Test("Nothing starts on a node that is not ready")
    func unreadyNode() async throws {
        let cluster = try await StillCluster { try await $0.wait(.nodes) { !$0.isEmpty } }
        let conditions: JSON = [["type": "Ready", "status": "False"]]
        try await cluster.simulated.client.patch(
            ObjectKey(.nodes, name: "node-1"), .strategicMerge(["status": ["conditions": conditions]]), subresource: "status")
        var pinned = deployment("pinned", replicas: 1)
        pinned["spec", "template", "spec", "nodeName"] = "node-1"
        pinned["spec", "template", "spec", "tolerations"] = [["operator": "Exists"]]
        let messages = try await cluster.messages(.apply(pinned))
        #expect(messages.count == 1)
        #expect(messages.first?.hasPrefix("Deployment default/pinned does not finish its rollout within 600 s") == true, "\(messages)")
    }

    @Test("A rollout that is under way is none of the commit's doing")
    func underWay() async throws {
        let cluster = try await StillCluster { cluster in
            try await Self.web(cluster)
            try await cluster.client.patch(
                ObjectKey(.deployments, namespace: "default", name: "web"),
                .strategicMerge(["spec": ["template": ["spec": ["containers": [["name": "main", "image": "two"]]]]]]))
        }
        #expect(try await cluster.simulated.list(.pods).contains { $0.image == "one" })
        let status = try await cluster.forecast([.apply(deployment("other", replicas: 1))])
        #expect(status.isSettled)
        #expect(status.consequences.map(\.message) == [])
        // Counted from the commit.
        #expect(status.duration < .seconds(5))
    }
}
