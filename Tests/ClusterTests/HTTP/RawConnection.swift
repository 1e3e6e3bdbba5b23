import NIOCore
import NIOPosix
import NIOSSL

/// A TLS connection that speaks no HTTP: what is written goes out as it is, what comes is collected until the end.
enum RawConnection {
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var received = ByteBuffer()
        private let promise: EventLoopPromise<String>

        /// The client closes when it has read this.
        private let last: String?

        init(_ promise: EventLoopPromise<String>, until last: String?) {
            self.promise = promise
            self.last = last
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            if let last, String(buffer: received).contains(last) { context.close(promise: nil) }
        }
        func channelInactive(context: ChannelHandlerContext) { promise.succeed(String(buffer: received)) }
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
        var tls = try server.tls(login)
        if http2 { tls.applicationProtocols = ["h2"] }
        let context = try NIOSSLContext(configuration: tls)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    try channel.pipeline.syncOperations.addHandler(Collector(promise, until: last))
                }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        return (channel, promise.futureResult)
    }
}
