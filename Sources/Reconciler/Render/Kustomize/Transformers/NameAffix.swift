/// `namePrefix` and `nameSuffix`.
struct NameAffix {
    enum Position { case prefix, suffix }

    let text: String
    let position: Position
    let specs: [FieldSpec]

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
