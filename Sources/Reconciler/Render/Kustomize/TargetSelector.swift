import APIMachinery

/// Which objects a patch or replacement is for: regular expressions that match the whole, and label selectors.
struct TargetSelector {
    private let group: Pattern?
    private let version: Pattern?
    private let kind: Pattern?
    private let name: Pattern?
    private let namespace: Pattern?
    private let labels: LabelSelector
    private let annotations: LabelSelector
    /// Names nothing but labels or annotations.
    let hasID: Bool
    let hasMetadata: Bool
    let place: Place

    static let fields = ["group", "version", "kind", "name", "namespace", "annotationSelector", "labelSelector"]

    init(_ reader: ConfigReader) throws {
        try reader.allow(Self.fields)
        place = reader.place
        func pattern(_ key: String) throws -> Pattern? {
            guard let text = try reader.string(key), !text.isEmpty else { return nil }
            return try KustomizeFailure.locate(reader.place(of: key)) { try Pattern.whole(text) }
        }
        func selector(_ key: String) throws -> LabelSelector {
            guard let text = try reader.string(key), !text.isEmpty else { return .everything }
            do throws(APIStatus) {
                return try LabelSelector(parsing: text)
            } catch {
                throw KustomizeFailure("\(key) \"\(text)\" cannot be read: \(error.message)", at: reader.place(of: key))
            }
        }
        group = try pattern("group")
        version = try pattern("version")
        kind = try pattern("kind")
        name = try pattern("name")
        namespace = try pattern("namespace")
        labels = try selector("labelSelector")
        annotations = try selector("annotationSelector")
        hasID = group != nil || version != nil || kind != nil || name != nil || namespace != nil
        hasMetadata = !labels.isEverything || !annotations.isEverything
    }

    func matches(name text: String) throws -> Bool { try name?.isFound(in: text) ?? true }
    func matches(namespace text: String) throws -> Bool { try namespace?.isFound(in: text) ?? true }

    func matches(kindOf id: ResourceID) throws -> Bool {
        try group?.isFound(in: id.group) ?? true && version?.isFound(in: id.version) ?? true && kind?.isFound(in: id.kind) ?? true
    }

    func matches(_ id: ResourceID) throws -> Bool {
        try matches(kindOf: id) && matches(name: id.name) && matches(namespace: id.namespace)
    }

    func matchesMetadata(of resource: Resource) -> Bool {
        labels.matches(resource.labels) && annotations.matches(resource.annotations)
    }
}
