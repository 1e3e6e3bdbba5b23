import APIMachinery
import Logging
import ServiceLifecycle

/// Programs the kernel so that service addresses lead to ready endpoints.
package final class ServiceProxy: Service {
    /// `pods` are those of this node (for host ports). Make it before the informers run.
    package init(
        instance: Instance, services: Informer, endpointSlices: Informer, pods: Informer, nodeName: String, podCIDR: String,
        serviceCIDR: String, logger: Logger
    ) {}

    package func run() async throws {}

    /// Returns when no programmed rule leads to `podIP`, or after `limit`.
    package func drained(podIP: String, within limit: Duration) async {}

    /// Removes the table of `instance`, and with it every rule.
    package static func removeTable(_ instance: Instance) async throws {}
}
