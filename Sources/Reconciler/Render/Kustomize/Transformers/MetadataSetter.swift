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
        try reader.allow(["pairs", "includeSelectors", "includeTemplates", "includeVolumeClaimTemplates", "fields"])
        members = try reader.map("pairs")
        specs = try KustomizeFailure.locate(reader.place) {
            var specs = try FieldSpec.merged(try reader.list("fields").map(FieldSpec.init), config.labels)
            if try reader.bool("includeSelectors") { return try FieldSpec.merged(specs, config.commonLabels) }
            if try reader.bool("includeTemplates") { specs = try FieldSpec.merged(specs, config.templateLabels) }
            if try reader.bool("includeVolumeClaimTemplates") { specs = try FieldSpec.merged(specs, config.volumeClaimTemplateLabels) }
            return try FieldSpec.merged(specs, [FieldSpec(path: "metadata/labels", create: true)])
        }
    }

    func transform(_ map: ResourceMap) throws {
        for resource in map.resources where !resource.isGone {
            for (key, text) in members.sorted(by: { $0.key < $1.key }) {
                for spec in specs { try spec.apply(to: resource, creating: .mapping) { try $0.set(key, .string(text)) } }
            }
        }
    }
}
