import APIMachinery

/// For each field of a live object, who gave it its value: a commit, a client, or nobody.
package struct Blame: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        /// The oldest commit of the run up to the deployed one in which the field has its value. `isBefore`: it
        /// may be older still, further back than was looked.
        case commit(Commit, isBefore: Bool)
        /// Another manager than gitctl owns the field.
        case manager(FieldManager)
        /// A default of the server's: nobody asked for it.
        case standard
    }

    package struct Line: Sendable, Hashable {
        package var path: String
        /// In one line, at most `valueMax` characters; a Secret's is not shown.
        package var value: String
        package var origin: Origin

        package init(path: String, value: String, origin: Origin) {
            self.path = path
            self.value = value
            self.origin = origin
        }
    }

    /// Longest value, and fields shown.
    static let valueMax = 200
    static let linesMax = 2000
    /// Commits rendered.
    static let commitsMax = 200

    /// `Deployment default/web`.
    package var object: String
    /// The Application that owns the object; empty when none does.
    package var application: String
    /// Its deployed commit.
    package var revision: String
    package var lines: [Line]
    /// Fields beyond `linesMax`.
    package var omitted: Int

    package init(object: String, application: String = "", revision: String = "", lines: [Line], omitted: Int = 0) {
        self.object = object
        self.application = application
        self.revision = revision
        self.lines = lines
        self.omitted = omitted
    }
}

/// Finds out: managedFields tell the manager, and of what gitctl applied, git tells the commit.
package struct Blamer: Sendable {
    private let client: any ResourceClient
    private let renderer: Renderer

    package init(client: any ResourceClient, renderer: Renderer = Renderer()) {
        self.client = client
        self.renderer = renderer
    }

    /// The Application that a live object is marked with; nil when there is none.
    package func owner(of live: Object) async throws -> Application? {
        guard let mark = live.annotations[Application.annotation] else { return nil }
        let parts = mark.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        do { return try Application(try await client.get(ObjectKey(.applications, namespace: parts[0], name: parts[1]))) } catch let status as APIStatus {
            guard status.reason == .notFound else { throw status }
            return nil
        }
    }

    /// - Parameters:
    ///   - field: a field, of which and of those below it alone is told; empty for all but the status.
    ///   - source: the object's Application and the repository that it deploys; nil where none does.
    package func blame(_ key: ObjectKey, live: Object, field: String, source: (application: Application, repository: Repository)?) async throws -> Blame {
        let all = live.ownedFields.filter { Self.isWanted($0, field) }
        guard field.isEmpty || !all.isEmpty else {
            throw SyncFailure("NoField", ["\(key) has no field \(field); gitctl blame without --field lists them"])
        }
        let fields = Array(all.prefix(Blame.linesMax))
        var commits: [OwnedField: Blame.Origin] = [:]
        // What was put in for a variable shows nowhere, whatever the kind of the object.
        var secrets: SecretValues?
        if let (application, repository) = source {
            let owned = fields.filter { $0.managers.contains { $0.name == Application.fieldManager } }
            commits = try await origins(of: owned, ObjectIdentity(key), application, repository)
            secrets = try await SecretValues(of: application, client: client)
        }
        let lines = fields.map { field in
            Blame.Line(path: field.description, value: Self.value(of: field, in: live, hiding: secrets), origin: commits[field] ?? Self.origin(field))
        }
        return Blame(
            object: key.description, application: source?.application.reference ?? "",
            revision: source?.application.status.observedRevision ?? "", lines: lines, omitted: all.count - fields.count)
    }

    private static func isWanted(_ field: OwnedField, _ asked: String) -> Bool {
        let path = field.description
        // Written by gitctl on everything it applies: it has no line in git.
        if path == "metadata.annotations[\(Application.annotation)]" { return false }
        guard !asked.isEmpty else { return field.path.first != .member("status") }
        return path == asked || path.hasPrefix(asked + ".") || path.hasPrefix(asked + "[")
    }

    private static func origin(_ field: OwnedField) -> Blame.Origin {
        field.managers.max { $0.time < $1.time }.map { .manager($0) } ?? .standard
    }

    private static func value(of field: OwnedField, in live: Object, hiding secrets: SecretValues?) -> String {
        if live.kind == "Secret", live.apiVersion == "v1" {
            let isSecret = [.member("data"), .member("stringData")].contains(field.path.first)
            if isSecret || field.description.hasSuffix("[kubectl.kubernetes.io/last-applied-configuration]") { return SecretMask.hidden }
        }
        let value = secrets?.masked(field.value) ?? field.value
        let text = value.string ?? value.text
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let isCut = line.count > Blame.valueMax || line.utf8.count < text.utf8.count
        return String(line.prefix(Blame.valueMax)).printable + (isCut ? "…" : "")
    }

    // MARK: The commits

    private func origins(
        of fields: [OwnedField], _ identity: ObjectIdentity, _ application: Application, _ repository: Repository
    ) async throws -> [OwnedField: Blame.Origin] {
        guard let deployed = ObjectID(application.status.observedRevision) else { return [:] }
        let path = application.path
        let history = try await repository.read { repository throws(GitError) in
            try repository.history(of: path, from: deployed, max: Blame.commitsMax)
        }
        var run = BlameRun(fields)
        for commit in history.commits where !run.isOver {
            run.step(commit, try await renderer.render(only: identity, of: application, in: repository, commit: commit, client: client))
        }
        return run.end(isComplete: history.isComplete)
    }
}

/// Follows fields back through the commits, newest first, for as long as they keep their values. Pure.
struct BlameRun {
    private var open: [(field: OwnedField, value: JSON?)] = []
    private var found: [OwnedField: Blame.Origin] = [:]
    private var hasBegun = false

    init(_ fields: [OwnedField]) { open = fields.map { ($0, nil) } }

    var isOver: Bool { hasBegun && open.isEmpty }

    mutating func step(_ commit: Commit, _ rendering: Renderer.Found) {
        // Nothing was deployed from what does not build: what was before it tells.
        guard rendering != .unreadable else { return }
        let object: Object? = if case .object(let object) = rendering { object } else { nil }
        open = open.compactMap { field, present in
            guard let value = object.flatMap({ field.value(in: $0) }), !hasBegun || value == present else { return nil }
            found[field] = .commit(commit, isBefore: false)
            return (field, value)
        }
        hasBegun = true
    }

    /// - Parameter isComplete: the last commit is the first of the repository.
    func end(isComplete: Bool) -> [OwnedField: Blame.Origin] {
        guard !isComplete else { return found }
        var found = found
        for (field, _) in open {
            if case .commit(let commit, _)? = found[field] { found[field] = .commit(commit, isBefore: true) }
        }
        return found
    }
}
