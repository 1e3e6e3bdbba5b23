import APIMachinery
import Glibc
import Logging

/// The node's own object: made at start, its lease renewed, its status kept.
///
/// Source: Kubernetes docs, "Nodes" and "Leases".
struct Registration {
    static let leaseDuration: Int64 = 40
    static let leaseInterval = Duration.seconds(10)
    /// The status is written when it changes, and at least this often.
    static let statusInterval = Duration.seconds(300)
    static let retryDelay: ClosedRange<Duration> = .milliseconds(100) ... .seconds(10)
    static let kubeletVersion = "v1.36.0+gitctl"

    let nodeName: String
    let addresses: [String]
    let podCIDR: String
    let resources: NodeResources
    let runtime: any ContainerRuntime
    let client: any ResourceClient
    let events: EventRecorder
    let clock: any WallClock
    let logger: Logger
    /// Work that goes with each renewal: looking whether logs have grown too large.
    let onTick: @Sendable () async -> Void

    func run() async throws {
        let node = try await retrying { try await register() }
        // The kubelet's node events name the node as their uid too.
        events.record(.normal, "Starting", "Starting kubelet.", about: node)
        events.record(.normal, "NodeReady", "Node \(nodeName) status is now: NodeReady", about: node)
        var statusDue = clock.now + Self.statusInterval
        while true {
            try await retrying { try await renewLease() }
            await onTick()
            if clock.now >= statusDue {
                try await retrying { try await writeStatus() }
                statusDue = clock.now + Self.statusInterval
            }
            try await clock.sleep(for: Self.leaseInterval)
        }
    }

    private func retrying<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        var delay = Self.retryDelay.lowerBound
        while true {
            do {
                return try await body()
            } catch {
                try Task.checkCancellation()
                logger.warning("node not reported; trying again", metadata: ["node": "\(nodeName)", "error": "\(error)"])
                try await clock.sleep(for: delay)
                delay = min(delay * 2, Self.retryDelay.upperBound)
            }
        }
    }

    // MARK: The node

    private var key: ObjectKey { ObjectKey(.nodes, name: nodeName) }

    private var labels: [String: String] {
        [
            "kubernetes.io/hostname": nodeName, "kubernetes.io/os": "linux", "kubernetes.io/arch": Machine.architecture,
            "node.kubernetes.io/instance-type": "gitctl",
        ]
    }

    /// Makes the node, or gives one that exists what it needs; a cordon stays.
    ///
    /// A new one comes with its status: without room, or not ready, it would make the scheduler refuse pods.
    private func register() async throws -> Object {
        var spec: JSONObject = [:]
        if !podCIDR.isEmpty {
            spec["podCIDR"] = .string(podCIDR)
            spec["podCIDRs"] = [.string(podCIDR)]
        }
        guard let node = try await client.find(key) else {
            var node = Object(.nodes, name: nodeName, ["spec": .object(spec), "status": .object(try await status(previous: []).json)])
            node.labels = labels
            return try await client.create(.nodes, node)
        }
        let missing = labels.filter { node.labels[$0.key] != $0.value }
        if !missing.isEmpty { try await client.patch(key, .merge(["metadata": ["labels": JSON(missing)]])) }
        try await writeStatus()
        return node
    }

    private func writeStatus() async throws {
        let node = try await client.get(key)
        let status = try await status(previous: node.status["conditions"]?.array ?? [])
        try await client.patch(key, .merge(["status": .object(status.json)]), subresource: "status")
    }

    private func status(previous: [JSON]) async throws -> NodeStatus {
        NodeStatus(
            nodeName: nodeName, addresses: addresses, resources: resources, runtime: try await runtime.version(), pressures: Pressures.now(),
            previous: previous, now: clock.now)
    }

    // MARK: The lease

    private func renewLease() async throws {
        let lease = ObjectKey(.leases, namespace: "kube-node-lease", name: nodeName)
        let time = JSON.string(clock.now.micro)
        if try await client.find(lease) != nil {
            try await client.patch(lease, .merge(["spec": ["renewTime": time, "holderIdentity": .string(nodeName)]]))
            return
        }
        let node = try await client.get(key)
        var object = Object(
            .leases, namespace: "kube-node-lease", name: nodeName,
            ["spec": ["holderIdentity": .string(nodeName), "leaseDurationSeconds": .int(Self.leaseDuration), "renewTime": time]])
        object.ownerReferences = [
            OwnerReference(apiVersion: "v1", kind: "Node", name: nodeName, uid: node.uid, isController: false, blocksOwnerDeletion: false)
        ]
        _ = try await client.create(.leases, object)
    }
}

extension ResourceClient {
    /// nil when there is no such object.
    func find(_ key: ObjectKey) async throws(APIStatus) -> Object? {
        do {
            return try await get(key)
        } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
    }
}
