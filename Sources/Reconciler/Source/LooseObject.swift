import Clibgit2
import Glibc

/// Looks at the file of a loose object before libgit2 does: libgit2 1.5 reads a file that is cut off
/// (what a crash leaves behind) without end, in a thread that nothing can stop.
///
/// Reads in pieces and inflates into a small buffer, so that a large object costs no memory. Objects
/// in packs are safe: their streams are bounded by the pack's size.
enum LooseObject {
    enum Finding: Sendable, Hashable {
        /// Not loose here: in a pack, another directory, or nowhere.
        case absent
        case sound
        /// Larger than was asked for; not read to its end.
        case tooLarge(Int)
        case damaged
    }

    /// The largest commit, tag or tree that is read.
    static let sizeMax = 64 * 1024 * 1024
    private static let bufferSize = 32 * 1024

    static func inspect(_ id: ObjectID, in directory: String, sizeMax: Int) -> Finding {
        let name = id.description
        let file = open("\(directory)/\(name.prefix(2))/\(name.dropFirst(2))", O_RDONLY | O_CLOEXEC)
        // What exists but cannot be opened is told by libgit2, with the reason.
        guard file >= 0 else { return .absent }
        defer { close(file) }
        return inflate(file, sizeMax: sizeMax)
    }

    private static func inflate(_ file: Int32, sizeMax: Int) -> Finding {
        var stream = z_stream()
        guard shim_inflate_init(&stream) == Z_OK else { return .damaged }
        defer { inflateEnd(&stream) }
        return withUnsafeTemporaryAllocation(byteCount: 2 * bufferSize, alignment: 16) { buffer in
            let input = UnsafeMutableRawBufferPointer(rebasing: buffer[..<bufferSize])
            let output = UnsafeMutableRawBufferPointer(rebasing: buffer[bufferSize...])
            var header: (size: Int, length: Int)?
            while true {
                let count = read(file, input.baseAddress, bufferSize)
                // The end of the file before the end of the stream: cut off.
                guard count > 0 else { return .damaged }
                stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_in = UInt32(count)
                repeat {
                    stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.avail_out = UInt32(bufferSize)
                    let result = Clibgit2.inflate(&stream, Z_NO_FLUSH)
                    guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return .damaged }
                    let produced = bufferSize - Int(stream.avail_out)
                    if header == nil, produced > 0 {
                        guard let found = parseHeader(output[..<produced]) else { return .damaged }
                        header = found
                        if found.size > sizeMax { return .tooLarge(found.size) }
                    }
                    if result == Z_STREAM_END {
                        guard let header, Int(stream.total_out) == header.size + header.length else { return .damaged }
                        return .sound
                    }
                } while stream.avail_out == 0
            }
        }
    }

    /// `blob 12\0` → the size, and the header's own length. Source: gitformat-loose(5).
    private static func parseHeader(_ bytes: Slice<UnsafeMutableRawBufferPointer>) -> (size: Int, length: Int)? {
        guard let end = bytes.prefix(32).firstIndex(of: 0), let space = bytes[..<end].firstIndex(of: UInt8(ascii: " ")),
            let size = Int(String(decoding: bytes[(space + 1)..<end], as: UTF8.self)), size >= 0
        else { return nil }
        return (size, end - bytes.startIndex + 1)
    }
}
