import APIMachinery
import Glibc

/// Writes a volume's files so that a reader sees either all old or all new ones.
///
/// The files lie in a directory named by the time, `..data` is a link to it that is swapped with one
/// rename, and the visible names are links through `..data`. Source: Kubernetes docs, "ConfigMaps".
struct AtomicWriter {
    struct File: Sendable, Hashable {
        var bytes: [UInt8]
        var mode: mode_t
        /// nil is root.
        var owner: uid_t?
    }

    static let link = "..data"

    let directory: String
    let group: gid_t?

    /// Makes the volume hold exactly `files` (relative path → file); does nothing when it already does.
    /// Returns whether it changed. `now` names the new directory.
    @discardableResult
    func write(_ files: [String: File], now: Timestamp) throws -> Bool {
        for path in files.keys where !Self.isValid(path) {
            throw PodProblem("volume file path \"\(path)\" must be relative and must not contain '..'")
        }
        let old = Files.link("\(directory)/\(Self.link)")
        if let old, holds(files, in: "\(directory)/\(old)") {
            try linkNames(of: files)
            return false
        }
        let name = "..\(now.nano.filter { $0 != ":" && $0 != "-" })"
        let target = "\(directory)/\(name)"
        try Files.removeTree(target)
        try Files.makeDirectory(target, mode: 0o755)
        for (path, file) in files { try write(file, to: "\(target)/\(path)") }
        try swap(to: name)
        try linkNames(of: files)
        try removeStale(except: name, files)
        return true
    }

    static func isValid(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.isEmpty && path.utf8.count <= 4096 && !path.hasPrefix("..")
            && parts.allSatisfy { !$0.isEmpty && $0 != ".." && $0 != "." && $0.utf8.count <= 255 }
    }

    private func write(_ file: File, to path: String) throws(Files.Failure) {
        if let slash = path.lastIndex(of: "/") { try Files.makeDirectory(String(path[..<slash]), mode: 0o755) }
        try Files.write(file.bytes, to: path, mode: file.mode)
        guard group != nil || file.owner != nil else { return }
        try Files.check(chown(path, file.owner ?? 0, group ?? 0), "chown", path)
        try Files.check(chmod(path, mode(file)), "chmod", path)
    }

    /// The group that the pod runs with may read.
    private func mode(_ file: File) -> mode_t { group == nil ? file.mode : file.mode | 0o440 }

    private func holds(_ files: [String: File], in target: String) -> Bool {
        var found = 0
        for path in tree(target) {
            guard let file = files[path], let status = Files.status("\(target)/\(path)"),
                status.st_mode & 0o7777 == mode(file), status.st_size == file.bytes.count,
                Files.bytes("\(target)/\(path)", sizeBytesMax: file.bytes.count + 1) == file.bytes
            else { return false }
            found += 1
        }
        return found == files.count
    }

    private func tree(_ root: String, below prefix: String = "") -> [String] {
        Files.names(in: root).flatMap { name in
            let path = "\(root)/\(name)"
            guard let status = Files.status(path), status.st_mode & S_IFMT == S_IFDIR else { return [prefix + name] }
            return tree(path, below: "\(prefix)\(name)/")
        }
    }

    private func swap(to name: String) throws(Files.Failure) {
        let temporary = "\(directory)/\(Self.link)_tmp"
        try Files.removeTree(temporary)
        try Files.check(symlink(name, temporary), "symlink", temporary)
        try Files.check(rename(temporary, "\(directory)/\(Self.link)"), "rename", temporary)
    }

    private func top(_ files: [String: File]) -> Set<String> {
        Set(files.keys.map { $0.split(separator: "/").first.map(String.init) ?? $0 })
    }

    private func linkNames(of files: [String: File]) throws(Files.Failure) {
        for name in top(files) where Files.link("\(directory)/\(name)") != "\(Self.link)/\(name)" {
            try Files.removeTree("\(directory)/\(name)")
            try Files.check(symlink("\(Self.link)/\(name)", "\(directory)/\(name)"), "symlink", name)
        }
    }

    private func removeStale(except name: String, _ files: [String: File]) throws(Files.Failure) {
        let kept = top(files).union([name, Self.link])
        for other in Files.names(in: directory) where !kept.contains(other) { try Files.removeTree("\(directory)/\(other)") }
    }
}
