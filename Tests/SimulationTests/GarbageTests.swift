import APIMachinery
import Cluster
import TestSupport
import Testing

struct GarbageTests {
    static func delete(_ cluster: SimulatedCluster, _ propagation: DeleteOptions.Propagation) async throws {
        var options = DeleteOptions()
        options.propagation = propagation
        try await cluster.client.delete(ObjectKey(.deployments, namespace: "default", name: "web"), options: options)
    }

    @Test("A deleted Deployment takes its ReplicaSets and pods along", .timeLimit(.minutes(2)), arguments: [UInt64](1...4))
    func background(seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            try await RolloutTests.rollOut(cluster, replicas: 5, strategy: ["type": "RollingUpdate"])
            try await Self.delete(cluster, .background)
            try await cluster.wait(.replicaSets) { $0.isEmpty }
            try await cluster.wait(.pods) { $0.isEmpty }
        }
    }

    @Test("Deleted in the foreground, the owner goes last", .timeLimit(.minutes(2)), arguments: [UInt64](1...4))
    func foreground(seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            try await RolloutTests.rollOut(cluster, replicas: 5, strategy: ["type": "RollingUpdate"])
            try await Self.delete(cluster, .foreground)
            #expect(try await cluster.get(.deployments, "web").finalizers == ["foregroundDeletion"])
            try await cluster.wait(.deployments) { $0.isEmpty }
            #expect(try await cluster.list(.pods).isEmpty)
            #expect(try await cluster.list(.replicaSets).isEmpty)
        }
    }

    @Test("Orphaned dependents stay and lose their reference", .timeLimit(.minutes(2)))
    func orphan() async throws {
        let cluster = try SimulatedCluster(seed: 1)
        try await cluster.run { cluster in
            try await RolloutTests.rollOut(cluster, replicas: 2, strategy: ["type": "RollingUpdate"])
            try await Self.delete(cluster, .orphan)
            try await cluster.wait(.deployments) { $0.isEmpty }
            try await cluster.wait(.replicaSets) { $0.count == 1 && $0[0].ownerReferences.isEmpty }
            #expect(try await cluster.list(.pods).count == 2)
            // A Deployment of the same template takes them over instead of making its own.
            _ = try await cluster.client.create(.deployments, deployment("web", replicas: 2))
            try await cluster.wait(.deployments) { $0.first?.isRolledOut == true }
            #expect(try await cluster.list(.replicaSets).count == 1)
            #expect(try await cluster.list(.pods).count == 2)
        }
    }

    @Test("A namespace goes with everything in it", .timeLimit(.minutes(2)), arguments: [UInt64](1...4))
    func namespace(seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            _ = try await cluster.client.create(.namespaces, Object(.namespaces, name: "team"))
            try await cluster.wait(.serviceAccounts) { $0.contains { $0.namespace == "team" } }
            try await cluster.wait(.configMaps) { $0.contains { $0.namespace == "team" && $0.name == "kube-root-ca.crt" } }
            var web = deployment("web", replicas: 3)
            web.namespace = "team"
            _ = try await cluster.client.create(.deployments, web)
            _ = try await cluster.client.create(
                .configMaps, Object(.configMaps, namespace: "team", name: "settings", ["data": ["a": "b"]]))
            try await cluster.wait(.pods) { $0.count(where: \.isReady) == 3 }
            try await cluster.client.delete(ObjectKey(.namespaces, name: "team"))
            try await cluster.wait(.namespaces) { !$0.contains { $0.name == "team" } }
            for type in ResourceType.builtin where type.isNamespaced {
                #expect(try await cluster.client.list(type, namespace: "team").items.isEmpty, "\(type)")
            }
        }
    }

    @Test(
        "Garbage is collected after a crash at any write", .timeLimit(.minutes(3)),
        arguments: Array(stride(from: 10, to: 40, by: 3)))
    func crash(write: Int) async throws {
        let cluster = try SimulatedCluster(seed: UInt64(write), perturbation: .crash(afterWrite: write))
        try await cluster.run { cluster in
            try await RolloutTests.rollOut(cluster, replicas: 3, strategy: ["type": "RollingUpdate"])
            try await Self.delete(cluster, .foreground)
            try await cluster.wait(.deployments) { $0.isEmpty }
            try await cluster.wait(.pods) { $0.isEmpty }
        }
    }
}
