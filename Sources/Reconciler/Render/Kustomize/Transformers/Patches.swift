import APIMachinery

/// A patch of either kind, and the objects it is for.
struct KustomizePatch {
    private enum Content {
        case merge([Resource])
        case json(JSON)
    }

    private let content: Content
    private let target: TargetSelector?
    private let place: Place

    /// An entry of `patches`, or a PatchTransformer.
    init(_ reader: ConfigReader, root: BuildRoot) throws {
        try reader.allow(["path", "patch", "target", "options"] + PluginTransformers.metadata(of: reader))
        target = try reader.object("target").map(TargetSelector.init)
        place = reader.place
        let options = try reader.object("options")
        try options?.allow(["allowNameChange", "allowKindChange"])
        let source = try PatchSource(reader, inline: "patch", root: root)
        if try source.isList {
            guard target != nil else { throw reader.failure("a JSON patch needs a target: which objects it is for") }
            content = .json(try source.operations())
            return
        }
        let patches = try source.resources()
        if target != nil, patches.count > 1 {
            throw reader.failure("several patches in one entry cannot have a target; write an entry for each", at: "target")
        }
        for patch in patches {
            if try options?.bool("allowNameChange") ?? false { try patch.enable(.allowNameChange) }
            if try options?.bool("allowKindChange") ?? false { try patch.enable(.allowKindChange) }
        }
        content = .merge(patches)
    }

    /// An entry of `patchesJson6902`, or a PatchJson6902Transformer.
    init(json6902 reader: ConfigReader, inline: String, root: BuildRoot) throws {
        try reader.allow(["path", inline, "target", "options"] + PluginTransformers.metadata(of: reader))
        guard let selector = try reader.object("target"), try !selector.text("name").isEmpty else {
            throw reader.failure("a JSON patch needs a target with a name")
        }
        target = try TargetSelector(selector)
        place = reader.place
        content = .json(try PatchSource(reader, inline: inline, root: root).operations())
    }

    func transform(_ map: inout ResourceMap, budget: BuildBudget, remembersID: Bool = true) throws {
        switch content {
        case .json(let operations):
            guard let target else { return }
            for resource in try map.select(target) {
                try Self.apply(operations, to: resource, at: place, budget, remembersID: remembersID)
            }
        case .merge(let patches):
            guard let target else {
                for patch in patches { try Self.apply(patch.copy(), to: map.find(patch.originalID), at: place) }
                return
            }
            guard let patch = patches.first else { return }
            let weight = patch.value.weight
            for resource in try map.select(target) {
                try KustomizeFailure.locate(place) { try budget.spend(weight) }
                try Self.applyCopy(of: patch, to: resource, at: place)
            }
        }
    }

    /// A copy that carries the object's own group and version, with labels and annotations as plain strings.
    static func applyCopy(of patch: Resource, to resource: Resource, at place: Place) throws {
        let copy = patch.copy()
        try copy.takeMetadata(of: patch)
        let kind = copy.kind
        try copy.setAPIVersion(resource.apiVersion)
        try copy.setKind(kind)
        try apply(copy, to: resource, at: place)
    }

    private static func apply(_ patch: Resource, to resource: Resource, at place: Place) throws {
        let (name, namespace, kind) = (resource.name, resource.namespace, resource.kind)
        let (mayRename, mayChangeKind) = (patch.isEnabled(.allowNameChange), patch.isEnabled(.allowKindChange))
        if mayRename || mayChangeKind { try resource.rememberID() }
        let isKept = try KustomizeFailure.locate(place, "\(resource.id.shown)") {
            try StrategicMerge.apply(patch.value, to: resource.value)
        }
        guard isKept else {
            resource.value.content = .mapping([])
            return
        }
        if resource.isGone { return }
        if !mayChangeKind { try resource.setKind(kind) }
        if !mayRename { try resource.setName(name) }
        try resource.setNamespace(namespace)
    }

    private static func apply(
        _ operations: JSON, to resource: Resource, at place: Place, _ budget: BuildBudget, remembersID: Bool
    ) throws {
        if remembersID { try resource.rememberID() }
        let memory = resource.annotations.filter { $0.key.hasPrefix("internal.config.kubernetes.io/") }
        let json = try KustomizeFailure.locate(place, resource.id.shown) { try resource.value.json() }
        let after: YAMLValue
        do throws(APIStatus) {
            let patched = try JSONPatch.apply(operations, to: json)
            after = YAMLValue(json: patched)
        } catch {
            // Of a Secret the value that a test found is not told.
            let message = resource.kind == "Secret" ? error.message.split(on: "; it is ").first ?? "" : error.message
            throw KustomizeFailure("\(resource.id.shown): \(message)", at: place)
        }
        try KustomizeFailure.locate(place) { try budget.spend(after.weight - resource.value.weight) }
        resource.value.become(after)
        try resource.setAnnotations(resource.annotations.merging(memory) { _, remembered in remembered })
    }
}

