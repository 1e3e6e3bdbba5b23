import APIMachinery
import NIOCore
import NIOHTTP1

/// One whole answer, whatever the HTTP version.
package struct Response: Sendable {
    /// What is sent after the head. Bytes that already exist are spliced, never copied into one large buffer.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// `head`, the items separated by commas, `tail`.
        case list(head: [UInt8], items: [ObjectVersion], tail: [UInt8])
        /// `head`, one item, `tail`.
        case object(ObjectVersion)
    }

    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var body: Body

    package init(status: HTTPResponseStatus = .ok, contentType: String = "application/json", body: Body) {
        self.status = status
        headers = contentType.isEmpty ? [:] : ["content-type": contentType]
        self.body = body
    }

    package static func text(_ text: String, status: HTTPResponseStatus = .ok) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
    }

    package static func json(_ json: JSON, status: HTTPResponseStatus = .ok) -> Response {
        Response(status: status, body: .bytes(json.encoded()))
    }

    /// A failure as Kubernetes' `Status`, always JSON.
    package init(_ status: APIStatus) {
        self = .json(status.json, status: HTTPResponseStatus(statusCode: status.code))
        if let seconds = status.retryAfterSeconds { headers.replaceOrAdd(name: "retry-after", value: String(seconds)) }
    }

    /// Adds `Warning: 299 - "…"` headers (RFC 9111 §5.5), which kubectl prints.
    package mutating func add(_ warnings: Warnings) {
        for text in warnings.all { headers.add(name: "warning", value: "299 - \(Self.quoted(text))") }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 32 || scalar.value == 127: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    package var contentLength: Int {
        switch body {
        case .bytes(let bytes): bytes.count
        case .object(let version): version.bytes.count
        case .list(let head, let items, let tail):
            head.count + tail.count + items.reduce(max(0, items.count - 1)) { $0 + $1.bytes.count }
        }
    }
}

/// What the server answers to one request, and what is to be known when it has been sent.
package struct Reply: Sendable {
    package enum Kind: Sendable {
        /// Made from memory on the event loop.
        case now(Response)
        /// Made by a task: writes, and reads that take long.
        case later(@Sendable () async -> Response)
        /// Watches and followed logs: a task that sends as long as it likes. Throws only before `begin`.
        case stream(@Sendable (ResponseWriter) async throws(APIStatus) -> Void)
    }

    package var kind: Kind
    /// Called once with the HTTP status, when the answer has been sent or the client is gone.
    package var completion: (@Sendable (Int) -> Void)?

    package init(_ kind: Kind) { self.kind = kind }
}

/// Cuts a response's body into pieces, so that a large list never exists twice in memory.
struct BodyPieces {
    private let body: Response.Body
    private var next = 0
    private var isDone = false

    init(_ body: Response.Body) { self.body = body }

    /// Appends about `limit` bytes; false when there was nothing left.
    mutating func fill(_ buffer: inout ByteBuffer, limit: Int) -> Bool {
        if isDone { return false }
        switch body {
        case .bytes(let bytes):
            let end = min(next + limit, bytes.count)
            buffer.writeBytes(bytes[next..<end])
            next = end
            isDone = end == bytes.count
        case .object(let version):
            let end = min(next + limit, version.bytes.count)
            buffer.writeBytes(version.bytes[next..<end])
            next = end
            isDone = end == version.bytes.count
        case .list(let head, let items, let tail):
            if next == 0 { buffer.writeBytes(head) }
            while next < items.count, buffer.readableBytes < limit {
                if next > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
                buffer.writeBytes(items[next].bytes)
                next += 1
            }
            if next == items.count {
                buffer.writeBytes(tail)
                isDone = true
            }
        }
        return true
    }
}
