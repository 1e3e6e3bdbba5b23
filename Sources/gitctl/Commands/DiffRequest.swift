import APIMachinery
import Reconciler
import Synchronization

/// What `gitctl diff` compares, and how it is shown.
package struct DiffRequest: Sendable, Hashable {
    /// The top of the work tree, absolute.
    package var root: String
    /// Where Applications may say that they read this repository.
    package var urls: [String]
    /// Full ids of commits; nil: what is live.
    package var from: String?
    package var to: String
    /// nil: all that the repository deploys.
    package var app: ApplicationName?
    /// The branch whose Applications alone count, inner nil for none; nil: whichever they follow.
    package var branch: String??
    package var format: DiffFormat

    package var json: JSON {
        var fields: JSONObject = ["root": .string(root), "urls": JSON(urls), "to": .string(to), "format": format.json]
        if let from { fields["from"] = .string(from) }
        if let app { fields["app"] = .string("\(app.namespace)/\(app.name)") }
        if let branch { fields["branch"] = branch.map(JSON.string) ?? .null }
        return .object(fields)
    }

    package init(root: String, urls: [String], from: String?, to: String, app: ApplicationName?, branch: String??, format: DiffFormat) {
        self.root = root
        self.urls = urls
        self.from = from
        self.to = to
        self.app = app
        self.branch = branch
        self.format = format
    }

    package init?(json: JSON) {
        guard let root = json["root"]?.string, let to = json["to"]?.string, let format = DiffFormat(json: json["format"] ?? .null) else { return nil }
        self.init(
            root: root, urls: (json["urls"]?.array ?? []).compactMap(\.string), from: json["from"]?.string, to: to,
            app: json["app"]?.string.flatMap(ApplicationName.init(argument:)), branch: json["branch"].map(\.string), format: format)
    }
}

package struct DiffFormat: Sendable, Hashable {
    package var output: Diff.Output
    package var isUnified: Bool
    package var hasColor: Bool

    package init(output: Diff.Output, isUnified: Bool, hasColor: Bool) {
        self.output = output
        self.isUnified = isUnified
        self.hasColor = hasColor
    }

    var json: JSON { ["output": .string(output.rawValue), "unified": .bool(isUnified), "color": .bool(hasColor)] }

    init?(json: JSON) {
        guard let output = json["output"]?.string.flatMap(Diff.Output.init(rawValue:)) else { return nil }
        self.init(output: output, isUnified: json["unified"]?.bool ?? false, hasColor: json["color"]?.bool ?? false)
    }

    func text(_ report: PlanReport) -> String {
        switch output {
        case .text: report.text(PlanText(hasColor: hasColor, isUnified: isUnified))
        case .json: report.json.text
        case .markdown: report.markdown
        }
    }
}

/// What came of a `DiffRequest`.
struct DiffAnswer: Sendable, Hashable {
    var text: String
    var hasChanges: Bool
    var isRefused: Bool

    init(_ report: PlanReport, in format: DiffFormat) {
        text = format.text(report)
        hasChanges = report.hasChanges
        isRefused = report.isRefused
    }

    /// nil for an answer that nobody can make.
    init?(_ json: JSON, text: String) {
        guard let hasChanges = json["hasChanges"]?.bool, let isRefused = json["isRefused"]?.bool else { return nil }
        self.text = text
        self.hasChanges = hasChanges
        self.isRefused = isRefused
    }

    /// Without the text, which goes ahead of it in pieces.
    var json: JSON { ["hasChanges": .bool(hasChanges), "isRefused": .bool(isRefused)] }

    /// Characters in a piece: a line of the control socket has room for them however they are escaped.
    private static let pieceLength = 100_000

    func sendText(_ report: (String) -> Void) {
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.pieceLength)
            report(String(piece))
            rest = rest[piece.endIndex...]
        }
    }
}

/// Pieces of a text, in the order in which they come.
final class DiffText: Sendable {
    private let pieces = Mutex<[String]>([])

