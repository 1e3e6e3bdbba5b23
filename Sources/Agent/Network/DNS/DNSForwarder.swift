import NIOCore
import NIOPosix

/// Asks the node's own name servers (`/etc/resolv.conf`), one after another.
struct DNSForwarder: Sendable {
    /// How long one server may take.
    private static let timeLimit = Duration.seconds(2)
    private static let serversMax = 3

    let ownAddresses: [String]

    /// The answer to `query` with its id; nil when no server answers.
    func ask(_ query: [UInt8], overTCP: Bool) async -> [UInt8]? {
        var question = query
        let id = UInt16.random(in: 0...UInt16.max)
        question[0] = UInt8(id >> 8)
        question[1] = UInt8(id & 255)
        for server in servers {
            let asked = question
            guard let answer = await limited({ overTCP ? try await Self.askTCP(asked, server) : try await Self.askUDP(asked, server) }) else {
                continue
            }
            return [query[0], query[1]] + answer.dropFirst(2)
        }
        return nil
    }

    private var servers: [String] {
        let lines = Files.text("/etc/resolv.conf").split(separator: "\n")
        let servers = lines.compactMap { line -> String? in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            return words.count > 1 && words[0] == "nameserver" && !ownAddresses.contains(String(words[1])) ? String(words[1]) : nil
        }
        return Array(servers.prefix(Self.serversMax))
    }

    /// nil on failure too: a server that refuses is as good as one that is silent.
    private func limited(_ ask: @escaping @Sendable () async throws -> [UInt8]?) async -> [UInt8]? {
        await withTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try? await ask() }
            group.addTask {
                // Cancellation ends the sleep early, which is what is wanted.
                try? await Task.sleep(for: Self.timeLimit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private static func askUDP(_ query: [UInt8], _ server: String) async throws -> [UInt8]? {
        let address = try SocketAddress(ipAddress: server, port: 53)
        typealias Datagram = AddressedEnvelope<ByteBuffer>
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<Datagram, Datagram>(wrappingChannelSynchronously: channel) }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(Datagram(remoteAddress: address, data: ByteBuffer(bytes: query)))
            for try await datagram in inbound {
                let bytes = Array(datagram.data.readableBytesView)
                if bytes.count >= 12, bytes[0] == query[0], bytes[1] == query[1] { return bytes }
            }
            return nil
        }
    }

    private static func askTCP(_ query: [UInt8], _ server: String) async throws -> [UInt8]? {
        let address = try SocketAddress(ipAddress: server, port: 53)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var framed = ByteBuffer()
            try framed.writeLengthPrefixed(as: UInt16.self) { $0.writeBytes(query) }
            try await outbound.write(framed)
            var received = ByteBuffer()
            for try await var piece in inbound {
                received.writeBuffer(&piece)
                if let message = received.readLengthPrefixedSlice(as: UInt16.self) {
                    let bytes = Array(message.readableBytesView)
                    return bytes.count >= 12 && bytes[0] == query[0] && bytes[1] == query[1] ? bytes : nil
                }
            }
            return nil
        }
    }
}
