import Dispatch
import Glibc

/// A running process that need not be a child: held by a pidfd, so it is never mistaken for another
/// that got its number.
package final class ProcessHandle: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    // glibc has these since 2.36, in a header that Swift's Glibc module does not cover.
    private typealias Open = @convention(c) (pid_t, UInt32) -> Int32
    private typealias SendSignal = @convention(c) (Int32, Int32, UnsafeRawPointer?, UInt32) -> Int32
    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    private static func symbol<F>(_ name: String, _: F.Type) throws(Failure) -> F {
        guard let address = dlsym(nil, name) else {
            throw Failure(description: "the C library has no \(name): gitctl needs glibc 2.36 or newer (Debian 12)")
        }
        return unsafeBitCast(address, to: F.self)
    }

    package let pid: pid_t
    private let descriptor: Int32

    /// Opens a process; nil when it has ended.
    package init?(pid: pid_t) throws(Failure) {
        descriptor = try Self.symbol("pidfd_open", Open.self)(pid, 0)
        self.pid = pid
        if descriptor < 0 { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package var hasExited: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1
    }

    package func signal(_ number: Int32) throws(Failure) {
        // A process that has ended meanwhile is what every sender of a signal here wants.
        _ = try Self.symbol("pidfd_send_signal", SendSignal.self)(descriptor, number, nil, 0)
    }

    /// Returns when the process has ended (and reaps it when it was a child), or when cancelled.
    package func waitForExit() async {
        // Sources may be used from any thread (dispatch_source_create(3)); the overlay does not say so.
        nonisolated(unsafe) let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        let cancel: @Sendable () -> Void = { source.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                source.setEventHandler(handler: cancel)
                source.setCancelHandler { continuation.resume() }
                source.activate()
            }
        } onCancel: {
            cancel()
        }
        if hasExited { waitpid(pid, nil, WNOHANG) }
    }

    /// Asks the process to end, and after `grace` makes it.
    package func terminate(grace: Duration) async throws {
        try signal(SIGTERM)
        await waitForExit(within: grace)
        guard !hasExited else { return }
        try signal(SIGKILL)
        await waitForExit(within: .seconds(10))
        if !hasExited { throw Failure(description: "process \(pid) does not end, even by SIGKILL") }
    }

    package func waitForExit(within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForExit() }
            // Cancellation ends the sleep early, which is what is wanted.
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Starts a program in a session of its own, so that it outlives this process and its terminal;
    /// its output is appended to the file `log`.
    package static func spawnDetached(_ arguments: [String], log: String) throws(Failure) -> ProcessHandle {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        _ = try symbol("posix_spawn_file_actions_addclosefrom_np", CloseFrom.self)(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // POSIX_SPAWN_SETSID, which the Glibc module leaves out.
        let newSession: Int16 = 0x80
        posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)

        var variables: [String] = ["PATH=\(ExecutablePath.searchPath)"]
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "TMPDIR"] {
            if let value = getenv(name) { variables.append("\(name)=\(String(cString: value))") }
        }
        var pid: pid_t = 0
        let code = withCStrings(arguments) { argv in
            withCStrings(variables) { envp in posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp) }
        }
        guard code == 0 else { throw Failure(description: "cannot start \(arguments[0]): \(String(cString: strerror(code)))") }
        guard let handle = try ProcessHandle(pid: pid) else {
            // A child that has ended stays until it is waited for, so this cannot be "ended already".
            throw Failure(description: "cannot watch \(arguments[0]): \(String(cString: strerror(errno)))")
        }
        return handle
    }

    private static func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
        let pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
