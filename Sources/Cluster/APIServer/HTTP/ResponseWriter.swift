import APIMachinery
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends a streamed answer from a task. A call returns as long as little is on its way to the client,
/// else when the connection has taken the bytes: a slow client slows its own task and nobody else.
package struct ResponseWriter: Sendable {
    /// Bytes that may be on their way before a write waits for them.
    private static let unsentBytesMax = 64 << 10
    /// What a write costs beside its bytes: many small ones wait too.
    private static let writeBytes = 128

    private final class Unsent: Sendable {
        private let bytes = Atomic(0)

        /// Answers the sum.
        func add(_ count: Int) -> Int { bytes.add(count, ordering: .relaxed).newValue }
    }

    private let channel: any Channel
    private let version: HTTPVersion
    private let stallTimeout: TimeAmount
    private let unsent = Unsent()

    init(channel: any Channel, version: HTTPVersion, stallTimeout: TimeAmount) {
        self.channel = channel
        self.version = version
        self.stallTimeout = stallTimeout
    }

    package func begin(contentType: String, headers: HTTPHeaders = [:]) async throws {
        var head = HTTPResponseHead(version: version, status: .ok, headers: headers)
        head.headers.replaceOrAdd(name: "content-type", value: contentType)
        head.headers.replaceOrAdd(name: "cache-control", value: "no-cache, private")
        try await channel.writeAndFlush(HTTPServerResponsePart.head(head)).get()
    }

    /// Sends the pieces as one chunk. Throws when the task is cancelled, as it is when its connection ends.
    package func write(_ pieces: some Collection<[UInt8]>) async throws {
        // While no write waits, nothing else tells that there is nobody left to write to.
        try Task.checkCancellation()
        var buffer = channel.allocator.buffer(capacity: pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { buffer.writeBytes(piece) }
        let count = buffer.readableBytes + Self.writeBytes
        let mustWait = unsent.add(count) > Self.unsentBytesMax
        let sent: EventLoopFuture<Void> = channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer)))
        sent.whenComplete { [unsent] _ in _ = unsent.add(-count) }
        // Whether it failed is of no matter: a connection that ends also ends the task.
        guard mustWait else { return }
        let channel = channel
        // A client that takes nothing would hold its task and its place for ever.
        let timer = channel.eventLoop.scheduleTask(in: stallTimeout) { channel.close(promise: nil) }
        defer { timer.cancel() }
        try await sent.get()
    }
}

/// Runs the tasks of requests as children of the server's own task: none outlives it.
final class RequestTasks: Sendable {
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let feed: AsyncStream<@Sendable () async -> Void>.Continuation

    init() { (jobs, feed) = AsyncStream.makeStream() }

    func start(_ job: @escaping @Sendable () async -> Void) { feed.yield(job) }

    /// No further job is begun.
    func finish() { feed.finish() }

    /// Ends after `finish`, when every job has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
        }
    }
}
