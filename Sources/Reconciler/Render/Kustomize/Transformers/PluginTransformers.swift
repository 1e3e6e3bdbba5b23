/// Entries of `transformers`: kustomize's own transformers with a configuration of their own. Nothing else is run.
struct PluginTransformers {
    let root: BuildRoot
    let provenance: Provenance

    func step(for plugin: Resource) throws -> TransformerStep {
        guard plugin.apiVersion == "builtin" else { throw Self.refusal(plugin) }
        let reader = ConfigReader(plugin: try plugin.value.json(), at: plugin.place)
        let transform = try KustomizeFailure.locate(plugin.place) { try self.transform(plugin, reader) }
        return TransformerStep(place: plugin.place, origin: provenance.plugin(plugin), transform: transform)
    }

    private func transform(_ plugin: Resource, _ reader: ConfigReader) throws -> (inout ResourceMap) throws -> Void {
        func allow(_ fields: [String]) throws { try reader.allow(fields + Self.metadata(of: reader)) }
        func specs() throws -> [FieldSpec] { try reader.list("fieldSpecs").map(FieldSpec.init) }
        func required(_ key: String) throws -> ConfigReader {
            guard let found = try reader.object(key) else { throw reader.failure("\(plugin.kind) needs \(key)") }
            return found
        }
        switch plugin.kind {
        case "AnnotationsTransformer", "LabelTransformer":
            let field = plugin.kind == "LabelTransformer" ? "labels" : "annotations"
            try allow([field, "fieldSpecs"])
            let setter = MetadataSetter(members: try reader.map(field), specs: try specs())
            return { try setter.transform($0) }
        case "HashTransformer":
            try allow([])
            return { try GeneratedNames.addHashes(to: &$0) }
        case "ImageTagTransformer":
            try allow(["imageTag", "fieldSpecs"])
            let setter = try ImageSetter(required("imageTag"), specs: specs())
            return { try setter.transform($0) }
        case "NamespaceTransformer":
            return try namespace(plugin, reader)
        case "PatchJson6902Transformer":
            let patch = try KustomizePatch(json6902: reader, inline: "jsonOp", root: root)
            return { try patch.transform(&$0, budget: root.budget, remembersID: false) }
        case "PatchStrategicMergeTransformer":
            let patches = try NamedPatches(plugin: reader, root: root)
            return { try patches.transform(&$0) }
        case "PatchTransformer":
            let patch = try KustomizePatch(reader, root: root)
            return { try patch.transform(&$0, budget: root.budget) }
        case "PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer":
            try allow(["prefix", "suffix", "fieldSpecs"])
            guard reader.has("fieldSpecs") else {
                throw reader.failure("\(plugin.kind) needs fieldSpecs, such as [{path: metadata/name}]")
            }
            let specs = try specs()
            let prefix =
                plugin.kind == "SuffixTransformer"
                ? nil : try NameAffix(text: reader.text("prefix"), position: .prefix, specs: specs, place: reader.place)
            let suffix =
                plugin.kind == "PrefixTransformer"
                ? nil : try NameAffix(text: reader.text("suffix"), position: .suffix, specs: specs, place: reader.place)
            return { map in
                try prefix?.transform(map)
                try suffix?.transform(map)
            }
        case "ReplacementTransformer":
            try allow(["replacements"])
            let replacements = try Replacement.list(reader.list("replacements"), root: root)
            return { map in for replacement in replacements { try replacement.transform(map, budget: root.budget) } }
        case "ReplicaCountTransformer":
            try allow(["replica", "fieldSpecs"])
            let setter = try ReplicaSetter(required("replica"), specs: specs())
            return { try setter.transform($0) }
        case "ValueAddTransformer":
            let adder = try ValueAdder(plugin: reader, root: root)
            return { try adder.transform(&$0) }
        default: throw Self.refusal(plugin)
        }
    }

    private func namespace(_ plugin: Resource, _ reader: ConfigReader) throws -> (inout ResourceMap) throws -> Void {
        try reader.allow(["namespace", "fieldSpecs", "unsetOnly", "setRoleBindingSubjects"] + Self.metadata(of: reader))
        let mode = try reader.text("setRoleBindingSubjects")
        guard let subjects = mode.isEmpty ? .defaultOnly : NamespaceSetter.Subjects(rawValue: mode) else {
            throw reader.failure(
                "setRoleBindingSubjects must be defaultOnly, allServiceAccounts or none, found \"\(mode)\"",
                at: "setRoleBindingSubjects")
        }
        let own = try reader.text("namespace")
        let namespace = own.isEmpty ? plugin.namespace : own
        let setter = NamespaceSetter(
            namespace: namespace, specs: try reader.list("fieldSpecs").map(FieldSpec.init), onlyUnset: try reader.bool("unsetOnly"),
            subjects: subjects)
        return { map in if !namespace.isEmpty { try setter.transform(&map) } }
    }

    /// The fields of every plugin's configuration; none for an entry of a kustomization.
    static func metadata(of reader: ConfigReader) -> [String] {
        reader.has("apiVersion") ? ["apiVersion", "kind", "metadata"] : []
    }

    /// What is said of a plugin that is not run.
    static func refusal(_ plugin: Resource) -> KustomizeFailure {
        if plugin.apiVersion == "builtin" {
            return KustomizeFailure(
                "\(plugin.kind) is not supported; use a field of the kustomization, or commit what it makes", at: plugin.place)
        }
        return KustomizeFailure(
            "\(plugin.apiVersion)/\(plugin.kind) is an external plugin; nothing from a repository is executed: use a field of the kustomization or a builtin transformer, or commit what it makes",
            at: plugin.place)
    }
}
