import APIMachinery
import Reconciler

/// Carries a `DiffRequest` out.
package struct DiffRun: Sendable {
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
