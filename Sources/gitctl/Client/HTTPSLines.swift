import APIMachinery
import AsyncHTTPClient
import NIOCore

/// Cuts the body of an answer that never ends (a watch, a followed log) into lines.
///
/// Pulled by the reader: no task between it and the connection, whose flow control is the bound.
actor LineReader {
    /// What the lines are.
    enum Kind: Sendable {
        /// Each is a document: one that is too long is an error, and one that the connection cut off is none.
        case documents
        /// Text that a program wrote: long lines come in pieces, and the last may lack its end.
        case text
    }

    private var body: HTTPClientResponse.Body.AsyncIterator?
    private var buffer = ByteBuffer()
    /// How much of `buffer` is known to hold no line feed.
    private var scanned = 0
    private let connection: HTTPSConnection
    private let bytesMax: Int
    private let kind: Kind

    init(_ response: HTTPClientResponse, connection: HTTPSConnection, bytesMax: Int, kind: Kind) {
        body = response.body.makeAsyncIterator()
        self.connection = connection
        self.bytesMax = bytesMax
        self.kind = kind
    }

    /// The next line without its end; nil at the end of the body. Throws `APIStatus`.
    func next() async throws -> ByteBuffer? {
        while true {
            if let line = line() { return line }
            if kind == .documents, scanned > bytesMax {
                throw APIStatus.internalError("a line of \(connection.config.server) is longer than \(bytesMax) bytes")
            }
            guard let chunk = try await read() else { return rest() }
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(chunk)
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
            guard kind == .text, scanned >= bytesMax else { return nil }
            scanned = 0
            return buffer.readSlice(length: bytesMax)
        }
        scanned = 0
        let line = buffer.readSlice(length: end - view.startIndex)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }

    /// A line that nobody ended.
    private func rest() -> ByteBuffer? {
        scanned = 0
        return kind == .text && buffer.readableBytes > 0 ? buffer.readSlice(length: buffer.readableBytes) : nil
    }
}
