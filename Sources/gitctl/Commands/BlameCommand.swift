import APIMachinery
import ArgumentParser
import Reconciler

package struct BlameCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "blame",
        abstract: "Say for each field of a live object which commit, or which client, gave it its value.",
        discussion: """
            The commit is the one in which the field got the value that is deployed now; ^ before it means that it may be \
            older than the 200 commits that are looked at. A field that another client owns shows that client.

            Examples:
              gitctl blame deployment/web
              gitctl blame deployment/web --field spec.replicas
              gitctl blame configmap/settings -n shop -o json
            """)

    @Argument(help: ArgumentHelp("KIND/NAME, the kind as kubectl takes it.", valueName: "kind/name")) package var object: ObjectName
    @Option(name: .shortAndLong, help: ArgumentHelp("Its namespace.", valueName: "namespace")) package var namespace = "default"
    @Option(help: ArgumentHelp("This field and those below it, as blame prints it.", valueName: "path")) package var field = ""
    @Option(name: .shortAndLong, help: ArgumentHelp("text or json.", valueName: "format")) package var output = Status.Output.text
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func run() async throws {
        let client = try cluster.client()
        let type = try object.type(among: try await client.resourceTypes())
        let key = ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: object.name)
        let answer = try await askDaemon(key)
        let blame = if let answer { answer } else { try await renderHere(key, client) }
        switch output {
        case .json: printLine(blame.json.text)
        case .text: printLine(BlameText(Terminal.standardOutput).text(blame))
        }
    }

    /// The daemon has the repository that it deploys; nil for another cluster, or where none runs.
    private func askDaemon(_ key: ObjectKey) async throws -> Blame? {
        guard cluster.kubeconfig == nil else { return nil }
        do {
            let answer = try await ControlClient(cluster.instance.directory).send(
                .blame(group: key.type.group, kind: key.type.kind, namespace: key.namespace ?? "", name: key.name, field: field))
            return Blame(json: answer)
        } catch is ControlClient.Unavailable {
            return nil
        }
    }

    private func renderHere(_ key: ObjectKey, _ client: any ResourceClient) async throws -> Blame {
        let live = try await client.get(key)
        let blamer = Blamer(client: client)
        guard let application = try await blamer.owner(of: live) else { return try await blamer.blame(key, live: live, field: field, source: nil) }
        let tree = try await WorkTree.find(currentDirectory())
        let revision = application.status.observedRevision
        guard try await tree.git.text("cat-file", "-t", revision) == "commit" else {
            throw Failure(
                "\(tree.root) has no commit \(revision.prefix(12)), which Application \(application.reference) deployed",
                hints: ["run it in a clone of the repository that the Application deploys, after git fetch"])
        }
        return try await blamer.blame(key, live: live, field: field, source: (application, Repository(path: tree.root)))
    }
}

/// A blame in columns, as git blame prints them; the commits' subjects follow.
package struct BlameText: Sendable {
    private let terminal: Terminal

    package init(_ terminal: Terminal) { self.terminal = terminal }

    private static let authorMax = 20

    package func text(_ blame: Blame) -> String {
        guard !blame.lines.isEmpty else { return "\(blame.object) has no fields to blame anyone for" }
        let marks = blame.lines.map(Self.mark)
        let whoWidth = marks.map(\.who.count).max() ?? 0
        let idWidth = marks.map(\.id.count).max() ?? 0
        let dateWidth = marks.map(\.date.count).max() ?? 0
        var lines = zip(marks, blame.lines).map { mark, line in
            let head = "\(mark.id.padding(to: idWidth)) (\(mark.who.padding(to: whoWidth)) \(mark.date.padding(to: dateWidth)))  "
            let body = "\(line.path): \(line.value.isEmpty ? "\"\"" : line.value)"
            let shown = terminal.width.map { Table.cut(body, to: max($0 - head.count, 20)) } ?? body
            return terminal.style(mark.color, head) + shown
        }
        if blame.omitted > 0 { lines.append("… \(blame.omitted) more fields; name some with --field") }
        let commits = Self.commits(blame)
        if !commits.isEmpty {
            lines.append("")
            lines += commits.map { commit in
                let text = "\(commit.id.short)  \(commit.summary)"
                return terminal.width.map { Table.cut(text, to: $0) } ?? text
            }
        }
        return lines.joined(separator: "\n")
    }

    private struct Mark {
        var id = ""
        var who: String
        var date = ""
        var color: Style.Color
    }

    private static func mark(_ line: Blame.Line) -> Mark {
        switch line.origin {
        case .commit(let commit, let isBefore):
            Mark(
                id: (isBefore ? "^" : "") + commit.id.short, who: Table.cut(commit.author, to: authorMax),
                date: String(commit.time.description.prefix(10)), color: .cyan)
        case .manager(let manager):
            Mark(
                who: Table.cut(manager.name.isEmpty ? "unknown" : manager.name, to: 40), date: String(manager.time.prefix(10)),
                color: .yellow)
        case .standard: Mark(who: "default", color: .dim)
        }
    }

    /// Each once, the newest first.
    private static func commits(_ blame: Blame) -> [Commit] {
        var seen: Set<ObjectID> = []
        let all = blame.lines.compactMap { line in if case .commit(let commit, _) = line.origin { commit } else { nil } }
        return all.filter { seen.insert($0.id).inserted }.sorted { ($1.time, $1.id.description) < ($0.time, $0.id.description) }
    }
}
