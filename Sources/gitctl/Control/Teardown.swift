import Agent
import APIMachinery
import Logging

/// Ends everything that an instance's agent left running; the caller holds the instance's lock.
struct Teardown: Sendable {
    let directory: DataDirectory
    let logger: Logger

    func run() async throws {
        // Without it there is nothing to end, and perhaps no containerd to end it with. Another range may be another instance's.
        guard let podRange = ContainerdLayout(dataDirectory: directory.path).podRange else { return }
        let agent = Agent(
            Agent.Configuration(
                dataDirectory: directory.path, nodeName: "", podCIDR: podRange,
                serviceCIDR: Daemon.Options.serviceCIDRDefault, apiServerURL: "", logger: logger),
            client: StoppedCluster())
        try await agent.tearDown()
    }
}
