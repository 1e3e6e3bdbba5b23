import APIMachinery
import Logging
import ServiceLifecycle

/// The node agent: pods bound to this node in, running containers and status out.
package final class Agent: Service, NodeEndpoint {
    package struct Configuration: Sendable {
        package var dataDirectory: String
        package var nodeName: String
        package var podCIDR: String
        package var serviceCIDR: String
        /// The API server as pods reach it; its host and port become KUBERNETES_SERVICE_* where no Service says so.
        package var apiServerURL: String
        /// Registry host → URL of its mirror.
        package var registryMirrors: [String: String]
        /// Address of the cluster's DNS server; nil while none is served, and pods then use the host's resolvers.
        package var clusterDNS: String?
        package var clock: any WallClock
        package var logger: Logger

        package init(
            dataDirectory: String, nodeName: String, podCIDR: String, serviceCIDR: String, apiServerURL: String,
            registryMirrors: [String: String] = [:], clusterDNS: String? = nil, clock: any WallClock = SystemClock(), logger: Logger
        ) {
            self.dataDirectory = dataDirectory
            self.nodeName = nodeName
            self.podCIDR = podCIDR
            self.serviceCIDR = serviceCIDR
            self.apiServerURL = apiServerURL
            self.registryMirrors = registryMirrors
            self.clusterDNS = clusterDNS
            self.clock = clock
            self.logger = logger
        }
    }

    private let configuration: Configuration
    private let client: any ResourceClient

    package init(_ configuration: Configuration, client: any ResourceClient) {
        self.configuration = configuration
        self.client = client
    }

    package func run() async throws {}

    package func tearDown() async throws {}

    package func logs(namespace: String, pod: String, container: String, options: LogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<[UInt8], any Error>
    {
        throw .notFound(.pods, name: pod)
    }
}
