import ArgumentParser
import Glibc

package struct DaemonCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Run the cluster and the reconciler in the foreground.",
        discussion: """
            Prints `ready https://HOST:PORT` when the API answers, and logs to stderr. SIGTERM and SIGINT stop it; containers \
            go on, and the next daemon of the same data directory takes them over.

            Examples:
              gitctl daemon
              gitctl daemon --data-dir /srv/b --listen 127.0.0.1:7443 \\
                  --pod-cidr 10.52.0.0/16 --service-cidr 10.53.0.0/16
              gitctl daemon --kubeconfig prod.yaml  # the reconciler alone
            """)

    @Option(help: ArgumentHelp("Where the API server listens.", valueName: "host:port"))
    package var listen = ListenAddress(host: "127.0.0.1", port: 6443)
    @Flag(help: "Run no node agent: pods are scheduled nowhere. Needs no root.") package var noAgent = false
    @Flag(help: "Run no reconciler: a plain cluster.") package var noReconciler = false
    @Option(name: .customLong("pod-cidr"), help: ArgumentHelp("The pods' addresses: a free range, its host bits zero.", valueName: "cidr")) package var podCIDR = CIDRArgument(Daemon.Options.podCIDRDefault)
    @Option(name: .customLong("service-cidr"), help: ArgumentHelp("The Services' addresses, likewise.", valueName: "cidr"))
    package var serviceCIDR = CIDRArgument(Daemon.Options.serviceCIDRDefault)
    @Option(
        help: ArgumentHelp("Pull a registry's images from a mirror; may be repeated.", valueName: "host=url"))
    package var registryMirror: [MirrorArgument] = []
    @Flag(help: .hidden) package var detached = false
    @OptionGroup package var cluster: ClusterOptions
    @OptionGroup package var log: LogOptionGroup

    package init() {}

    package func validate() throws {
        if noReconciler && cluster.kubeconfig != nil { throw ValidationError("--kubeconfig runs the reconciler alone; --no-reconciler leaves nothing") }
        if podCIDR.overlaps(serviceCIDR) {
            throw ValidationError("--pod-cidr \(podCIDR.text) and --service-cidr \(serviceCIDR.text) overlap; give two separate ranges")
        }
    }

    package func run() async throws {
        let directory = cluster.instance.directory
        // Started in the background: keep no directory of the user's busy.
        if detached { _ = chdir("/") }
        var options = Daemon.Options(directory: directory, executable: try DaemonProcess.executable())
        options.host = listen.host
        options.port = listen.port
        options.runsAgent = !noAgent && cluster.kubeconfig == nil
        options.runsReconciler = !noReconciler
        options.podCIDR = podCIDR.text
        options.serviceCIDR = serviceCIDR.text
        options.announcesNode = detached && options.runsAgent
        options.registryMirrors = Dictionary(registryMirror.map { ($0.host, $0.url) }) { $1 }
        if let kubeconfig = cluster.kubeconfig {
            options.remote = try cluster.client()
            options.remoteKubeconfig = try KubeconfigFile.portable(kubeconfig, context: cluster.context)
        }
        guard geteuid() == 0 || !options.runsAgent else {
            throw Failure("the daemon needs root to run containers", hints: ["run it with sudo, or without containers: gitctl daemon --no-agent"])
        }
        try await Daemon(options) { log.logger($0, standard: .info) }.run()
    }
}

/// HOST:PORT; an IPv6 address stands in brackets.
package struct ListenAddress: ExpressibleByArgument, Sendable, Hashable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]), (0...65_535).contains(port)
        else { return nil }
        var host = String(argument[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) } else if host.contains(":") { return nil }
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: port)
    }

    package var defaultValueDescription: String { "\(host):\(port)" }
}

/// An IPv4 range in CIDR notation, its host bits zero.
package struct CIDRArgument: ExpressibleByArgument, Sendable, Hashable {
    package let text: String
    private let range: ClosedRange<UInt32>

    /// For constants of ours.
    init(_ constant: String) {
        text = constant
        range = Self.range(constant) ?? 0...0
    }

    package init?(argument: String) {
        guard let range = Self.range(argument) else { return nil }
        text = argument
        self.range = range
    }

    package func overlaps(_ other: CIDRArgument) -> Bool { range.overlaps(other.range) }
    package var defaultValueDescription: String { text }

    private static func range(_ text: String) -> ClosedRange<UInt32>? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(parts[1]), (8...30).contains(length) else { return nil }
        let octets = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard octets.count == 4 else { return nil }
        var address: UInt32 = 0
        for octet in octets {
            guard let byte = UInt8(octet) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        let hosts = UInt32.max >> UInt32(length)
        guard address & hosts == 0 else { return nil }
        return address...(address | hosts)
    }
}

/// `docker.io=http://127.0.0.1:5000`.
package struct MirrorArgument: ExpressibleByArgument, Sendable, Hashable {
    package var host: String
    package var url: String

    package init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        host = String(argument[..<equals])
        url = String(argument[argument.index(after: equals)...])
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), !host.contains("/") else { return nil }
    }
}
