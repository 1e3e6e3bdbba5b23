import APIMachinery

// What a pod's sandbox and containers are to be: CRI's own messages, so that no second vocabulary
// stands between the agent and the runtime.
package typealias PodSandboxConfig = Runtime_V1_PodSandboxConfig
package typealias ContainerConfig = Runtime_V1_ContainerConfig

/// What the agent asks of a container runtime: CRI v1 (`CRIRuntime`), or a hollow one in simulations.
///
/// Every call is idempotent where CRI says so (stop and remove). Errors are `RuntimeError`.
/// Source: kubernetes/cri-api, runtime/v1.
package protocol ContainerRuntime: Sendable {
    /// Delivers events until cancelled, reconnecting as needed. `.connected` comes whenever the stream
    /// is (again) known to miss nothing from here on: what happened before is to be listed.
    func run(events: @escaping @Sendable (RuntimeEvent) -> Void) async throws

    func version() async throws(RuntimeError) -> RuntimeVersion
    func sandboxes() async throws(RuntimeError) -> [ObservedSandbox]
    /// With state and exit of each; one listing call and one per exited container.
    func containers() async throws(RuntimeError) -> [ObservedContainer]

    /// Returns the id of a sandbox that is ready.
    func runSandbox(_ config: PodSandboxConfig) async throws(RuntimeError) -> String
    func sandbox(_ id: String) async throws(RuntimeError) -> ObservedSandbox
    func stopSandbox(_ id: String) async throws(RuntimeError)
    func removeSandbox(_ id: String) async throws(RuntimeError)

    func createContainer(_ config: ContainerConfig, in sandbox: String, _ sandboxConfig: PodSandboxConfig) async throws(RuntimeError)
        -> String
    func startContainer(_ id: String) async throws(RuntimeError)
    func container(_ id: String) async throws(RuntimeError) -> ObservedContainer
    /// TERM, then KILL after `timeout`; returns when the process is gone.
    func stopContainer(_ id: String, timeout: Duration) async throws(RuntimeError)
    func removeContainer(_ id: String) async throws(RuntimeError)
    func reopenLog(_ id: String) async throws(RuntimeError)
    /// Runs a command in a container; throws `deadlineExceeded` past `timeout`.
    func exec(_ id: String, command: [String], timeout: Duration) async throws(RuntimeError) -> ExecResult

    /// nil when the image is not on the machine.
    func image(_ reference: String) async throws(RuntimeError) -> RuntimeImage?
    func images() async throws(RuntimeError) -> [RuntimeImage]
    /// Returns the reference by which containers name the pulled image.
    func pull(_ reference: String, credentials: RegistryCredentials?, for sandbox: PodSandboxConfig) async throws(RuntimeError) -> String
    func removeImage(_ id: String) async throws(RuntimeError)
    /// Mount points of the file systems that hold images.
    func imageFilesystems() async throws(RuntimeError) -> [String]
}

package struct RuntimeError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable { case notFound, unavailable, deadlineExceeded, unimplemented, other }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

package enum RuntimeEvent: Sendable, Hashable {
    case connected
    /// The process of a container, or of a sandbox, has ended.
    case exited(id: String)
    case outOfMemory(id: String)
}

package struct RuntimeVersion: Sendable {
    package var name: String
    package var version: String
}

package struct ExecResult: Sendable {
    package var exitCode: Int
    /// Standard output, then standard error.
    package var output: String
}

package struct RegistryCredentials: Sendable, Hashable {
    package var username = ""
    package var password = ""
    package var identityToken = ""
    package var serverAddress = ""
}

package struct RuntimeImage: Sendable, Hashable {
    package var id: String
    package var tags: [String]
    package var digests: [String]
    package var sizeBytes: Int64
    /// The user that the image runs as: a number, or a name, or neither.
    package var uid: Int64?
    package var username: String
    package var isPinned: Bool
}

/// A sandbox as the runtime reports it.
package struct ObservedSandbox: Sendable, Hashable {
    package var id: String
    package var podUID: String
    package var podNamespace: String
    package var podName: String
    package var attempt: Int
    package var isReady: Bool
    package var createdAt: Timestamp
    /// Empty on the host's network, and in listings.
    package var ips: [String] = []
    package var annotations: [String: String] = [:]
}

/// A container as the runtime reports it.
package struct ObservedContainer: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case created
        case running
        case exited(ContainerExit)
        case unknown
    }

    package var id: String
    package var sandboxID: String
    package var podUID: String
    package var name: String
    /// How often the container was restarted before, as written when it was made.
    package var restartCount: Int
    /// Of the parts of the container's spec that force a restart; see `PodContainer.hash`.
    package var hash: String
    package var state: State
    package var createdAt: Timestamp
    package var startedAt: Timestamp
    package var image: String
    package var imageID: String
    package var annotations: [String: String] = [:]
}

/// How a container ended.
package struct ContainerExit: Sendable, Hashable {
    package var code: Int
    package var reason: String
    package var message: String
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
}

/// Keys of the labels and annotations that make sandboxes and containers recognisable after a
/// restart of the agent: the kubelet's own, so that `crictl` and friends read them.
package enum RuntimeLabel {
    package static let podName = "io.kubernetes.pod.name"
    package static let podNamespace = "io.kubernetes.pod.namespace"
    package static let podUID = "io.kubernetes.pod.uid"
    package static let containerName = "io.kubernetes.container.name"
    package static let hash = "io.kubernetes.container.hash"
    package static let restartCount = "io.kubernetes.container.restartCount"
    package static let terminationMessagePath = "io.kubernetes.container.terminationMessagePath"
    package static let terminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy"
    package static let gracePeriod = "io.kubernetes.pod.terminationGracePeriod"
}
