/// Where the private containerd keeps its things: all below `<data-dir>/containerd`, except that
/// sockets and state move to `/run` when the path would be too long for a Unix socket.
package struct ContainerdLayout: Sendable, Hashable {
    /// Longest path that fits `sockaddr_un.sun_path` with its NUL (unix(7)).
    static let socketPathSizeMax = 107

    package let instance: Instance
    package let dataDirectory: String
    /// Holds configuration, logs and, normally, the state.
    package let directory: String
    /// Sockets, task bundles and network namespaces: meaningless after a reboot.
    package let state: String

    /// `dataDirectory` is absolute.
    package init(dataDirectory: String) {
        instance = Instance(dataDirectory: dataDirectory)
        self.dataDirectory = dataDirectory
        directory = dataDirectory + "/containerd"
        let preferred = directory + "/state"
        // containerd makes a second socket, `<socket>.ttrpc`.
        state =
            (preferred + "/containerd.sock.ttrpc").utf8.count <= Self.socketPathSizeMax
            ? preferred : "/run/gitctl-\(instance)"
    }

    package var root: String { directory + "/root" }
    package var socketPath: String { state + "/containerd.sock" }
    package var configuration: String { directory + "/config.toml" }
    package var log: String { directory + "/containerd.log" }
    /// Process id, start time and boot of the running containerd.
    package var processFile: String { directory + "/process" }
    /// `hosts.toml` of each registry host.
    package var registryHosts: String { directory + "/certs.d" }
    package var networkConfiguration: String { directory + "/cni" }
    /// host-local's files, one per address in use.
    package var leases: String { directory + "/leases" }
    /// The boot for which `state` is valid.
    package var bootFile: String { directory + "/boot" }
    /// The pod range that the node was last prepared for.
    var podRangeFile: String { directory + "/pod-range" }
    /// That range; nil when nothing of the node is left, or ever was.
    package var podRange: String? {
        let text = Files.text(podRangeFile)
        return text.isEmpty ? nil : text
    }
    /// Image archives (`*.tar`) to import at start.
    package var images: String { dataDirectory + "/images" }
    /// Names, sizes and times of the archives imported already; inside `root`, so that it goes with the images.
    package var importedFile: String { root + "/imported" }
}
