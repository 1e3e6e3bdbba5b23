/// The files that the private containerd and its CNI plugins read. Pure: facts of the machine in, text out.
///
/// Configuration version 2 is understood by containerd 1.6 up to 2.x.
struct ContainerdConfiguration: Sendable, Equatable {
    /// Image of every pod's sandbox; imported at start, so never pulled.
    static let sandboxImage = "gitctl.dev/pause:1"

    /// Plugins that cost memory or start time and do nothing here. Names unknown to a version are ignored.
    private static let disabledPlugins = [
        "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.btrfs",
        "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.erofs", "io.containerd.snapshotter.v1.zfs",
        "io.containerd.internal.v1.opt", "io.containerd.internal.v1.restart", "io.containerd.internal.v1.tracing",
        "io.containerd.tracing.processor.v1.otlp", "io.containerd.monitor.v1.cgroups", "io.containerd.nri.v1.nri",
    ]

    var layout: ContainerdLayout
    var podCIDR: String
    /// Directory of the CNI plugins.
    var pluginDirectory: String
    var snapshotter: String
    /// Whether this process may not lower `oom_score_adj`, so that containers must not ask for it.
    var restrictsOOMScore: Bool

    /// `config.toml`.
    var toml: String {
        """
        # Written by gitctl at every start.
        version = 2
        root = \(quoted(layout.root))
        state = \(quoted(layout.state))
        disabled_plugins = [
        \(Self.disabledPlugins.map { "  \(quoted($0)),\n" }.joined())]

        [grpc]
        address = \(quoted(layout.socketPath))

        [debug]
        level = "warn"

        [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = \(quoted(Self.sandboxImage))
        restrict_oom_score_adj = \(restrictsOOMScore)
        netns_mounts_under_state_dir = true
        enable_unprivileged_ports = true
        enable_unprivileged_icmp = true
        max_container_log_line_size = 16384
        stats_collect_period = 300

        [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = \(quoted(pluginDirectory))
        conf_dir = \(quoted(layout.networkConfiguration))

        [plugins."io.containerd.grpc.v1.cri".containerd]
        snapshotter = \(quoted(snapshotter))
        default_runtime_name = "runc"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = \(quoted(layout.state + "/runc"))

        [plugins."io.containerd.grpc.v1.cri".registry]
        config_path = \(quoted(layout.registryHosts))

        """
    }

    /// The CNI network list: one veth pair per pod and no bridge, so that every packet between pods
    /// crosses the routing layer (docs/decisions/0002-pod-network.md).
    var networkList: String {
        """
        {
          "cniVersion": "0.4.0",
          "name": \(quoted(layout.instance.networkName)),
          "plugins": [
            {
              "type": "ptp",
              "ipMasq": false,
              "ipam": {
                "type": "host-local",
                "dataDir": \(quoted(layout.leases)),
                "ranges": [[{"subnet": \(quoted(podCIDR))}]],
                "routes": [{"dst": "0.0.0.0/0"}]
              }
            }
          ]
        }

        """
    }

    /// `hosts.toml` of a registry host that a mirror answers for; the host itself is asked next.
    static func hosts(registry: String, mirror: String) -> String {
        let upstream = registry == "docker.io" ? "registry-1.docker.io" : registry
        return """
            server = \(quoted("https://\(upstream)"))

            [host.\(quoted(mirror))]
            capabilities = ["pull", "resolve"]

            """
    }
}

/// A TOML basic string, which is also a JSON string for the characters that occur here.
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
