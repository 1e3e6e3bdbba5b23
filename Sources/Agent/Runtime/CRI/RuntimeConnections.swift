import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Synchronization

/// Connections to the runtime's socket, each used for a bounded number of calls, one after another.
///
/// Go's gRPC server sends frames for streams that its client has just closed. NIOHTTP2 counts each as
/// a glitch and closes the connection at the 200th, with every call under way; a connection that
/// retires before that never loses one.
final class RuntimeConnections: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix
    typealias Client = GRPCClient<Transport>

    /// Calls per connection, well below what may add up to 200 glitches.
    static let callsMax = 64

    private struct State {
        var current: Client
        var calls = 0
        /// The one before, which calls that were handed it may not yet have reached.
        var former: Client?
    }

    private let state: Mutex<State>
    private let make: @Sendable () throws -> Client
    private let made: AsyncStream<Client>
    private let madeIn: AsyncStream<Client>.Continuation

    /// Errors: an unusable socket path.
    init(socketPath: String) throws {
        make = {
            var config = Transport.Config.defaults
            config.backoff.initial = .milliseconds(20)
            config.backoff.max = .seconds(1)
            // A Unix socket's path is no valid authority, and Go's server refuses it: grpc-swift-nio-transport #176.
            return Client(
                transport: try Transport(
                    target: .unixDomainSocket(path: socketPath, authority: "localhost"), transportSecurity: .plaintext,
                    config: config))
        }
        (made, madeIn) = AsyncStream.makeStream()
        let first = try make()
        state = Mutex(State(current: first))
        madeIn.yield(first)
    }

    /// Runs the connections until cancelled; calls made before wait for it.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await client in made {
                group.addTask {
                    // A connection ends by retiring or by cancellation; calls that it fails say so themselves.
                    try? await client.runConnections()
                }
            }
            group.cancelAll()
        }
    }

    /// A connection of its own for a call without an end; the caller begins its shutdown.
    func dedicated() throws -> Client {
        let client = try make()
        madeIn.yield(client)
        return client
    }

    /// The connection for one more call.
    func next() -> Client {
        let (client, retired) = state.withLock { state -> (Client, Client?) in
            state.calls += 1
            // The path was good for the first connection; were it not now, the old one goes on.
            guard state.calls > Self.callsMax, let fresh = try? make() else { return (state.current, nil) }
            let retired = state.former
            state = State(current: fresh, calls: 1, former: state.current)
            madeIn.yield(fresh)
            return (fresh, retired)
        }
        // Calls under way on it go on to their ends.
        retired?.beginGracefulShutdown()
        return client
    }
}
