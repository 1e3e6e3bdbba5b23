import APIMachinery

/// Puts the files of a commit together: kinds looked up, namespaces filled in, duplicates found.
/// Pure: the cluster's kinds and namespaces are given.
struct Assembly {
    let types: [ResourceType]
    /// For objects that name no namespace.
    let destination: String
    private let files: [TreeWalk.Found]
    /// The kinds and namespaces that the files make.
    private let definitions: [ResourceType]
    private let made: Set<String>
    /// Made of another commit from the same inputs, with the same kinds and namespaces; nil for none.
    private let base: Rendering?
    /// Indices of the files that are others in the base; nil where it has another number of them.
    private let changed: [Int]?

    private var byKind: [GroupVersionKind: ResourceType] = [:]
    private var diagnostics: [Diagnostic] = []

    /// - Parameter base: objects of files that it had too will be the same instances.
    init(_ files: [TreeWalk.Found], types: [ResourceType], destination: String, like base: Rendering?) {
        self.files = files
        self.types = types
        self.destination = destination
        definitions = files.flatMap(\.file.definitions)
        made = files.reduce(into: []) { if !$1.file.namespaces.isEmpty { $0.formUnion($1.file.namespaces) } }
        self.base = base?.definitions == definitions && base?.made == made ? base : nil
        changed = self.base.flatMap { base in
            base.parts.count == files.count ? files.indices.filter { base.parts[$0].source != files[$0].source } : nil
        }
        for type in types where byKind[type.gvk] == nil { byKind[type.gvk] = type }
        for type in definitions { byKind[type.gvk] = type }
    }

    /// The namespaces that objects are in and no file makes; perhaps some that objects of the base were in.
    var namespaces: Set<String> {
        guard let base, let changed else { return namespaces(of: files) }
        return base.namespaces.union(namespaces(of: changed.map { files[$0] }))
    }

    private func namespaces(of files: [TreeWalk.Found]) -> Set<String> {
        var needed: Set<String> = []
        for place in files.reduce(into: Set<ManifestFile.Place>(), { $0.formUnion($1.file.places) }) where byKind[place.gvk]?.isNamespaced == true {
            let name = place.namespace.isEmpty ? destination : place.namespace
            if !made.contains(name) { needed.insert(name) }
        }
        return needed
    }

    /// The objects, or every error of the commit together.
    ///
    /// - Parameter existing: which of `namespaces` there are.
    mutating func assemble(diagnostics found: [Diagnostic], existing: Set<String>) throws(RenderFailure) -> Rendering {
        diagnostics = found
        var needed = namespaces
        if !needed.isSubset(of: existing) { needed = namespaces(of: files) }
        let isWell = found.isEmpty && needed.isSubset(of: existing) && files.allSatisfy(\.file.problems.isEmpty)
        let base = isWell ? base : nil
        if let base, let changed {
            if let rendering = replacing(changed, in: base, needed) { return rendering }
            // What is wrong is told by the look at all of them.
            diagnostics = found
        }
        var known: [TreeWalk.Found.Source: Range<Int>] = [:]
        for part in base?.parts ?? [] { known[part.source] = part.objects }
        let available = existing.union(made)
        var objects: [RenderedObject] = []
        var parts: [Rendering.Part] = []
        var first: [ObjectIdentity: ManifestOrigin] = [:]
        for file in files {
            for problem in file.file.problems { report(problem, in: file.path) }
            let start = objects.count
            let resolved =
                if let range = known[file.source], let base { Array(base.objects[range]) } else {
                    file.file.items.compactMap { resolve($0, in: file, available: available) }
                }
            for object in resolved {
                if let other = first[object.identity] {
                    diagnostics.append(
                        Diagnostic(
                            path: file.path, line: object.origin.line, column: object.origin.column,
                            "\(object.key) is defined twice: here and at \(other.path):\(other.line):\(other.column); remove one"))
                    continue
                }
                first[object.identity] = object.origin
                objects.append(object)
            }
            parts.append(Rendering.Part(source: file.source, objects: start..<objects.count))
        }
        guard diagnostics.isEmpty else { throw RenderFailure(diagnostics) }
        return rendering(objects, parts, needed)
    }

    /// The base with other contents of its objects; nil where the commit has other objects.
    private mutating func replacing(_ changed: [Int], in base: Rendering, _ needed: Set<String>) -> Rendering? {
        var (objects, parts) = (base.objects, base.parts)
        for index in changed {
            let (file, range) = (files[index], base.parts[index].objects)
            guard range.count == file.file.items.count else { return nil }
            for (place, item) in zip(range, file.file.items) {
                guard let object = resolve(item, in: file, available: needed.union(made)), object.identity == objects[place].identity else { return nil }
                objects[place] = object
            }
            parts[index].source = file.source
        }
        return rendering(objects, parts, needed)
    }

    private func rendering(_ objects: [RenderedObject], _ parts: [Rendering.Part], _ needed: Set<String>) -> Rendering {
        Rendering(
            footprint: RenderFootprint(), namespaces: needed, objects: objects, parts: parts, definitions: definitions, made: made, warnings: [])
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
        return RenderedObject(
            key: key, object: object, origin: origin, secretPaths: item.secretPaths, ignored: item.ignored, order: item.order)
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
