import Glibc

/// Holds the data directory for one process: `flock` on a file that names the holder.
///
/// The kernel drops the lock with the process, so a killed daemon leaves nothing to clean up.
struct DataDirectoryLock: ~Copyable, Sendable {
    private let descriptor: Int32

    init(directory: String) throws(StoreError) {
        let path = directory + "/cluster.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(
                reason: .unusable, description: "cannot open \(path): \(String(cString: strerror(errno))); choose another directory with --data-dir, or run as its owner")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = read(descriptor, &buffer, buffer.count)
            close(descriptor)
            let holder = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).filter(\.isNumber)
            let process = holder.isEmpty ? "another gitctl" : "another gitctl (process \(holder))"
            throw StoreError(
                reason: .locked, description: "\(directory) is in use by \(process); stop it with 'gitctl down --data-dir \(directory)', or give this one its own --data-dir")
        }
        let text = Array("\(getpid())\n".utf8)
        // Who holds the lock is a courtesy to the reader of the file; the lock holds without it.
        if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, text, text.count) }
        self.descriptor = descriptor
    }

    /// Unlocks by name: a child that was just forked and has yet to run its program holds the descriptor as well.
    deinit {
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
