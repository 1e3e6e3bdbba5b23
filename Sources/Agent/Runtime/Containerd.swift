import Glibc
import Logging

/// The private containerd of this data directory: spawned detached, adopted when it lives, restarted
/// when it dies, and taken down with everything it made.
///
/// Containers are children of shims, not of containerd: they outlive both it and the daemon.
package actor Containerd {
    /// What keeps containerd from running; the description is a whole message for the user.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// How long a start may take; a start with nothing to recover takes 50 ms.
    static let startLimit = Duration.seconds(30)
    /// How long containerd may take to end by itself.
    static let stopLimit = Duration.seconds(5)
    /// Waits between restarts of a containerd that keeps dying; a run of a minute begins anew.
    static let restartBackoff: ClosedRange<Duration> = .milliseconds(100) ... .seconds(10)

    package nonisolated let layout: ContainerdLayout
    private let podNetwork: PodNetwork
    private let podCIDR: String
    private let registryMirrors: [String: String]
    private let logger: Logger
    private var process: ProcessHandle?
    private var isStopping = false

    /// `dataDirectory` is absolute; `registryMirrors` maps a registry host to the URL that answers for it.
    package init(dataDirectory: String, podCIDR: String, registryMirrors: [String: String], logger: Logger) {
        layout = ContainerdLayout(dataDirectory: dataDirectory)
        podNetwork = PodNetwork(podCIDR: podCIDR)
        self.podCIDR = podCIDR
        self.registryMirrors = registryMirrors
        self.logger = logger
    }

    package nonisolated var socketPath: String { layout.socketPath }

    /// Adopts the live containerd or spawns one, and imports `<data-dir>/images/*.tar`.
    ///
    /// On return the socket answers and images are there. The CRI plugin may still be recovering its
    /// pods: until then its calls fail with "server is not initialized yet".
    package func start() async throws {
        isStopping = false
        let programs = try ContainerdPrograms.find()
        try await startProcess(programs)
        try await importImages()
    }

    /// Restarts containerd whenever it dies, until cancelled or stopped. Cancellation leaves it running.
    package func supervise() async throws {
        var wait = Self.restartBackoff.lowerBound
        let log = LogBound(path: layout.log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await log.run() }
            defer { group.cancelAll() }
            while !isStopping, let process {
                let started = ContinuousClock.now
                await process.waitForExit()
                if Task.isCancelled || isStopping { return }
                if started.duration(to: .now) > .seconds(60) { wait = Self.restartBackoff.lowerBound }
                logger.error("containerd ended; starting it again", metadata: ["pid": "\(process.pid)", "log": "\(layout.log)"])
                while !isStopping {
                    do {
                        try await startProcess(ContainerdPrograms.find())
                        break
                    } catch {
                        logger.error("containerd does not start", metadata: ["error": "\(error)"])
                        try await Task.sleep(for: wait)
                        wait = min(wait * 2, Self.restartBackoff.upperBound)
                    }
                }
            }
        }
    }

    /// Ends containers, shims and containerd, and removes mounts, interfaces, namespaces and leases.
    /// Images stay. Works also when containerd was started by another process, or is dead.
    package func stop() async throws {
        isStopping = true
        if let live = try process ?? liveProcess() { try await live.terminate(grace: Self.stopLimit) }
        process = nil
        try await ContainerdRemains(layout: layout).remove()
        // The range that was prepared, which need not be the one that this run was told.
        let prepared = Files.text(layout.podRangeFile)
        try await PodNetwork(podCIDR: prepared.isEmpty ? podCIDR : prepared).remove()
        unlink(layout.podRangeFile)
    }

    private func startProcess(_ programs: ContainerdPrograms) async throws {
        let earlier = Files.text(layout.podRangeFile)
        // First of all: what was refused leaves nothing to take down.
        if earlier != podCIDR { try await podNetwork.refuseInUse() }
        try Files.makeDirectory(layout.directory, mode: 0o711)
        try await forgetEarlierBoot()
        if !earlier.isEmpty, earlier != podCIDR { try await PodNetwork(podCIDR: earlier).remove() }
        try Files.replace(podCIDR, at: layout.podRangeFile)
        try await podNetwork.prepare()
        let isChanged = try await writeConfiguration(programs)
        if let live = try liveProcess() {
            if !isChanged, await answers(live) {
                logger.info("adopted the running containerd", metadata: ["pid": "\(live.pid)"])
                process = live
                return
            }
            // Containers are not concerned: their shims go on.
            logger.info("replacing the running containerd", metadata: ["pid": "\(live.pid)"])
            try await live.terminate(grace: Self.stopLimit)
        }
        let spawned = try ProcessHandle.spawnDetached([programs.containerd, "--config", layout.configuration], log: layout.log)
        process = spawned
        try ContainerdProcessFile(spawned.pid)?.write(to: layout.processFile)
        guard await answers(spawned) else {
            let tail = LogBound(path: layout.log).tail(lines: 5)
            throw Failure(
                description: spawned.hasExited
                    ? "containerd ended at its start; the end of \(layout.log):\n\(tail)"
                    : "containerd does not answer on \(layout.socketPath) after \(Self.startLimit); the end of \(layout.log):\n\(tail)")
        }
        logger.info("started containerd", metadata: ["pid": "\(spawned.pid)", "socket": "\(layout.socketPath)"])
    }

    /// State of before a reboot names processes and mounts that are gone.
    private func forgetEarlierBoot() async throws {
        let boot = ProcessTable.bootID
        guard Files.text(layout.bootFile) != boot else { return }
        try await ContainerdRemains(layout: layout).removeState()
        try Files.replace(boot, at: layout.bootFile)
    }

    /// Answers whether `config.toml` differs from what the running containerd has read.
    private func writeConfiguration(_ programs: ContainerdPrograms) async throws -> Bool {
        for directory in [layout.root, layout.state, layout.networkConfiguration, layout.leases, layout.registryHosts] {
            try Files.makeDirectory(directory, mode: 0o711)
        }
        let configuration = ContainerdConfiguration(
            layout: layout, podCIDR: podCIDR, pluginDirectory: programs.networkPlugins,
            snapshotter: Overlay.isSupported(below: layout.root) ? "overlayfs" : "native",
            restrictsOOMScore: try await OOMScore.isRestricted())
        let networkList = layout.networkConfiguration + "/10-gitctl.conflist"
        if Files.text(networkList) != configuration.networkList {
            try Files.replace(configuration.networkList, at: networkList)
        }
        // Registry hosts are read anew at each pull.
        for stale in Files.names(in: layout.registryHosts) where registryMirrors[stale] == nil {
            unlink("\(layout.registryHosts)/\(stale)/hosts.toml")
            rmdir("\(layout.registryHosts)/\(stale)")
        }
        for (registry, mirror) in registryMirrors {
            try Files.makeDirectory("\(layout.registryHosts)/\(registry)", mode: 0o711)
            try Files.replace(
                ContainerdConfiguration.hosts(registry: registry, mirror: mirror),
                at: "\(layout.registryHosts)/\(registry)/hosts.toml")
        }
        if Files.text(layout.configuration) == configuration.toml { return false }
        try Files.replace(configuration.toml, at: layout.configuration)
        return true
    }

    /// The containerd that runs with our configuration, whoever started it.
    private func liveProcess() throws -> ProcessHandle? {
        if let recorded = ContainerdProcessFile(path: layout.processFile), recorded.isAlive,
            let handle = try ProcessHandle(pid: recorded.pid)
        {
            return handle
        }
        // A daemon killed between spawning and recording leaves one that only the process table knows.
        let found = ProcessTable().entries.values.first {
            !$0.isZombie && $0.arguments.count == 3 && $0.arguments[1] == "--config" && $0.arguments[2] == layout.configuration
        }
        guard let found, let handle = try ProcessHandle(pid: found.pid) else { return nil }
        try ContainerdProcessFile(found.pid)?.write(to: layout.processFile)
        return handle
    }

    /// Waits until the socket takes connections; false when the process ended or the limit passed.
    private func answers(_ process: ProcessHandle) async -> Bool {
        let deadline = ContinuousClock.now + Self.startLimit
        var wait = Duration.milliseconds(2)
        while !process.hasExited, ContinuousClock.now < deadline, !Task.isCancelled {
            if UnixSocket.accepts(layout.socketPath) { return true }
            // Cancellation is seen by the loop.
            try? await Task.sleep(for: wait)
            wait = min(wait * 2, .milliseconds(50))
        }
        return false
    }

    /// Imports the archives that have not been imported into this root, and the sandbox image.
    private func importImages() async throws {
        var imports = ImageImports(layout: layout)
        try await imports.importNew(logger: logger)
    }
}
