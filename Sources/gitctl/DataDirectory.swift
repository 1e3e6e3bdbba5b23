import Agent
import Glibc
import SystemPackage

/// Where one instance keeps everything: state, repositories, sockets, keys. Owner only (0700).
package struct DataDirectory: Sendable, Hashable {
    package static let standard = "/var/lib/gitctl"

    /// Absolute, without a final slash.
    package let path: String

    /// `--data-dir`, else `$GITCTL_DATA_DIR`, else `/var/lib/gitctl`; relative to the working directory.
    package init(option: String?, environment: String? = environment("GITCTL_DATA_DIR"), workingDirectory: String = currentDirectory()) {
        let chosen = [option, environment].compactMap { $0 }.first { !$0.isEmpty } ?? Self.standard
        path = FilePath(workingDirectory).pushing(FilePath(chosen)).lexicallyNormalized().string
    }

    package var kubeconfig: String { path + "/kubeconfig" }
    package var log: String { path + "/daemon.log" }
    package var lock: String { path + "/gitctl.lock" }
    package static let socketName = "gitctl.sock"
    package var socket: String { path + "/" + Self.socketName }

    var exists: Bool { access(path, F_OK) == 0 }

    /// Whether a daemon has run here: what no daemon has made is not ours to remove.
    package var isInstance: Bool { access(lock, F_OK) == 0 }

    /// What may be there before a daemon is: image archives to import, and what a file system begins with.
    private static let namesBefore: Set = ["images", "lost+found", "daemon.log", "daemon.log.1"]

    /// Makes it, or takes one that is empty, and makes it private to its owner. A directory that holds
    /// other things is refused: its mode would change, and `down --delete-data` would remove them.
    package func create() throws(Failure) {
        let others = isInstance ? [] : Files.names(in: path).filter { !Self.namesBefore.contains($0) }.sorted()
        guard others.isEmpty else {
            throw Failure(
                "\(path) cannot be the data directory: it holds other things (\(others.prefix(3).joined(separator: ", "))\(others.count > 3 ? ", …" : ""))",
                hints: ["choose a new or an empty directory with --data-dir DIR"])
        }
        do {
            try FilePath(path).createDirectories()
        } catch {
            throw Failure("cannot make the data directory \(path): \(error)", hints: ["choose another with --data-dir DIR"])
        }
        guard chmod(path, 0o700) == 0 else {
            throw Failure(
                "cannot make the data directory \(path) private: \(Errno(rawValue: errno))",
                hints: ["it must belong to the user who runs gitctl; choose another with --data-dir DIR"])
        }
    }
}

package func currentDirectory() -> String {
    guard let buffer = getcwd(nil, 0) else { return "/" }
    defer { free(buffer) }
    return String(cString: buffer)
}

extension FilePath {
    /// `mkdir -p`, mode 0755.
    func createDirectories() throws(Errno) {
        if mkdir(string, 0o755) == 0 { return }
        switch errno {
        case EEXIST:
            guard access(string + "/.", F_OK) == 0 else { throw .notDirectory }
        case ENOENT:
            try removingLastComponent().createDirectories()
            guard mkdir(string, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        default: throw Errno(rawValue: errno)
        }
    }
}

/// The right to be the one instance of a data directory: an advisory lock that ends with the process.
///
/// The file keeps the holder's process id, for messages alone.
package struct InstanceLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Throws when another process holds the lock; with `waits`, blocks the calling thread until it is free.
    package init(_ directory: DataDirectory, waits: Bool = false) throws(Failure) {
        descriptor = open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure("cannot open \(directory.lock): \(Errno(rawValue: errno))")
        }
        while flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0 {
            if errno == EINTR { continue }
            let holder = Self.holder(directory).map { " (process \($0))" } ?? ""
            close(descriptor)
            throw Failure(
                "another gitctl daemon\(holder) uses the data directory \(directory.path)",
                hints: ["stop it with `gitctl down --data-dir \(directory.path)`", "or choose another directory with --data-dir DIR, and another port with --listen HOST:PORT"])
        }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, text.utf8.count, 0) }
    }

    /// The process that holds, or held last, the lock.
    package static func holder(_ directory: DataDirectory) -> Int32? {
        let descriptor = open(directory.lock, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self)) : nil
    }

    deinit { close(descriptor) }
}
