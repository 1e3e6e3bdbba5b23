import APIMachinery
import NIOCore
import Testing

@testable import Cluster

/// Connections that are held, starved or flooded: they end, and the others are served.
@Suite(.timeLimit(.minutes(2))) struct HostileConnectionTests {
    /// HTTP/2 written by hand (RFC 9113).
    private enum Frame {
        static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, stream: 0, [])

        static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
            var bytes = ByteBuffer()
            bytes.writeInteger(UInt32(payload.count) << 8 | UInt32(type))
            bytes.writeInteger(flags)
            bytes.writeInteger(stream)
            bytes.writeBytes(payload)
            return Array(bytes.readableBytesView)
        }

        static func many(_ make: (UInt32) -> [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = []
            for index in 0..<5_000 as Range<UInt32> { bytes += make(index) }
            return bytes
        }

        /// GET / over https, by HPACK's static table, and the authority "x".
        static let get: [UInt8] = [0x82, 0x84, 0x87] + authority
        static let authority: [UInt8] = [0x41, 0x01, 0x78]

        static func headers(stream: UInt32, endsStream: Bool = true, endsHeaders: Bool = true, _ block: [UInt8] = get) -> [UInt8] {
            frame(1, flags: (endsStream ? 1 : 0) | (endsHeaders ? 4 : 0), stream: stream, block)
        }
    }

    private static let floods: [(String, @Sendable () -> [UInt8])] = [
        ("rapid reset", { Frame.many { Frame.headers(stream: $0 * 2 + 1) + Frame.frame(3, stream: $0 * 2 + 1, [0, 0, 0, 8]) } }),
        ("settings", { Frame.many { _ in Frame.frame(4, stream: 0, []) } }), ("pings", { Frame.many { _ in Frame.frame(6, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8]) } }),
        ("headers without end", { Frame.headers(stream: 1, endsHeaders: false, []) + Frame.many { _ in Frame.frame(9, stream: 1, [0x00, 0x01, 0x61, 0x01, 0x62]) } }),
        ("empty data", { Frame.headers(stream: 1, endsStream: false, [0x83, 0x84, 0x87] + Frame.authority) + Frame.many { _ in Frame.frame(0, stream: 1, []) } }),
        (
            "a header block that unpacks to gigabytes",
            {
                // One entry of 4,000 bytes in the table, then a reference to it for each byte.
                let entry: [UInt8] = [0x40, 0x01, 0x61, 0x7F, 0xA1, 0x1E] + [UInt8](repeating: 0x62, count: 4_000)
                return Frame.headers(stream: 1, Frame.get + entry + [UInt8](repeating: 0xBE, count: 12_000))
            }
        ),
        // Its stream is reset before it is told of: the end came without a beginning, and once stopped the server.
        ("data after a request to nobody", { Frame.headers(stream: 1, endsStream: false, [0x83, 0x84, 0x87]) + Frame.many { _ in Frame.frame(0, stream: 1, []) } }),
        ("a stream used backwards", { Frame.headers(stream: 5) + Frame.headers(stream: 3) }), ("data on no stream", { Frame.frame(0, stream: 9, [1]) }),
        ("a window without bounds", { Frame.many { _ in Frame.frame(8, stream: 0, [0x7F, 0xFF, 0xFF, 0xFF]) } }), ("bytes that are no frame", { [UInt8](repeating: 0xFF, count: 4_096) }),
    ]

    @Test("an HTTP/2 connection that floods or breaks the protocol is closed, and the others are served", arguments: floods.indices)
    func flood(index: Int) async throws {
        let (name, frames) = Self.floods[index]
        try await ServerUnderTest.with { server in
            let answer = try await RawConnection.exchange(Frame.preface + frames(), with: server, http2: true)
            // The last frame is GOAWAY, unless the connection was reset before it could leave.
            #expect(answer.utf8.count < 1 << 20, "\(name)")
            #expect(try await server.get("/healthz").body == "ok")
        }
    }

    @Test("connections beyond the limit are closed as they come; those that are there go on, and make room when they go") func tooMany() async throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 40
        // The heads that are begun here are not to be cut off meanwhile.
        limits.headTimeout = .minutes(5)
        try await ServerUnderTest.with(limits: limits) { server in
            var held: [(channel: any Channel, end: EventLoopFuture<String>)] = []
            for _ in 0..<40 {
                held.append(try await RawConnection.open(to: server))
                // The connection is accepted when the first byte has gone through TLS.
                try await held[held.count - 1].channel.writeAndFlush(ByteBuffer(string: "GET"))
            }
            let refused = try await RawConnection.exchange("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", with: server)
            #expect(refused == "")
            let last = held.removeLast()
            try await last.channel.writeAndFlush(ByteBuffer(string: " /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
            #expect(try await last.end.get().hasSuffix("ok"))
            for connection in held { connection.channel.close(promise: nil) }
            for connection in held { _ = try await connection.end.get() }
            // The server hears of it in its own time.
            while try await RawConnection.exchange("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", with: server) == "" { await Task.yield() }
        }
    }

    @Test("a client that takes nothing of its answer loses its connection and its place, over both versions of HTTP", arguments: [false, true])
    func slowReader(http2: Bool) async throws {
        var limits = HTTPLimits()
        limits.stallTimeout = .seconds(1)
        limits.readsInFlightMax = 1
        try await ServerUnderTest.with(limits: limits) { server in
            let text = String(repeating: "0123456789", count: 50_000)
            for index in 0..<40 { try await server.makeConfigMap("large-\(index)", ["text": .string(text)]) }
            let path = "/api/v1/namespaces/default/configmaps"
            let (channel, end) = try await RawConnection.open(to: server, http2: http2)
            // A literal path, not indexed. No window update is sent: HTTP/2's own way to take nothing.
            let block = [0x82, 0x87, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + Frame.authority
            let bytes = http2 ? Frame.preface + Frame.headers(stream: 1, block) : Array("GET \(path) HTTP/1.1\r\nhost: x\r\n\r\n".utf8)
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
            if !http2 { try await channel.setOption(.autoRead, value: false).get() }
            var codes: Set<Int> = []
            while !codes.contains(200) { codes.insert(try await server.get("/api/v1/namespaces").status) }
            #expect(codes.isSubset(of: [200, 429]))
            channel.close(promise: nil)
            _ = try await end.get()
        }
    }

    @Test("a body that is sent a byte at a time is cut off, over both versions of HTTP", arguments: [false, true])
    func slowBody(http2: Bool) async throws {
        var limits = HTTPLimits()
        limits.bodyTimeout = .seconds(1)
        try await ServerUnderTest.with(limits: limits) { server in
            let path = "/api/v1/namespaces"
            let block = [0x83, 0x87, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + Frame.authority
            let start = http2
                ? Frame.preface + Frame.headers(stream: 1, endsStream: false, block)
                : Array("POST \(path) HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".utf8)
            // In HTTP/2 the stream ends and the connection goes on.
            let (channel, end) = try await RawConnection.open(to: server, http2: http2, until: http2 ? "the request's body did not arrive within" : nil)
            try await channel.writeAndFlush(ByteBuffer(bytes: start))
            let piece = http2 ? Frame.frame(0, stream: 1, [32]) : Array("1\r\n \r\n".utf8)
            let drip = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(100)) { _ in channel.writeAndFlush(ByteBuffer(bytes: piece), promise: nil) }
            let answer = try await end.get()
            drip.cancel()
            #expect(answer.contains("the request's body did not arrive within"), "\(answer)")
            if !http2 { #expect(answer.hasPrefix("HTTP/1.1 408 ")) }
            #expect(try await server.get("/healthz").status == 200)
        }
    }
}
