/// `labels`, `commonLabels` and `commonAnnotations`.
struct MetadataSetter {
    let members: [String: String]
    let specs: [FieldSpec]

    init(members: [String: String], specs: [FieldSpec]) {
        self.members = members
        self.specs = specs
    }

    /// An entry of `labels`.
    init(labels reader: ConfigReader, config: TransformerConfig) throws {
        try reader.allow(["pairs", "includeSelectors", "includeTemplates", "fields"])
        members = try reader.map("pairs")
        specs = try KustomizeFailure.locate(reader.place) {
            var specs = try FieldSpec.merged(try reader.list("fields").map(FieldSpec.init), config.labels)
            if try reader.bool("includeSelectors") { return try FieldSpec.merged(specs, config.commonLabels) }
            if try reader.bool("includeTemplates") { specs = try FieldSpec.merged(specs, config.templateLabels) }
            return try FieldSpec.merged(specs, [FieldSpec(path: "metadata/labels", create: true)])
        }
    }

    func transform(_ map: ResourceMap) throws {
        for resource in map.resources where !resource.isGone {
            for (key, text) in members.sorted(by: { $0.key < $1.key }) {
                // One value in all places of an object, as in kustomize: a later change of one changes them all.
                let value = YAMLValue.string(text)
                for spec in specs { try spec.apply(to: resource, creating: .mapping) { try $0.set(key, value) } }
            }
        }
    }
}
