import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Synchronization

/// Connections to the runtime's socket, each used for a bounded number of calls, one after another.
///
/// Go's gRPC server sends frames for streams that its client has just closed. NIOHTTP2 counts each as
/// a glitch and closes the connection at the 200th, with every call under way. A connection that
/// retires before that, and is closed when the last call on it has ended, never loses one.
final class RuntimeConnections: Sendable {
    typealias Transport = HTTP2ClientTransport.Posix
    typealias Client = GRPCClient<Transport>

    /// Calls per connection, well below what may add up to 200 glitches.
    static let callsMax = 64

    private struct State {
        var current: Connection
        var retired: [ObjectIdentifier: Connection] = [:]
    }

    private struct Connection {
        let client: Client
        var callsBegun = 0
        var callsUnderWay = 0
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
        state = Mutex(State(current: Connection(client: first)))
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

    /// Makes one call, on the connection whose turn it is.
    func use<Answer>(_ call: (Client) async throws -> Answer) async throws -> Answer {
        let client = begin()
        defer { end(client)?.beginGracefulShutdown() }
        return try await call(client)
    }

    private func begin() -> Client {
        let (client, idle) = state.withLock { state -> (Client, Client?) in
            var idle: Client?
            // The path was good for the first connection; were it not now, the old one goes on.
            if state.current.callsBegun >= Self.callsMax, let fresh = try? make() {
                let old = state.current
                if old.callsUnderWay == 0 { idle = old.client } else { state.retired[ObjectIdentifier(old.client)] = old }
                state.current = Connection(client: fresh)
                madeIn.yield(fresh)
            }
            state.current.callsBegun += 1
            state.current.callsUnderWay += 1
            return (state.current.client, idle)
        }
        idle?.beginGracefulShutdown()
        return client
    }

    /// Answers the connection if it has retired and this was its last call.
    private func end(_ client: Client) -> Client? {
        state.withLock { state in
            if state.current.client === client {
                state.current.callsUnderWay -= 1
                return nil
            }
            let key = ObjectIdentifier(client)
            state.retired[key]?.callsUnderWay -= 1
            guard state.retired[key]?.callsUnderWay == 0 else { return nil }
            return state.retired.removeValue(forKey: key)?.client
        }
    }
}
