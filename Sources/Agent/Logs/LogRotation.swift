import APIMachinery
import Glibc

/// Keeps a container's log at a few files of bounded size: the present one, and older ones with the time in their names.
struct LogRotation {
    static let fileSizeBytesMax: off_t = 10 << 20
    static let filesMax = 5

    let runtime: any ContainerRuntime
    let clock: any WallClock

    /// Moves a log that has grown too large away and has the runtime begin a new file.
    func rotate(_ path: String, of container: String) async throws {
        guard await Files.offPool({ (Files.status(path)?.st_size ?? 0) > Self.fileSizeBytesMax }) else { return }
        let moved = "\(path).\(clock.now.nano.filter { $0 != ":" && $0 != "-" })"
        try await Files.offPool { try Files.check(rename(path, moved), "rename", path) }
        do {
            try await runtime.reopenLog(container)
        } catch {
            try await Files.offPool { try Files.check(rename(moved, path), "rename", moved) }
            throw error
        }
        try await Files.offPool { try Self.removeOld(of: path) }
    }

    /// Leaves the newest of the moved files.
    private static func removeOld(of path: String) throws {
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = String(path[..<slash])
        let prefix = path[path.index(after: slash)...] + "."
        let old = Files.names(in: directory).filter { $0.hasPrefix(prefix) }.sorted()
        for name in old.dropLast(filesMax - 1) { try Files.removeTree("\(directory)/\(name)") }
    }
}
