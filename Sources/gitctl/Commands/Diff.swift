import APIMachinery
import ArgumentParser
import Reconciler

package struct Diff: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show what a sync would change.",
        discussion: """
            Renders this repository's commit, pushed or not, and asks the server what applying it would do. Secret values \
            are masked. Exit code 0: nothing; 1: changes; 2 and above: an error.

            Examples:
              gitctl diff                      # HEAD against what is live
              gitctl diff my-branch -o markdown
              gitctl diff main..my-branch      # two revisions, against each other
            """)

    package enum Output: String, ExpressibleByArgument, CaseIterable, Sendable {
        case text, json, markdown
    }

    @Argument(help: ArgumentHelp("A revision, or two as FROM..TO; default: HEAD.", valueName: "rev")) package var revisions = "HEAD"
    @Option(name: .shortAndLong, help: ArgumentHelp("text, json or markdown.", valueName: "format")) package var output = Output.text
    @Option(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: the one that this repository deploys.", valueName: "app"))
    package var app: ApplicationName?
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws {
        let hasChanges: Bool
        do {
            hasChanges = try await compare()
        } catch let failure as RenderFailure {
            throw Failure(
                "the manifests of this commit cannot be deployed:\n" + failure.lines.map { "  " + $0 }.joined(separator: "\n"), exitCode: 2)
        } catch {
            var failure = Failure(error)
            failure.exitCode = 2
            throw failure
        }
        if hasChanges { throw ExitCode(1) }
    }

    private func compare() async throws -> Bool {
        let client = try cluster.client()
        let tree = try await WorkTree.find(currentDirectory())
        let range = try RevisionRange(revisions)
        let application = try await ApplicationOf(tree: tree, client: client).find(app)
        let repository = Repository(path: tree.root)
        let renderer = Renderer()
        func render(_ revision: String) async throws -> Rendered {
            let commit = try await repository.commit(at: try await tree.commit(revision))
            return try await renderer.render(
                repository, commit: commit, path: application.path, destination: application.destination, client: client)
        }
        let plan: Plan
        if let from = range.from {
            plan = Plan(from: try await render(from), to: try await render(range.to))
        } else {
            plan = try await Planner(client: client).plan(desired: try await render(range.to), application: application)
        }
        let terminal = Terminal.standardOutput
        switch output {
        case .text:
            printLine(terminal.style(.bold, "\(application.name) at \(try await tree.title(of: plan.revision))"))
            printLine(PlanText(hasColor: terminal.style == .colored).lines(plan).joined(separator: "\n"))
        case .json: printLine(plan.json.text)
        case .markdown: printLine(plan.markdown)
        }
        guard plan.failures.isEmpty else { throw await refusal(plan, renderer, repository) }
        return plan.hasChanges
    }

    /// What the server would not take, with the place of each field.
    private func refusal(_ plan: Plan, _ renderer: Renderer, _ repository: Repository) async -> Failure {
        var lines: [String] = []
        for failure in plan.failures {
            for message in failure.messages {
                let position = await renderer.position(of: message.field, in: failure.object.origin, repository: repository)
                lines.append(
                    "  " + Diagnostic(path: failure.object.origin.path, line: position.line, column: position.column, message.text).description)
            }
        }
        return Failure("the server refuses this commit:\n" + lines.joined(separator: "\n"), exitCode: 2)
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

/// Finds the Application that a work tree deploys.
package struct ApplicationOf {
    let tree: WorkTree
    let client: any ResourceClient

    func find(_ name: ApplicationName?) async throws -> Application {
        let all = try await client.list(.applications).items
        if name != nil {
            let chosen = try await ApplicationChoice(client: client).named(name)
            return try Self.read(all.first { $0.namespace == chosen.namespace && $0.name == chosen.name })
        }
        let remotes = try await tree.git.text("config", "--get-regexp", "^remote\\..*\\.url$") ?? ""
        let urls = Set(remotes.split(separator: "\n").compactMap { $0.split(separator: " ", maxSplits: 1).last.map(String.init) } + [tree.root])
        let candidates = all.filter { Self.deploys($0, urls: urls) }
        if candidates.count > 1, let exact = candidates.first(where: { $0.spec[path: ["source", "path"]]?.string == tree.path }) {
            return try Self.read(exact)
        }
        guard candidates.count == 1 else {
            throw candidates.isEmpty
                ? Failure(
                    "no Application deploys the repository \(tree.root)",
                    hints: ["deploy it with `gitctl up`, or name one with --app NAME"])
                : Failure(
                    "\(candidates.count) Applications deploy the repository \(tree.root); name one with --app",
                    hints: [candidates.map(\.name).sorted().joined(separator: ", ")])
        }
        return try Self.read(candidates[0])
    }

    /// Whether one of the work tree's remotes is where the Application reads.
    package static func deploys(_ application: Object, urls: Set<String>) -> Bool {
        let source = application.spec["source"] ?? .null
        if let url = source["url"]?.string { return urls.contains(url) }
        guard let name = source["repository"]?.string else { return false }
        return urls.contains { $0.hasSuffix("/git/\(name).git") }
    }

    private static func read(_ object: Object?) throws -> Application {
        guard let object else { throw Failure("the Application was deleted meanwhile") }
        do {
            return try Application(object)
        } catch {
            throw Failure("Application \(object.namespace)/\(object.name): \(error)")
        }
    }
}
