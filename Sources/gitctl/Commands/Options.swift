import APIMachinery
import ArgumentParser
import Glibc
import Logging
import Reconciler
import SystemPackage

/// Which instance: every command takes it.
package struct InstanceOptions: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp("Where the instance keeps everything.", discussion: "Default: $GITCTL_DATA_DIR, else \(DataDirectory.standard).", valueName: "dir"))
    package var dataDirectory: String?

    package init() {}

    package var directory: DataDirectory { DataDirectory(option: dataDirectory) }

    /// The API of the instance's own daemon.
    func client() throws -> HTTPSClient {
        let own = directory.kubeconfig
        guard access(own, R_OK) == 0 else {
            if errno == EACCES {
                throw Failure("may not read \(own): permission denied", hints: ["run gitctl as root, or pass --kubeconfig FILE"])
            }
            throw Failure(
                "no daemon has run in \(directory.path)", hints: ["start one with `gitctl up`, or name a cluster with --kubeconfig FILE"])
        }
        return try HTTPSClient(kubeconfig: own, context: nil)
    }
}

/// Which cluster: the instance's own, or any other by its kubeconfig.
package struct ClusterOptions: ParsableArguments {
    @OptionGroup package var instance: InstanceOptions

    @Option(help: ArgumentHelp("Another cluster's kubeconfig, instead of the daemon's.", valueName: "file"))
    package var kubeconfig: String?

    @Option(help: ArgumentHelp("The context of the kubeconfig; default: its current one.", valueName: "name"))
    package var context: String?

    package init() {}

    package func validate() throws {
        if context != nil && kubeconfig == nil { throw ValidationError("--context needs --kubeconfig FILE") }
    }

    func client() throws -> HTTPSClient {
        guard let kubeconfig else { return try instance.client() }
        guard access(kubeconfig, R_OK) == 0 else { throw Failure("cannot read the kubeconfig \(kubeconfig): \(Errno(rawValue: errno))") }
        return try HTTPSClient(kubeconfig: kubeconfig, context: context)
    }
}

/// How much a daemon logs.
package struct LogOptionGroup: ParsableArguments {
    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("trace, debug, info, notice, warning or error.", discussion: "Default: $GITCTL_LOG.", valueName: "level"))
    package var level: String?

    package init() {}

    package func validate() throws {
        if let level, Logger.Level(rawValue: level) == nil {
            throw ValidationError("--log-level must be trace, debug, info, notice, warning or error, not \"\(level)\"")
        }
    }

    /// What was asked for; else `standard`.
    func logger(_ label: String, standard: Logger.Level) -> Logger {
        let level = Logger.Level(rawValue: level ?? environment("GITCTL_LOG") ?? "") ?? standard
        return Logger(label: label) { CompactLogHandler(label: $0, level: level) }
    }
}

/// An Application named on the command line: NAME (in gitctl-system) or NAMESPACE/NAME.
package struct ApplicationName: ExpressibleByArgument, Sendable, Hashable, CustomStringConvertible {
    /// Where `up` makes Applications.
    package static let defaultNamespace = "gitctl-system"

    package var namespace: String
    package var name: String

    package init(namespace: String = defaultNamespace, name: String) {
        self.namespace = namespace
        self.name = name
    }

    package init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, !parts.contains("") else { return nil }
        self.init(namespace: parts.count == 2 ? parts[0] : Self.defaultNamespace, name: parts[parts.count - 1])
    }

    package var key: ObjectKey { ObjectKey(.applications, namespace: namespace, name: name) }
    package var description: String { namespace == Self.defaultNamespace ? name : "\(namespace)/\(name)" }
}

/// `300`, `90s`, `5m`, `1h30m`.
package struct DurationArgument: ExpressibleByArgument, Sendable, Hashable {
    package var duration: Duration

    package init(_ duration: Duration) { self.duration = duration }

    package init?(argument: String) {
        let seconds = Int64(argument).map { Duration.seconds($0) }
        guard let duration = seconds ?? Duration(goText: argument), duration > .zero, duration <= Self.max else { return nil }
        self.duration = duration
    }

    /// A year: whoever means for ever means no longer.
    private static let max = Duration.seconds(365 * 86_400)

    package var defaultValueDescription: String { age(duration) }
}
