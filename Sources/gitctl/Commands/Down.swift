import Agent
import APIMachinery
import ArgumentParser
import Dispatch
import Glibc
import Logging
import Subprocess
import SystemPackage

package struct Down: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Stop the daemon and its containers.",
        discussion: """
            Nothing of the instance is left running: no process, mount, interface, network namespace or nftables rule. What \
            it stored stays, so that `gitctl up` continues from there; --delete-data removes that too.

            Examples:
              gitctl down
              gitctl down --delete-data
            """)

    @Flag(help: "Also remove the data directory: state, repositories, images, keys.") package var deleteData = false
    @OptionGroup package var instance: InstanceOptions
    @OptionGroup package var log: LogOptionGroup

    package init() {}

    package func run() async throws {
        let directory = instance.directory
        guard directory.exists else { return printLine("nothing runs in \(directory.path)") }
        guard geteuid() == 0 || access(directory.path, W_OK) == 0 else {
            throw Failure("stopping the instance in \(directory.path) needs root", hints: ["sudo gitctl down"])
        }
        let progress = Progress()
        let wasRunning = try await progress.during("stopping the daemon") {
            let wasRunning = try await Self.stopDaemon(directory)
            try await Self.waitForExit(directory)
            return wasRunning
        }
        // From here on no daemon of this directory can start, and what it ran is ours to end: the
        // same whether it stopped in order or was killed.
        let lock = try InstanceLock(directory)
        try await progress.during("ending containers") { try await Teardown(directory: directory, logger: log.logger("down", standard: .error)).run() }
        if deleteData {
            try await progress.during("removing \(directory.path)") { try await Self.delete(directory) }
        }
        _ = consume lock
        printLine(
            deleteData ? "stopped, and removed \(directory.path)"
                : wasRunning ? "stopped; its data stays in \(directory.path)" : "nothing ran; the data stays in \(directory.path)")
    }

    /// Whether there was a daemon to stop.
    private static func stopDaemon(_ directory: DataDirectory) async throws -> Bool {
        do {
            try await ControlClient(directory).send(.stop)
            return true
        } catch let error as ControlClient.Unavailable {
            return error == .ended
        }
    }

    /// The lock comes free when the daemon's process has ended; waiting for it blocks, so on a thread of its own.
    private static func waitForExit(_ directory: DataDirectory) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async {
                continuation.resume(with: Result { _ = try InstanceLock(directory, waits: true) })
            }
        }
    }

    private static func delete(_ directory: DataDirectory) async throws {
        if let mount = Mounts.below(directory.path).first {
            throw Failure(
                "did not remove \(directory.path): \(mount) is still mounted", hints: ["umount \(mount), and run the command again"])
        }
        let result = try await Subprocess.run(
            .name("rm"), arguments: ["-rf", "--one-file-system", "--", directory.path], output: .discarded, error: .string(limit: 4096))
        guard result.terminationStatus.isSuccess else {
            throw Failure("cannot remove \(directory.path): \(result.standardError)")
        }
    }
}

/// The mount points of this process's namespace. Source: proc(5), mountinfo.
package enum Mounts {
    package static func below(_ directory: String, mountinfo: String? = nil) -> [String] {
        let text = mountinfo ?? read("/proc/self/mountinfo")
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 4 else { return nil }
            let path = unescaped(fields[4])
            return path.hasPrefix(directory + "/") ? path : nil
        }
    }

    /// `\040` and its like.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3, let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func read(_ path: String) -> String {
        // Where proc is not mounted nothing of ours can be either.
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return "" }
        defer { try? file.close() }  // nothing was written
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while let count = buffer.withUnsafeMutableBytes({ try? file.read(into: $0) }), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }
}
