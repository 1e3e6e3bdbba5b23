import APIMachinery

/// An entry of `replicas`: how many pods the workload of a name shall have.
struct ReplicaSetter {
    private let name: String
    private let count: Int
    private let specs: [FieldSpec]

    init(_ reader: ConfigReader, specs: [FieldSpec]) throws {
        try reader.allow(["name", "count"])
        name = try reader.text("name")
        count = try reader.int("count") ?? 0
        self.specs = specs
    }

    func transform(_ map: ResourceMap) throws {
        var isFound = false
        for spec in specs {
            for resource in map.matching(anyID: { $0.name == name && $0.isSelected(by: spec.kind) }) {
                isFound = true
                try spec.apply(to: resource, creating: .scalar, tag: .int) { try $0.setScalar(.tagged(String(count), .int)) }
            }
        }
        if isFound { return }
        let kinds = specs.map(\.kind.kind).joined(separator: ", ")
        let names = Set(
            specs.flatMap { spec in map.resources.map(\.originalID).filter { $0.isSelected(by: spec.kind) } }.map(\.name))
        let hint = Spelling.nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
        throw KustomizeFailure("replicas names \"\(name)\", but there is no \(kinds) of that name\(hint)")
    }
}
