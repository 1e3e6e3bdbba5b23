import NIOCore
import NIOPosix
import NIOSSL

/// A TLS connection that speaks no HTTP: what is written goes out as it is, what comes is collected until the end.
enum RawConnection {
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var received = ByteBuffer()
        private let promise: EventLoopPromise<String>
        private let answered: EventLoopPromise<Void>

        /// The client closes when it has read this.
        private let last: String?

        init(_ promise: EventLoopPromise<String>, answered: EventLoopPromise<Void>, until last: String?) {
            self.promise = promise
            self.answered = answered
            self.last = last
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            if let last, String(buffer: received).contains(last) { context.close(promise: nil) }
            answered.succeed()
        }
        func channelInactive(context: ChannelHandlerContext) {
            answered.succeed()
            promise.succeed(String(buffer: received))
        }
        // A connection closed without TLS' farewell has been closed all the same.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Sends `text` and returns all that comes back before the server closes the connection.
    static func exchange(_ text: String, with server: ServerUnderTest, login: ServerUnderTest.Login = .admin) async throws -> String {
        try await exchange(Array(text.utf8), with: server, login: login)
    }

    /// - Parameter http2: whether that is what the client offers to speak.
    static func exchange(
        _ bytes: [UInt8], with server: ServerUnderTest, login: ServerUnderTest.Login = .admin, http2: Bool = false
    ) async throws -> String {
        let (channel, end) = try await open(to: server, login: login, http2: http2)
        // A server that has had enough closes while this still sends.
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        return try await end.get()
    }

    /// A connection, and what will have come back when the server has closed it, or the client at `last`.
    static func open(
        to server: ServerUnderTest, login: ServerUnderTest.Login = .admin, http2: Bool = false, until last: String? = nil
    ) async throws -> (channel: any Channel, end: EventLoopFuture<String>) {
        let connection = try await openAnswered(to: server, login: login, http2: http2, until: last)
        return (connection.channel, connection.end)
    }

    /// The same; `answered` comes with the first bytes, or with the end.
    static func openAnswered(
        to server: ServerUnderTest, login: ServerUnderTest.Login = .admin, http2: Bool = false, until last: String? = nil
    ) async throws -> (channel: any Channel, answered: EventLoopFuture<Void>, end: EventLoopFuture<String>) {
        var tls = try server.tls(login)
        if http2 { tls.applicationProtocols = ["h2"] }
        let context = try NIOSSLContext(configuration: tls)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: String.self)
        let answered = loop.makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    try channel.pipeline.syncOperations.addHandler(Collector(promise, answered: answered, until: last))
                }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        return (channel, answered.futureResult, promise.futureResult)
    }
}
