import APIMachinery
import Synchronization

/// The node's endpoint for the API server, which is made before the agent is.
final class LateNodeEndpoint: NodeEndpoint {
    private let endpoint = Mutex<(any NodeEndpoint)?>(nil)

    func set(_ endpoint: any NodeEndpoint) { self.endpoint.withLock { $0 = endpoint } }

    func logs(namespace: String, pod: String, container: String, options: LogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<[UInt8], any Error>
    {
        guard let endpoint = endpoint.withLock({ $0 }) else {
            throw APIStatus(.serviceUnavailable, "this daemon runs no agent, so it has no containers to read logs of")
        }
        return try await endpoint.logs(namespace: namespace, pod: pod, container: container, options: options)
    }

    func nodeUsage() async -> NodeUsage? { await endpoint.withLock { $0 }?.nodeUsage() }

    func usage(ofPods uids: Set<String>) async -> [PodUsage] { await endpoint.withLock { $0 }?.usage(ofPods: uids) ?? [] }
}
