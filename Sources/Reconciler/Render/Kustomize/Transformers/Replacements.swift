import APIMachinery

/// An entry of `replacements`: one field's value, written into fields of other objects.
struct Replacement {
    private struct Source {
        let selector: ResourceID
        let path: String
        let options: Options
        let place: Place
    }

    private struct Target {
        let selector: TargetSelector
        let rejects: [TargetSelector]
        let paths: [(text: String, place: Place)]
        let options: Options
    }

    /// How a part of the text is taken or written, and whether the field is made.
    private struct Options {
        var delimiter = ""
        var index = 0
        var create = false

        init(_ reader: ConfigReader?) throws {
            guard let reader else { return }
            try reader.allow(["delimiter", "index", "encoding", "create"])
            delimiter = try reader.text("delimiter")
            index = try reader.int("index") ?? 0
            create = try reader.bool("create")
            if try !reader.text("encoding").isEmpty {
                throw reader.failure("encoding has no effect in kustomize; remove it", at: "encoding")
            }
        }
    }

    private let source: Source?
    private let value: String?
    private let targets: [Target]

    /// Inline ones, and those of the files that entries name.
    static func list(_ entries: [ConfigReader], root: BuildRoot) throws -> [Replacement] {
        try entries.flatMap { entry -> [Replacement] in
            let path = try entry.text("path")
            if path.isEmpty { return [try Replacement(entry)] }
            if entry.has("source") || entry.has("targets") {
                throw entry.failure("path and an inline replacement cannot both be set; remove one", at: "path")
            }
            let (bytes, file) = try root.load(path, at: entry.place(of: "path"))
            let reader = try ConfigReader(parsing: bytes, file: file)
            return try (reader.elements ?? [reader]).map(Replacement.init)
        }
    }

    private init(_ reader: ConfigReader) throws {
        try reader.allow(["source", "targets", "sourceValue", "path"])
        value = try reader.string("sourceValue")
        source = try reader.object("source").map { source in
            try source.allow(["group", "version", "kind", "name", "namespace", "fieldPath", "options"])
            let path = try source.text("fieldPath")
            return Source(
                selector: ResourceID(
                    group: try source.text("group"), version: try source.text("version"), kind: try source.text("kind"),
                    name: try source.text("name"), namespace: try source.text("namespace")),
                path: path.isEmpty ? "metadata.name" : path, options: try Options(source.object("options")), place: source.place)
        }
        if source != nil, value != nil {
            throw reader.failure("source and sourceValue cannot both be set; remove one", at: "sourceValue")
        }
        guard source != nil || value != nil, reader.has("targets") else {
            throw reader.failure("a replacement needs a source and targets")
        }
        targets = try reader.list("targets").map { target in
            try target.allow(["select", "reject", "fieldPaths", "options"])
            guard let select = try target.object("select") else {
                throw target.failure("the target needs select: which objects are changed")
            }
            let paths = try target.strings("fieldPaths")
            return Target(
                selector: try TargetSelector(select), rejects: try target.list("reject").map(TargetSelector.init),
                paths: paths.isEmpty ? [("metadata.name", target.place)] : paths, options: try Options(target.object("options")))
        }
    }

    func transform(_ map: ResourceMap, budget: BuildBudget) throws {
        let value = try self.value.map(YAMLValue.untagged) ?? read(from: map)
        let weight = value.weight
        for target in targets {
            for resource in map.resources where target.selector.matchesMetadata(of: resource) {
                if target.rejects.contains(where: { $0.hasMetadata && $0.matchesMetadata(of: resource) }) { continue }
                let ids = [resource.id] + resource.previousIDs
                if try target.rejects.contains(where: { reject in try reject.hasID && ids.contains { try reject.matches($0) } }) {
                    continue
                }
                guard try ids.contains(where: { try target.selector.matches($0) }) else { continue }
                for (path, place) in target.paths {
                    try KustomizeFailure.locate(place, resource.id.shown) {
                        // A text that is joined to another makes a longer one.
                        try budget.spend(target.options.delimiter.isEmpty ? weight : weight + resource.value.weight)
                        try write(value, to: resource.value, at: path, target.options)
                    }
                }
            }
        }
    }

