import Agent
import APIMachinery
import Logging

/// Ends everything that an instance's agent left running; the caller holds the instance's lock.
struct Teardown: Sendable {
    let directory: DataDirectory
    let logger: Logger

    func run() async throws {
        let agent = Agent(
            Agent.Configuration(
                dataDirectory: directory.path, nodeName: "", podCIDR: Daemon.Options.podCIDRDefault,
                serviceCIDR: Daemon.Options.serviceCIDRDefault, apiServerURL: "", logger: logger),
            client: StoppedCluster())
        try await agent.tearDown()
    }
}
