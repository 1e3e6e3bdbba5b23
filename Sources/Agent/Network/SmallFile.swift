import Glibc

/// Files of a few kilobytes: `/proc`, `/sys`, configuration and state. Never blocks for long.
enum SmallFile {
    struct Failure: Error, CustomStringConvertible {
        var path: String
        var code: Int32
        var description: String { "\(path): \(String(cString: strerror(code)))" }
    }

    /// The whole file as text; nil when it cannot be read.
    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// Replaces the file: the new text is either wholly there or not at all.
    static func write(_ text: String, to path: String, mode: mode_t = 0o600) throws(Failure) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(Failure) {
        let temporary = path + ".new"
        try store(bytes, in: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        guard rename(temporary, path) == 0 else { throw Failure(path: path, code: errno) }
    }

    /// Writes to a file that exists already and must not be replaced (`/proc/sys/…`).
    static func set(_ text: String, in path: String) throws(Failure) {
        try store(Array(text.utf8), in: path, flags: O_WRONLY, mode: 0)
    }

    private static func store(_ bytes: [UInt8], in path: String, flags: Int32, mode: mode_t) throws(Failure) {
        let descriptor = open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(path: path, code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes a directory and those above it; the last one gets `mode`.
    static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(Failure) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw Failure(path: path, code: errno)
        }
        try makeDirectory(String(path[..<slash]), mode: 0o711)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw Failure(path: path, code: errno) }
    }

    /// The names in a directory, without `.` and `..`; empty when it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
