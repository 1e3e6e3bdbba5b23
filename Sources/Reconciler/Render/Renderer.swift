import APIMachinery

/// Tree → objects: the manifests under a path of a commit, checked, for one cluster.
///
/// Plain YAML and JSON (`*.yaml`, `*.yml`, `*.json`), recursively, several documents per file, Lists
/// expanded; of a directory with a kustomization what that makes. What did not change since an earlier
/// render is neither read nor parsed again.
package struct Renderer: Sendable {
    package let cache: RenderCache
    let holdings = HoldingsCache()

    package init(cache: RenderCache = RenderCache()) { self.cache = cache }

    /// - Parameter coming: namespaces that will be there, although no manifest makes them.
    /// - Throws: `GitError` when the repository cannot be read, `RenderFailure` with every error of
    ///   the manifests, `APIStatus` when the cluster does not answer.
    package func render(
        _ repository: Repository, commit: Commit, path: String, destination: String, coming: Set<String> = [],
        substitution: Substitution? = nil, submodules: [ObjectID: ObjectID]? = nil, client: any ResourceClient
    ) async throws -> Rendered {
        let inputs = RenderInputs(
            tree: commit.tree, path: path, substitution: substitution, submodules: submodules, destination: destination,
            types: try await client.resourceTypes(),
            namespaces: coming.union(try await client.list(.namespaces).items.lazy.filter { !$0.isDeleting }.map(\.name)))
        if let known = cache.rendered(from: inputs) { return Rendered(commit: commit, objects: known.objects, warnings: known.warnings) }
        let reader = TreeReader(root: commit.tree, submodules: submodules, cache: cache)
        let walk = try await repository.read { repository throws(GitError) in
            var walk = TreeWalk(reader, substitution: substitution)
            try walk.collect(path, in: repository)
            return walk
        }
        var assembly = Assembly(types: inputs.types, namespaces: inputs.namespaces, destination: destination)
        let objects = try assembly.assemble(walk.files, diagnostics: walk.diagnostics)
        cache.keep(objects, warnings: walk.warnings, from: inputs)
        return Rendered(commit: commit, objects: objects, warnings: walk.warnings)
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
