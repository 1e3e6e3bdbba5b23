import APIMachinery
import Cluster
import TestSupport
import Testing

/// Budgets, as those who drain a node meet them.
struct DisruptionTests {
    private static func budget(_ spec: JSONObject) -> Object {
        var spec = spec
        spec["selector"] = ["matchLabels": ["app": "web"]]
        return Object(.podDisruptionBudgets, namespace: "default", name: "web", ["spec": .object(spec)])
    }

    private static func evict(_ cluster: SimulatedCluster, _ pod: String) async throws(APIStatus) {
        let eviction = Object(["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(pod), "namespace": "default"]])
        try await cluster.client.createSubresource(
            ObjectKey(.pods, namespace: "default", name: pod), "eviction", eviction, options: WriteOptions())
    }

    /// Evicts pods as `kubectl drain` does: all at once, each again until it may go or is gone.
    private static func drain(_ cluster: SimulatedCluster, _ pods: [Object]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for pod in pods {
                group.addTask {
                    while true {
                        do throws(APIStatus) { return try await evict(cluster, pod.name) } catch {
                            if error.reason == .notFound { return }
                            guard error.reason == .tooManyRequests else { throw error }
                        }
                        try await cluster.clock.sleep(for: .seconds(5))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "A drain takes no more pods at a time than the budget allows, and ends", .timeLimit(.minutes(2)),
        arguments: [["minAvailable": 3] as JSONObject, ["maxUnavailable": 1], ["minAvailable": "75%"], ["maxUnavailable": "25%"]], [UInt64](1...3))
    func drain(spec: JSONObject, seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            _ = try await cluster.client.create(.podDisruptionBudgets, Self.budget(spec))
            try await RolloutTests.rollOut(cluster, replicas: 4, strategy: ["type": "RollingUpdate"])
            try await cluster.wait(.podDisruptionBudgets) { $0.first?.status["disruptionsAllowed"] == 1 }
            let first = try await cluster.list(.pods)
            let violations = try await PodMonitor(cluster: cluster, rule: RolloutTests.bounds(3, 5)).watch {
                try await Self.drain(cluster, first)
                try await cluster.wait(.pods) { pods in
                    pods.count == 4 && pods.allSatisfy { pod in pod.isReady && !first.contains { $0.uid == pod.uid } }
                }
            }
            #expect(violations == [])
            try await cluster.wait(.podDisruptionBudgets) { budgets in
                let status = budgets.first?.status
                return status?["currentHealthy"] == 4 && status?["disruptionsAllowed"] == 1 && status?["disruptedPods"] == nil
                    && budgets.first?.condition("DisruptionAllowed")?["reason"] == "SufficientPods"
            }
        }
    }

    @Test("A budget follows the scale of what it guards, and its own spec", .timeLimit(.minutes(2)))
    func scale() async throws {
        let cluster = try SimulatedCluster(seed: 1)
        try await cluster.run { cluster in
            try await RolloutTests.rollOut(cluster, replicas: 2, strategy: ["type": "RollingUpdate"])
            _ = try await cluster.client.create(.podDisruptionBudgets, Self.budget(["minAvailable": "50%"]))
            try await cluster.wait(.podDisruptionBudgets) { $0.first?.status["expectedPods"] == 2 && $0.first?.status["disruptionsAllowed"] == 1 }
            let deployment = ObjectKey(.deployments, namespace: "default", name: "web")
            try await cluster.client.patch(deployment, .merge(["spec": ["replicas": 6]]))
            try await cluster.wait(.podDisruptionBudgets) { $0.first?.status["expectedPods"] == 6 && $0.first?.status["disruptionsAllowed"] == 3 }
            let key = ObjectKey(.podDisruptionBudgets, namespace: "default", name: "web")
            try await cluster.client.patch(key, .merge(["spec": ["minAvailable": 6]]))
            try await cluster.wait(.podDisruptionBudgets) {
                $0.first?.status["desiredHealthy"] == 6 && $0.first?.status["observedGeneration"] == 2 && $0.first?.status["disruptionsAllowed"] == 0
            }
            let pod = try #require(try await cluster.list(.pods).first)
            let refusal = await #expect(throws: APIStatus.self) { try await Self.evict(cluster, pod.name) }
            #expect(refusal?.causes.first?.message == "The disruption budget web needs 6 healthy pods and has 6 currently")
        }
    }

    @Test("Pods of a kind without a scale may not go by a percentage", .timeLimit(.minutes(2)))
    func job() async throws {
        let cluster = try SimulatedCluster(seed: 1)
        try await cluster.run { cluster in
            let template: JSON = [
                "metadata": ["labels": ["app": "web"]], "spec": ["restartPolicy": "Never", "containers": [["name": "main", "image": "one"]]],
            ]
            _ = try await cluster.client.create(.jobs, Object(.jobs, namespace: "default", name: "once", ["spec": ["template": template]]))
            try await cluster.wait(.pods) { $0.first?.isReady == true }
            _ = try await cluster.client.create(.podDisruptionBudgets, Self.budget(["maxUnavailable": "50%"]))
            try await cluster.wait(.podDisruptionBudgets) {
                let condition = $0.first?.condition("DisruptionAllowed")
                return condition?["reason"] == "SyncFailed" && condition?["message"] == "jobs.batch does not implement the scale subresource"
            }
        }
    }
}
