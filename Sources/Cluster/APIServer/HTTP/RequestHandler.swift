import APIMachinery
import NIOCore
import NIOHTTP1

/// What the HTTP layer asks of the API server. Both are called on an event loop and must not block.
package struct Responder: Sendable {
    /// Answers a whole request.
    package var respond: @Sendable (Request) -> Reply
    /// Looks at a head whose body has not come yet, and notes in it what it found: a refusal saves reading the body.
    package var refuse: @Sendable (inout Request) -> APIStatus?

    package init(respond: @escaping @Sendable (Request) -> Reply, refuse: @escaping @Sendable (inout Request) -> APIStatus?) {
        self.respond = respond
        self.refuse = refuse
    }
}

/// Who is at the other end of a connection.
struct Peer: Sendable {
    /// The subject of the client certificate, which TLS verified.
    var identity: UserInfo?
    var address: String
}

/// One HTTP/1 connection (its requests come one after another) or one HTTP/2 stream (one request).
///
/// Confined to its channel's event loop. Answers that are ready leave at once; the others are made
/// by tasks of `RequestTasks` and come back here.
final class RequestHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case receiving(Request, HTTPRequestHead)
        /// The answer is made or being sent. `hasRequestEnded`: no more of the body is to come.
        case answering(Answer)
    }

    private struct Answer {
        var head: HTTPRequestHead
        var hasRequestEnded: Bool
        var closesConnection: Bool
        var status = 0
        var completion: (@Sendable (Int) -> Void)?
        var pieces: BodyPieces?
    }

    private let responder: Responder
    private let limits: HTTPLimits
    private let tasks: RequestTasks
    private let streams: OpenStreams
    private let peer: Peer
    private let isHTTP2: Bool
    private var state = State.idle
    /// No request is answered after the one at hand: the connection is being closed, by whoever set this.
    private var isEnding = false
    private var bodyTimer: Scheduled<Void>?
    /// Runs while the client takes nothing of an answer.
    private var stallTimer: Scheduled<Void>?
    /// Tells the task of a streamed answer to end.
    private var stream: Signal?

    init(
        responder: Responder, limits: HTTPLimits, tasks: RequestTasks, streams: OpenStreams, peer: Peer, isHTTP2: Bool
    ) {
        self.responder = responder
        self.limits = limits
        self.tasks = tasks
        self.streams = streams
        self.peer = peer
        self.isHTTP2 = isHTTP2
    }

    // MARK: The request comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head, context: context)
        case .body(let bytes): receive(bytes, context: context)
        case .end: receiveEnd(context: context)
        }
    }

    private func receive(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        guard !isEnding else { return }
        if !isHTTP2 { context.triggerUserOutboundEvent(ConnectionPhase.answering, promise: nil) }
        let headBytes = head.headers.reduce(head.uri.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard headBytes <= limits.headBytesMax else {
            return refuse(APIStatus(.badRequest, "the request's head has \(headBytes) bytes, more than \(limits.headBytesMax)", code: 431), head, context: context)
        }
        guard
            var request = Request(
                method: head.method, target: head.uri, headers: head.headers, certificateIdentity: peer.identity,
                remoteAddress: peer.address)
        else { return refuse(.badRequest("the request target is not a valid path and query"), head, context: context) }
        let length = head.headers.first(name: "content-length").flatMap(Int.init)
        if let length, length > limits.bodyBytesMax { return refuse(tooLarge, head, context: context) }
        if length ?? 0 > 0 || head.headers.contains(name: "transfer-encoding") || isHTTP2 && head.method.hasBody {
            if let refusal = responder.refuse(&request) { return refuse(refusal, head, context: context) }
            if !isHTTP2, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
            }
        }
        state = .receiving(request, head)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        bodyTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.bodyTimeout) { self.bodyTimedOut(context: bound.value) }
    }

    private var tooLarge: APIStatus {
        APIStatus(.requestEntityTooLarge, "Request entity too large: limit is \(limits.bodyBytesMax) bytes")
    }

    private func receive(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        guard case .receiving(var request, let head) = state else { return }
        // Taken out of the state, so that the body's storage is uniquely referenced while it grows.
        state = .idle
        guard request.body.readableBytes + bytes.readableBytes <= limits.bodyBytesMax else { return refuse(tooLarge, head, context: context) }
        if request.body.readableBytes == 0 { request.body = bytes } else { request.body.writeImmutableBuffer(bytes) }
        state = .receiving(request, head)
    }

    private func receiveEnd(context: ChannelHandlerContext) {
        switch state {
        case .idle: break
        case .receiving(let request, let head):
            bodyTimer?.cancel()
            answer(responder.respond(request), to: head, hasRequestEnded: true, context: context)
        case .answering(var answer):
            answer.hasRequestEnded = true
            state = .answering(answer)
        }
    }

    private func bodyTimedOut(context: ChannelHandlerContext) {
        guard case .receiving(_, let head) = state else { return }
        refuse(APIStatus(.timeout, "the request's body did not arrive within \(limits.bodyTimeout)", code: 408), head, context: context)
    }

    /// Answers before the request has ended; the connection (in HTTP/2, the stream) is closed after that.
    private func refuse(_ status: APIStatus, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        bodyTimer?.cancel()
        answer(Reply(.now(Response(status))), to: head, hasRequestEnded: false, context: context)
    }

    // MARK: The answer goes

    private func answer(_ reply: Reply, to head: HTTPRequestHead, hasRequestEnded: Bool, context: ChannelHandlerContext) {
        state = .answering(
            Answer(
                head: head, hasRequestEnded: hasRequestEnded, closesConnection: !hasRequestEnded || !isHTTP2 && !head.isKeepAlive,
                completion: reply.completion))
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        switch reply.kind {
        case .now(let response): send(response, context: context)
        case .later(let make):
            tasks.start {
                let response = await make()
                eventLoop.execute { bound.value.handler.send(response, context: bound.value.context) }
            }
        case .stream(let produce):
            let stop = Signal()
            guard streams.open(stop, max: limits.streamsMax) else {
                return send(Response(APIStatus(.tooManyRequests, "Too many watches, please try again later.", retryAfterSeconds: 10)), context: context)
            }
            stream = stop
            let writer = ResponseWriter(channel: context.channel, version: head.version, stallTimeout: limits.stallTimeout)
            tasks.start {
                let failure = await Self.run(produce, writer, until: stop)
                eventLoop.execute { bound.value.handler.streamEnded(failure, context: bound.value.context) }
            }
        }
    }

    /// Runs the producer until it ends or the client is gone.
    private static func run(
        _ produce: @escaping @Sendable (ResponseWriter) async throws(APIStatus) -> Void, _ writer: ResponseWriter, until stop: Signal
    ) async -> APIStatus? {
        await withTaskGroup(of: APIStatus?.self) { group in
            group.addTask {
                do throws(APIStatus) {
                    try await produce(writer)
                    return nil
                } catch { return error }
            }
            group.addTask {
                await stop.wait()
                return nil
            }
            // The first to end decides; the other is cancelled.
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private func streamEnded(_ failure: APIStatus?, context: ChannelHandlerContext) {
        closeStream()
        guard case .answering(let answer) = state else { return }
        if answer.status == 0 {
            send(Response(failure ?? APIStatus(.serviceUnavailable, "the server is shutting down", retryAfterSeconds: 1)), context: context)
        } else {
            finish(context: context)
        }
    }

    private func send(_ response: Response, context: ChannelHandlerContext) {
        guard case .answering(var answer) = state else { return }
        var head = HTTPResponseHead(version: answer.head.version, status: response.status, headers: response.headers)
        if response.status.mayHaveResponseBody {
            head.headers.replaceOrAdd(name: "content-length", value: String(response.contentLength))
        }
        if !head.headers.contains(name: "cache-control") { head.headers.add(name: "cache-control", value: "no-cache, private") }
        answer.pieces = response.status.mayHaveResponseBody && answer.head.method != .HEAD ? BodyPieces(response.body) : nil
        state = .answering(answer)
        write(context: context, data: wrapOutboundOut(.head(head)), promise: nil)
        pump(context: context)
    }

    /// Writes pieces while the connection takes them.
    private func pump(context: ChannelHandlerContext) {
        guard case .answering(var answer) = state, answer.status != 0, stream == nil else { return }
        guard var pieces = answer.pieces else { return finish(context: context) }
        // Taken out of the state: a write may change the writability, which comes back here.
        answer.pieces = nil
        state = .answering(answer)
        while context.channel.isWritable {
            var buffer = context.channel.allocator.buffer(capacity: 0)
            guard pieces.fill(&buffer, limit: limits.writeChunkBytes) else { return finish(context: context) }
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        answer.pieces = pieces
        state = .answering(answer)
        context.flush()
        if !context.channel.isWritable { watchForStall(context: context) }
    }

    /// Closes when nothing is taken for too long; whatever is taken begins the time anew.
    private func watchForStall(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        stallTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.stallTimeout) { bound.value.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        if case .answering(let answer) = state, answer.pieces != nil { pump(context: context) }
        context.fireChannelWritabilityChanged()
    }

    /// Streamed heads pass here too: the answer's status is learnt where all answers go by.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .answering(var answer) = state, case .head(var head) = unwrapOutboundIn(data) {
            answer.status = Int(head.status.code)
            // HTTP/1.0 has no chunks: the end of the connection ends the body.
            if head.version == .http1_0, !head.headers.contains(name: "content-length") { answer.closesConnection = true }
            if answer.closesConnection, !isHTTP2 { head.headers.replaceOrAdd(name: "connection", value: "close") }
            state = .answering(answer)
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        } else {
            context.write(data, promise: promise)
        }
    }

    private func finish(context: ChannelHandlerContext) {
        guard case .answering(let answer) = state else { return }
        state = .idle
        answer.completion?(answer.status)
        // Before the end is written, which hands on what waits behind this request.
        if answer.closesConnection { isEnding = true }
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        if answer.closesConnection {
            sent.futureResult.assumeIsolated().whenComplete { _ in
                // Where the client is still sending, a close now would reset the connection and lose the answer.
                bound.value.eventLoop.assumeIsolated().scheduleTask(in: answer.hasRequestEnded ? .zero : .milliseconds(500)) {
                    bound.value.close(promise: nil)
                }
            }
        } else if !isHTTP2 {
            context.triggerUserOutboundEvent(ConnectionPhase.waiting, promise: nil)
        }
    }

    // MARK: The connection ends

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerIsLeaving { isEnding = true } else { context.fireUserInboundEventTriggered(event) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        bodyTimer?.cancel()
        stallTimer?.cancel()
        abandon()
        context.fireChannelInactive()
    }

    private func abandon() {
        // The task sees the signal and ends; what it still sends goes nowhere.
        stream?.fire()
        if case .answering(let answer) = state { answer.completion?(answer.status) }
        state = .idle
    }

    private func closeStream() {
        if let stream { streams.close(stream) }
        stream = nil
    }

    func handlerRemoved(context: ChannelHandlerContext) { closeStream() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isHTTP2, error is HTTPParserError {
            switch state {
            // What a client began to say when the connection was ending already.
            case .idle where isEnding: return
            case .idle, .receiving:
                let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
                let isTooLarge = (error as? HTTPParserError) == .headerOverflow
                let status = isTooLarge
                    ? APIStatus(.badRequest, "the request's head has more than \(limits.headBytesMax) bytes", code: 431)
                    : .badRequest("the request is not valid HTTP: \(error)")
                return refuse(status, head, context: context)
            case .answering: break
            }
        }
        context.close(promise: nil)
    }
}

/// Told to connections before `ChannelShouldQuiesceEvent`, which HTTP/1's own handlers keep to themselves.
struct ServerIsLeaving: Sendable {}

extension HTTPMethod {
    fileprivate var hasBody: Bool { self == .POST || self == .PUT || self == .PATCH }
}
