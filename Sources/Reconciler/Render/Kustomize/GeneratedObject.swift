import APIMachinery

/// `options` of a generator, and `generatorOptions` for all of them.
struct GeneratorOptions {
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var disableNameSuffixHash = false
    var immutable = false

    init(_ reader: ConfigReader?) throws {
        guard let reader else { return }
        try reader.allow(["labels", "annotations", "disableNameSuffixHash", "immutable"])
        labels = try reader.map("labels")
        annotations = try reader.map("annotations")
        disableNameSuffixHash = try reader.bool("disableNameSuffixHash")
        immutable = try reader.bool("immutable")
    }

    /// Labels and annotations of this win; a flag is set when either sets it.
    func merged(into local: GeneratorOptions) -> GeneratorOptions {
        var result = local
        result.labels.merge(labels) { own, _ in own }
        result.annotations.merge(annotations) { own, _ in own }
        result.disableNameSuffixHash = local.disableNameSuffixHash || disableNameSuffixHash
        result.immutable = local.immutable || immutable
        return result
    }
}

/// A ConfigMap or Secret that a kustomization makes of literals and files.
struct GeneratedObject {
    enum Kind: String {
        case configMap = "ConfigMap"
        case secret = "Secret"
        var generatorName: String { rawValue + "Generator" }
    }

    enum Behavior: String { case unspecified, create, replace, merge }

    let place: Place
    private let kind: Kind
    private let name: String
    private let namespace: String
    private let type: String
    private let behavior: Behavior
    private let options: GeneratorOptions
    private let sources: KeyValueSources
    private let origin: Resource.Origin

    private static let fields = ["name", "namespace", "behavior", "options"] + KeyValueSources.fields

    /// An entry of `configMapGenerator` or `secretGenerator`.
    init(_ kind: Kind, _ reader: ConfigReader, globalOptions: GeneratorOptions) throws {
        try reader.allow(Self.fields + (kind == .secret ? ["type"] : []))
        let place = reader.place
        let origin = Resource.Origin(path: place.path, document: 0, place: reader.fieldPath, line: place.line, column: place.column)
        try self.init(
            kind, reader, name: try reader.text("name"), namespace: try reader.text("namespace"), origin: origin, globalOptions)
    }

    /// The configuration of a builtin generator under `generators`.
    init(plugin: Resource) throws {
        guard plugin.apiVersion == "builtin" else { throw PluginTransformers.refusal(plugin) }
        let kind: Kind
        switch plugin.kind {
        case "ConfigMapGenerator": kind = .configMap
        case "SecretGenerator": kind = .secret
        default: throw PluginTransformers.refusal(plugin)
        }
        let reader = ConfigReader(plugin: try plugin.value.json(), at: plugin.place)
        try reader.allow(Self.fields + ["apiVersion", "kind", "metadata"] + (kind == .secret ? ["type"] : []))
        let name = try reader.text("name")
        let namespace = try reader.text("namespace")
        try self.init(
            kind, reader, name: name.isEmpty ? plugin.name : name, namespace: namespace.isEmpty ? plugin.namespace : namespace,
            origin: plugin.origin, try GeneratorOptions(nil))
    }

    private init(
        _ kind: Kind, _ reader: ConfigReader, name: String, namespace: String, origin: Resource.Origin,
        _ globalOptions: GeneratorOptions
    ) throws {
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.origin = origin
        place = reader.place
        if name.isEmpty { throw reader.failure("the generator of a \(kind.rawValue) must have a name") }
        type = kind == .secret ? try reader.string("type").flatMap { $0.isEmpty ? nil : $0 } ?? "Opaque" : ""
        let written = try reader.text("behavior")
        guard let behavior = written.isEmpty ? .unspecified : Behavior(rawValue: written), written != "unspecified" else {
            throw reader.failure("behavior must be create, replace or merge, found \"\(written)\"", at: "behavior")
        }
        self.behavior = behavior
        options = globalOptions.merged(into: try GeneratorOptions(reader.object("options")))
        sources = try KeyValueSources(reader)
    }