    func append(_ piece: String) { pieces.withLock { $0.append(piece) } }
    var whole: String { pieces.withLock { $0.joined() } }
}

/// Carries a `DiffRequest` out.
package struct Comparison: Sendable {
    /// Applications planned at a time; each has requests of its own in flight.
    private static let concurrencyMax = 4

    let client: any ResourceClient
    let renderer: Renderer
    let preview: @Sendable (Application, Sources.Resolved) async throws -> Preview

    /// Over the API, with the client's rights.
    package init(client: any ResourceClient) {
        let renderer = Renderer()
        self.init(client: client, renderer: renderer) { try await Preview(of: $0, at: $1, renderer: renderer, client: client) }
    }

    init(client: any ResourceClient, renderer: Renderer, preview: @escaping @Sendable (Application, Sources.Resolved) async throws -> Preview) {
        self.client = client
        self.renderer = renderer
        self.preview = preview
    }

    /// Whether the commits are where the request says.
    func canRead(_ request: DiffRequest) async -> Bool {
        let repository = Repository(path: request.root)
        for id in [request.from, request.to].compactMap({ $0 }) {
            // Why not, whoever can read it need not know.
            guard (try? await repository.commit(at: id)) != nil else { return false }
        }
        return true
    }

    /// One Application that cannot be compared is refused in its place, and does not keep the others from it.
    package func report(_ request: DiffRequest) async throws -> PlanReport {
        let repository = Repository(path: request.root)
        let to = try await repository.commit(at: request.to)
        let from: Commit? = if let id = request.from { try await repository.commit(at: id) } else { nil }
        let title = WorkTree.title(to.id.description, to.summary)
        let entries = try await concurrentMap(try await applications(request), limit: Self.concurrencyMax) { object in
            let name = ApplicationName(namespace: object.namespace, name: object.name).description
            var entry = PlanReport.Entry(application: name, title: title, plan: Plan(revision: to.id.description, changes: []))
            do {
                let preview = try await preview(try Application(object), from: from, to: to, repository)
                (entry.plan, entry.refusals) = (preview.plan, preview.refusals)
            } catch {
                guard let refusals = Preview.refusals(for: error) else { throw error }
                entry.refusals = refusals
            }
            return entry
        }
        return PlanReport(entries)
    }

    private func preview(_ application: Application, from: Commit?, to: Commit, _ repository: Repository) async throws -> Preview {
        let resolved = try await Sources.Resolved.local(repository, to, for: application)
        guard let from else { return try await preview(application, resolved) }
        let old = try await renderer.render(.local(repository, from, for: application), for: application, client: client)
        return Preview(plan: Plan(from: old, to: try await renderer.render(resolved, for: application, client: client)))
    }

    // MARK: Which Applications

    /// The one named, or all that the repository deploys, in the order of their names.
    private func applications(_ request: DiffRequest) async throws -> [Object] {
        let all = try await client.list(.applications).items
        if let app = request.app {
            let chosen = try await ApplicationChoice(client: client).named(app)
            guard let object = all.first(where: { $0.namespace == chosen.namespace && $0.name == chosen.name }) else {
                throw Failure("the Application was deleted meanwhile")
            }
            return [object]
        }
        let urls = Set(request.urls)
        let found = all.filter { Self.deploys($0, urls: urls) }.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
        guard !found.isEmpty else {
            throw Failure("no Application deploys the repository \(request.root)", hints: ["deploy it with `gitctl up`, or name one with --app NAME"])
        }
        guard let branch = request.branch else { return found }
        return Self.following(branch, among: found)
    }

    /// Those that follow a branch, or the repository's own; all where none does.
    package static func following(_ branch: String?, among all: [Object]) -> [Object] {
        let found = all.filter { object in
            let revision = object.spec["source"]?["revision"]?.string ?? ""
            return ["", "HEAD", branch].contains(revision)
        }
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
