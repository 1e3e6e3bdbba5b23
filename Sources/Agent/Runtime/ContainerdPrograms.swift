import Glibc

/// The programs that running containers takes, or one error that names what is missing.
struct ContainerdPrograms {
    var containerd: String
    /// Directory of the CNI plugins.
    var networkPlugins: String

    private static let pluginDirectories = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"]
    private static let plugins = ["ptp", "host-local", "loopback"]

    static func find() throws(Containerd.Failure) -> ContainerdPrograms {
        guard geteuid() == 0 else {
            throw Containerd.Failure(
                description: "running containers needs root, found uid \(geteuid()); run gitctl as root, or the daemon with --no-agent")
        }
        let needed = [
            ("containerd", "containerd"), ("ctr", "containerd"), ("containerd-shim-runc-v2", "containerd"), ("runc", "runc"),
            ("nft", "nftables"), ("ip", "iproute2"),
        ]
        var missing: [String] = []
        func note(_ package: String) { if !missing.contains(package) { missing.append(package) } }
        for (program, package) in needed where ExecutablePath.find(program) == nil { note(package) }
        let directory = pluginDirectories.first { directory in
            plugins.allSatisfy { access("\(directory)/\($0)", X_OK) == 0 }
        }
        if directory == nil { note("containernetworking-plugins") }
        guard missing.isEmpty, let directory, let containerd = ExecutablePath.find("containerd") else {
            throw Containerd.Failure(
                description: """
                    running containers needs packages that are not installed: \(missing.joined(separator: ", ")); \
                    install them (on Debian: apt-get install \(missing.joined(separator: " "))), or run the daemon with --no-agent
                    """)
        }
        return ContainerdPrograms(containerd: containerd, networkPlugins: directory)
    }
}

/// Identity of a running process on disk: pid, start time and boot, one a line.
struct ContainerdProcessFile {
    var pid: pid_t
    var startTime: UInt64
    var bootID: String

    init?(_ pid: pid_t) {
        guard let entry = ProcessTable.entry(pid) else { return nil }
        self.pid = pid
        startTime = entry.startTime
        bootID = ProcessTable.bootID
    }

    init?(path: String) {
        let lines = Files.text(path).split(separator: "\n")
        guard lines.count == 3, let pid = pid_t(lines[0]), let startTime = UInt64(lines[1]) else { return nil }
        self.pid = pid
        self.startTime = startTime
        bootID = String(lines[2])
    }

    func write(to path: String) throws(Files.Failure) { try Files.replace("\(pid)\n\(startTime)\n\(bootID)\n", at: path) }

    /// Whether that very process still runs.
    var isAlive: Bool {
        guard bootID == ProcessTable.bootID, let entry = ProcessTable.entry(pid) else { return false }
        return entry.startTime == startTime && !entry.isZombie
    }
}

enum UnixSocket {
    /// Whether a process takes connections on the socket.
    static func accepts(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count <= ContainerdLayout.socketPathSizeMax else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}

enum Overlay {
    /// Tries a mount: overlayfs refuses some file systems below it, among them itself in a container.
    static func isSupported(below directory: String) -> Bool {
        let base = directory + "/overlay-check"
        defer { for name in ["/lower", "/upper", "/work/work", "/work", "/merged", ""] { rmdir(base + name) } }
        do {
            for name in ["lower", "upper", "work", "merged"] { try Files.makeDirectory("\(base)/\(name)", mode: 0o700) }
        } catch {
            return false
        }
        let options = "lowerdir=\(base)/lower,upperdir=\(base)/upper,workdir=\(base)/work"
        guard mount("overlay", base + "/merged", "overlay", 0, options) == 0 else { return false }
        return umount2(base + "/merged", Int32(MNT_DETACH)) == 0
    }
}

enum OOMScore {
    /// Tries, in a child, to lower `oom_score_adj` as the kubelet does for sandboxes (-998).
    static func isRestricted() async throws(Command.Failure) -> Bool {
        try await !Command("sh", "-c", "echo -998 > /proc/self/oom_score_adj").run().isSuccess
    }
}