    // MARK: Source

    private func read(from map: ResourceMap) throws -> YAMLValue {
        guard let source else { return .untagged("") }
        return try KustomizeFailure.locate(source.place) {
            let found = map.resources.filter { ([$0.id] + $0.previousIDs).contains { Self.selects(source.selector, $0) } }
            guard let resource = found.first else {
                throw KustomizeFailure("the source \(Self.shown(source.selector)) selects no object; correct its kind or name")
            }
            if found.count > 1 {
                throw KustomizeFailure(
                    "the source \(Self.shown(source.selector)) selects \(found.count) objects; select one by kind, name and namespace"
                )
            }
            let field = try resource.value.lookup(YAMLPath.splitKeepingBrackets(source.path))
            guard let field, !field.isEmpty else {
                throw KustomizeFailure("\(resource.id.shown) has no field \(source.path) to be the source")
            }
            return try Self.part(of: field, source.options)
        }
    }

    private static func selects(_ selector: ResourceID, _ id: ResourceID) -> Bool {
        (selector.name.isEmpty || selector.name == id.name)
            && (selector.namespace.isEmpty || selector.effectiveNamespace == id.effectiveNamespace)
            && id.isSelected(by: KindSelector(group: selector.group, version: selector.version, kind: selector.kind))
    }

    private static func shown(_ selector: ResourceID) -> String { selector.shown.trimmingWhitespace }

    private static func part(of field: YAMLValue, _ options: Options) throws -> YAMLValue {
        if options.delimiter.isEmpty { return field }
        guard var scalar = field.scalar else { throw KustomizeFailure("delimiter needs a text, found \(field.kindName)") }
        let parts = scalar.tag == .null ? [""] : scalar.text.split(on: options.delimiter)
        guard parts.indices.contains(options.index) else {
            throw KustomizeFailure("options.index \(options.index) is beyond the \(parts.count) parts of the source")
        }
        scalar.text = parts[options.index]
        return YAMLValue(.scalar(scalar))
    }

    // MARK: Targets

    private func write(_ value: YAMLValue, to root: YAMLValue, at path: String, _ options: Options) throws {
        let parts = YAMLPath.splitKeepingBrackets(path)
        if let embedded = EmbeddedText(in: root, parts),
            try embedded.edit(create: options.create ? value.shape : nil, { try Self.write(value, into: $0, options) })
        {
            return
        }
        let fields = try KustomizeFailure.locate(nil, "field \(path)") {
            try root.matches(parts[...], create: options.create ? value.shape : nil)
        }
        if fields.isEmpty {
            throw KustomizeFailure(
                "there is no field \(path) to write to\(options.create ? "" : "; correct the path, or set options.create")")
        }
        for field in fields { try Self.write(value, into: field, options) }
    }

    private static func write(_ value: YAMLValue, into field: YAMLValue, _ options: Options) throws {
        let value = value.copy()
        if !options.delimiter.isEmpty {
            guard let old = field.scalar else { throw KustomizeFailure("delimiter needs a text, found \(field.kindName)") }
            guard var scalar = value.scalar else { throw KustomizeFailure("delimiter needs a text, found \(value.kindName)") }
            var parts = old.text.split(on: options.delimiter)
            let text = scalar.tag == .null ? "" : scalar.text
            if options.index < 0 {
                parts.insert(text, at: 0)
            } else if options.index >= parts.count {
                parts.append(text)
            } else {
                parts[options.index] = text
            }
            scalar.text = parts.joined(separator: options.delimiter)
            value.content = .scalar(scalar)
        }
        if case .scalar(var scalar) = field.content {
            // The field keeps its type, so that a number may come from a text and the other way round.
            scalar.text = value.text
            field.content = .scalar(scalar)
        } else {
            field.become(value)
        }
    }
}

extension YAMLValue {
    fileprivate var shape: Shape { isMapping ? .mapping : isSequence ? .sequence : .scalar }
}

extension String {
    func split(on delimiter: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: delimiter) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
