import APIMachinery
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization
import X509

/// The bound socket: accepts TLS connections and gives each the pipeline of the protocol it negotiated.
final class Listener: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isShut = false
    }

    private let responder: Responder
    private let limits: HTTPLimits
    private let logger: Logger
    private let tls: Mutex<NIOSSLContext>
    private let state = Mutex(State())
    let tasks = RequestTasks()
    private let streams: OpenStreams

    init(responder: Responder, tls: NIOSSLContext, limits: HTTPLimits, streams: OpenStreams, logger: Logger) {
        self.streams = streams
        self.responder = responder
        self.limits = limits
        self.logger = logger
        self.tls = Mutex(tls)
    }

    /// Connections made from now on see the new certificates.
    func replace(tls context: NIOSSLContext) { tls.withLock { $0 = context } }

    var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Binds and begins to accept. Returns the port, which the system chose if `port` was 0.
    ///
    /// - Parameter allowsFutureAddress: the address may be one that no interface has yet (ip(7), IP_FREEBIND).
    func bind(host: String, port: Int, allowsFutureAddress: Bool = false) async throws -> Int {
        var bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Without file descriptors left, accepting waits instead of spinning.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AcceptPause()) }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { [self] channel in configure(channel) }
        if allowsFutureAddress {
            bootstrap = bootstrap.serverChannelOption(.ipOption(.init(rawValue: IP_FREEBIND)), value: 1)
        }
        let channel = try await bootstrap.bind(host: host, port: port).get()
        state.withLock { $0.channels.append(channel) }
        return channel.localAddress?.port ?? port
    }

    /// Stops accepting, ends streams, and lets requests in flight finish for `shutdownGrace`.
    func shutDown() async {
        let clock = SystemClock()
        let (listeners, connections) = state.withLock { state in
            state.isShut = true
            return (state.channels, Array(state.connections.values))
        }
        // A listener that is closed already is as good.
        for listener in listeners { try? await listener.close() }
        // Streams first: a client that is told to leave while it still reads one takes that for an error.
        await streams.shutDown(until: clock.now + .nanoseconds(limits.shutdownGrace.nanoseconds), clock: clock)
        for connection in connections {
            // Together: no request may be read in between.
            connection.eventLoop.execute {
                connection.pipeline.fireUserInboundEventTriggered(ServerIsLeaving())
                connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            }
        }
        let grace = limits.shutdownGrace
        await withTaskGroup(of: Void.self) { group in
            for connection in connections {
                group.addTask {
                    let timer = connection.eventLoop.scheduleTask(in: grace) { connection.close(promise: nil) }
                    // Whatever ended the connection, it is gone.
                    try? await connection.closeFuture.get()
                    timer.cancel()
                }
            }
        }
        tasks.finish()
    }

    // MARK: One connection

    private func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard register(channel) else { return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        let timer = channel.eventLoop.scheduleTask(in: limits.handshakeTimeout) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timer.cancel() }
        let context = tls.withLock { $0 }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
        }.flatMap {
            channel.configureHTTP2SecureUpgrade(
                h2ChannelConfigurator: { channel in
                    timer.cancel()
                    return channel.eventLoop.makeCompletedFuture { try self.configureHTTP2(channel) }
                },
                http1ChannelConfigurator: { channel in
                    timer.cancel()
                    return channel.eventLoop.makeCompletedFuture { try self.configureHTTP1(channel) }
                })
        }
    }

    /// False when there are too many connections, or the server is shutting down.
    private func register(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAccepted = state.withLock { state in
            guard !state.isShut, state.connections.count < limits.connectionsMax else { return false }
            state.connections[id] = channel
            return true
        }
        if isAccepted { channel.closeFuture.whenComplete { [weak self] _ in self?.state.withLock { $0.connections[id] = nil } } }
        return isAccepted
    }

    private func configureHTTP1(_ channel: any Channel) throws {
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = limits.headBytesMax
        decoder.maxHeaderListSize = limits.headBytesMax
        let pipeline = channel.pipeline.syncOperations
        let handler = RequestHandler(
            responder: responder, limits: limits, tasks: tasks, streams: streams, peer: peer(of: channel), isHTTP2: false)
        try pipeline.addHandler(ConnectionTimeouts(limits: limits))
        try pipeline.configureHTTPServerPipeline(
            withErrorHandling: false, withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoder)
        try pipeline.addHandler(handler)
    }

    private func configureHTTP2(_ channel: any Channel) throws {
        let peer = peer(of: channel)
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: limits.idleTimeout, maxAge: nil, maxGraceTime: limits.shutdownGrace,
                keepalive: .init(pingInterval: limits.pingInterval, ackTimeout: limits.pingTimeout)))
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streamsPerConnectionMax),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headBytesMax),
        ]
        connection.controlFrameRateLimit.maximumCount = limits.controlFramesMax
        // A whole request body may be on its way without a stop.
        connection.targetWindowSize = limits.bodyBytesMax
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 1 << 18
        stream.outboundBufferSizeHighWatermark = limits.writeChunkBytes
        stream.outboundBufferSizeLowWatermark = limits.writeChunkBytes / 2
        stream.streamResetFrameRateLimit.maximumCount = limits.resetsMax
        let pipeline = channel.pipeline.syncOperations
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: connection, streamConfiguration: stream,
            streamDelegate: StreamReports(manager.http2StreamDelegate)
        ) { [self] stream in
            stream.eventLoop.makeCompletedFuture {
                let streamPipeline = stream.pipeline.syncOperations
                try streamPipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                try streamPipeline.addHandler(
                    RequestHandler(
                        responder: responder, limits: limits, tasks: tasks, streams: streams, peer: peer, isHTTP2: true))
            }
        }
        try pipeline.addHandler(manager)
        try pipeline.addHandler(ConnectionErrors())
    }

    /// Who the client certificate names, TLS having verified it against the cluster's authority.
    private func peer(of channel: any Channel) -> Peer {
        var peer = Peer(address: channel.remoteAddress?.description ?? "")
        do {
            if let certificate = try channel.pipeline.syncOperations.nioSSL_peerCertificate() {
                peer.identity = try Certificate(derEncoded: certificate.toDERBytes()).clientIdentity
            }
        } catch {
            logger.warning("a verified client certificate could not be read", metadata: ["error": "\(error)"])
        }
        return peer
    }
}

