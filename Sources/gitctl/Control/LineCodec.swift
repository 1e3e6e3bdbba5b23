import APIMachinery
import NIOCore

/// Cuts a byte stream at newlines; a line beyond the limit ends the connection.
struct LineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    struct LineTooLong: Error {}

    /// Bytes already searched for a newline.
    private var searched = 0

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let view = buffer.readableBytesView
        guard let end = view.dropFirst(searched).firstIndex(of: 10) else {
            searched = view.count
            guard searched <= ControlRequest.lineBytesMax else { throw LineTooLong() }
            return .needMoreData
        }
        let length = end - view.startIndex
        guard length <= ControlRequest.lineBytesMax else { throw LineTooLong() }
        searched = 0
        let line = buffer.readSlice(length: length)
        buffer.moveReaderIndex(forwardBy: 1)
        if let line { context.fireChannelRead(wrapInboundOut(line)) }
        return .continue
    }

    mutating func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) throws -> DecodingState {
        // A last line without its newline is an aborted one.
        buffer.clear()
        return .needMoreData
    }
}

extension JSON {
    init(line: ByteBuffer) throws(JSONError) { try self.init(parsing: line.readableBytesView) }

    var line: ByteBuffer {
        var bytes = encoded()
        bytes.append(10)
        return ByteBuffer(bytes: bytes)
    }
}
