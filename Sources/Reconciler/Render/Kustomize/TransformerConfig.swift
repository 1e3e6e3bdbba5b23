/// Which fields the transformers change, by default and after `configurations`.
struct TransformerConfig {
    /// Names a kind, and the fields of others that refer to it by name.
    struct NameReference: Hashable {
        var target: KindSelector
        var referrers: [FieldSpec]
    }

    var namePrefix: [FieldSpec] = []
    var nameSuffix: [FieldSpec] = []
    var namespace: [FieldSpec] = []
    var commonLabels: [FieldSpec] = []
    var labels: [FieldSpec] = []
    var templateLabels: [FieldSpec] = []
    var commonAnnotations: [FieldSpec] = []
    var nameReference: [NameReference] = []
    var varReference: [FieldSpec] = []
    var images: [FieldSpec] = []
    var replicas: [FieldSpec] = []
    /// As it is built in. Every other one that is not empty holds it.
    private(set) var isStandard = false
    private var isEmpty = true

    private static let lists: [(name: String, path: any WritableKeyPath<TransformerConfig, [FieldSpec]> & Sendable)] = [
        ("namePrefix", \.namePrefix), ("nameSuffix", \.nameSuffix), ("namespace", \.namespace), ("commonLabels", \.commonLabels),
        ("labels", \.labels), ("templateLabels", \.templateLabels),
        ("commonAnnotations", \.commonAnnotations), ("varReference", \.varReference), ("images", \.images),
        ("replicas", \.replicas),
    ]

    init() {}

    init(_ reader: ConfigReader) throws {
        try reader.allow(Self.lists.map(\.name) + ["nameReference"])
        for (name, path) in Self.lists { self[keyPath: path] = try reader.list(name).map(FieldSpec.init) }
        nameReference = try reader.list("nameReference").map { entry in
            try entry.allow(["group", "version", "kind", "fieldSpecs"])
            return NameReference(
                target: KindSelector(
                    group: try entry.text("group"), version: try entry.text("version"), kind: try entry.text("kind")),
                referrers: try entry.list("fieldSpecs").map(FieldSpec.init))
        }
        isEmpty = false
        sort()
    }

    /// With the same place so that every kustomization of a build may say it again.
    mutating func merge(_ other: TransformerConfig) throws {
        if other.isEmpty || other.isStandard && !isEmpty { return }
        if isEmpty, other.isStandard { return self = other }
        isEmpty = false
        isStandard = false
        for (name, path) in Self.lists {
            self[keyPath: path] = try KustomizeFailure.locate(nil, name) {
                try FieldSpec.merged(self[keyPath: path], other[keyPath: path])
            }
        }
        for reference in other.nameReference {
            if let index = nameReference.firstIndex(where: { $0.target == reference.target }) {
                nameReference[index].referrers = try FieldSpec.merged(nameReference[index].referrers, reference.referrers)
            } else {
                nameReference.append(reference)
            }
        }
        sort()
    }

    /// This one, sorted, as what every build begins with.
    func asStandard() -> TransformerConfig {
        var config = self
        config.sort()
        config.isStandard = true
        config.isEmpty = false
        return config
    }

    private mutating func sort() {
        for (_, path) in Self.lists {
            self[keyPath: path] = Self.stable(self[keyPath: path]) { KindSelector.precedes($0.kind, $1.kind) }
        }
        nameReference = Self.stable(nameReference) { KindSelector.precedes($0.target, $1.target) }
    }

    private static func stable<Element>(_ list: [Element], _ precedes: (Element, Element) -> Bool) -> [Element] {
        list.enumerated().sorted { a, b in
            precedes(a.element, b.element) || !precedes(b.element, a.element) && a.offset < b.offset
        }.map(\.element)
    }
}
