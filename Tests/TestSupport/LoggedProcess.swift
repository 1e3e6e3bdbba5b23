import Agent
import Dispatch
import Glibc

/// A long-running program of a test (a daemon, a server): its own session, output in a file.
package final class LoggedProcess: Sendable {
    package let log: String
    package let handle: ProcessHandle

    /// Starts the program inside `namespace`, its output appended to the file `log`.
    package init(_ arguments: [String], namespace: NetworkNamespace?, log: String) throws {
        self.log = log
        let line = (namespace?.prefix ?? []) + arguments
        guard let program = ExecutablePath.find(line[0]) else {
            throw CommandRunner.Failure(description: "\(line[0]) is not installed; run scripts/setup --test")
        }
        // nsenter executes the program in its own place, so the process id is the program's.
        handle = try ProcessHandle.spawnDetached([program] + line.dropFirst(), log: log)
    }

    package var pid: pid_t { handle.pid }

    /// Everything written so far.
    package var output: String {
        let descriptor = open(log, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first line written, at or after byte `offset` of the log, that satisfies `condition`.
    /// Throws when the program ends before it, or `limit` passes.
    package func line(after offset: Int = 0, within limit: Duration, where condition: @escaping @Sendable (Substring) -> Bool) async throws
        -> String
    {
        func found() -> String? {
            let written = String(decoding: output.utf8.dropFirst(offset), as: UTF8.self)
            // The last piece may be half a line.
            return written.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first(where: condition).map(String.init)
        }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            let changes = FileChanges(path: log)
            group.addTask {
                await self.handle.waitForExit()
                return false
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            group.addTask {
                for await _ in changes.stream where found() != nil { return true }
                return false
            }
            defer { group.cancelAll() }
            _ = try await group.next()
            if let line = found() { return line }
            throw CommandRunner.Failure(
                description: (handle.hasExited ? "the program ended" : "\(limit) passed") + " before the expected line; it wrote:\n\(output)")
        }
    }

    /// SIGKILL, and waits until it is gone.
    package func kill() async throws {
        try handle.signal(SIGKILL)
        await handle.waitForExit(within: .seconds(10))
    }

    /// SIGTERM; throws when the program has not ended within `limit`.
    package func terminate(within limit: Duration = .seconds(20)) async throws {
        try handle.signal(SIGTERM)
        await handle.waitForExit(within: limit)
        guard handle.hasExited else {
            try await kill()
            throw CommandRunner.Failure(description: "the program did not end within \(limit) of SIGTERM; it wrote:\n\(output)")
        }
    }
}

/// Tells when a file is written: once at the beginning, then after each change.
package struct FileChanges: Sendable {
    package let stream: AsyncStream<Void>

    package init(path: String) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        inotify_add_watch(descriptor, path, UInt32(IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO))
        // Sources may be used from any thread (dispatch_source_create(3)); the overlay does not say so.
        nonisolated(unsafe) let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            continuation.yield()
        }
        source.setCancelHandler { close(descriptor) }
        continuation.onTermination = { _ in source.cancel() }
        source.activate()
        continuation.yield()
    }
}