/// Lets a listener that cannot accept, for want of a file descriptor, wait a moment before it tries again.
///
/// NIO's own AcceptBackoffHandler holds back the next read. A read whose first accept fails stays
/// registered, and the event loop tries it without end.
private final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(200)
    private var isPaused = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError else { return context.fireErrorCaught(error) }
        guard !isPaused else { return }
        isPaused = true
        let bound = NIOLoopBound((handler: self, channel: context.channel), eventLoop: context.eventLoop)
        // Also takes back what is registered.
        context.channel.setOption(.autoRead, value: false).whenComplete { _ in
            bound.value.channel.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
                bound.value.handler.isPaused = false
                bound.value.channel.setOption(.autoRead, value: true).whenFailure { _ in
                    // The listener is closed.
                }
            }
        }
    }
}

/// Passes on which streams begin and end.
///
/// A connection that breaks the protocol can report the end of a stream whose beginning it has not
/// reported, which the receiver takes for a mistake of the program and stops a debug build.
private final class StreamReports: NIOHTTP2StreamDelegate {
    private let receiver: any NIOHTTP2StreamDelegate
    private let open = Mutex<Set<HTTP2StreamID>>([])

    init(_ receiver: any NIOHTTP2StreamDelegate) { self.receiver = receiver }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        _ = open.withLock { $0.insert(id) }
        receiver.streamCreated(id, channel: channel)
    }

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
        if open.withLock({ $0.remove(id) }) != nil { receiver.streamClosed(id, channel: channel) }
    }
}

/// The end of an HTTP/2 connection's pipeline: an error nobody handled closes the connection.
private final class ConnectionErrors: ChannelInboundHandler {
    typealias InboundIn = Any

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
