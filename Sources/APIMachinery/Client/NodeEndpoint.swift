/// What the API server asks of a node's agent: Kubernetes' kubelet API, in process here.
package protocol NodeEndpoint: Sendable {
    /// A container's log as bytes, ended by the end of the log or, with `follow`, of the container.
    ///
    /// Errors: `notFound` when the pod is not on the node, `badRequest` when the container has not
    /// started or `previous` does not exist.
    func logs(namespace: String, pod: String, container: String, options: LogOptions) async throws(APIStatus)
        -> AsyncThrowingStream<[UInt8], any Error>

    /// What the machine uses now; nil while no agent runs, or has not for long enough to say.
    func nodeUsage() async -> NodeUsage?

    /// What those of the pods use that run here, and have for long enough to say; in no order.
    func usage(ofPods uids: Set<String>) async -> [PodUsage]
}

/// Source: API reference, core/v1 PodLogOptions.
package struct LogOptions: Sendable {
    package var follow = false
    package var previous = false
    package var timestamps = false
    package var tailLines: Int?
    package var limitBytes: Int?
    package var sinceSeconds: Int?
    /// RFC 3339.
    package var sinceTime: String?

    package init() {}
}
