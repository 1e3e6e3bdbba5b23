import APIMachinery

extension Renderer {
    /// What an Application's commit asks for: the manifests of its path, or the Applications that it discovers
    /// there, and what the Application itself adds. Marked in it is what of an object is left to others.
    ///
    /// - Throws: as `render(_:commit:path:destination:coming:substitution:submodules:client:)`.
    package func render(_ resolved: Sources.Resolved, for application: Application, client: any ResourceClient) async throws -> Rendered {
        let makesNamespace = application.policy.createsNamespace
        var rendered: Rendered
        if let discovery = application.policy.discovery {
            rendered = try await discover(discovery, resolved, for: application)
        } else {
            rendered = try await render(
                resolved.repository, commit: resolved.commit, path: application.path, destination: application.destination,
                coming: makesNamespace ? [application.destination] : [], substitution: Substitution(of: application, client: client),
                submodules: resolved.submodules, client: client)
        }
        let namespace = Object(.namespaces, name: application.destination)
        if makesNamespace, !rendered.objects.contains(where: { $0.key.type == .namespaces && $0.key.name == namespace.name }),
            try await isOurs(namespace.name, application, client)
        {
            rendered.objects.insert(.generated(.namespaces, namespace, from: "spec.destination.createNamespace"), at: 0)
        }
        rendered.ignore(application.ignoreRules)
        // What is scaled depends on more than the commit: the autoscaler may be gone by the next.
        if try await Autoscalers(client: client).leaveReplicas(of: &rendered.objects, in: application) { rendered.footprint = nil }
        return rendered
    }

    /// Whether a namespace is the Application's to make. One that somebody else made is used and left alone.
    private func isOurs(_ name: String, _ application: Application, _ client: any ResourceClient) async throws -> Bool {
        do throws(APIStatus) {
            return try await client.get(ObjectKey(.namespaces, name: name)).annotations[Application.annotation] == application.reference
        } catch {
            guard error.reason == .notFound else { throw error }
            return true
        }
    }

    /// One Application for each directory that matches, in path order.
    private func discover(
        _ discovery: Discovery, _ resolved: Sources.Resolved, for application: Application
    ) async throws -> Rendered {
        let reader = reader(resolved)
        let directories = try await resolved.repository.read { repository throws(GitError) in
            try DirectoryWalk(reader: reader, discovery: discovery).directories(below: application.path, in: repository)
        }
        guard directories.count <= Discovery.countMax else {
            throw RenderFailure([Diagnostic(path: application.path, "spec.discovery finds \(directories.count) directories, more than \(Discovery.countMax); narrow its patterns")])
        }
        var objects: [RenderedObject] = []
        var diagnostics: [Diagnostic] = []
        var places: [String: String] = [:]
        let made = discovered.made(of: directories, by: DiscoveredApplications.Maker(discovery, of: application)) { directory in
            let object = discovery.application(for: directory, of: application)
            let path = object.spec[path: ["source", "path"]]?.string ?? ""
            let problems = Schema.builtin.check(object, ResourceType.applications.gvk).map { "\($0.path): \($0.description)" }
            return DiscoveredApplications.Made(object: .generated(.applications, object, from: path), problems: problems)
        }
        for made in made {
            let (object, path) = (made.object.object, made.object.origin.path)
            if object.name.isEmpty {
                diagnostics.append(Diagnostic(path: path, "no Application can be named after this directory; set metadata.name in spec.discovery.template"))
            } else if let other = places[object.name] {
                diagnostics.append(
                    Diagnostic(path: path, "would be Application \(object.name), as \(other); tell them apart by metadata.name in spec.discovery.template, like \"{{path[0]}}-{{path.basename}}\""))
            }
            diagnostics += made.problems.map { Diagnostic(path: path, "spec.discovery.template: \($0)") }
            places[object.name] = path
            objects.append(made.object)
        }
        guard diagnostics.isEmpty else { throw RenderFailure(diagnostics) }
        return Rendered(commit: resolved.commit, objects: objects)
    }
}

extension RenderedObject {
    /// An object that stands in no file; `place` is named where one would be.
    static func generated(_ type: ResourceType, _ object: Object, from place: String) -> RenderedObject {
        let origin = ManifestOrigin(path: place, blob: .zero, document: 0, place: FieldPath(), line: 0, column: 0)
        let key = ObjectKey(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
        return RenderedObject(key: key, object: object, origin: origin, isGenerated: true)
    }
}

/// Finds the directories that a discovery asks for, on the git thread.
private struct DirectoryWalk {
    let reader: TreeReader
    let discovery: Discovery

    /// Paths below `path`, in order.
    func directories(below path: String, in repository: borrowing OpenRepository) throws(GitError) -> [[String]] {
        guard let top = try KustomizedDirectory.entry(path == "." ? "" : path, reader, in: repository), top.kind == .tree else {
            throw GitError(.noPath, "the path \"\(path)\" is not a directory of the commit", remedy: "set spec.source.path to the directory below which to look")
        }
        var found: [[String]] = []
        let above = path == "." ? [] : path.split(separator: "/").map(String.init)
        try walk(top.id, [], below: above, ignoring: try reader.ignores(above: above, in: repository), into: &found, in: repository)
        return found
    }

    private func walk(
        _ tree: ObjectID, _ path: [String], below above: [String], ignoring outer: [IgnoreFile], into found: inout [[String]],
        in repository: borrowing OpenRepository
    ) throws(GitError) {
        if !path.isEmpty, discovery.finds(path) { found.append(path) }
        guard path.count < discovery.depth else { return }
        let (entries, ignores) = try reader.entries(tree, at: above + path, ignoring: outer, in: repository)
        for entry in entries where entry.kind == .tree {
            try walk(entry.id, path + [entry.name], below: above, ignoring: ignores, into: &found, in: repository)
        }
    }
}
