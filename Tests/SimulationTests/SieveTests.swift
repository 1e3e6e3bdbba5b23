import APIMachinery
import Cluster
import TestSupport
import Testing

/// The faults of `Perturbation`, at each step of scenarios.
struct SieveTests {
    static let replicas = 3

    /// Runs `body`, and ends stale views now and then: one that stays behind does so for a while, not for ever.
    static func releasing(_ cluster: SimulatedCluster, _ body: @escaping @Sendable () async throws -> Void) async throws {
        defer { cluster.perturbation.end() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await cluster.clock.sleep(for: .seconds(20))
                    cluster.perturbation.release()
                }
            }
            group.addTask { try await body() }
            _ = try await group.next()
            group.cancelAll()
        }
    }

    /// A rolling update and a scale-down under one fault: within bounds throughout, and complete at the end.
    static func rollOut(_ kind: Perturbation.Kind, seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed, perturbation: kind)
        try await cluster.run { cluster in
            try await releasing(cluster) {
                let strategy: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 1]]
                let violations = try await PodMonitor(cluster: cluster, rule: RolloutTests.bounds(0, replicas + 1)).watch {
                    try await RolloutTests.rollOut(cluster, replicas: replicas, strategy: strategy)
                    let inner = try await PodMonitor(cluster: cluster, rule: RolloutTests.bounds(replicas - 1, replicas + 1))
                        .watch {
                            try await RolloutTests.change(cluster, image: "two")
                        }
                    #expect(inner == [], "\(kind)")
                    try await cluster.client.patch(
                        ObjectKey(.deployments, namespace: "default", name: "web"), .merge(["spec": ["replicas": 1]]))
                    try await cluster.wait(.pods) { $0.count == 1 && $0[0].isReady }
                }
                #expect(violations == [], "\(kind)")
            }
        }
    }

    @Test("A crash after any write does no harm", .timeLimit(.minutes(3)), arguments: 0..<40)
    func crash(write: Int) async throws { try await Self.rollOut(.crash(afterWrite: write), seed: UInt64(write)) }

    @Test(
        "A stale view of any kind does no harm", .timeLimit(.minutes(3)),
        arguments: [ResourceType.pods, .replicaSets, .deployments], [1, 3, 6, 10, 15, 21])
    func stale(type: ResourceType, event: Int) async throws {
        try await Self.rollOut(.stale(type, afterEvent: event, writes: 4), seed: UInt64(event))
    }

    @Test(
        "Events never seen do no harm", .timeLimit(.minutes(3)),
        arguments: [ResourceType.pods, .replicaSets, .deployments], [1, 3, 6, 10, 15, 21])
    func missed(type: ResourceType, event: Int) async throws {
        try await Self.rollOut(.missed(type, afterEvent: event, count: 3), seed: UInt64(event))
    }
}
