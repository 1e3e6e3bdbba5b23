import APIMachinery
import ArgumentParser
import Glibc

package struct Up: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Start the daemon if none runs, and deploy a repository until it is healthy.",
        discussion: """
            A directory is deployed from the git repository around it: its HEAD is pushed to the daemon, and the remote \
            `gitctl` is added, so that from then on `git push gitctl` deploys. A URL is fetched by the daemon.

            Examples:
              gitctl up                                  # the current directory
              gitctl up example-repo --timeout 2m
              gitctl up https://github.com/you/site.git --path deploy --revision main
            """)

    @Argument(help: "A directory of a git repository, or a URL.") package var repo = "."
    @Option(help: ArgumentHelp("The Application's name; default: the directory's.", valueName: "name")) package var name: String?
    @Option(help: ArgumentHelp("The branch, tag or commit; default: HEAD.", valueName: "revision")) package var revision: String?
    @Option(help: ArgumentHelp("The directory of the manifests in the repository.", valueName: "path")) package var path: String?
    @Option(help: ArgumentHelp("How long to wait for health: 90s, 5m, 1h30m.", valueName: "time"))
    package var timeout = DurationArgument(.seconds(300))
    @OptionGroup package var instance: InstanceOptions
    @OptionGroup package var log: LogOptionGroup

    package init() {}

    package func run() async throws {
        let command = self
        try await Interruption.during { try await command.deploy() }
    }

    private func deploy() async throws {
        let progress = Progress()
        let plan: DeployPlan
        switch DeploySource(repo) {
        case .url(let url):
            plan = DeployPlan(
                name: try named(WorkTree.defaultName(of: url)), source: .url(url), revision: revision, path: path ?? ".")
        case .directory(let directory):
            let tree = try await WorkTree.find(directory)
            if try await tree.hasUncommittedChanges() {
                progress.note(
                    progress.style(.yellow, "warning:") + " \(tree.directory) has uncommitted changes; what is deployed is the commit \(tree.head.prefix(12))")
            }
            plan = DeployPlan(
                name: try named(tree.path == "." ? tree.defaultName() : WorkTree.defaultName(of: tree.path)),
                source: .workTree(tree), revision: revision, path: path ?? tree.path)
        }
        try await startDaemon(progress)
        let cluster = try HTTPSClient(kubeconfig: instance.directory.kubeconfig, context: nil)
        let deploy = Deploy(plan: plan, client: cluster, control: ControlClient(instance.directory), progress: progress, timeout: timeout.duration)
        try await deploy.run()
    }

    private func named(_ standard: String) throws -> String {
        let chosen = name ?? standard
        try WorkTree.check(name: chosen)
        return chosen
    }

    private func startDaemon(_ progress: Progress) async throws {
        let daemon = DaemonProcess(directory: instance.directory)
        if try await daemon.find() != nil { return }
        guard geteuid() == 0 else {
            throw Failure("no daemon runs in \(instance.directory.path), and starting one needs root", hints: ["sudo gitctl up \(repo)"])
        }
        try await progress.during("starting the daemon (log: \(instance.directory.log))") { try await daemon.start(level: log.level) }
    }
}
