import APIMachinery
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SystemPackage

/// Answers hooks, `up` and `down` on `<data-dir>/gitctl.sock`: one request per connection.
///
/// Only root and the daemon's own user are heard: the socket is 0600, and the kernel names the peer.
package struct ControlServer: Service {
    /// Performs a request; `report` sends a line to the asker at once.
    package typealias Handler = @Sendable (_ request: ControlRequest, _ report: @escaping @Sendable (String) -> Void) async throws -> JSON

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Lines that wait for a slow reader; more are dropped.
    private static let pendingLinesMax = 4096

    private let listener: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
    private let handler: Handler
    private let logger: Logger

    /// Binds the socket, in place of a dead daemon's; the caller holds the directory's lock.
    package init(_ directory: DataDirectory, logger: Logger, handler: @escaping Handler) async throws {
        self.handler = handler
        self.logger = logger
        // Made under another name and private, then renamed: nobody meets it half made.
        let temporary = ".\(DataDirectory.socketName).new"
        unlink(directory.path + "/" + temporary)
        let socket = try ControlSocketPath(directory, name: temporary)
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: socket.path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        guard chmod(directory.path + "/" + temporary, 0o600) == 0,
            rename(directory.path + "/" + temporary, directory.socket) == 0
        else { throw Failure("cannot make \(directory.socket): \(Errno(rawValue: errno))") }
    }

    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await listener.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { group in
                        for try await connection in connections {
                            group.addTask { await serve(connection) }
                        }
                    }
                }
            }
        } catch is CancellationError {
            // The end that was asked for.
        }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                guard try await isTrusted(connection.channel) else {
                    return try await outbound.write(
                        ControlReply.error(Failure("only root may use the control socket")).json.line)
                }
                var lines = inbound.makeAsyncIterator()
                guard let line = try await lines.next() else { return }
                guard let json = try? JSON(line: line), let request = ControlRequest(json: json) else {  // its cause is of no use to the asker
                    return try await outbound.write(
                        ControlReply.error(
                            Failure("the daemon does not know this request", hints: ["the daemon and this gitctl may differ in version"])
                        ).json.line)
                }
                try await answer(request, to: outbound)
                // A close would throw away what the socket has not yet taken: the asker, who has the
                // answer, closes first.
                while try await lines.next() != nil {}
            }
        } catch {
            logger.debug("control connection ended", metadata: ["error": "\(error)"])
        }
    }

    private func answer(_ request: ControlRequest, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        let (lines, reports) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(Self.pendingLinesMax))
        let reply = try await withThrowingTaskGroup(of: ControlReply?.self) { group in
            group.addTask {
                defer { reports.finish() }
                do {
                    return .result(try await handler(request) { reports.yield($0) })
                } catch let failure as Failure {
                    return .error(failure)
                } catch is CancellationError {
                    return .error(Failure("the daemon stopped before it had finished"))
                } catch {
                    return .error(Failure("\(error)"))
                }
            }
            group.addTask {
                do {
                    for await line in lines { try await outbound.write(ControlReply.line(line).json.line) }
                } catch {
                    // The asker went away (a pusher pressed Ctrl-C); the work goes on to its end.
                    for await _ in lines {}
                }
                return nil
            }
            var reply: ControlReply?
            for try await result in group { reply = result ?? reply }
            return reply
        }
        if let reply { try await outbound.write(reply.json.line) }
    }

    /// The kernel's `struct ucred`, which Glibc's module hides. Source: unix(7), SO_PEERCRED.
    private struct Peer {
        var pid: pid_t
        var uid: uid_t
        var gid: gid_t
    }

    private func isTrusted(_ channel: any Channel) async throws -> Bool {
        guard let options = channel as? any SocketOptionProvider else { return false }
        let peer: Peer = try await options.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)).get()
        return peer.uid == 0 || peer.uid == geteuid()
    }
}
