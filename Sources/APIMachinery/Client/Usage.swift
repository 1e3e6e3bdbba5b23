/// What something uses: the processor on average over a window, memory at its end.
package struct ResourceUsage: Sendable, Hashable {
    /// Billionths of a processor.
    package var cpuNanocores: Int64
    /// The working set: what is in use less the file pages that the kernel gives up first.
    package var memoryBytes: Int64

    package init(cpuNanocores: Int64, memoryBytes: Int64) {
        self.cpuNanocores = cpuNanocores
        self.memoryBytes = memoryBytes
    }
}

/// What a machine uses, with everything that runs on it.
package struct NodeUsage: Sendable, Hashable {
    package var node: String
    package var time: Timestamp
    package var window: Duration
    package var usage: ResourceUsage

    package init(node: String, time: Timestamp, window: Duration, usage: ResourceUsage) {
        self.node = node
        self.time = time
        self.window = window
        self.usage = usage
    }
}

/// What the running containers of a pod use.
package struct PodUsage: Sendable, Hashable {
    package struct Container: Sendable, Hashable {
        package var name: String
        package var usage: ResourceUsage

        package init(name: String, usage: ResourceUsage) {
            self.name = name
            self.usage = usage
        }
    }

    package var uid: String
    /// When the first of its containers was looked at.
    package var time: Timestamp
    /// The longest of its containers' windows: one that was started since is averaged over less.
    package var window: Duration
    /// In the order of the pod's spec.
    package var containers: [Container]

    package init(uid: String, time: Timestamp, window: Duration, containers: [Container]) {
        self.uid = uid
        self.time = time
        self.window = window
        self.containers = containers
    }
}
