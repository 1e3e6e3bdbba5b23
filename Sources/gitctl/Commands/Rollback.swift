import APIMachinery
import ArgumentParser
import Reconciler

package struct Rollback: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Bring back an earlier commit's manifests, by a new commit.",
        discussion: """
            git stays the truth: the daemon commits the manifests as they were onto the branch that the Application \
            follows, and deploys that. For repositories that are pushed to gitctl.

            Examples:
              gitctl rollback                  # to the commit before the present one
              gitctl rollback web --to 1a2b3c4
            """)

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: the only one.", valueName: "app"))
    package var application: ApplicationName?
    @Option(help: ArgumentHelp("A commit, tag or branch; default: what was synced before the present commit.", valueName: "revision"))
    package var to: String?
    @OptionGroup package var instance: InstanceOptions

    package init() {}

    package func run() async throws {
        let command = self
        try await Interruption.during { try await command.rollBack() }
    }

    private func rollBack() async throws {
        let name = try await ApplicationChoice(client: try instance.client()).named(application)
        do {
            let answer = try await ControlClient(instance.directory).send(
                .rollBack(namespace: name.namespace, name: name.name, revision: to, author: try await Self.author()), report: printLine)
            let commit = answer["revision"]?.string ?? ""
            guard answer["isSuccess"]?.bool == true else { throw Failure("\(name) is not healthy at \(commit.prefix(12))") }
            printLine("\(name) is healthy at \(commit.prefix(12)); take the commit into your work tree with git pull gitctl")
        } catch is ControlClient.Unavailable {
            throw Failure("no daemon runs in \(instance.directory.path)", hints: ["start it with `gitctl up`"])
        }
    }

    /// As git would name who runs it; root without a name is gitctl.
    private static func author() async throws -> Restoration.Author {
        let git = Git(directory: currentDirectory())
        let name = try await git.text("config", "user.name") ?? environment("GIT_AUTHOR_NAME") ?? "gitctl"
        let email = try await git.text("config", "user.email") ?? environment("GIT_AUTHOR_EMAIL") ?? "gitctl@localhost"
        return Restoration.Author(name: name, email: email)
    }
}
