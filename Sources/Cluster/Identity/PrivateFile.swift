import Glibc

/// Small files that only their owner may read: keys, certificates, kubeconfigs.
///
/// A write is atomic and durable: a reader, or a start after a power loss, sees the old bytes or
/// the new. The calls block; files here are a few kilobytes.
package enum PrivateFile {
    /// Larger files are refused: nothing here is.
    package static let sizeBytesMax = 1 << 20

    package struct Failure: Error, CustomStringConvertible {
        package var path: String
        package var action: String
        package var code: Int32

        package var description: String { "cannot \(action) \(path): \(String(cString: strerror(code)))" }
    }

    /// nil when there is no such file.
    package static func read(_ path: String) throws(Failure) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure(path: path, action: "read", code: errno)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count <= sizeBytesMax {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(path: path, action: "read", code: errno)
            }
            bytes.append(contentsOf: chunk[0..<count])
        }
        throw Failure(path: path, action: "read", code: EFBIG)
    }

    /// Replaces the file, mode 0600, by way of a sibling `.new` file.
    package static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(path: path, action: "write", code: errno) }
        defer { close(file) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + offset, bytes.count - offset) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(path: path, action: "write", code: errno)
            }
            offset += count
        }
        // The mode of a file left behind by an interrupted write may be another.
        guard fchmod(file, 0o600) == 0, fsync(file) == 0, rename(temporary, path) == 0 else {
            throw Failure(path: path, action: "write", code: errno)
        }
        synchronizeDirectory(of: path)
    }

    /// Makes the directory, mode 0700, and those above it.
    package static func makeDirectory(_ path: String) throws(Failure) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST {
            var status = stat()
            guard stat(path, &status) == 0 else { throw Failure(path: path, action: "open", code: errno) }
            guard status.st_mode & S_IFMT == S_IFDIR else { throw Failure(path: path, action: "make the directory", code: ENOTDIR) }
            return
        }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw Failure(path: path, action: "make the directory", code: errno)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure(path: path, action: "make the directory", code: errno) }
    }

    /// Makes a rename durable. A file system that cannot do it gives no worse than the rename itself.
    private static func synchronizeDirectory(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}
