/// `namePrefix` and `nameSuffix`.
struct NameAffix {
    enum Position { case prefix, suffix }

    /// As long as a name may be.
    static let lengthMax = 253

    let text: String
    let position: Position
    let specs: [FieldSpec]

    init(text: String, position: Position, specs: [FieldSpec], place: Place) throws {
        guard text.utf8.count <= Self.lengthMax else {
            throw KustomizeFailure(
                "a part of names has at most \(Self.lengthMax) bytes, this has \(text.utf8.count); shorten it", at: place)
        }
        self.text = text
        self.position = position
        self.specs = specs
    }

    /// Their names are not free to choose.
    private static let spared = [
        KindSelector(kind: "CustomResourceDefinition"), KindSelector(group: "apiregistration.k8s.io", kind: "APIService"),
        KindSelector(kind: "Namespace"),
    ]

    func transform(_ map: ResourceMap) throws {
        for resource in map.resources {
            let id = resource.originalID
            if Self.spared.contains(where: { id.isSelected(by: $0) }) { continue }
            for spec in specs where id.isSelected(by: spec.kind) {
                if spec.path == "metadata/name" {
                    try resource.append(text, to: position == .prefix ? .prefixes : .suffixes)
                    if !text.isEmpty { try resource.rememberID() }
                }
                try spec.apply(to: resource, creating: .scalar, tag: .string) { field in
                    try field.setScalar(.untagged(position == .prefix ? text + field.text : field.text + text))
                }
            }
        }
    }
}
