import Glibc

/// Opens a path inside a volume without ever leaving the volume.
///
/// A container may write symbolic links into its volume and swap directories while we look. So the
/// path is walked one component at a time on open directories, links are resolved by hand against
/// the volume's root, and the result is a file descriptor, not a name that could change its meaning.
enum SubPath {
    static let linksMax = 40
    /// `O_PATH` of open(2), which Glibc's module does not show.
    private static let pathOnly: Int32 = 0o10_000_000

    /// Relative, without `..`.
    static func isValid(_ path: String) -> Bool {
        !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
    }

    /// An open `O_PATH` descriptor, which the caller closes. What is missing at the end of the path
    /// is made as directories. Errors: a path or link that leads out of the volume.
    static func open(_ path: String, in volume: String, group: Int64?) throws -> Int32 {
        guard isValid(path) else { throw PodProblem("subPath \"\(path)\" must be relative and must not contain '..'") }
        var stack = [try openRoot(volume)]
        defer { for file in stack { close(file) } }
        var components = path.split(separator: "/").map(String.init).reversed() as [String]
        var links = 0
        while let name = components.popLast() {
            if name == "." { continue }
            if name == ".." {
                guard stack.count > 1 else { throw PodProblem("subPath \"\(path)\" leads out of its volume") }
                close(stack.removeLast())
                continue
            }
            let directory = stack[stack.count - 1]
            var file = openat(directory, name, pathOnly | O_NOFOLLOW | O_CLOEXEC)
            if file < 0, errno == ENOENT {
                if mkdirat(directory, name, 0o755) != 0, errno != EEXIST { throw failure("mkdir", path) }
                file = openat(directory, name, pathOnly | O_NOFOLLOW | O_CLOEXEC)
                if file >= 0, let group { _ = fchownat(directory, name, uid_t.max, gid_t(group), AT_SYMLINK_NOFOLLOW) }
            }
            if file < 0 { throw failure("open", path) }
            var status = stat()
            guard fstat(file, &status) == 0 else {
                close(file)
                throw failure("stat", path)
            }
            guard status.st_mode & S_IFMT == S_IFLNK else {
                stack.append(file)
                continue
            }
            close(file)
            links += 1
            let target = Files.link("/proc/self/fd/\(directory)/\(name)") ?? ""
            guard links <= linksMax, !target.isEmpty, !target.hasPrefix("/") else {
                throw PodProblem("subPath \"\(path)\" leads out of its volume through the symbolic link \"\(name)\"")
            }
            components += target.split(separator: "/").map(String.init).reversed()
        }
        return stack.removeLast()
    }

    private static func openRoot(_ volume: String) throws -> Int32 {
        let file = Glibc.open(volume, pathOnly | O_CLOEXEC)
        if file < 0 { throw failure("open", volume) }
        return file
    }

    private static func failure(_ operation: String, _ path: String) -> Files.Failure {
        Files.Failure(operation: operation, path: path, code: errno)
    }
}
