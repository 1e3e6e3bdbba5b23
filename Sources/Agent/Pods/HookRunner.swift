import APIMachinery

/// Runs a handler of a probe or lifecycle hook against a container.
struct HookRunner {
    let executor: PodExecutor

    private var services: PodServices { executor.services }

    /// nil for success, else what went wrong.
    func run(_ handler: HookHandler, container name: String, id: String, within limit: Duration) async -> String? {
        guard limit > .zero else { return "no time is left of the grace period" }
        switch handler {
        case .exec(let command): return await exec(command, id: id, within: limit)
        case .http(let target):
            guard let port = target.port.number(in: json(name)) else { return "the container has no port of that name" }
            guard let host = target.host ?? executor.entry.ips.first else { return "the pod has no address" }
            return await services.http.get(target, host: host, port: port, timeout: limit)
        case .tcp(let host, let port):
            guard let port = port.number(in: json(name)) else { return "the container has no port of that name" }
            guard let host = host ?? executor.entry.ips.first else { return "the pod has no address" }
            return await services.http.connect(host: host, port: port, timeout: limit)
        case .sleep(let time):
            // Cancellation ends the agent, not the hook's meaning.
            try? await services.clock.sleep(for: min(time, limit))
            return nil
        }
    }

    private func json(_ name: String) -> JSON { executor.pod.container(name)?.json ?? [:] }

    private func exec(_ command: [String], id: String, within limit: Duration) async -> String? {
        do {
            let result = try await services.runtime.exec(id, command: command, timeout: limit)
            return result.exitCode == 0 ? nil : result.output.isEmpty ? "command exited with \(result.exitCode)" : String(result.output.prefix(1024))
        } catch where error.code == .deadlineExceeded {
            return "command \(command) timed out"
        } catch {
            return "rpc error: \(error)"
        }
    }
}
