import APIMachinery
import TestSupport
import Testing

@testable import Cluster

/// Whatever the server takes, its controllers and scheduler live with.
struct HostileObjectTests {
    private static let kinds: [ResourceType] = [
        .deployments, .replicaSets, .jobs, .pods, .services, .endpointSlices, .persistentVolumes, .persistentVolumeClaims, .nodes, .namespaces,
        .resourceQuotas, .clusterRoles, .serviceAccounts, .customResourceDefinitions, .horizontalPodAutoscalers, .podDisruptionBudgets, .leases,
        .priorityClasses, .limitRanges, .storageClasses,
    ]

    @Test("Among hostile objects of all kinds a Deployment is still rolled out and cleaned up", .timeLimit(.minutes(3)), arguments: [UInt64](1...6))
    func controllers(seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            var fuzz = Fuzz(seed: seed)
            var accepted = 0
            for index in 0..<240 {
                let type = fuzz.pick(Self.kinds)
                guard let node = Schema.builtin.node(type.gvk) else { continue }
                var object = fuzz.spoiled(MinimalObjects.of(type, name: type == .customResourceDefinitions ? nil : "hostile-\(index % 40)"), node)
                if type == .limitRanges || type == .resourceQuotas { object.namespace = "kube-node-lease" }
                let options = WriteOptions(fieldManager: "fuzz", fieldValidation: .ignore)
                let sent = object
                if (try? await cluster.client.create(type, sent, options: options)) != nil { accepted += 1 }
                // Status is what controllers read: it lies, too.
                if type.subresources.contains("status") { _ = try? await cluster.client.update(type, sent, subresource: "status", options: options) }
                let key = ObjectKey(type, namespace: type.isNamespaced ? sent.namespace : nil, name: sent.name)
                if fuzz.below(4) == 0 { _ = try? await cluster.client.delete(key) }
            }
            #expect(accepted > 20)
            _ = try await cluster.client.create(.deployments, deployment("web", replicas: 3))
            try await cluster.wait(.deployments) { $0.contains { $0.name == "web" && $0.isRolledOut } }
            var deletion = DeleteOptions()
            deletion.propagation = .foreground
            try await cluster.client.delete(ObjectKey(.deployments, namespace: "default", name: "web"), options: deletion)
            try await cluster.wait(.pods) { !$0.contains { $0.labels["app"] == "web" && $0.name.hasPrefix("web-") } }
        }
    }
}
