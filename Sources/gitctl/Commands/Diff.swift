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

    /// Applications planned at a time; each has requests of its own in flight.
    private static let concurrencyMax = 4

    package init() {}

    package func validate() throws {
        if unified && output != .text { throw ValidationError("--unified is for text; json has fields, and markdown unified diffs already") }
    }

    package func run() async throws {
        let report: PlanReport
        do { report = try await compare() } catch {
            var failure = Failure(error)
            failure.exitCode = 2
            throw failure
        }
        let terminal = Terminal.standardOutput
        switch output {
        case .text: printLine(report.text(PlanText(hasColor: terminal.style == .colored, isUnified: unified)))
        case .json: printLine(report.json.text)
        case .markdown: printLine(report.markdown)
        }
        if report.isRefused { throw ExitCode(2) }
        if report.hasChanges { throw ExitCode(1) }
    }

    private func compare() async throws -> PlanReport {
        let client = try cluster.client()
        // Beside one another: git's processes, and the first answer of the server.
        async let applications = client.list(.applications).items
        let tree = try await WorkTree.find(currentDirectory())
        return try await compare(tree, client: client, applications: try await applications)
    }

    /// One Application that cannot be compared is refused in its place, and does not keep the others from it.
    func compare(_ tree: WorkTree, client: any ResourceClient, applications all: [Object]) async throws -> PlanReport {
        let range = try RevisionRange(revisions)
        let repository = Repository(path: tree.root)
        let to = try await repository.commit(at: try await tree.commit(range.to))
        var from: Commit?
        if let revision = range.from { from = try await repository.commit(at: try await tree.commit(revision)) }
        let renderer = Renderer()
        let title = WorkTree.title(to.id.description, to.summary)
        let (command, start) = (self, from)
        var applications = try await ApplicationOf(tree: tree, client: client).find(app, among: all)
        // What a push would deploy: of several Applications those that follow another branch have no part in it.
        if app == nil, revisions == "HEAD" { applications = ApplicationOf.following(tree.branch, among: applications) }
        let entries = try await concurrentMap(applications, limit: Self.concurrencyMax) { found in
            var entry = PlanReport.Entry(application: found.name.description, title: title, plan: Plan(revision: to.id.description, changes: []))
            do {
                let preview = try await command.preview(try Application(found.object), from: start, to: to, renderer, repository, client)
                (entry.plan, entry.refusals) = (preview.plan, preview.refusals)
            } catch {
                guard let refusals = Preview.refusals(for: error) else { throw error }
                entry.refusals = refusals
            }
            return entry
        }
        return PlanReport(entries)
    }

    private func preview(
        _ application: Application, from: Commit?, to: Commit, _ renderer: Renderer, _ repository: Repository, _ client: any ResourceClient
    ) async throws -> Preview {
        let resolved = try await Sources.Resolved.local(repository, to, for: application)
        guard let from else { return try await Preview(of: application, at: resolved, renderer: renderer, client: client) }
        let old = try await renderer.render(.local(repository, from, for: application), for: application, client: client)
        return Preview(plan: Plan(from: old, to: try await renderer.render(resolved, for: application, client: client)))
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

/// Finds the Applications that a work tree deploys.
package struct ApplicationOf {
    /// One of them, readable or not.
    package struct Found: Sendable {
        package var object: Object

        package init(_ object: Object) { self.object = object }

        package var name: ApplicationName { ApplicationName(namespace: object.namespace, name: object.name) }

        fileprivate var revision: String? {
            let revision = object.spec["source"]?["revision"]?.string ?? ""
            return ["", "HEAD"].contains(revision) ? nil : revision
        }
    }

    let tree: WorkTree
    let client: any ResourceClient

    /// The one named, or all, in the order of their names.
    func find(_ name: ApplicationName?, among all: [Object]) async throws -> [Found] {
        if name != nil {
            let chosen = try await ApplicationChoice(client: client).named(name)
            guard let object = all.first(where: { $0.namespace == chosen.namespace && $0.name == chosen.name }) else {
                throw Failure("the Application was deleted meanwhile")
            }
            return [Found(object)]
        }
        let remotes = try await tree.git.text("config", "--get-regexp", "^remote\\..*\\.url$") ?? ""
        let urls = Set(remotes.split(separator: "\n").compactMap { $0.split(separator: " ", maxSplits: 1).last.map(String.init) } + [tree.root])
        let found = all.filter { Self.deploys($0, urls: urls) }.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
        guard !found.isEmpty else {
            throw Failure("no Application deploys the repository \(tree.root)", hints: ["deploy it with `gitctl up`, or name one with --app NAME"])
        }
        return found.map(Found.init)
    }

    /// Those that follow a branch, or the repository's own; all where none does.
    package static func following(_ branch: String?, among all: [Found]) -> [Found] {
        let found = all.filter { $0.revision == nil || $0.revision == branch }
        return found.isEmpty ? all : found
    }

    /// Whether one of the work tree's remotes is where the Application reads.
    package static func deploys(_ application: Object, urls: Set<String>) -> Bool {
        let source = application.spec["source"] ?? .null
        if let url = source["url"]?.string { return urls.contains(url) }
        guard let name = source["repository"]?.string else { return false }
        return urls.contains { $0.hasSuffix("/git/\(name).git") }
    }
}