/// The text of a patch, from the kustomization or from a file.
struct PatchSource {
    private let bytes: [UInt8]
    /// Of the file; of the entry when the text stands in the kustomization.
    private let path: String
    private let place: Place
    private let isInline: Bool

    init(_ reader: ConfigReader, inline key: String, root: BuildRoot) throws {
        let inline = try reader.text(key).trimmingWhitespace
        let file = try reader.text("path")
        switch (inline.isEmpty, file.isEmpty) {
        case (true, true): throw reader.failure("the patch is empty; set \(key), or path to its file")
        case (false, false): throw reader.failure("\(key) and path cannot both be set; remove one", at: "path")
        case (false, true):
            self.init(inline: inline, at: reader.place(of: key))
        case (true, false):
            try self.init(file: file, at: reader.place(of: "path"), root: root)
        }
    }

    init(inline text: String, at place: Place) {
        bytes = Array(text.utf8)
        path = place.path
        self.place = place
        isInline = true
    }

    init(file: String, at place: Place, root: BuildRoot) throws {
        (bytes, path) = try root.load(file, at: place)
        self.place = place
        isInline = false
    }

    /// A JSON patch is a list; a strategic merge patch is an object.
    var isList: Bool {
        get throws { try documents().first?.isSequence ?? false }
    }

    private func documents() throws -> [YAMLValue] {
        try placed { try YAMLValue.documents(parsing: bytes, path: path).map(\.value) }
    }

    func resources() throws -> [Resource] {
        try placed { try ResourceReader.resources(parsing: bytes, path: path) }
    }

    func operations() throws -> JSON {
        if bytes.first(where: { $0 > 32 }) == UInt8(ascii: "[") {
            // Not YAML that only looks like it: kustomize reads what begins with a bracket as JSON.
            guard let json = try? JSON(parsing: bytes), json.array != nil else {
                throw KustomizeFailure(
                    "a patch that begins with [ must be JSON; put names and texts in quotes, or write a YAML list", at: place)
            }
            return json
        }
        do throws(YAMLError) {
            let json = try YAML.documents(parsing: bytes).first?.value ?? .null
            guard let list = json.array, !list.isEmpty else {
                throw YAMLError(message: "a JSON patch must be a list of operations, found \(json.typeName)", line: 1, column: 1)
            }
            return json
        } catch {
            throw KustomizeFailure(error.message, at: isInline ? place : Place(path: path, line: error.line, column: error.column))
        }
    }

    /// Lines of a text inside the kustomization are not those of the file.
    private func placed<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch var failure as KustomizeFailure {
            if isInline { failure.place = place }
            throw failure
        }
    }
}

extension String {
    var trimmingWhitespace: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

/// `patchesStrategicMerge`: patches by their own names, each a file or the text itself.
struct NamedPatches {
    private let patches: [(patch: Resource, place: Place)]

    init(_ entries: [(text: String, place: Place)], root: BuildRoot) throws {
        patches = try entries.flatMap { text, place in
            let source =
                text.contains("\n") || text.contains("{")
                ? PatchSource(inline: text, at: place) : try PatchSource(file: text, at: place, root: root)
            return try source.resources().map { ($0, place) }
        }
    }

    /// A PatchStrategicMergeTransformer.
    init(plugin reader: ConfigReader, root: BuildRoot) throws {
        try reader.allow(["paths", "patches"] + PluginTransformers.metadata(of: reader))
        let files = try NamedPatches(reader.strings("paths"), root: root).patches
        let text = try reader.text("patches")
        let place = reader.place(of: "patches")
        patches = files + (text.isEmpty ? [] : try PatchSource(inline: text, at: place).resources().map { ($0, place) })
        if patches.isEmpty { throw reader.failure("the transformer has no patch; set paths or patches") }
    }

    func transform(_ map: inout ResourceMap) throws {
        for (patch, place) in patches {
            let target = try KustomizeFailure.locate(place) { try map.find(patch.originalID) }
            try KustomizePatch.applyCopy(of: patch, to: target, at: place)
            map.dropGone()
        }
    }
}
