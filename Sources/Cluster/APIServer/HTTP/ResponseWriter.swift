import APIMachinery
import NIOCore
import NIOHTTP1

/// Sends a streamed answer from a task. Every call returns when the client's connection has taken
/// the bytes: a slow client slows its own task and nobody else.
package struct ResponseWriter: Sendable {
    private let channel: any Channel
    private let version: HTTPVersion
    private let stallTimeout: TimeAmount

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

    /// Sends the pieces as one chunk.
    package func write(_ pieces: some Collection<[UInt8]>) async throws {
        var buffer = channel.allocator.buffer(capacity: pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { buffer.writeBytes(piece) }
        let channel = channel
        // A client that takes nothing would hold its task and its place for ever.
        let timer = channel.eventLoop.scheduleTask(in: stallTimeout) { channel.close(promise: nil) }
        defer { timer.cancel() }
        try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer))).get()
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
