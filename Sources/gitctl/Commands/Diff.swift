import APIMachinery
import ArgumentParser
import Reconciler

package struct Diff: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show what a sync would change.",
        discussion: """
            Renders this repository's commit, pushed or not, and asks the server what applying it would do, for each \
            Application that deploys the repository (of HEAD: its branch). Secret values are masked. Exit code 0: nothing; 1: changes; 2 and above: \
            an error, or a commit that cannot be deployed.

            Examples:
              gitctl diff                      # HEAD against what is live
              gitctl diff --unified
              gitctl diff my-branch -o markdown
              gitctl diff main..my-branch      # two revisions, against each other
            """)

    package enum Output: String, ExpressibleByArgument, CaseIterable, Sendable {
        case text, json, markdown
    }

    @Argument(help: ArgumentHelp("A revision, or two as FROM..TO; default: HEAD.", valueName: "rev")) package var revisions = "HEAD"
    @Option(name: .shortAndLong, help: ArgumentHelp("text, json or markdown.", valueName: "format")) package var output = Output.text
    @Flag(help: "In text: each object's YAML as a unified diff, instead of its fields.") package var unified = false
    @Option(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: all that this repository deploys.", valueName: "app"))
    package var app: ApplicationName?
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func validate() throws {
        if unified && output != .text { throw ValidationError("--unified is for text; json has fields, and markdown unified diffs already") }
    }

    package func run() async throws {
        let answer: DiffAnswer
        do { answer = try await compared() } catch {
            var failure = Failure(error)
            failure.exitCode = 2
            throw failure
        }
        printLine(answer.text)
        if answer.isRefused { throw ExitCode(2) }
        if answer.hasChanges { throw ExitCode(1) }
    }

    private func compared() async throws -> DiffAnswer {
        let request = try await request(try await WorkTree.find(currentDirectory()))
        if let answer = try await askDaemon(request) { return answer }
        return DiffAnswer(try await DiffRun(client: try cluster.client()).report(request), in: request.format)
    }

    /// The daemon knows what is in the cluster, and has read most of the manifests before; nil for another cluster, and
    /// where none runs or it cannot read the work tree's repository.
    private func askDaemon(_ request: DiffRequest) async throws -> DiffAnswer? {
        guard cluster.kubeconfig == nil else { return nil }
        let text = DiffText()
        do {
            let answer = try await ControlClient(cluster.instance.directory).send(.diff(request)) { text.append($0) }
            // What the comparison itself came upon.
            if case .error(let failure)? = ControlReply(json: answer) { throw Refused(failure: failure) }
            return DiffAnswer(answer, text: text.whole)
        } catch let refused as Refused {
            throw refused.failure
        } catch let error where !(error is CancellationError) {
            // It does not run, is of another version, or may not be asked: the API says what is wrong, if anything is.
            return nil
        }
    }

    private struct Refused: Error { var failure: Failure }

    func request(_ tree: WorkTree) async throws -> DiffRequest {
        let range = try RevisionRange(revisions)
        async let remotes = tree.git.text("config", "--get-regexp", "^remote\\..*\\.url$")
        let to = try await tree.commit(range.to)
        let from: String? = if let revision = range.from { try await tree.commit(revision) } else { nil }
        let urls = (try await remotes ?? "").split(separator: "\n").compactMap { $0.split(separator: " ", maxSplits: 1).last.map(String.init) }
        return DiffRequest(
            root: tree.root, urls: urls + [tree.root], from: from, to: to, app: app,
            // What a push would deploy: of several Applications those that follow another branch have no part in it.
            branch: app == nil && revisions == "HEAD" ? .some(tree.branch) : nil,
            format: DiffFormat(output: output, isUnified: unified, hasColor: Terminal.standardOutput.style == .colored))
    }
}

/// `REV`, or `FROM..TO` with HEAD for an empty side. Source: gitrevisions(7).
package struct RevisionRange: Sendable, Hashable {
    /// nil: what is live.
    package var from: String?
    package var to: String

    package init(_ text: String) throws(Failure) {
        guard let dots = text.firstRange(of: "..") else {
            to = text
            return
        }
        let (left, right) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
        guard !right.hasPrefix(".") else {
            throw Failure("\(text): three dots name a merge base, which diff does not take", hints: ["write FROM..TO with two dots"])
        }
        from = left.isEmpty ? "HEAD" : left
        to = right.isEmpty ? "HEAD" : right
    }
}
