import APIMachinery
import Glibc
import SystemPackage

/// A connection to the daemon's socket that blocks its caller.
///
/// Without an event loop: a hook lives for one request, and starting a loop would take longer than
/// the daemon's answer.
final class ControlConnection: Sendable {
    private let directory: DataDirectory
    private let descriptor: Int32

    /// Throws `ControlClient.Unavailable` when nothing listens.
    init(_ directory: DataDirectory) throws {
        self.directory = directory
        let socketPath: ControlSocketPath
        // No directory, no daemon.
        do { socketPath = try ControlSocketPath(directory) } catch { throw ControlClient.Unavailable.noDaemon }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("cannot make a socket: \(Errno(rawValue: errno))") }
        guard Self.connect(descriptor, socketPath.path) else {
            guard errno == EACCES else { throw ControlClient.Unavailable.noDaemon }
            throw Failure(
                "may not use \(directory.socket): permission denied", hints: ["run gitctl as root, or as the user who runs the daemon"])
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends a request and blocks until its result is there.
    ///
    /// Throws `ControlClient.Unavailable` when the daemon ends before it answers, and its own `Failure`.
    func ask(_ request: ControlRequest, report: (String) -> Void) throws -> JSON {
        send(request.json.encoded() + [UInt8(ascii: "\n")])
        var lines = ControlLines(descriptor: descriptor)
        var isHeard = false
        while let line = try lines.next() {
            isHeard = true
            switch ControlReply(json: try JSON(parsing: line)) {
            case .line(let text): report(text)
            case .result(let value): return value
            case .error(let failure): throw failure
            case nil: throw Failure("the daemon's answer is not understood", hints: ["the daemon and this gitctl may differ in version"])
            }
        }
        // The kernel resets a connection whose request nobody has read: a daemon that was just ending.
        throw lines.isReset && !isHeard ? ControlClient.Unavailable.noDaemon : .ended
    }

    /// Ends the connection under the one who waits for an answer.
    func interrupt() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 {
                if errno == EINTR { continue }
                // What the daemon said before it hung up, or that it did, is read next.
                return
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Source: unix(7). `path` fits, as `ControlSocketPath` makes it.
    private static func connect(_ descriptor: Int32, _ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                while Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) != 0 {
                    guard errno == EINTR else { return false }
                }
                return true
            }
        }
    }
}

/// The lines that arrive on a socket; one beyond the limit is an error, and a last one without its
/// newline is an aborted one.
private struct ControlLines {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Bytes of `buffer` already searched for a newline.
    private var searched = 0
    private(set) var isReset = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Blocks; nil at the end.
    mutating func next() throws(Failure) -> ArraySlice<UInt8>? {
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end]
                buffer = Array(buffer[(end + 1)...])
                searched = 0
                return line
            }
            searched = buffer.count
            guard searched <= ControlRequest.lineBytesMax else { throw Failure("the daemon's answer is too long") }
            guard let more = try read() else { return nil }
            buffer += more
        }
    }

    private mutating func read() throws(Failure) -> ArraySlice<UInt8>? {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 { return chunk[..<count] }
            if count == 0 { return nil }
            isReset = errno == ECONNRESET
            if isReset { return nil }
            guard errno == EINTR else { throw Failure("cannot read the daemon's answer: \(Errno(rawValue: errno))") }
        }
    }
}
