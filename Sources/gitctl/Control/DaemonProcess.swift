import APIMachinery
import Dispatch
import Glibc
import SystemPackage

/// The background daemon: finds the one that runs, or starts one that outlives this command.
struct DaemonProcess: Sendable {
    let directory: DataDirectory

    /// What a daemon prints, first words of a line each.
    static let readyWord = "ready"
    static let nodeReadyWord = "node-ready"
    /// A node that takes longer is not waited for: what is deployed then says what it waits for.
    private static let nodeTimeMax = Duration.seconds(20)

    /// A longer log is set aside at the next start.
    private static let logBytesMax = 16 << 20

    /// What a running daemon says of itself.
    struct Identity: Sendable {
        var url: String
        var process: Int32
        var version: String
    }

    /// nil when none runs.
    func find() async throws -> Identity? {
        do {
            let answer = try await ControlClient(directory).send(.ping)
            return Identity(
                url: answer["url"]?.string ?? "", process: Int32(clamping: answer["process"]?.int ?? 0),
                version: answer["version"]?.string ?? "")
        } catch is ControlClient.Unavailable {
            return nil
        }
    }

    /// Starts `gitctl daemon` in a session of its own, with its log in the data directory, and
    /// returns when it is ready and takes pods.
    func start(level: String?) async throws {
        try directory.create()
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure("cannot make a pipe: \(Errno(rawValue: errno))") }
        let (reader, writer) = (ends[0], ends[1])
        defer { close(reader) }
        // The daemon gets the writing end as its stdout, and must not keep another.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // The last log is kept, so that what went before a restart can be read.
        if Self.size(of: directory.log) > Self.logBytesMax { rename(directory.log, directory.log + ".1") }
        let logStart = Self.size(of: directory.log)
        let child: pid_t
        do {
            defer { close(writer) }
            var arguments = [try Self.executable(), "daemon", "--detached", "--data-dir", directory.path]
            if let level { arguments += ["--log-level", level] }
            child = try spawn(arguments, standardOutput: writer)
        }
        if await Self.nextLine(from: reader)?.hasPrefix(Self.readyWord + " ") == true {
            // nil: the node is slow. Empty: the daemon has ended.
            if await Self.nextLine(from: reader, within: Self.nodeTimeMax) != "" { return }
        }
        // It ended before it was ready, and has said why.
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        throw failure(logStart: logStart)
    }

    /// Source: posix_spawn(3), with glibc's setsid.
    private func spawn(_ arguments: [String], standardOutput: Int32) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, standardOutput, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, directory.log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this command ignores or traps is not the daemon's.
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // POSIX_SPAWN_SETSID of <spawn.h>, which Glibc's module hides, and POSIX_SPAWN_SETSIGDEF.
        posix_spawnattr_setflags(&attributes, 0x80 | 0x04)
        var vector = arguments.map { strdup($0) } + [nil]
        defer { for pointer in vector { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, &attributes, &vector, environ)
        guard code == 0 else { throw Failure("cannot start \(arguments[0]): \(Errno(rawValue: code))") }
        return child
    }

    /// The daemon's own words: the `error:` and `hint:` lines that it left in its log.
    private func failure(logStart: Int) -> Failure {
        let lines = Self.tail(of: directory.log, from: logStart).split(separator: "\n")
        let message = lines.last { $0.hasPrefix("error: ") }.map { String($0.dropFirst(7)) }
        let hints = lines.filter { $0.hasPrefix("hint: ") }.map { String($0.dropFirst(6)) }
        // `up` takes no options of the daemon.
        let byItself = message?.contains("--") == true ? ["start the daemon by itself to give it options: gitctl daemon --data-dir \(directory.path) …; then run `gitctl up`"] : []
        return Failure(message ?? "the daemon ended before it was ready", hints: hints + byItself + ["its log is \(directory.log)"])
    }

    static func executable() throws(Failure) -> String {
        do {
            // The kernel marks a file that was replaced while it ran.
            let path = try FilePath("/proc/self/exe").readLink()
            return path.hasSuffix(" (deleted)") ? String(path.dropLast(10)) : path
        } catch {
            throw Failure("cannot find gitctl's own path in /proc/self/exe: \(error)")
        }
    }

    private static func size(of path: String) -> Int {
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return 0 }  // no log yet
        defer { try? file.close() }  // nothing was written
        return (try? Int(file.seek(offset: 0, from: .end))) ?? 0  // not a plain file: read it from its start
    }

    private static func tail(of path: String, from offset: Int) -> String {
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return "" }  // no log, no words
        defer { try? file.close() }  // nothing was written
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = bytes.withUnsafeMutableBytes { try? file.read(fromAbsoluteOffset: Int64(offset), into: $0) } ?? 0  // as above
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Reads to a newline or the end; nil when nothing comes in time. On a thread of its own, since it blocks.
    private static func nextLine(from descriptor: Int32, within time: Duration? = nil) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                if let time {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    var count: Int32
                    repeat { count = poll(&wait, 1, Int32(time.components.seconds * 1000)) } while count < 0 && errno == EINTR
                    if count == 0 { return continuation.resume(returning: nil) }
                }
                var line: [UInt8] = []
                var byte: UInt8 = 0
                while line.count < 4096 {
                    let count = read(descriptor, &byte, 1)
                    if count < 0 && errno == EINTR { continue }
                    if count <= 0 || byte == 10 { break }
                    line.append(byte)
                }
                continuation.resume(returning: String(decoding: line, as: UTF8.self))
            }
        }
    }
}

extension FilePath {
    /// What a symbolic link points at. Source: readlink(2).
    func readLink() throws(Errno) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = Glibc.readlink(string, &bytes, bytes.count)
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
