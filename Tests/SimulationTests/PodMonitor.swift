import APIMachinery
import Cluster

/// Follows every change to every pod, in order, and keeps what a rule says is wrong.
struct PodMonitor {
    let cluster: SimulatedCluster
    /// Told all pods after each change; nil when all is well.
    let rule: @Sendable ([Object]) -> String?

    /// Runs `body` while watching; what was wrong, in order.
    func watch(during body: @escaping @Sendable () async throws -> Void) async throws -> [String] {
        let context = RequestContext(user: .component("monitor"))
        let list = try cluster.registry.list(.pods, namespace: nil, options: ListOptions(), context: context)
        var options = ListOptions()
        options.resourceVersion = list.resourceVersion
        let events = try cluster.registry.watch(.pods, namespace: nil, options: options, context: context)
        let rule = rule
        return try await withThrowingTaskGroup(of: [String]?.self) { group in
            group.addTask {
                var pods = Dictionary(uniqueKeysWithValues: list.items.map { ($0.uid, $0.object) })
                var violations: [String] = []
                // Ends with the body, by cancellation.
                var iterator = events.makeAsyncIterator()
                while let event = try? await iterator.next() {
                    switch event.kind {
                    case .added, .modified: pods[event.version.uid] = event.version.object
                    case .deleted: pods[event.version.uid] = nil
                    case .bookmark: continue
                    }
                    if let problem = rule(Array(pods.values)) {
                        violations.append("revision \(event.version.revision): \(problem)")
                    }
                }
                return violations
            }
            group.addTask {
                try await body()
                return nil
            }
            var violations: [String] = []
            for try await result in group {
                if let result { violations = result } else { group.cancelAll() }
            }
            return violations
        }
    }
}
