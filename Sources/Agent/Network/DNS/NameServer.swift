import APIMachinery
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Answers for the cluster's names on the node, and asks the node's own servers for all others.
///
/// It listens on ports of the gateway's address that the kernel picks; the service table leads the
/// cluster DNS address there, so that no port 53 of the node is taken.
package final class NameServer: Sendable {
    /// Where it listens.
    package struct Ports: Sendable, Equatable {
        package var datagrams: Int
        package var connections: Int
    }

    private typealias Datagram = AddressedEnvelope<ByteBuffer>
    private typealias Datagrams = NIOAsyncChannel<Datagram, Datagram>
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Questions being asked elsewhere at one time; more are answered with a failure.
    private static let forwardedMax = 256
    /// Open TCP connections; more are closed at once.
    private static let connectionsMax = 64
    private static let connectionIdleTime = TimeAmount.seconds(10)

    private let zone: Mutex<DNSZone>
    private let forwarded = Limit(NameServer.forwardedMax)
    private let connections = Limit(NameServer.connectionsMax)
    private let forwarder: DNSForwarder
    private let logger: Logger

    /// The cluster DNS address of a service range: its tenth, as everywhere in Kubernetes. nil when
    /// the range is too small or not IPv4.
    package static func address(serviceCIDR: String) -> String? {
        guard let range = IPv4Range(serviceCIDR), range.prefixLength <= 28 else { return nil }
        return IPv4Range.text(range.first &+ 10)
    }

    /// `ownAddresses` are never asked: they lead back here.
    package init(zone: DNSZone, ownAddresses: [String], logger: Logger) {
        self.zone = Mutex(zone)
        forwarder = DNSForwarder(ownAddresses: ownAddresses)
        self.logger = logger
    }

    package func setService(_ service: Object, isDeleted: Bool) { zone.withLock { $0.setService(service, isDeleted: isDeleted) } }
    package func setSlice(_ slice: Object, isDeleted: Bool) { zone.withLock { $0.setSlice(slice, isDeleted: isDeleted) } }

    /// Listens on `host` until cancelled; tells `onReady` the ports.
    package func run(host: String, onReady: @Sendable (Ports) -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let datagrams = try await DatagramBootstrap(group: group).bind(host: host, port: 0) { channel in
            channel.eventLoop.makeCompletedFuture { try Datagrams(wrappingChannelSynchronously: channel) }
        }
        let listener = try await ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        IdleStateHandler(readTimeout: Self.connectionIdleTime), CloseWhenIdle())
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        onReady(
            Ports(datagrams: datagrams.channel.localAddress?.port ?? 0, connections: listener.channel.localAddress?.port ?? 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.serve(datagrams) }
            group.addTask { try await self.serve(listener) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func serve(_ channel: Datagrams) async throws {
        try await channel.executeThenClose { inbound, outbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await datagram in inbound {
                    let bytes = Array(datagram.data.readableBytesView)
                    guard let query = DNSQuery(bytes) else { continue }
                    let reply: @Sendable ([UInt8]) async throws -> Void = { message in
                        try await outbound.write(Datagram(remoteAddress: datagram.remoteAddress, data: ByteBuffer(bytes: message)))
                    }
                    if let message = localAnswer(query, sizeBytesMax: query.sizeBytesMax) {
                        try await reply(message)
                    } else if forwarded.enter() {
                        group.addTask {
                            defer { self.forwarded.leave() }
                            try await reply(await self.forwarder.ask(bytes, overTCP: false) ?? Self.failure(query))
                        }
                    } else {
                        try await reply(Self.failure(query))
                    }
                }
            }
        }
    }

    private func serve(_ listener: NIOAsyncChannel<Connection, Never>) async throws {
        try await listener.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    let isAdmitted = connections.enter()
                    group.addTask {
                        defer { if isAdmitted { self.connections.leave() } }
                        do {
                            try await connection.executeThenClose { inbound, outbound in
                                if isAdmitted { try await self.serve(inbound, outbound) }
                            }
                        } catch {
                            // A client that breaks its connection concerns no one else.
                            self.logger.debug("a DNS connection broke", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
        }
    }

    /// Messages over TCP follow their length in two bytes. Source: RFC 1035, 4.2.2.
    private func serve(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        var received = ByteBuffer()
        for try await var piece in inbound {
            received.writeBuffer(&piece)
            while let message = received.readLengthPrefixedSlice(as: UInt16.self) {
                let bytes = Array(message.readableBytesView)
                guard let query = DNSQuery(bytes) else { return }
                var answer = localAnswer(query, sizeBytesMax: Int(UInt16.max))
                if answer == nil { answer = await forwarder.ask(bytes, overTCP: true) }
                var framed = ByteBuffer()
                try framed.writeLengthPrefixed(as: UInt16.self) { $0.writeBytes(answer ?? Self.failure(query)) }
                try await outbound.write(framed)
            }
            received.discardReadBytes()
        }
    }

    private func localAnswer(_ query: DNSQuery, sizeBytesMax: Int) -> [UInt8]? {
        zone.withLock { zone in
            guard var answer = zone.answer(query.labels, type: query.type) else { return nil }
            // The order spreads clients that take the first address.
            answer.records.shuffle()
            return answer.message(to: query, authority: zone.domain, sizeBytesMax: sizeBytesMax)
        }
    }

    private static func failure(_ query: DNSQuery) -> [UInt8] {
        DNSAnswer(.serverFailure).message(to: query, authority: nil, sizeBytesMax: query.sizeBytesMax)
    }
}

/// A number of things that may go on at one time.
private final class Limit: Sendable {
    private let count = Mutex(0)
    private let max: Int

    init(_ max: Int) { self.max = max }

    func enter() -> Bool {
        count.withLock { count in
            guard count < max else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}

private final class CloseWhenIdle: ChannelInboundHandler, Sendable {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
    }
}
