import APIMachinery
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging

/// CRI v1 over gRPC on a Unix socket.
package struct CRIRuntime: ContainerRuntime {
    /// How long a call may take where the call itself names no time.
    static let callTimeout = Duration.seconds(120)
    static let sandboxTimeout = Duration.seconds(240)

    let connections: RuntimeConnections
    let clock: any WallClock
    let logger: Logger

    /// Connects when `run` does. Errors: an unusable socket path.
    package init(socketPath: String, clock: any WallClock = SystemClock(), logger: Logger) throws {
        connections = try RuntimeConnections(socketPath: socketPath)
        self.clock = clock
        self.logger = logger
    }

    package func run(events: @escaping @Sendable (RuntimeEvent) -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await connections.run() }
            group.addTask { try await RuntimeEventStream(runtime: self).run(deliver: events) }
            try await group.next()
            group.cancelAll()
        }
    }

    /// What a call is made with.
    struct Call {
        let client: RuntimeConnections.Client
        let options: CallOptions

        var runtime: Runtime_V1_RuntimeService.Client<RuntimeConnections.Transport> { .init(wrapping: client) }
        var images: Runtime_V1_ImageService.Client<RuntimeConnections.Transport> { .init(wrapping: client) }
    }

    /// One call: its message out, its answer in, its failure as `RuntimeError`.
    func call<Answer: Sendable>(
        timeout: Duration? = callTimeout, _ body: (Call) async throws -> Answer
    ) async throws(RuntimeError) -> Answer {
        var options = CallOptions.defaults
        options.timeout = timeout
        options.waitForReady = true
        options.maxResponseMessageBytes = 64 << 20
        do {
            return try await connections.use { try await body(Call(client: $0, options: options)) }
        } catch let error as RPCError {
            throw RuntimeError(error)
        } catch {
            throw RuntimeError(.other, "\(error)")
        }
    }
}

extension RuntimeError {
    init(_ error: RPCError) {
        let code: Code =
            switch error.code {
            case .notFound: .notFound
            case .unavailable: .unavailable
            case .deadlineExceeded: .deadlineExceeded
            case .unimplemented: .unimplemented
            default: .other
            }
        self.init(code, error.message)
    }
}

/// The runtime, its sandboxes and containers.
extension CRIRuntime {
    package func version() async throws(RuntimeError) -> RuntimeVersion {
        let answer = try await call { try await $0.runtime.version(.with { $0.version = "v1" }, options: $0.options) }
        return RuntimeVersion(name: answer.runtimeName, version: answer.runtimeVersion)
    }

    package func sandboxes() async throws(RuntimeError) -> [ObservedSandbox] {
        try await call { try await $0.runtime.listPodSandbox(.init(), options: $0.options) }.items.map(ObservedSandbox.init)
    }

    package func containers() async throws(RuntimeError) -> [ObservedContainer] {
        let listed = try await call { try await $0.runtime.listContainers(.init(), options: $0.options) }.containers
        var containers: [ObservedContainer] = []
        containers.reserveCapacity(listed.count)
        for item in listed {
            do {
                var container = try await container(item.id)
                container.sandboxID = item.podSandboxID
                containers.append(container)
            } catch where error.code == .notFound {
                continue  // removed between the two calls
            }
        }
        return containers
    }

    package func runSandbox(_ config: PodSandboxConfig) async throws(RuntimeError) -> String {
        try await call(timeout: Self.sandboxTimeout) {
            try await $0.runtime.runPodSandbox(.with { $0.config = config }, options: $0.options)
        }.podSandboxID
    }

    package func sandbox(_ id: String) async throws(RuntimeError) -> ObservedSandbox {
        ObservedSandbox(try await call { try await $0.runtime.podSandboxStatus(.with { $0.podSandboxID = id }, options: $0.options) }.status)
    }

    package func stopSandbox(_ id: String) async throws(RuntimeError) {
        _ = try await call(timeout: Self.sandboxTimeout) {
            try await $0.runtime.stopPodSandbox(.with { $0.podSandboxID = id }, options: $0.options)
        }
    }

