import APIMachinery
import Glibc
import Synchronization

/// A container's log file in CRI's format: one entry a line, `TIME STREAM TAG TEXT`, where TAG is
/// `F` for a full line and `P` for a part of one.
/// One reader at a time.
final class LogFile: Sendable {
    static let chunkSizeBytes = 64 << 10

    private let file: Int32
    /// The beginning of a line whose end is not written yet.
    private let rest = Mutex<[UInt8]>([])

    /// nil when the file cannot be opened.
    init?(_ path: String) {
        file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 { return nil }
    }

    deinit { close(file) }

    /// The next complete lines of the file, without their newlines; empty at its end.
    func lines() -> [ArraySlice<UInt8>] {
        while true {
            var chunk = [UInt8](repeating: 0, count: Self.chunkSizeBytes)
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return [] }
            let lines = rest.withLock { rest -> [ArraySlice<UInt8>] in
                rest += chunk[..<count]
                guard let end = rest.lastIndex(of: 10) else { return [] }
                let lines = rest[..<end].split(separator: 10, omittingEmptySubsequences: false)
                rest = Array(rest[(end + 1)...])
                return lines
            }
            if !lines.isEmpty { return lines }
        }
    }

    /// Whether some process has the file open for writing: what the runtime has read from a container is
    /// all in the file once it has closed it. A lease for reading is given only while nobody writes.
    /// Source: fcntl(2), "Leases".
    var hasWriter: Bool {
        // Glibc has these only under _GNU_SOURCE. What a writer that comes meanwhile raises is a signal that is ignored by default.
        let (setSignal, setLease): (Int32, Int32) = (10, 1024)
        guard fcntl(file, setSignal, SIGURG) == 0 else { return false }
        if fcntl(file, setLease, F_RDLCK) == 0 {
            _ = fcntl(file, setLease, F_UNLCK)
            return false
        }
        // Anything else means a file system without leases.
        return errno == EAGAIN
    }

    /// The file that took this one's name (rotation); nil while there is none.
    func successor(at path: String) -> LogFile? {
        var own = stat()
        guard fstat(file, &own) == 0, let there = Files.status(path), (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino) else {
            return nil
        }
        return LogFile(path)
    }

    /// Sets the position so that `count` lines are left, reading from the end backwards.
    func seek(toLast count: Int) {
        let size = lseek(file, 0, SEEK_END)
        var position = size
        var newlines = 0
        var chunk = [UInt8](repeating: 0, count: Self.chunkSizeBytes)
        while position > 0 {
            let length = min(position, off_t(chunk.count))
            position -= length
            guard pread(file, &chunk, Int(length), position) == Int(length) else { break }
            for index in stride(from: Int(length) - 1, through: 0, by: -1) where chunk[index] == 10 {
                // The newline that ends the last line begins no other.
                if position + off_t(index) == size - 1 { continue }
                newlines += 1
                if newlines == count {
                    lseek(file, position + off_t(index) + 1, SEEK_SET)
                    return
                }
            }
        }
        lseek(file, count == 0 ? size : 0, SEEK_SET)
    }

    /// The text of the last `lines` entries, at most about `sizeBytesMax` of it.
    static func tail(_ path: String, lines: Int, sizeBytesMax: Int) -> [UInt8] {
        guard let log = LogFile(path) else { return [] }
        log.seek(toLast: lines)
        var text: [UInt8] = []
        while case let some = log.lines(), !some.isEmpty {
            for line in some { if let entry = LogEntry(line) { text += entry.text } }
            if text.count > 2 * sizeBytesMax { text = Array(text.suffix(sizeBytesMax)) }
        }
        return text
    }
}

/// One line of a log file.
struct LogEntry {
    /// As written: RFC 3339 with nanoseconds.
    let time: ArraySlice<UInt8>
    /// With its newline, unless the entry is a part of a line.
    let text: [UInt8]

    /// nil for a line that is not in CRI's format.
    init?(_ line: ArraySlice<UInt8>) {
        guard let first = line.firstIndex(of: 32), let second = line[(first + 1)...].firstIndex(of: 32),
            second + 1 < line.endIndex
        else { return nil }
        let third = line[(second + 1)...].firstIndex(of: 32) ?? line.endIndex
        time = line[..<first]
        let tags = line[(second + 1)..<third]
        let isPart = tags.first == UInt8(ascii: "P")
        text = (third < line.endIndex ? Array(line[(third + 1)...]) : []) + (isPart ? [] : [10])
    }
}