    func resource(from root: BuildRoot) throws -> Resource {
        let value = YAMLValue.mapping()
        try value.set("apiVersion", .string("v1"))
        try value.set("kind", .string(kind.rawValue))
        let metadata = YAMLValue.mapping()
        try metadata.set("name", .string(name))
        if !namespace.isEmpty { try metadata.set("namespace", .string(namespace)) }
        try value.set("metadata", metadata)
        if kind == .secret {
            try value.set("type", .string(type))
            try value.set("data", .mapping())
        }
        for (key, bytes) in try sources.pairs(from: root, object: "\(kind.rawValue) \(name)") {
            let text = kind == .configMap ? String(validating: bytes, as: UTF8.self) : nil
            let map = try value.lookup([text == nil && kind == .configMap ? "binaryData" : "data"], create: .mapping)
            try map?.set(key, .string(text ?? Self.base64(bytes)))
        }
        let resource = Resource(value, origin: origin)
        for (key, text) in options.labels.sorted(by: { $0.key < $1.key }) {
            try value.lookup(["metadata", "labels"], create: .mapping)?.set(key, .string(text))
        }
        for (key, text) in options.annotations.sorted(by: { $0.key < $1.key }) { try resource.setAnnotation(key, text) }
        if options.immutable { try value.set("immutable", .tagged("true", .bool)) }
        if !options.disableNameSuffixHash { try resource.enable(.needsHashSuffix) }
        try resource.set(.generatorBehavior, behavior.rawValue)
        return resource
    }

    /// In lines of 70, each ended, once it needs more than one.
    private static func base64(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes)
        guard text.utf8.count >= 70 else { return text }
        var lines = ""
        var rest = text[...]
        while !rest.isEmpty {
            lines += rest.prefix(70) + "\n"
            rest = rest.dropFirst(70)
        }
        return lines
    }
}

extension ResourceMap {
    /// Adds a generated object, or merges it into the one of its name, or replaces that.
    mutating func absorb(_ resource: Resource) throws {
        let id = resource.id
        let found = matching { id.isSame(as: $0) }
        let behavior =
            GeneratedObject.Behavior(rawValue: resource.annotations[Resource.Memory.generatorBehavior.key] ?? "") ?? .unspecified
        guard let old = found.first else {
            if behavior == .merge || behavior == .replace {
                throw KustomizeFailure(
                    "there is no \(id.shown) to \(behavior.rawValue); set behavior to create, or name its base in resources")
            }
            return try append(resource)
        }
        if found.count > 1 {
            throw KustomizeFailure(
                "\(found.count) objects are or were called \(id.shown); the generator cannot choose between them")
        }
        guard behavior == .merge || behavior == .replace else {
            throw KustomizeFailure("\(id.shown) exists already; set behavior to merge or replace, or choose another name")
        }
        let origin = old.annotations[Provenance.originKey]
        try resource.takeMetadata(of: old)
        if behavior == .merge {
            for field in ["data", "binaryData"] {
                let merged = (old.value[field]?.textMembers ?? [:]).merging(resource.value[field]?.textMembers ?? [:]) { _, new in
                    new
                }
                resource.value.clear(field)
                guard !merged.isEmpty else { continue }
                let map = YAMLValue.mapping()
                for (key, text) in merged { try map.set(key, .string(text)) }
                try resource.value.set(field, map)
            }
            if let origin { try resource.setAnnotation(Provenance.originKey, origin) }
        }
        guard let index = resources.firstIndex(where: { $0 === old }) else { return }
        replace(at: index, with: resource)
    }
}

extension Resource {
    /// Labels and annotations of both (this one's win), and the other's name, namespace and memory.
    func takeMetadata(of other: Resource) throws {
        try setLabels(other.labels.merging(labels) { _, own in own })
        let needsHash = annotations[Memory.needsHashSuffix.key] != nil
        let theirs = other.annotations
        var merged = theirs.merging(annotations) { _, own in own }
        for memory in Memory.allCases { merged[memory.key] = theirs[memory.key] }
        if !needsHash { merged[Memory.needsHashSuffix.key] = nil }
        try setAnnotations(merged)
        try setName(other.name)
        try setNamespace(other.namespace)
        variables = other.variables
    }
}
