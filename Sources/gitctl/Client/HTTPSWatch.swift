import APIMachinery
import AsyncHTTPClient
import NIOCore

extension HTTPSClient {
    package func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        // The server ends a watch at `options.timeout`; a day later the client does.
        let limit = (options.timeout ?? .seconds(86_400)) + .seconds(86_400)
        let response = try await connection.send(
            .GET, Self.path(type, namespace: namespace), query: Self.query(options) + [("watch", "true")], accept: "application/json",
            deadline: .now() + .nanoseconds(limit.nanoseconds))
        let reader = WatchReader(response, connection: connection)
        // Pulled by the consumer: no task between it and the connection, whose flow control is the bound.
        return WatchStream(AsyncThrowingStream(unfolding: { try await reader.next() }))
    }
}

/// Cuts a watch's body into lines and decodes them.
private actor WatchReader {
    /// Longest line: one event with the largest object a server takes, and room to spare.
    private static let lineBytesMax = 32 << 20

    private var body: HTTPClientResponse.Body.AsyncIterator?
    private var buffer = ByteBuffer()
    /// How much of `buffer` is known to hold no line feed.
    private var scanned = 0
    private let connection: HTTPSConnection

    init(_ response: HTTPClientResponse, connection: HTTPSConnection) {
        body = response.body.makeAsyncIterator()
        self.connection = connection
    }

    /// The next event; nil at the end of the watch. Throws `APIStatus`.
    func next() async throws -> WatchEvent? {
        while true {
            if let line = line() {
                if line.readableBytes == 0 { continue }
                return try Self.event(line)
            }
            guard let chunk = try await read() else { return nil }
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(chunk)
            guard buffer.readableBytes <= Self.lineBytesMax else {
                throw APIStatus.internalError("a watch event of \(connection.config.server) is longer than \(Self.lineBytesMax) bytes")
            }
        }
    }

    private func read() async throws -> ByteBuffer? {
        guard var iterator = body else { return nil }
        do {
            let chunk = try await iterator.next(isolation: self)
            body = chunk == nil ? nil : iterator
            return chunk
        } catch {
            body = nil
            try Task.checkCancellation()
            throw connection.unreachable(error)
        }
    }

    private func line() -> ByteBuffer? {
        let view = buffer.readableBytesView
        guard let end = view.dropFirst(scanned).firstIndex(of: UInt8(ascii: "\n")) else {
            scanned = view.count
            return nil
        }
        scanned = 0
        let line = buffer.readSlice(length: end - view.startIndex)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }

    private static func event(_ line: ByteBuffer) throws -> WatchEvent {
        guard let json = try? JSON(parsing: line.readableBytesView), case .object(let fields)? = json["object"] else {
            throw APIStatus.internalError("a watch event is not a JSON object with a type and an object")
        }
        let object = Object(fields)
        switch json["type"]?.string {
        case "ADDED": return .added(object)
        case "MODIFIED": return .modified(object)
        case "DELETED": return .deleted(object)
        case "BOOKMARK":
            return .bookmark(
                resourceVersion: object.resourceVersion, endsInitialEvents: object.annotations["k8s.io/initial-events-end"] == "true")
        case "ERROR": throw APIStatus(json: .object(fields)) ?? APIStatus.internalError("the watch ended with an error that is no Status")
        case let type: throw APIStatus.internalError("a watch event has the unknown type \"\(type ?? "")\"")
        }
    }
}
