import APIMachinery
import Logging

/// What the actions of all pods share.
package struct PodServices: Sendable {
    /// Sandboxes made at once: beyond this they only wait for the same locks in CNI and the kernel.
    package static let sandboxesAtOnce = 8

    package var client: any ResourceClient
    package var runtime: any ContainerRuntime
    /// The scheme of container ids in a status.
    package var runtimeName: String
    package var nodeName: String
    package var hostIPs: [String]
    package var directories: PodDirectories
    package var images: ImageFetcher
    package var volumes: VolumeMounter
    package var references: ReferencedObjects
    package var environment: ServiceEnvironment
    package var resolver: Resolver
    package var nodeResources: NodeResources
    package var http: HTTPProber
    package var events: EventRecorder
    /// Returns when no rule of the service proxy leads to an address any more, or after the time given.
    package var drain: @Sendable (String, Duration) async -> Void
    package var sandboxLimit = Limiter(PodServices.sandboxesAtOnce)
    package var clock: any WallClock
    package var logger: Logger
}

/// Where the agent keeps a pod's files.
package struct PodDirectories: Sendable {
    package let root: String
    package let logRoot: String

    package init(dataDirectory: String) {
        root = dataDirectory + "/pods"
        logRoot = dataDirectory + "/logs/pods"
    }

    package func pod(_ uid: String) -> String { "\(root)/\(uid)" }
    package func volumes(_ uid: String) -> String { "\(root)/\(uid)/volumes" }
    package func hostsFile(_ uid: String) -> String { "\(root)/\(uid)/etc-hosts" }
    package func terminationLog(_ uid: String, container: String, restartCount: Int) -> String {
        "\(root)/\(uid)/containers/\(container)/\(restartCount)"
    }
    package func logs(_ pod: Pod) -> String { "\(logRoot)/\(pod.namespace)_\(pod.name)_\(pod.uid)" }
    package func log(_ pod: Pod, container: String, restartCount: Int) -> String { "\(logs(pod))/\(container)/\(restartCount).log" }
}
