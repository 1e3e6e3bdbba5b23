import Agent
import APIMachinery
import Glibc
import Logging

/// Ends everything that an instance's agent left running; the caller holds the instance's lock.
struct Teardown: Sendable {
    let directory: DataDirectory
    let logger: Logger

    func run() async throws {
        // No agent ever ran here: nothing to end, and perhaps no containerd to end it with.
        guard access(ContainerdLayout(dataDirectory: directory.path).directory, F_OK) == 0 else { return }
        let agent = Agent(
            Agent.Configuration(
                dataDirectory: directory.path, nodeName: "", podCIDR: Daemon.Options.podCIDRDefault,
                serviceCIDR: Daemon.Options.serviceCIDRDefault, apiServerURL: "", logger: logger),
            client: StoppedCluster())
        try await agent.tearDown()
    }
}
