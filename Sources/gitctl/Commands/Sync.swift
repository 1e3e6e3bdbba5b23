import APIMachinery
import ArgumentParser
import Reconciler

package struct Sync: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Fetch and apply now, and wait until it is healthy.",
        discussion: """
            Pushes deploy by themselves, and remotes are fetched on an interval; this is for now.

            Examples:
              gitctl sync                    # the only Application
              gitctl sync web --dry-run      # what would be applied
              gitctl sync web --revision v1.2 --no-wait
            """)

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: the only one.", valueName: "app"))
    package var application: ApplicationName?
    @Option(help: ArgumentHelp("Another branch, tag or commit than the Application's, this once.", valueName: "revision"))
    package var revision: String?
    @Flag(help: "Show what would be applied, and apply nothing.") package var dryRun = false
    @Flag(help: "Return when the sync has begun.") package var noWait = false
    @Option(help: ArgumentHelp("How long to wait for health: 90s, 5m, 1h30m.", valueName: "time"))
    package var timeout = DurationArgument(.seconds(300))
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func validate() throws {
        if cluster.kubeconfig != nil && (revision != nil || dryRun) {
            throw ValidationError("--revision and --dry-run ask the daemon of this machine; they do not go with --kubeconfig")
        }
    }

    package func run() async throws {
        let command = self
        try await Interruption.during { try await command.sync() }
    }

    private func sync() async throws {
        let client = try cluster.client()
        let progress = Progress()
        let name = try await ApplicationChoice(client: client).named(application)
        if revision != nil || dryRun { return try await askDaemon(name) }
        let token = try await SyncRequest.send(name, client: client)
        if noWait { return printLine("asked for a sync of \(name)") }
        let follow = Follow(application: name, rollout: Rollout(syncRequest: token), timeout: timeout.duration, progress: progress)
        let commit = try await LiveView(client: client).during { view in
            try await progress.during("syncing \(name)") { try await follow.run(view) }
        }
        printLine("\(name) is healthy at \(commit.prefix(12))")
    }

    private func askDaemon(_ name: ApplicationName) async throws {
        do {
            let answer = try await ControlClient(cluster.instance.directory).send(
                .sync(namespace: name.namespace, name: name.name, revision: revision, isDryRun: dryRun), report: printLine)
            let commit = answer["revision"]?.string ?? ""
            guard answer["isSuccess"]?.bool == true else {
                throw Failure(dryRun ? "\(commit.prefix(12)) cannot be applied" : "\(name) is not healthy at \(commit.prefix(12))")
            }
            if !dryRun { printLine("\(name) is healthy at \(commit.prefix(12))") }
        } catch is ControlClient.Unavailable {
            throw Failure("no daemon runs in \(cluster.instance.directory.path)", hints: ["start it with `gitctl up`"])
        }
    }
}

/// Finds the Application that a command is about.
struct ApplicationChoice {
    let client: any ResourceClient

    /// The one named, or the only one there is.
    func named(_ name: ApplicationName?) async throws -> ApplicationName {
        if let name {
            do {
                _ = try await client.get(name.key)
                return name
            } catch {
                guard error.reason == .notFound else { throw error }
                throw Failure("there is no Application \(name)", hints: [try await known()])
            }
        }
        let all = try await client.list(.applications).items.map { ApplicationName(namespace: $0.namespace, name: $0.name) }
        guard all.count == 1 else {
            throw all.isEmpty
                ? Failure("there is no Application yet", hints: ["deploy a directory of a git repository with `gitctl up DIR`"])
                : Failure("there are \(all.count) Applications; name one", hints: [all.map(\.description).sorted().joined(separator: ", ")])
        }
        return all[0]
    }

    private func known() async throws -> String {
        let names = try await client.list(.applications).items.map { ApplicationName(namespace: $0.namespace, name: $0.name).description }
        return names.isEmpty ? "there is none yet; deploy one with `gitctl up DIR`" : "there are: " + names.sorted().joined(separator: ", ")
    }
}
