import APIMachinery
import Cluster
import Logging
import ServiceLifecycle
import TestSupport

@testable import gitctl

/// The real API server over TLS, without controllers and nodes.
enum ServedCluster {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func with(nodeEndpoint: (any NodeEndpoint)? = nil, _ body: (Cluster) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let cluster = try await Cluster(.init(dataDirectory: directory.path + "/data", port: 0, logger: logger, nodeEndpoint: nodeEndpoint))
            let group = ServiceGroup(services: [cluster.services[0]], logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                do { try await body(cluster) } catch {
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                    throw error
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }
}

extension Cluster {
    /// The administrator, over HTTPS.
    var admin: HTTPSClient { get throws { try HTTPSClient(kubeconfig: kubeconfigPath, context: nil) } }
}
