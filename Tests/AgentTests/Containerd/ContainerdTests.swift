import Agent
import Glibc
import Logging
import TestSupport
import Testing

/// A real containerd in a network namespace of the suite's own.
@Suite(.inNetworkNamespace(), .serialized)
struct ContainerdTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func containerd(_ directory: String) -> Containerd {
        Containerd(dataDirectory: directory, podCIDR: "10.42.0.0/16", registryMirrors: [:], logger: logger)
    }

    private func ctr(_ containerd: Containerd, _ arguments: String...) async throws -> String {
        try await CommandRunner().output(["ctr", "--address", containerd.socketPath, "--namespace", "k8s.io"] + arguments)
    }

    /// Runs a container with the runc state where CRI's containers have it.
    private func runSleeper(_ containerd: Containerd) async throws {
        _ = try await ctr(
            containerd, "run", "--detach", "--runc-root", containerd.layout.state + "/runc", "gitctl.dev/pause:1", "sleeper")
    }

    private func pid(_ containerd: Containerd) async throws -> String {
        try await CommandRunner().output("head", "-n", "1", containerd.layout.processFile)
    }

    private func leftovers(_ directory: String) async throws -> String {
        let namespace = try #require(InNetworkNamespace.current)
        return try await Leftovers(dataDirectory: directory, namespace: namespace).description
    }

    @Test("A started containerd answers, holds the sandbox image, and a second start adopts it", .timeLimit(.minutes(1)))
    func startAndAdopt() async throws {
        try await TemporaryDirectory.with { directory in
            let first = containerd(directory.path)
            try await first.start()
            #expect(try await ctr(first, "images", "list", "--quiet").contains("gitctl.dev/pause:1"))
            let pid = try await pid(first)

            let second = containerd(directory.path)
            try await second.start()
            #expect(try await self.pid(second) == pid)

            try await second.stop()
            #expect(try await leftovers(directory.path) == "")
        }
    }

    @Test("Image archives in the data directory are imported, each once", .timeLimit(.minutes(2)))
    func imports() async throws {
        try await TemporaryDirectory.with { directory in
            try await CommandRunner().output(
                "\(BuiltProducts.sources)/scripts/images", "--output", "\(directory.path)/images", "busybox", within: .seconds(60))
            try await CommandRunner().output(["tee", "\(directory.path)/images/broken.tar"], input: "not a tar")
            let containerd = containerd(directory.path)
            try await containerd.start()
            let names = try await ctr(containerd, "images", "list", "--quiet")
            #expect(names.contains("docker.io/library/busybox:1.36"))
            // Removed by hand, it must not come back by itself: the archive has been imported.
            _ = try await ctr(containerd, "images", "remove", "docker.io/library/busybox:1.36")
            try await containerd.start()
            #expect(try await !ctr(containerd, "images", "list", "--quiet").contains("docker.io/library/busybox:1.36"))
            try await containerd.stop()
        }
    }

    @Test("A killed containerd is started again, and its containers go on", .timeLimit(.minutes(1)))
    func restart() async throws {
        try await TemporaryDirectory.with { directory in
            let containerd = containerd(directory.path)
            try await containerd.start()
            try await runSleeper(containerd)
            let task = try await ctr(containerd, "tasks", "list")
            let killed = try await pid(containerd)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await containerd.supervise() }
                try await CommandRunner().output("kill", "-9", String(killed.dropLast()))
                let changes = FileChanges(path: containerd.layout.directory)
                for await _ in changes.stream {
                    if try await pid(containerd) != killed { break }
                }
                // A second start waits until the supervised one answers.
                try await containerd.start()
                #expect(try await ctr(containerd, "tasks", "list") == task)
                #expect(try await pid(containerd) != killed)
                group.cancelAll()
            }
            try await containerd.stop()
            #expect(try await leftovers(directory.path) == "")
        }
    }

    @Test("stop removes containers, shims and mounts, also when containerd is dead", .timeLimit(.minutes(1)))
    func stopAfterDeath() async throws {
        try await TemporaryDirectory.with { directory in
            let containerd = containerd(directory.path)
            try await containerd.start()
            try await runSleeper(containerd)
            #expect(try await leftovers(directory.path).contains("containerd-shim"))
            try await CommandRunner().output("kill", "-9", String(pid(containerd).dropLast()))

            try await self.containerd(directory.path).stop()
            #expect(try await leftovers(directory.path) == "")
            let again = self.containerd(directory.path)
            try await again.start()
            try await again.stop()
        }
    }

    @Test("stop finds containers whose shim was killed", .timeLimit(.minutes(1)))
    func orphans() async throws {
        try await TemporaryDirectory.with { directory in
            let containerd = containerd(directory.path)
            try await containerd.start()
            try await runSleeper(containerd)
            let pid = try #require(try await containerPID(containerd))
            let shim = try #require(ProcessTable().entries.values.first { $0.pid == ProcessTable.entry(pid)?.parent })
            let handle = try #require(try ProcessHandle(pid: pid))
            try await CommandRunner().output("kill", "-9", "\(shim.pid)")
            // Whether containerd has ended the orphan by now or not: after stop there is none.
            try await containerd.stop()
            #expect(handle.hasExited)
            #expect(try await leftovers(directory.path) == "")
        }
    }

    private func containerPID(_ containerd: Containerd) async throws -> pid_t? {
        let tasks = try await ctr(containerd, "tasks", "list")
        return tasks.split(separator: "\n").last.flatMap { pid_t($0.split(separator: " ")[1]) }
    }

    @Test("A data directory whose path is too long for a socket works", .timeLimit(.minutes(1)))
    func longPath() async throws {
        try await TemporaryDirectory.with { directory in
            let containerd = containerd(directory.path + "/" + String(repeating: "d", count: 120))
            #expect(containerd.socketPath.hasPrefix("/run/gitctl-"))
            try await containerd.start()
            #expect(try await ctr(containerd, "version").contains("Server:"))
            try await containerd.stop()
            #expect(access(containerd.layout.state, F_OK) != 0)
        }
    }

    @Test("State of before a reboot does not keep containerd from starting", .timeLimit(.minutes(1)))
    func reboot() async throws {
        try await TemporaryDirectory.with { directory in
            let containerd = containerd(directory.path)
            let layout = containerd.layout
            try await CommandRunner().output("mkdir", "-p", "\(layout.state)/io.containerd.runtime.v2.task/k8s.io/gone")
            try await CommandRunner().output(["tee", layout.bootFile], input: "another boot")
            try await CommandRunner().output(["tee", layout.processFile], input: "1\n1\nanother boot\n")
            try await containerd.start()
            #expect(access("\(layout.state)/io.containerd.runtime.v2.task/k8s.io/gone", F_OK) != 0)
            try await containerd.stop()
        }
    }
}
