import Logging

/// The private containerd of this data directory: spawned detached, adopted when it lives, restarted
/// when it dies, and taken down with everything it made.
///
/// Containers are children of shims, not of containerd: they outlive both it and the daemon.
package actor Containerd {
    package nonisolated let layout: ContainerdLayout

    /// `dataDirectory` is absolute; `registryMirrors` maps a registry host to the URL that answers for it.
    package init(dataDirectory: String, podCIDR: String, registryMirrors: [String: String], logger: Logger) {
        layout = ContainerdLayout(dataDirectory: dataDirectory)
    }

    package nonisolated var socketPath: String { layout.socketPath }

    /// Adopts the live containerd or spawns one, and imports `<data-dir>/images/*.tar`.
    package func start() async throws {}

    /// Restarts containerd whenever it dies, until cancelled or stopped.
    package func supervise() async throws {}

    /// Ends containers, shims and containerd, and removes mounts, interfaces, namespaces and leases.
    package func stop() async throws {}
}
