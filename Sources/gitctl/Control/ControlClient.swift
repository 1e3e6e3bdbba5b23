import APIMachinery
import NIOCore
import NIOPosix
import SystemPackage

/// Asks the daemon of a data directory.
package struct ControlClient: Sendable {
    package enum Unavailable: Error {
        case noDaemon
        /// It stopped, or was killed, before it had answered.
        case ended
    }

    let directory: DataDirectory

    package init(_ directory: DataDirectory) { self.directory = directory }

    /// Sends one request and returns its result; lines are reported as they come.
    ///
    /// Throws `Unavailable` when nothing listens or answers, and the daemon's own `Failure`.
    @discardableResult
    package func send(_ request: ControlRequest, report: @Sendable (String) -> Void = { _ in }) async throws -> JSON {
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            let socket = try ControlSocketPath(directory)
            connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: socket.path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            if let error = error as? IOError, error.errnoCode == Errno.permissionDenied.rawValue {
                throw Failure(
                    "may not use \(directory.socket): permission denied", hints: ["run gitctl as root, or as the user who runs the daemon"])
            }
            throw Unavailable.noDaemon
        }
        do {
            return try await ask(request, over: connection, report: report)
        } catch is IOError {
            // Its end closed, or reset, the connection.
            throw Unavailable.ended
        }
    }

    private func ask(
        _ request: ControlRequest, over connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, report: @Sendable (String) -> Void
    ) async throws -> JSON {
        try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(request.json.line)
            for try await line in inbound {
                switch ControlReply(json: try JSON(line: line)) {
                case .line(let text): report(text)
                case .result(let value): return value
                case .error(let failure): throw failure
                case nil: throw Failure("the daemon's answer is not understood", hints: ["the daemon and this gitctl may differ in version"])
                }
            }
            throw Unavailable.ended
        }
    }
}
