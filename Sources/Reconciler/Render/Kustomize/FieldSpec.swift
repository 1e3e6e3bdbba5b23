/// A place in the objects of some kinds that a transformer changes.
struct FieldSpec: Hashable {
    var kind = KindSelector()
    /// Member names between slashes; one that ends in `[]` is a list. A backslash escapes a slash.
    var path: String
    /// Whether the way there is made where it is missing.
    var create = false

    static let fields = ["group", "version", "kind", "path", "create"]

    init(kind: KindSelector = KindSelector(), path: String, create: Bool = false) {
        self.kind = kind
        self.path = path
        self.create = create
    }

    init(_ reader: ConfigReader) throws {
        try reader.allow(Self.fields)
        kind = KindSelector(group: try reader.text("group"), version: try reader.text("version"), kind: try reader.text("kind"))
        path = try reader.text("path")
        create = try reader.bool("create")
    }

    /// One list that holds both: of equal ones the first.
    static func merged(_ specs: [FieldSpec], _ more: [FieldSpec]) throws -> [FieldSpec] {
        var result = specs
        for spec in more {
            let known = result.first { $0.path == spec.path && $0.kind.isSelected(by: spec.kind) }
            guard let known else {
                result.append(spec)
                continue
            }
            if known.create != spec.create {
                throw KustomizeFailure(
                    "the field spec \(spec.path) of \(spec.kind.shown.isEmpty ? "all kinds" : spec.kind.shown) is given twice, with create and without; use the same value in both"
                )
            }
        }
        return result
    }

    /// Calls `change` with each value at the path in `resource`; nothing when the kind is another.
    func apply(
        to resource: Resource, creating shape: YAMLValue.Shape? = nil, tag: PlainScalar.Tag = .none,
        _ change: (YAMLValue) throws -> Void
    )
        throws
    {
        guard resource.id.isSelected(by: kind) else { return }
        let parts = YAMLPath.split(path, "/")
        let walk = Walk(shape: create ? shape : nil, tag: tag)
        try KustomizeFailure.locate(resource.place, "\(resource.id.shown): field \(path.replacing("/", with: "."))") {
            try walk.visit(resource.value, parts[...], change)
        }
    }

    private struct Walk {
        /// Of the last part, when missing ones are made.
        let shape: YAMLValue.Shape?
        let tag: PlainScalar.Tag

        func visit(_ value: YAMLValue, _ path: ArraySlice<String>, _ change: (YAMLValue) throws -> Void) throws {
            guard let part = path.first else { return try change(value) }
            switch value.content {
            case .scalar(let scalar):
                if scalar.tag != .null { throw KustomizeFailure("expected a list or mapping, found a scalar") }
            case .sequence(let elements):
                for element in elements { try visit(element, path, change) }
            case .mapping:
                try visitMember(of: value, part, path.dropFirst(), change)
            }
        }

        private func visitMember(
            of value: YAMLValue, _ part: String, _ rest: ArraySlice<String>, _ change: (YAMLValue) throws -> Void
        ) throws {
            let isList = part.hasSuffix("[]")
            let name = isList ? String(part.dropLast(2)) : part
            if name.isEmpty { throw KustomizeFailure("the path has an empty part") }
            let made: YAMLValue.Shape? = isList ? nil : shape.map { rest.isEmpty ? $0 : .mapping }
            guard let field = try value.lookup([name], create: made) else { return }
            if field.isNull {
                // Written as null: what would have been made takes its place.
                switch isList ? .sequence : made {
                case .sequence?: field.content = .sequence([])
                case .mapping?: field.content = .mapping([])
                case .scalar?: field.content = .scalar(.init(text: field.text, tag: tag, isQuoted: field.scalar?.isQuoted ?? false))
                case nil: break
                }
            }
            try visit(field, rest, change)
        }
    }
}

extension KindSelector {
    func isSelected(by selector: KindSelector) -> Bool {
        (selector.group.isEmpty || selector.group == group) && (selector.version.isEmpty || selector.version == version)
            && (selector.kind.isEmpty || selector.kind == kind)
    }

    /// kustomize's order of kinds, which its lists of field specs are sorted by.
    static func precedes(_ a: KindSelector, _ b: KindSelector) -> Bool {
        let (rankA, rankB) = (SortOrder.legacy.rank(a.kind), SortOrder.legacy.rank(b.kind))
        return rankA != rankB ? rankA < rankB : a.sortKey < b.sortKey
    }

    private var sortKey: String {
        "\(group.isEmpty ? "~G" : group)_\(version.isEmpty ? "~V" : version)_\(kind.isEmpty ? "~K" : kind)"
    }
}