    package func removeSandbox(_ id: String) async throws(RuntimeError) {
        _ = try await call { try await $0.runtime.removePodSandbox(.with { $0.podSandboxID = id }, options: $0.options) }
    }

    package func createContainer(
        _ config: ContainerConfig, in sandbox: String, _ sandboxConfig: PodSandboxConfig
    ) async throws(RuntimeError) -> String {
        let request = Runtime_V1_CreateContainerRequest.with {
            $0.podSandboxID = sandbox
            $0.config = config
            $0.sandboxConfig = sandboxConfig
        }
        return try await call { try await $0.runtime.createContainer(request, options: $0.options) }.containerID
    }

    package func startContainer(_ id: String) async throws(RuntimeError) {
        _ = try await call { try await $0.runtime.startContainer(.with { $0.containerID = id }, options: $0.options) }
    }

    package func container(_ id: String) async throws(RuntimeError) -> ObservedContainer {
        ObservedContainer(try await call { try await $0.runtime.containerStatus(.with { $0.containerID = id }, options: $0.options) }.status)
    }

    package func stopContainer(_ id: String, timeout: Duration) async throws(RuntimeError) {
        let request = Runtime_V1_StopContainerRequest.with {
            $0.containerID = id
            $0.timeout = timeout.components.seconds
        }
        _ = try await call(timeout: timeout + Self.callTimeout) { try await $0.runtime.stopContainer(request, options: $0.options) }
    }

    package func removeContainer(_ id: String) async throws(RuntimeError) {
        _ = try await call { try await $0.runtime.removeContainer(.with { $0.containerID = id }, options: $0.options) }
    }

    package func reopenLog(_ id: String) async throws(RuntimeError) {
        _ = try await call { try await $0.runtime.reopenContainerLog(.with { $0.containerID = id }, options: $0.options) }
    }

    package func exec(_ id: String, command: [String], timeout: Duration) async throws(RuntimeError) -> ExecResult {
        let request = Runtime_V1_ExecSyncRequest.with {
            $0.containerID = id
            $0.cmd = command
            $0.timeout = max(1, timeout.components.seconds)
        }
        let answer = try await call(timeout: timeout + .seconds(2)) { try await $0.runtime.execSync(request, options: $0.options) }
        return ExecResult(
            exitCode: Int(answer.exitCode), output: String(decoding: answer.stdout + answer.stderr, as: UTF8.self))
    }
}

/// Images.
extension CRIRuntime {
    package func image(_ reference: String) async throws(RuntimeError) -> RuntimeImage? {
        let answer = try await call {
            try await $0.images.imageStatus(.with { $0.image.image = reference }, options: $0.options)
        }
        return answer.hasImage ? RuntimeImage(answer.image) : nil
    }

    package func images() async throws(RuntimeError) -> [RuntimeImage] {
        try await call { try await $0.images.listImages(.init(), options: $0.options) }.images.map(RuntimeImage.init)
    }

    package func pull(
        _ reference: String, credentials: RegistryCredentials?, for sandbox: PodSandboxConfig
    ) async throws(RuntimeError) -> String {
        let request = Runtime_V1_PullImageRequest.with {
            $0.image.image = reference
            $0.sandboxConfig = sandbox
            if let credentials {
                $0.auth.username = credentials.username
                $0.auth.password = credentials.password
                $0.auth.identityToken = credentials.identityToken
                $0.auth.serverAddress = credentials.serverAddress
            }
        }
        // A large image over a slow line has no natural limit; the runtime gives up on a stalled one.
        return try await call(timeout: nil) { try await $0.images.pullImage(request, options: $0.options) }.imageRef
    }

    package func removeImage(_ id: String) async throws(RuntimeError) {
        _ = try await call { try await $0.images.removeImage(.with { $0.image.image = id }, options: $0.options) }
    }

    package func imageFilesystems() async throws(RuntimeError) -> [String] {
        try await call { try await $0.images.imageFsInfo(.init(), options: $0.options) }.imageFilesystems.map(\.fsID.mountpoint)
    }
}
