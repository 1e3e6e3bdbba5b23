import APIMachinery
import Cluster
import TestSupport
import Testing

struct RolloutTests {
    /// Never fewer ready pods than `atLeast`, never more living ones than `atMost`.
    static func bounds(_ atLeast: Int, _ atMost: Int) -> @Sendable ([Object]) -> String? {
        { pods in
            let ready = pods.count(where: \.isReady)
            let living = pods.count { !$0.isDeleting && $0.status["phase"]?.string != "Failed" }
            if ready < atLeast { return "\(ready) pods are ready, at least \(atLeast) should be" }
            if living > atMost { return "\(living) pods live, at most \(atMost) should" }
            return nil
        }
    }

    static func rollOut(_ cluster: SimulatedCluster, replicas: Int, strategy: JSON) async throws {
        _ = try await cluster.client.create(.deployments, deployment("web", replicas: replicas, strategy: strategy))
        try await cluster.wait(.deployments) { $0.first?.isRolledOut == true }
    }

    static func change(_ cluster: SimulatedCluster, image: String) async throws {
        try await cluster.client.patch(
            ObjectKey(.deployments, namespace: "default", name: "web"),
            .strategicMerge(["spec": ["template": ["spec": ["containers": [["name": "main", "image": .string(image)]]]]]]))
        try await cluster.wait(.deployments) { $0.first?.isRolledOut == true }
        try await cluster.wait(.pods) { pods in !pods.isEmpty && pods.allSatisfy { $0.image == image && !$0.isDeleting } }
    }

    @Test("A rolling update stays within its bounds", .timeLimit(.minutes(2)), arguments: [UInt64](1...8))
    func rollingUpdate(seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            let strategy: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 2, "maxUnavailable": "25%"]]
            try await Self.rollOut(cluster, replicas: 8, strategy: strategy)
            let violations = try await PodMonitor(cluster: cluster, rule: Self.bounds(6, 10)).watch {
                try await Self.change(cluster, image: "two")
            }
            #expect(violations == [])
            let deployment = try await cluster.get(.deployments, "web")
            #expect(deployment.annotations["deployment.kubernetes.io/revision"] == "2")
            #expect(deployment.condition("Progressing")?["reason"]?.string == "NewReplicaSetAvailable")
            #expect(deployment.condition("Available")?["status"]?.string == "True")
        }
    }

    @Test("Recreate has no pod of the new template beside one of the old", .timeLimit(.minutes(2)), arguments: [UInt64](1...4))
    func recreate(seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            try await Self.rollOut(cluster, replicas: 4, strategy: ["type": "Recreate"])
            let monitor = PodMonitor(cluster: cluster) { pods in
                Set(pods.map(\.image)).count > 1 ? "pods of both templates live" : nil
            }
            let violations = try await monitor.watch { try await Self.change(cluster, image: "two") }
            #expect(violations == [])
        }
    }

    @Test("A rollout that stops getting on is reported, and a rollback returns to the first ReplicaSet", .timeLimit(.minutes(2)))
    func deadline() async throws {
        var behavior = HollowAgent.Behavior()
        behavior.becomesReady = { $0.image != "broken" }
        let cluster = try SimulatedCluster(seed: 1, behavior: behavior)
        try await cluster.run { cluster in
            try await Self.rollOut(cluster, replicas: 3, strategy: ["type": "RollingUpdate"])
            let first = try #require(try await cluster.list(.replicaSets).first)
            try await cluster.client.patch(
                ObjectKey(.deployments, namespace: "default", name: "web"),
                .strategicMerge([
                    "spec": [
                        "progressDeadlineSeconds": 60, "template": ["spec": ["containers": [["name": "main", "image": "broken"]]]],
                    ]
                ]))
            try await cluster.wait(.deployments) {
                $0.first?.condition("Progressing")?["reason"]?.string == "ProgressDeadlineExceeded"
            }
            #expect(try await cluster.list(.pods).count { $0.isReady && $0.image == "one" } == 3)
            try await Self.change(cluster, image: "one")
            let sets = try await cluster.list(.replicaSets)
            #expect(sets.first { $0.uid == first.uid }?.spec["replicas"]?.int == 3)
            #expect(sets.first { $0.uid == first.uid }?.annotations["deployment.kubernetes.io/revision"] == "3")
        }
    }

    @Test("Scaling up and down ends at the number asked for, and history is kept to its limit", .timeLimit(.minutes(2)))
    func scaleAndHistory() async throws {
        let cluster = try SimulatedCluster(seed: 3)
        try await cluster.run { cluster in
            let key = ObjectKey(.deployments, namespace: "default", name: "web")
            try await Self.rollOut(cluster, replicas: 2, strategy: ["type": "RollingUpdate"])
            for replicas in [20, 3] {
                try await cluster.client.patch(key, .merge(["spec": ["replicas": JSON(replicas)]]))
                try await cluster.wait(.pods) { $0.count(where: \.isReady) == replicas && $0.count == replicas }
            }
            try await cluster.client.patch(key, .merge(["spec": ["revisionHistoryLimit": 1]]))
            for image in ["two", "three", "four"] { try await Self.change(cluster, image: image) }
            try await cluster.wait(.replicaSets) { $0.count == 2 }
        }
    }
}
