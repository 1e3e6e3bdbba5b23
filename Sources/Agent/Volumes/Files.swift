import Dispatch
import Glibc

/// File operations that the agent needs, as blocking calls; run them through `offPool`.
package enum Files {
    /// A failed system call: what was tried, on which path, and errno.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var operation: String
        package var path: String
        package var code: Int32

        package var description: String { "\(operation) \(path): \(String(cString: strerror(code)))" }
    }

    private static let queue = DispatchQueue(label: "gitctl.agent.files", attributes: .concurrent)

    /// Runs blocking work on a thread of its own instead of the cooperative pool's.
    package static func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    package static func offPool<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    static func check(_ result: Int32, _ operation: String, _ path: String) throws(Failure) {
        if result != 0 { throw Failure(operation: operation, path: path, code: errno) }
    }

    /// nil when nothing is there; does not follow a last symbolic link.
    package static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a directory and its missing parents; one that exists keeps its mode.
    package static func makeDirectory(_ path: String, mode: mode_t) throws(Failure) {
        if mkdir(path, mode) == 0 {
            try check(chmod(path, mode), "chmod", path)
            return
        }
        switch errno {
        case EEXIST where isDirectory(path): return
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { break }
            try makeDirectory(String(path[..<slash]), mode: 0o755)
            return try makeDirectory(path, mode: mode)
        default: break
        }
        throw Failure(operation: "mkdir", path: path, code: errno)
    }

    /// Replaces a file's content in place: mounted files keep their inode.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        if file < 0 { throw Failure(operation: "open", path: path, code: errno) }
        defer { close(file) }
        try check(fchmod(file, mode), "chmod", path)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(operation: "write", path: path, code: errno)
            }
            offset += count
        }
    }

    /// A file's first bytes; nil when it cannot be read.
    package static func bytes(_ path: String, sizeBytesMax: Int = 16 << 20) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < sizeBytesMax {
            let count = read(file, &buffer, min(buffer.count, sizeBytesMax - bytes.count))
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }

    /// A file's text; empty when it cannot be read.
    package static func text(_ path: String, sizeBytesMax: Int = 1 << 20) -> String {
        String(decoding: bytes(path, sizeBytesMax: sizeBytesMax) ?? [], as: UTF8.self)
    }

    package static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        return names(stream)
    }

    private static func names(_ stream: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The target of a symbolic link; nil when there is none.
    package static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Removes a file or a tree. Follows no symbolic link and enters no other file system: what is
    /// mounted inside is an error, not prey.
    package static func removeTree(_ path: String) throws(Failure) {
        guard let status = status(path) else { return }
        try remove(AT_FDCWD, path, status, path)
    }

    private static func remove(_ parent: Int32, _ name: String, _ status: stat, _ path: String) throws(Failure) {
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if unlinkat(parent, name, 0) != 0, errno != ENOENT { throw Failure(operation: "unlink", path: path, code: errno) }
            return
        }
        let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if directory < 0 { throw Failure(operation: "open", path: path, code: errno) }
        guard let stream = fdopendir(directory) else {
            close(directory)
            throw Failure(operation: "open", path: path, code: errno)
        }
        defer { closedir(stream) }
        for child in names(stream) {
            var inner = stat()
            guard fstatat(directory, child, &inner, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            if inner.st_dev != status.st_dev { throw Failure(operation: "remove", path: "\(path)/\(child)", code: EBUSY) }
            try remove(directory, child, inner, "\(path)/\(child)")
        }
        if unlinkat(parent, name, AT_REMOVEDIR) != 0, errno != ENOENT { throw Failure(operation: "rmdir", path: path, code: errno) }
    }
}
