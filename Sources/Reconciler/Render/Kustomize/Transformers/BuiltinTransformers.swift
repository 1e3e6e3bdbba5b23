/// The transformers that a kustomization's own fields ask for, in the order in which kustomize runs them.
struct BuiltinTransformers {
    let file: KustomizationFile
    let root: BuildRoot
    let config: TransformerConfig
    let provenance: Provenance

    private var reader: ConfigReader { file.reader }

    func steps() throws -> [TransformerStep] {
        var steps = try patches("patchesStrategicMerge", "PatchStrategicMergeTransformer") { _ in
            let patches = try NamedPatches(reader.strings("patchesStrategicMerge"), root: root)
            return { try patches.transform(&$0) }
        }
        for entry in try reader.list("patches") {
            let patch = try KustomizePatch(entry, root: root)
            steps.append(step("PatchTransformer", entry.place) { try patch.transform(&$0, budget: root.budget) })
        }
        steps += try names()
        steps += try labels()
        for entry in try reader.list("patchesJson6902") {
            let patch = try KustomizePatch(json6902: entry, inline: "patch", root: root)
            steps.append(
                step("PatchJson6902Transformer", entry.place) { try patch.transform(&$0, budget: root.budget, remembersID: false) })
        }
        for entry in try reader.list("replicas") {
            let setter = try ReplicaSetter(entry, specs: config.replicas)
            steps.append(step("ReplicaCountTransformer", entry.place) { try setter.transform($0) })
        }
        for entry in try reader.list("images") + reader.list("imageTags") {
            let setter = try ImageSetter(entry, specs: config.images)
            steps.append(step("ImageTagTransformer", entry.place) { try setter.transform($0) })
        }
        steps += try patches("replacements", "ReplacementTransformer") { _ in
            let replacements = try Replacement.list(reader.list("replacements"), root: root)
            return { map in for replacement in replacements { try replacement.transform(map, budget: root.budget) } }
        }
        return steps
    }

    private func step(_ kind: String, _ place: Place, _ transform: @escaping (inout ResourceMap) throws -> Void) -> TransformerStep
    {
        TransformerStep(place: place, origin: provenance.builtin(kind, in: file), transform: transform)
    }

    /// One transformer for all entries of a field, if it has any.
    private func patches(
        _ field: String, _ kind: String, _ make: (Place) throws -> (inout ResourceMap) throws -> Void
    ) throws -> [TransformerStep] {
        let place = reader.place(of: field)
        return try reader.list(field).isEmpty ? [] : [step(kind, place, make(place))]
    }

    private func names() throws -> [TransformerStep] {
        var steps: [TransformerStep] = []
        let namespace = try reader.text("namespace")
        if !namespace.isEmpty {
            let setter = NamespaceSetter(namespace: namespace, specs: config.namespace)
            steps.append(step("NamespaceTransformer", reader.place(of: "namespace")) { try setter.transform(&$0) })
        }
        for (field, kind, position, specs) in [
            ("namePrefix", "PrefixTransformer", NameAffix.Position.prefix, config.namePrefix),
            ("nameSuffix", "SuffixTransformer", .suffix, config.nameSuffix),
        ] {
            let text = try reader.text(field)
            if text.isEmpty { continue }
            let affix = try NameAffix(text: text, position: position, specs: specs, place: reader.place(of: field))
            steps.append(step(kind, reader.place(of: field)) { try affix.transform($0) })
        }
        return steps
    }

    private func labels() throws -> [TransformerStep] {
        var steps: [TransformerStep] = []
        for entry in try reader.list("labels") {
            let setter = try MetadataSetter(labels: entry, config: config)
            steps.append(step("LabelTransformer", entry.place) { try setter.transform($0) })
        }
        let common = try reader.map("commonLabels")
        if !common.isEmpty || !steps.isEmpty {
            let setter = MetadataSetter(members: common, specs: config.commonLabels)
            steps.append(step("LabelTransformer", reader.place(of: "commonLabels")) { try setter.transform($0) })
        }
        let annotations = try reader.map("commonAnnotations")
        if !annotations.isEmpty {
            let setter = MetadataSetter(members: annotations, specs: config.commonAnnotations)
            steps.append(step("AnnotationsTransformer", reader.place(of: "commonAnnotations")) { try setter.transform($0) })
        }
        return steps
    }
}
