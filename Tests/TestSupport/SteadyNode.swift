import APIMachinery

/// A node whose pods all use the same, for what is made of measurements; the real ones are the agent's.
package struct SteadyNode: NodeEndpoint {
    /// The uids of pods that can be measured; nil: all of them.
    let measured: Set<String>?

    package init(measured: Set<String>? = nil) { self.measured = measured }

    package func logs(namespace: String, pod: String, container: String, options: LogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<[UInt8], any Error>
    {
        throw .notFound(.pods, name: pod)
    }

    package func nodeUsage() async -> NodeUsage? {
        NodeUsage(
            node: "n", time: Timestamp(seconds: 1_699_999_999), window: .milliseconds(15_250),
            usage: ResourceUsage(cpuNanocores: 1_500_000_000, memoryBytes: 3 << 30))
    }

    package func usage(ofPods uids: Set<String>) async -> [PodUsage] {
        uids.filter { measured?.contains($0) ?? true }.map { uid in
            PodUsage(
                uid: uid, time: Timestamp(seconds: 1_699_999_999), window: .seconds(90),
                containers: [
                    .init(name: "main", usage: ResourceUsage(cpuNanocores: 12_345_678, memoryBytes: 5 << 20)),
                    .init(name: "side", usage: ResourceUsage(cpuNanocores: 1, memoryBytes: 1000)),
                ])
        }
    }
}
