import NIOCore

/// What an HTTP/1 connection is doing, told by its request handler to its timeouts.
enum ConnectionPhase: Sendable {
    case waiting
    case answering
}

/// Closes HTTP/1 connections that stay idle, or whose request heads come too slowly.
///
/// Sits before the HTTP decoder, where the first byte of a head is seen.
final class ConnectionTimeouts: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: HTTPLimits
    private var timer: Scheduled<Void>?
    private var isWaiting = false

    init(limits: HTTPLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) { wait(context: context) }
    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isWaiting {
            isWaiting = false
            schedule(limits.headTimeout, context: context)
        }
        context.fireChannelRead(data)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let phase = event as? ConnectionPhase else { return context.triggerUserOutboundEvent(event, promise: promise) }
        switch phase {
        case .waiting: wait(context: context)
        case .answering:
            isWaiting = false
            timer?.cancel()
        }
        promise?.succeed()
    }

    private func wait(context: ChannelHandlerContext) {
        isWaiting = true
        schedule(limits.idleTimeout, context: context)
    }

    private func schedule(_ timeout: TimeAmount, context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: timeout) { bound.value.close(promise: nil) }
    }
}
