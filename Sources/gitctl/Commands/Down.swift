import Agent
import APIMachinery
import ArgumentParser
import Dispatch
import Glibc
import Logging
import Subprocess

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
        guard directory.isInstance else {
            guard deleteData, directory.exists else { return printLine("nothing runs in \(directory.path)") }
            throw Failure(
                "did not remove \(directory.path): no daemon of gitctl has run there", hints: ["name the data directory with --data-dir DIR"])
        }
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
    static func stopDaemon(_ directory: DataDirectory) async throws -> Bool {
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
        if let mount = Mounts.points(below: directory.path).first(where: { $0 != directory.path }) {
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
