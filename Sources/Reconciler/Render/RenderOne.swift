import APIMachinery

extension Renderer {
    /// One object as a commit has it.
    enum Found: Sendable, Hashable {
        case object(Object)
        /// The commit does not hold it.
        case absent
        /// What the commit says of it cannot be known: it lies in what does not build.
        case unreadable
    }

    /// One object of a commit, whatever the cluster has and whatever is wrong with the commit's other objects: of commits of
    /// long ago neither the kinds nor the namespaces need to be there still.
    func render(
        only identity: ObjectIdentity, of application: Application, in repository: Repository, commit: Commit, client: any ResourceClient
    ) async throws -> Found {
        if application.policy.discovery != nil { return try await renderAll(identity, application, repository, commit, client) }
        let substitution = try await Substitution(of: application, client: client)
        // Submodules of long ago are not fetched again: what lies in them cannot be known.
        let reader = TreeReader(root: commit.tree, submodules: application.source.readsSubmodules ? [:] : nil, cache: cache)
        let walk: TreeWalk
        do throws(GitError) {
            walk = try await repository.read { repository throws(GitError) in
                try TreeWalk(application.path, reader, substitution: substitution, in: repository)
            }
        } catch {
            guard error.reason == .noPath else { throw error }
            return .absent
        }
        for item in walk.files.lazy.flatMap(\.file.items) {
            let object = item.object
            guard object.name == identity.name, object.kind == identity.kind, object.gvk?.group ?? "" == identity.group else { continue }
            let namespace = object.namespace.isEmpty ? application.destination : object.namespace
            if identity.namespace.isEmpty || namespace == identity.namespace { return .object(object) }
        }
        if application.policy.createsNamespace, identity.kind == "Namespace", identity.name == application.destination {
            return .object(Object(.namespaces, name: identity.name))
        }
        let isWhole = walk.diagnostics.isEmpty && walk.files.allSatisfy(\.file.problems.isEmpty)
        return isWhole ? .absent : .unreadable
    }

    /// Of objects that stand in no file.
    private func renderAll(
        _ identity: ObjectIdentity, _ application: Application, _ repository: Repository, _ commit: Commit, _ client: any ResourceClient
    ) async throws -> Found {
        do {
            let rendered = try await render(Sources.Resolved(repository: repository, commit: commit), for: application, client: client)
            return rendered.objects.first { $0.identity == identity }.map { .object($0.object) } ?? .absent
        } catch is RenderFailure {
            return .unreadable
        } catch let error as GitError where error.reason == .noPath {
            return .absent
        }
    }
}
