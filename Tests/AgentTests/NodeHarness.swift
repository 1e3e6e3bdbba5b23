import APIMachinery
import Agent
import Cluster
import Glibc
import Logging
import TestSupport
import Testing

/// A node of its own: a real API server in this process, the agent, containerd, and the busybox image.
actor NodeHarness {
    nonisolated let client: any ResourceClient
    nonisolated let directory: String
    private let configuration: Agent.Configuration
    private(set) var agent: Agent
    private var life: Task<Void, any Error>?

    static let image = "docker.io/library/busybox:1.36"

    /// Runs `body` beside a running agent, and takes the node down afterwards. `mirror` answers for docker.io.
    static func with<Result: Sendable>(mirror: String? = nil, _ body: @Sendable (NodeHarness) async throws -> Result) async throws -> Result {
        try await TemporaryDirectory.with { directory in
            try await CommandRunner().output(
                "\(BuiltProducts.sources)/scripts/images", "--output", "\(directory.path)/images", "busybox", within: .seconds(120))
            var logger = Logger(label: "node") { StreamLogHandler.standardError(label: $0) }
            logger.logLevel = getenv("GITCTL_TEST_LOG") != nil ? .debug : .warning
            let cluster = try await Cluster(.init(dataDirectory: directory.path, port: 0, logger: logger))
            let client = cluster.client(as: .component("test"))
            try await prepare(client)
            let configuration = Agent.Configuration(
                dataDirectory: directory.path, nodeName: "node", podCIDR: "10.42.0.0/16", serviceCIDR: "10.43.0.0/16",
                apiServerURL: cluster.url, registryMirrors: mirror.map { ["docker.io": $0] } ?? [:], logger: logger)
            let harness = NodeHarness(configuration, client: client)
            await harness.startAgent()
            do {
                let result = try await body(harness)
                try await harness.end()
                return result
            } catch {
                try await harness.end()
                throw error
            }
        }
    }

    private init(_ configuration: Agent.Configuration, client: any ResourceClient) {
        self.configuration = configuration
        self.client = client
        directory = configuration.dataDirectory
        agent = Agent(configuration, client: client)
    }

    private func startAgent() {
        agent = Agent(configuration, client: client)
        life = Task { [agent] in try await agent.run() }
    }

    private func stopAgent() async throws {
        life?.cancel()
        try await life?.value
    }

    /// Ends the agent, runs `body` while there is none, and starts another one.
    func restartAgent(_ body: () async throws -> Void) async throws {
        try await stopAgent()
        try await body()
        startAgent()
    }

    private func end() async throws {
        try await stopAgent()
        try await agent.tearDown()
        let namespace = try #require(InNetworkNamespace.current)
        #expect(try await Leftovers(dataDirectory: directory, namespace: namespace).description == "")
    }

    /// What controllers make in a whole cluster.
    private static func prepare(_ client: any ResourceClient) async throws {
        do {
            _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "default", ["automountServiceAccountToken": false]))
        } catch where error.reason == .alreadyExists {}
    }

    // MARK: Pods

    /// Makes a pod of this node that runs `script` in one container named `main`.
    @discardableResult
    func create(_ name: String, script: String, spec extra: JSONObject = [:], container more: JSONObject = [:]) async throws -> Object {
        var container: JSONObject = [
            "name": "main", "image": .string(Self.image), "command": ["/bin/sh", "-c", .string(script)],
        ]
        for member in more { container[member.key] = member.value }
        var spec: JSONObject = ["nodeName": "node", "terminationGracePeriodSeconds": 2, "containers": [.object(container)]]
        for member in extra { spec[member.key] = member.value }
        return try await client.create(.pods, Object(.pods, namespace: "default", name: name, ["spec": .object(spec)]))
    }

    func pod(_ name: String) async throws -> Object {
        try await client.get(ObjectKey(.pods, namespace: "default", name: name))
    }

    /// The pod once `condition` holds of it. The suite's time limit ends a wait in vain.
    @discardableResult
    func wait(for name: String, until condition: (Object) -> Bool) async throws -> Object {
        var options = ListOptions()
        options.fieldSelector = FieldSelector("metadata.name", equals: name)
        let list = try await client.list(.pods, namespace: "default", options: options)
        if let pod = list.items.first, condition(pod) { return pod }
        options.resourceVersion = list.resourceVersion
        for try await event in try await client.watch(.pods, namespace: "default", options: options) {
            switch event {
            case .added(let pod), .modified(let pod): if condition(pod) { return pod }
            case .deleted(let pod): throw Unexpected(description: "pod \(name) was deleted: \(pod.json.text)")
            case .bookmark: break
            }
        }
        throw Unexpected(description: "the watch of pod \(name) ended")
    }

    func waitUntilGone(_ name: String) async throws {
        var options = ListOptions()
        options.fieldSelector = FieldSelector("metadata.name", equals: name)
        let list = try await client.list(.pods, namespace: "default", options: options)
        if list.items.isEmpty { return }
        options.resourceVersion = list.resourceVersion
        for try await event in try await client.watch(.pods, namespace: "default", options: options) {
            if case .deleted = event { return }
        }
    }

    func log(_ pod: String, container: String = "main", options: LogOptions = LogOptions()) async throws -> String {
        var bytes: [UInt8] = []
        for try await some in try await agent.logs(namespace: "default", pod: pod, container: container, options: options) { bytes += some }
        return String(decoding: bytes, as: UTF8.self)
    }

    func events(of pod: String) async throws -> [String] {
        try await client.list(.events, namespace: "default").items
            .filter { $0["involvedObject", "name"]?.string == pod }
            .map { "\($0["reason"]?.string ?? ""): \($0["message"]?.string ?? "")" }
    }

    /// The log up to and with `text`.
    func follow(_ pod: String, until text: String) async throws -> String {
        var options = LogOptions()
        options.follow = true
        var log = ""
        for try await some in try await agent.logs(namespace: "default", pod: pod, container: "main", options: options) {
            log += String(decoding: some, as: UTF8.self)
            if log.contains(text) { return log }
        }
        throw Unexpected(description: "the log ended: \(log)")
    }

    func waitForEvent(of pod: String, _ isWanted: (String) -> Bool) async throws {
        let list = try await client.list(.events, namespace: "default")
        func matches(_ event: Object) -> Bool {
            event["involvedObject", "name"]?.string == pod && isWanted("\(event["reason"]?.string ?? ""): \(event["message"]?.string ?? "")")
        }
        if list.items.contains(where: matches) { return }
        var options = ListOptions()
        options.resourceVersion = list.resourceVersion
        for try await event in try await client.watch(.events, namespace: "default", options: options) {
            if case .added(let object) = event, matches(object) { return }
        }
    }

    /// A claim bound to a volume that is a directory of the host, as the binder would leave them.
    func createVolume(_ name: String, path: String) async throws {
        let size: JSON = ["storage": "1Mi"]
        _ = try await client.create(
            .persistentVolumes,
            Object(
                .persistentVolumes, name: name,
                ["spec": ["capacity": size, "accessModes": ["ReadWriteOnce"], "hostPath": ["path": .string(path)]]]))
        _ = try await client.create(
            .persistentVolumeClaims,
            Object(
                .persistentVolumeClaims, namespace: "default", name: name,
                ["spec": ["accessModes": ["ReadWriteOnce"], "volumeName": .string(name), "resources": ["requests": size]]]))
        try await client.patch(
            ObjectKey(.persistentVolumeClaims, namespace: "default", name: name), .merge(["status": ["phase": "Bound"]]),
            subresource: "status")
    }

    /// Kills the process of a pod's container, as the kernel might.
    func killContainer(of pod: String) async throws {
        let id = try await self.pod(pod).containerStatus()["containerID"]?.string?.dropFirst("containerd://".count) ?? ""
        try await CommandRunner().output(
            "ctr", "--address", Containerd(dataDirectory: directory, podCIDR: "10.42.0.0/16", registryMirrors: [:], logger: configuration.logger).socketPath,
            "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", String(id))
    }
}

/// The world is not as the test needs it.
struct Unexpected: Error, CustomStringConvertible {
    var description: String
}

extension Object {
    var isReady: Bool { condition("Ready") == "True" }
    var phase: String { status["phase"]?.string ?? "" }

    func condition(_ type: String) -> String? {
        status["conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string
    }

    func containerStatus(_ name: String = "main") -> JSON {
        let all = (status["containerStatuses"]?.array ?? []) + (status["initContainerStatuses"]?.array ?? [])
        return all.first { $0["name"]?.string == name } ?? .null
    }
}
