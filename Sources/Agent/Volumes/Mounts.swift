import Glibc

/// mount(2) and umount(2) below the agent's own directory.
package enum Mounts {
    /// Mounts a tmpfs unless one is there. `sizeBytes` nil: the kernel's default, half of the memory.
    static func tmpfs(at path: String, sizeBytes: Int64?, mode: mode_t) throws(Files.Failure) {
        try Files.makeDirectory(path, mode: mode)
        if isMountPoint(path) { return }
        var options = "mode=\(String(mode, radix: 8))"
        if let sizeBytes, sizeBytes > 0 { options += ",size=\(sizeBytes)" }
        let flags = UInt(MS_NOSUID) | UInt(MS_NODEV)
        try Files.check(mount("tmpfs", path, "tmpfs", flags, options), "mount tmpfs on", path)
    }

    /// Makes what an open file refers to visible at `path`, which is made to fit.
    static func bind(_ file: Int32, at path: String) throws(Files.Failure) {
        var status = stat()
        try Files.check(fstat(file, &status), "stat", path)
        if isMountPoint(path) { try unmount(path) }
        if status.st_mode & S_IFMT == S_IFDIR {
            try Files.makeDirectory(path, mode: 0o755)
        } else if Files.status(path) == nil {
            try Files.write([], to: path, mode: 0o644)
        }
        try Files.check(mount("/proc/self/fd/\(file)", path, nil, UInt(MS_BIND), nil), "bind mount on", path)
    }

    static func unmount(_ path: String) throws(Files.Failure) {
        if umount2(path, CInt(MNT_DETACH) | 8 /* UMOUNT_NOFOLLOW */) != 0, errno != EINVAL, errno != ENOENT {
            throw Files.Failure(operation: "unmount", path: path, code: errno)
        }
    }

    static func isMountPoint(_ path: String) -> Bool { points(below: path).contains(path) }

    /// Mount points of this process's namespace at or below `path`, the innermost and latest first.
    /// `mountinfo` stands in for the kernel's own. Source: proc(5).
    package static func points(below path: String, mountinfo: String? = nil) -> [String] {
        let text = mountinfo ?? Files.text("/proc/self/mountinfo", sizeBytesMax: 32 << 20)
        var points: [String] = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count > 4 else { continue }
            let point = unescaped(String(decoding: fields[4], as: UTF8.self))
            if point == path || point.hasPrefix(path + "/") { points.append(point) }
        }
        return points.reversed()
    }

    /// The kernel writes space, tab, newline and backslash as `\040` and so on.
    private static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
