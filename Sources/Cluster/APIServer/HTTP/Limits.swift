import NIOCore

/// Every bound of the HTTP server, in one place. Named after what they protect.
package struct HTTPLimits: Sendable {
    /// Larger request bodies answer 413 (as etcd's and Kubernetes' limit).
    package var bodyBytesMax = 3 << 20
    /// Larger request heads answer 431. Tokens and impersonation headers are the largest honest ones.
    package var headBytesMax = 64 << 10
    /// Requests in flight beyond these answer 429, as Kubernetes' `--max-requests-inflight` and `--max-mutating-requests-inflight`.
    package var readsInFlightMax = 400
    package var writesInFlightMax = 200
    /// What a refused client is asked to wait.
    package var retryAfterSeconds = 1
    /// Watches and followed logs at one time: each holds a task and a place in the watch hub.
    package var streamsMax = 10_000
    /// Connections beyond this are closed as they come.
    package var connectionsMax = 4_096
    package var handshakeTimeout = TimeAmount.seconds(10)
    /// From a request's first byte to the end of its head: slow heads are an attack.
    package var headTimeout = TimeAmount.seconds(15)
    /// From the head to the end of the body.
    package var bodyTimeout = TimeAmount.seconds(60)
    /// How long a connection without a request stays open.
    package var idleTimeout = TimeAmount.minutes(5)
    /// HTTP/2: the client is asked for a sign of life this often while it is silent.
    package var pingInterval = TimeAmount.seconds(60)
    package var pingTimeout = TimeAmount.seconds(20)
    /// HTTP/2 streams of one connection: clients put all their watches on one.
    package var streamsPerConnectionMax = 1_000
    /// HTTP/2 resets (rapid reset), and pings and settings (floods), per 30 seconds.
    package var resetsMax = 400
    package var controlFramesMax = 400
    /// A response is written in pieces of about this size, each when the client took the one before.
    package var writeChunkBytes = 64 << 10
    /// How long a client may take nothing of an answer that waits for it, before its connection (in HTTP/2, its stream) is closed.
    package var stallTimeout = TimeAmount.seconds(60)
    /// How long requests in flight may take to end after a shutdown began.
    package var shutdownGrace = TimeAmount.seconds(5)
    /// A watch without `timeoutSeconds` ends after a random time within this, so that clients do not come back all at once.
    package var watchSeconds: ClosedRange<Int64> = 1_800...3_600

    package init() {}
}
