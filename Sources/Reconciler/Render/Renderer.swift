import APIMachinery

/// Tree → objects: the manifests under a path of a commit, checked, for one cluster.
///
/// Plain YAML and JSON (`*.yaml`, `*.yml`, `*.json`), recursively, several documents per file, Lists
/// expanded; of a directory with a kustomization what that makes. What did not change since an earlier
/// render is neither read nor parsed again.
package struct Renderer: Sendable {
    package let cache: RenderCache
    let holdings = HoldingsCache()
    let discovered = DiscoveredApplications()

    package init(cache: RenderCache = RenderCache()) { self.cache = cache }

    /// - Parameter coming: namespaces that will be there, although no manifest makes them.
    /// - Throws: `GitError` when the repository cannot be read, `RenderFailure` with every error of
    ///   the manifests, `APIStatus` when the cluster does not answer.
    package func render(
        _ repository: Repository, commit: Commit, path: String, destination: String, coming: Set<String> = [],
        substitution: Substitution? = nil, submodules: [ObjectID: ObjectID]? = nil, client: any ResourceClient
    ) async throws -> Rendered {
        let inputs = RenderInputs(
            path: path, substitution: substitution, submodules: submodules, destination: destination, coming: coming,
            types: try await client.resourceTypes())
        let reader = TreeReader(root: commit.tree, submodules: submodules, cache: cache)
        let known = cache.renderings(from: inputs)
        var found = known.last { $0.footprint.isWhole(commit.tree) }
        var walk: TreeWalk?
        if found == nil {
            (found, walk) = try await repository.read { repository throws(GitError) -> (Rendering?, TreeWalk?) in
                for rendering in known.reversed() where try rendering.footprint.isSame(in: reader, repository) { return (rendering, nil) }
                return (nil, try TreeWalk(path, reader, substitution: substitution, in: repository))
            }
        }
        if let found, try await Self.existing(found.namespaces, client) == found.namespaces {
            cache.countHit()
            return Rendered(found, of: commit)
        }
        let whole: TreeWalk
        if let walk { whole = walk } else {
            whole = try await repository.read { repository throws(GitError) in try TreeWalk(path, reader, substitution: substitution, in: repository) }
        }
        var assembly = Assembly(whole.files, types: inputs.types, destination: destination, like: known.last)
        let existing = try await Self.existing(assembly.namespaces.subtracting(coming), client)
        var rendering = try assembly.assemble(diagnostics: whole.diagnostics, existing: existing.union(coming))
        rendering.namespaces.subtract(coming)
        rendering.footprint = whole.footprint
        rendering.warnings = whole.warnings
        cache.keep(rendering, from: inputs)
        return Rendered(rendering, of: commit)
    }

    /// Namespaces from which on a list costs less than asking for each.
    private static let listCountMin = 16

    /// Those of the namespaces that are there to stay.
    private static func existing(_ names: Set<String>, _ client: any ResourceClient) async throws -> Set<String> {
        if names.count >= listCountMin {
            return names.intersection(try await client.list(.namespaces).items.lazy.filter { !$0.isDeleting }.map(\.name))
        }
        var found: Set<String> = []
        for name in names {
            do throws(APIStatus) {
                if try await !client.get(ObjectKey(.namespaces, name: name)).isDeleting { found.insert(name) }
            } catch {
                guard error.reason == .notFound else { throw error }
            }
        }
        return found
    }

    /// The trees of a commit, as far as they are known without asking git.
    func reader(_ resolved: Sources.Resolved) -> TreeReader {
        TreeReader(root: resolved.commit.tree, submodules: resolved.submodules, cache: cache)
    }

    /// What the server refused, as errors of the manifests with file, line and column.
    package func diagnose(_ failures: [PlanFailure], in repository: Repository) async -> RenderFailure {
        var diagnostics: [Diagnostic] = []
        for failure in failures {
            for message in failure.messages {
                let origin = failure.object.origin
                let position = await position(of: message.field, in: origin, repository: repository)
                diagnostics.append(Diagnostic(path: origin.path, line: position.line, column: position.column, message.text))
            }
        }
        return RenderFailure(diagnostics)
    }

    /// Where a field stands in its file: the file is read again, since only errors ask.
    package func position(of field: FieldPath, in origin: ManifestOrigin, repository: Repository) async -> Diagnostic.Position {
        let start = Diagnostic.Position(line: origin.line, column: origin.column)
        // The object's beginning is a good second best when the file has become unreadable meanwhile.
        let bytes = try? await repository.read { repository throws(GitError) in
            try repository.blob(origin.blob, sizeMax: TreeWalk.manifestSizeMax, name: origin.path)
        }
        guard let bytes, let documents = try? YAML.documents(parsing: bytes), documents.indices.contains(origin.document) else {
            return start
        }
        let path = FieldPath(origin.place.steps + field.steps)
        guard let found = documents[origin.document].position(of: path) else { return start }
        return Diagnostic.Position(line: found.line, column: found.column)
    }
}
