import APIMachinery
import Logging

/// Ends every pod that the runtime has, side by side.
struct TearDown {
    /// What processes have between TERM and KILL.
    static let gracePeriod = Duration.seconds(3)

    let runtime: any ContainerRuntime
    let logger: Logger

    func removeAll() async {
        do {
            let sandboxes = try await runtime.sandboxes()
            let containers = Dictionary(grouping: try await runtime.containers(), by: \.podUID)
            await withTaskGroup(of: Void.self) { group in
                for sandbox in sandboxes {
                    group.addTask { await remove(sandbox, containers[sandbox.podUID] ?? []) }
                }
            }
        } catch {
            // The runtime is taken down next, and its remains with it.
            logger.warning("pods not listed", metadata: ["error": "\(error)"])
        }
    }

    private func remove(_ sandbox: ObservedSandbox, _ containers: [ObservedContainer]) async {
        await withTaskGroup(of: Void.self) { group in
            for container in containers where container.state == .running {
                group.addTask {
                    // Stopping the sandbox kills what is left.
                    try? await runtime.stopContainer(container.id, timeout: Self.gracePeriod)
                }
            }
        }
        do {
            try await runtime.stopSandbox(sandbox.id)
            try await runtime.removeSandbox(sandbox.id)
        } catch {
            logger.warning("sandbox not removed", metadata: ["pod": "\(sandbox.podNamespace)/\(sandbox.podName)", "error": "\(error)"])
        }
    }
}
