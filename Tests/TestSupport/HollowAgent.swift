import APIMachinery
import Cluster
import Logging
import Synchronization

/// A node without containers: registers itself, renews its lease, and reports of each pod what a
/// node agent would (`HollowPods`).
package final class HollowAgent: Sendable {
    package typealias Behavior = HollowPods.Behavior

    package let nodeName: String
    private let client: any ResourceClient
    private let clock: any WallClock
    private let pods: HollowPods
    private let silence = Mutex(false)

    package init(
        nodeName: String = "node-1", client: any ResourceClient, clock: any WallClock, seed: UInt64,
        behavior: Behavior = Behavior(),
        logger: Logger = Logger(label: "hollow-agent")
    ) {
        self.nodeName = nodeName
        self.client = client
        self.clock = clock
        pods = HollowPods(nodeName: nodeName, client: client, clock: clock, seed: seed, behavior: behavior, logger: logger)
    }

    /// While true the node renews no lease.
    package var isSilent: Bool {
        get { silence.withLock { $0 } }
        set { silence.withLock { $0 = newValue } }
    }

    /// Until cancelled.
    package func run() async throws {
        try await register()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.pods.run() }
            group.addTask { try await self.renewLease() }
            try await group.waitForAll()
        }
    }

    private var ready: JSON {
        [
            [
                "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
                "lastTransitionTime": .string(clock.now.description),
            ]
        ]
    }

    /// Says that the node is well, where somebody has come to doubt it.
    private func reportReady() async throws {
        let key = ObjectKey(.nodes, name: nodeName)
        let conditions = try await client.get(key).status["conditions"]?.array ?? []
        if conditions.contains(where: { $0["type"] == "Ready" && $0["status"] == "True" }) { return }
        try await client.patch(key, .strategicMerge(["status": ["conditions": ready]]), subresource: "status")
    }

    private func register() async throws {
        var node = Object(.nodes, name: nodeName)
        node["status"] = [
            "capacity": ["cpu": "64", "memory": "256Gi", "pods": "1000"],
            "allocatable": ["cpu": "64", "memory": "256Gi", "pods": "1000"],
            "conditions": ready,
        ]
        do throws(APIStatus) { _ = try await client.create(.nodes, node) } catch {
            // Known from a life before.
            if error.reason != .alreadyExists { throw error }
        }
    }

    private func renewLease() async throws {
        while true {
            if !isSilent {
                let time = JSON.string(clock.now.micro)
                let key = ObjectKey(.leases, namespace: "kube-node-lease", name: nodeName)
                let spec: JSON = ["holderIdentity": .string(nodeName), "leaseDurationSeconds": 40, "renewTime": time]
                do throws(APIStatus) {
                    try await client.patch(key, .merge(["spec": spec]))
                } catch {
                    _ = try await client.create(
                        .leases, Object(.leases, namespace: "kube-node-lease", name: nodeName, ["spec": spec]))
                }
                try await reportReady()
            }
            try await clock.sleep(for: .seconds(10))
        }
    }
}
