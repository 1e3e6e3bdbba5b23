import Glibc

/// Settings under `/proc/sys`: written in place, whole, by one write.
enum KernelFile {
    static func set(_ value: String, at path: String) throws(Files.Failure) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw Files.Failure(operation: "open", path: path, code: errno) }
        defer { close(file) }
        let bytes = Array(value.utf8)
        guard write(file, bytes, bytes.count) == bytes.count else { throw Files.Failure(operation: "write", path: path, code: errno) }
    }
}

extension Files {
    /// Replaces a file: after a crash its old or its new content is there, never a part of either.
    static func replace(_ text: String, at path: String, mode: mode_t = 0o600) throws(Failure) {
        let temporary = path + ".new"
        try write(Array(text.utf8), to: temporary, mode: mode)
        try check(rename(temporary, path), "rename", path)
    }
}
