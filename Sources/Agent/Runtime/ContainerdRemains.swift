import Glibc

/// What containers leave in the kernel and on disk, found without asking containerd, and removed.
struct ContainerdRemains {
    let layout: ContainerdLayout

    /// After containerd has ended: kills what it ran and removes what that leaves. Images stay.
    func remove() async throws {
        try await killContainers()
        try await removeState()
        try await Command("rm", "-rf", "--one-file-system", layout.leases).output()
        for name in Files.names(in: "/var/lib/cni/results") where name.hasPrefix(layout.instance.networkName + "-") {
            unlink("/var/lib/cni/results/\(name)")
        }
        unlink(layout.processFile)
        unlink(layout.bootFile)
    }

    /// Unmounts everything below and deletes sockets, bundles and network namespaces.
    func removeState() async throws {
        for path in shimSockets { unlink(path) }
        for directory in [layout.directory, layout.state] {
            // The directory itself may be a disk of the administrator's.
            for point in Mounts.points(below: directory) where point != directory { try Mounts.unmount(point) }
        }
        try await Command("rm", "-rf", "--one-file-system", layout.state).output()
    }

    private func killContainers() async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        var groups: Set<String> = []
        while true {
            let table = ProcessTable()
            let shims = table.entries.values.filter { !$0.isZombie && isShim($0) }
            // A container whose shim was killed has another parent; its root file system still tells.
            let containers = table.descendants(of: shims.map(\.pid)) + table.entries.values.filter { !$0.isZombie && hasRootHere($0) }
            let victims = containers.isEmpty ? shims : containers
            if victims.isEmpty { break }
            guard ContinuousClock.now < deadline else {
                throw Containerd.Failure(
                    description: "these processes of containers do not end: \(victims.map { "\($0.pid)" }.joined(separator: ", "))")
            }
            for victim in containers { groups.formUnion(ControlGroup.directories(of: victim.pid)) }
            let handles = try victims.compactMap { try ProcessHandle(pid: $0.pid) }
            for handle in handles { try handle.signal(SIGKILL) }
            for handle in handles { await handle.waitForExit(within: .seconds(5)) }
        }
        ControlGroup.remove(groups)
    }

    private func isShim(_ entry: ProcessTable.Entry) -> Bool {
        guard let program = entry.arguments.first, program.hasSuffix("containerd-shim-runc-v2"),
            let flag = entry.arguments.firstIndex(of: "-address"), flag + 1 < entry.arguments.count
        else { return false }
        return entry.arguments[flag + 1] == layout.socketPath
    }

    /// Whether the process's root is a snapshot of this containerd. Source: proc(5), mountinfo.
    private func hasRootHere(_ entry: ProcessTable.Entry) -> Bool {
        guard Files.link("/proc/\(entry.pid)/ns/mnt") != Files.link("/proc/self/ns/mnt") else { return false }
        let mounts = Files.text("/proc/\(entry.pid)/mountinfo", sizeBytesMax: 32 << 20).split(separator: "\n")
        return mounts.contains { line in
            let fields = line.split(separator: " ", maxSplits: 5)
            // Overlay names its directories in the options, a bind mount (native snapshotter) in the root field.
            return fields.count == 6 && fields[4] == "/" && (fields[5].contains("=\(layout.root)/") || fields[3].hasPrefix(layout.root + "/"))
        }
    }

    /// Sockets of shims lie outside the state, in a directory common to all containerds; each
    /// bundle names its own.
    private var shimSockets: [String] {
        let bundles = layout.state + "/io.containerd.runtime.v2.task/k8s.io"
        return Files.names(in: bundles).compactMap { id in
            let address = Files.text("\(bundles)/\(id)/address")
            guard address.hasPrefix("unix://") else { return nil }
            return String(address.dropFirst("unix://".count).filter { $0 != "\n" })
        }
    }
}

enum ControlGroup {
    /// The directories, one per hierarchy, of a process's control groups; not the roots. Source: cgroups(7).
    static func directories(of pid: pid_t) -> [String] {
        Files.text("/proc/\(pid)/cgroup").split(separator: "\n").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, fields[2] != "/" else { return [] }
            let path = String(fields[2])
            if fields[1].isEmpty { return ["/sys/fs/cgroup\(path)", "/sys/fs/cgroup/unified\(path)"] }
            let name = fields[1].hasPrefix("name=") ? fields[1].dropFirst("name=".count) : fields[1]
            return ["/sys/fs/cgroup/\(name)\(path)"]
        }
    }

    /// Removes groups that have become empty, and their parents (the pods' groups) when those are
    /// empty then. The kernel refuses to remove a group in use.
    static func remove(_ directories: Set<String>) {
        for directory in directories.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            rmdir(directory)
            guard let slash = directory.lastIndex(of: "/") else { continue }
            let parent = String(directory[..<slash])
            // Directories right below a hierarchy are not a pod's.
            if parent.split(separator: "/").count > 4 { rmdir(parent) }
        }
    }
}
