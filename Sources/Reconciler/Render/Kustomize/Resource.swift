import APIMachinery

/// An object on its way through a build, with what kustomize remembers of it.
///
/// The memory stands in annotations of the object itself, as kustomize keeps it: patches see them, and a patch of
/// `/metadata/annotations/x` works on an object that had no annotations of its own.
final class Resource {
    /// The file, or the generator's entry, that the object comes from.
    struct Origin: Hashable {
        var path: String
        /// Index of the document in the file.
        var document: Int
        var place: FieldPath
        var line: Int
        var column: Int
    }

    enum Memory: String, CaseIterable {
        case previousKinds, previousNames, previousNamespaces, prefixes, suffixes, generatorBehavior, needsHashSuffix
        case allowNameChange, allowKindChange

        var key: String { "internal.config.kubernetes.io/" + rawValue }
    }

    /// Everything that is taken off before printing.
    private static let transient =
        Memory.allCases.map(\.key) + [
            "internal.config.kubernetes.io/refBy", "internal.config.kubernetes.io/path", "internal.config.kubernetes.io/index",
            "internal.config.kubernetes.io/seqindent", "internal.config.kubernetes.io/id",
            "internal.config.kubernetes.io/annotations-migration-resource-id", "config.kubernetes.io/path",
            "config.kubernetes.io/index",
            "config.k8s.io/id", "internal.config.kubernetes.io/helm-generated",
        ]

    let value: YAMLValue
    var origin: Origin
    /// Names of the vars whose value is read from here.
    var variables: [String] = []

    init(_ value: YAMLValue, origin: Origin) {
        self.value = value
        self.origin = origin
    }

    func copy() -> Resource {
        let resource = Resource(value.copy(), origin: origin)
        resource.variables = variables
        return resource
    }

    var place: Place { Place(path: origin.path, line: origin.line, column: origin.column) }
    /// Deleted by a patch.
    var isGone: Bool { value.isEmpty }

    // MARK: Identity

    var kind: String { value["kind"]?.text ?? "" }
    var apiVersion: String { value["apiVersion"]?.text ?? "" }
    private var metadata: YAMLValue? { value["metadata"].flatMap { $0.isEmpty ? nil : $0 } }
    var name: String { metadata?.text(at: "name") ?? "" }
    var namespace: String { metadata?.text(at: "namespace") ?? "" }
    var labels: [String: String] { metadata?["labels"]?.textMembers ?? [:] }
    var annotations: [String: String] { metadata?["annotations"]?.textMembers ?? [:] }

    var id: ResourceID {
        let (group, version) = ResourceID.parse(apiVersion)
        return ResourceID(group: group, version: version, kind: kind, name: name, namespace: namespace)
    }

    /// What it was called before, oldest first.
    var previousIDs: [ResourceID] {
        let names = list(.previousNames)
        guard !names.isEmpty else { return [] }
        let namespaces = list(.previousNamespaces)
        let kinds = list(.previousKinds)
        guard names.count == namespaces.count, names.count == kinds.count else { return [] }
        let (group, version) = ResourceID.parse(apiVersion)
        return names.indices.map {
            ResourceID(group: group, version: version, kind: kinds[$0], name: names[$0], namespace: namespaces[$0])
        }
    }

    var originalID: ResourceID { previousIDs.first ?? id }
    var allIDs: [ResourceID] { previousIDs + [id] }

    func rememberID() throws {
        let id = id
        try append(id.name, to: .previousNames)
        try append(id.effectiveNamespace, to: .previousNamespaces)
        try append(id.kind, to: .previousKinds)
    }

    // MARK: Memory

    func list(_ memory: Memory) -> [String] {
        guard let text = metadata?["annotations"]?[memory.key]?.text else { return [] }
        return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    func append(_ text: String, to memory: Memory) throws {
        guard !text.isEmpty else { return }
        try setAnnotation(memory.key, (list(memory) + [text]).joined(separator: ","))
    }

    func isEnabled(_ memory: Memory) -> Bool { annotations[memory.key] == "enabled" }

    func enable(_ memory: Memory) throws { try set(memory, "enabled") }

    func set(_ memory: Memory, _ text: String) throws {
        var all = annotations
        all[memory.key] = text
        try setAnnotations(all)
    }

    // MARK: Metadata

    func setAnnotation(_ key: String, _ text: String) throws {
        if let metadata = value["metadata"], let annotations = metadata["annotations"], annotations.isEmpty {
            metadata.clear("annotations")
        }
        let annotations = try value.lookup(["metadata", "annotations"], create: .mapping)
        try annotations?.set(key, YAMLValue(.scalar(.init(text: text, tag: .string, isQuoted: true))))
    }

    func setAnnotations(_ all: [String: String]) throws { try setMap("annotations", all) }
    func setLabels(_ all: [String: String]) throws { try setMap("labels", all) }

    private func setMap(_ field: String, _ all: [String: String]) throws {
        guard let metadata = try value.lookup(["metadata"], create: .mapping) else { return }
        try metadata.require(.mapping)
        metadata.clear(field)
        if all.isEmpty { return }
        let map = YAMLValue.mapping()
        for (key, text) in all.sorted(by: { $0.key < $1.key }) { try map.set(key, .string(text)) }
        try metadata.set(field, map)
    }

    func setName(_ name: String) throws { try value.lookup(["metadata"], create: .mapping)?.set("name", .untagged(name)) }
    func setKind(_ kind: String) throws { try value.set("kind", .untagged(kind)) }
    func setAPIVersion(_ version: String) throws { try value.set("apiVersion", .untagged(version)) }

    func setNamespace(_ namespace: String) throws {
        if namespace.isEmpty {
            value["metadata"]?.clear("namespace")
        } else {
            try value.lookup(["metadata"], create: .mapping)?.set("namespace", .untagged(namespace))
        }
    }

    /// Before printing: annotations become plain strings, those of the build go.
    func forgetBuild(keeping kept: Set<String>) throws {
        var all = annotations
        for key in Self.transient { all[key] = nil }
        for key in [Provenance.originKey, Provenance.transformationsKey] where !kept.contains(key) { all[key] = nil }
        try setAnnotations(all)
    }
}
