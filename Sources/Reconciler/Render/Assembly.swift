import APIMachinery

/// Puts the files of a commit together: kinds looked up, namespaces filled in, duplicates found.
/// Pure: the cluster's kinds and namespaces are given.
struct Assembly {
    let types: [ResourceType]
    /// For objects that name no namespace.
    let destination: String

    private var byKind: [GroupVersionKind: ResourceType] = [:]
    private var made: Set<String> = []
    private var diagnostics: [Diagnostic] = []

    init(types: [ResourceType], destination: String) {
        self.types = types
        self.destination = destination
        for type in types where byKind[type.gvk] == nil { byKind[type.gvk] = type }
    }

    /// The namespaces that objects are in and no file makes. Kinds that the files define are known from now on.
    mutating func namespaces(of files: [TreeWalk.Found]) -> Set<String> {
        for item in files.lazy.flatMap(\.file.items) {
            if let custom = ResourceType.defined(by: item.object) { for type in custom { byKind[type.gvk] = type } }
            if item.object.kind == "Namespace", item.object.apiVersion == "v1" { made.insert(item.object.name) }
        }
        var namespaces: Set<String> = []
        for item in files.lazy.flatMap(\.file.items) {
            guard let gvk = item.object.gvk, byKind[gvk]?.isNamespaced == true else { continue }
            let name = item.object.namespace.isEmpty ? destination : item.object.namespace
            if !made.contains(name) { namespaces.insert(name) }
        }
        return namespaces
    }

    /// The objects, or every error of the commit together.
    ///
    /// - Parameter existing: which of `namespaces(of:)` there are.
    mutating func assemble(_ files: [TreeWalk.Found], diagnostics found: [Diagnostic], existing: Set<String>) throws(RenderFailure) -> [RenderedObject] {
        diagnostics = found
        let available = existing.union(made)
        var objects: [RenderedObject] = []
        var first: [ObjectIdentity: ManifestOrigin] = [:]
        for file in files {
            for problem in file.file.problems { report(problem, in: file.path) }
            for item in file.file.items {
                guard let object = resolve(item, in: file, available: available) else { continue }
                if let other = first[object.identity] {
                    diagnostics.append(
                        Diagnostic(
                            path: file.path, line: item.position.line, column: item.position.column,
                            "\(object.key) is defined twice: here and at \(other.path):\(other.line):\(other.column); remove one"))
                    continue
                }
                first[object.identity] = object.origin
                objects.append(object)
            }
        }
        guard diagnostics.isEmpty else { throw RenderFailure(diagnostics) }
        return objects
    }

    private mutating func report(_ problem: ManifestFile.Problem, in path: String) {
        var message = problem.message
        if let subject = problem.subject {
            let namespace = subject.isNamespaced == false ? "" : subject.namespace.isEmpty ? destination : subject.namespace
            let name = subject.name.isEmpty ? "" : namespace.isEmpty ? " \(subject.name)" : " \(namespace)/\(subject.name)"
            message = "\(subject.kind)\(name): \(message)"
        }
        diagnostics.append(Diagnostic(path: path, line: problem.position.line, column: problem.position.column, message))
    }

    private mutating func resolve(_ item: ManifestFile.Item, in file: TreeWalk.Found, available: Set<String>) -> RenderedObject? {
        var object = item.object
        func complain(_ position: ManifestFile.Position, _ message: String) -> Diagnostic {
            Diagnostic(path: file.path, line: position.line, column: position.column, message)
        }
        guard let gvk = object.gvk else { return nil }
        guard let type = byKind[gvk] else {
            diagnostics.append(complain(item.kindPosition, KindSuggestion(types: types).message(for: gvk)))
            return nil
        }
        if type.isNamespaced {
            if object.namespace.isEmpty { object.namespace = destination }
            guard available.contains(object.namespace) else {
                diagnostics.append(
                    complain(
                        item.namespacePosition,
                        "\(type.kind) \(object.namespace)/\(object.name): namespace \"\(object.namespace)\" is neither in the cluster nor in this commit; add a Namespace manifest, or create it first"
                    ))
                return nil
            }
        } else if !object.namespace.isEmpty {
            diagnostics.append(
                complain(
                    item.namespacePosition, "\(type.kind) \(object.name): this kind belongs to no namespace; remove metadata.namespace"))
            return nil
        }
        let key = ObjectKey(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
        let origin = ManifestOrigin(
            path: file.path, blob: file.blob, document: item.document, place: item.place, line: item.position.line,
            column: item.position.column)
        var rendered = RenderedObject(key: key, object: object, origin: origin)
        rendered.secretPaths = item.secretPaths
        rendered.ignored = item.ignored
        rendered.order = item.order
        return rendered
    }
}

extension ResourceType {
    /// The kinds that a CustomResourceDefinition brings; nil when `object` is none.
    static func defined(by object: Object) -> [ResourceType]? {
        guard object.kind == "CustomResourceDefinition", object.apiVersion.hasPrefix("apiextensions.k8s.io/") else { return nil }
        let spec = object.spec
        let names = spec["names"] ?? .null
        guard let group = spec["group"]?.string, let kind = names["kind"]?.string, let plural = names["plural"]?.string else { return [] }
        return (spec["versions"]?.array ?? []).compactMap { version in
            guard let name = version["name"]?.string, version["served"]?.bool ?? true else { return nil }
            return ResourceType(
                group: group, version: name, kind: kind, plural: plural, singular: names["singular"]?.string,
                isNamespaced: spec["scope"]?.string != "Cluster")
        }
    }
}

/// What to say of a kind that the cluster does not serve.
struct KindSuggestion {
    let types: [ResourceType]

    /// `no kind "Deploymnt" in apps/v1; did you mean Deployment?`
    func message(for gvk: GroupVersionKind) -> String {
        let problem = "no kind \"\(gvk.kind)\" in \(gvk.apiVersion)"
        let sameKind = types.filter { $0.kind == gvk.kind }
        if !sameKind.isEmpty {
            let versions = Set(sameKind.map(\.gvk.apiVersion)).sorted().joined(separator: " and ")
            return "\(problem); this cluster serves \(gvk.kind) in \(versions)"
        }
        let sameGroup = types.filter { $0.gvk.groupVersion == gvk.groupVersion }
        if let near = nearest(gvk.kind, in: sameGroup) { return "\(problem); did you mean \(near.kind)?" }
        if let near = nearest(gvk.kind, in: types) { return "\(problem); did you mean \(near.kind) in \(near.gvk.apiVersion)?" }
        if sameGroup.isEmpty {
            return "\(problem); this cluster serves nothing in \(gvk.apiVersion): add its CustomResourceDefinition, or correct apiVersion"
        }
        let kinds = Set(sameGroup.map(\.kind)).sorted()
        return "\(problem); its kinds are \(kinds.prefix(12).joined(separator: ", "))\(kinds.count > 12 ? ", …" : "")"
    }

    private func nearest(_ kind: String, in types: [ResourceType]) -> ResourceType? {
        guard let name = Spelling.nearest(to: kind, among: types.lazy.map(\.kind)) else { return nil }
        return types.first { $0.kind == name }
    }
}
