import NIOCore
import NIOPosix
import NIOSSL

/// A TLS connection that speaks no HTTP: what is written goes out as it is, what comes is collected until the end.
enum RawConnection {
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var received = ByteBuffer()
        private let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { received.writeImmutableBuffer(unwrapInboundIn(data)) }
        func channelInactive(context: ChannelHandlerContext) { promise.succeed(String(buffer: received)) }
        // A connection closed without TLS' farewell has been closed all the same.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Sends `text` and returns all that comes back before the server closes the connection.
    static func exchange(_ text: String, with server: ServerUnderTest, login: ServerUnderTest.Login = .admin) async throws -> String {
        let context = try NIOSSLContext(configuration: try server.tls(login))
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    try channel.pipeline.syncOperations.addHandler(Collector(promise))
                }
            }
            .connect(host: "127.0.0.1", port: server.port).get()
        try await channel.writeAndFlush(ByteBuffer(string: text))
        return try await promise.futureResult.get()
    }
}
