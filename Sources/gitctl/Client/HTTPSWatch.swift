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
        return WatchStream(AsyncThrowingStream(unfolding: { try await reader.next() }))
    }
}

/// Decodes a watch's lines.
private struct WatchReader {
    /// Longest line: one event with the largest object a server takes, and room to spare.
    private static let lineBytesMax = 32 << 20

    private let lines: LineReader

    init(_ response: HTTPClientResponse, connection: HTTPSConnection) {
        lines = LineReader(response, connection: connection, bytesMax: Self.lineBytesMax, kind: .documents)
    }

    /// The next event; nil at the end of the watch. Throws `APIStatus`.
    func next() async throws -> WatchEvent? {
        while let line = try await lines.next() { if line.readableBytes > 0 { return try Self.event(line) } }
        return nil
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
