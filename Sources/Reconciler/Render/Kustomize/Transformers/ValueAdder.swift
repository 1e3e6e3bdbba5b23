/// ValueAddTransformer: writes one value into fields of selected objects, or inserts it into the paths that they hold.
struct ValueAdder {
    private struct Target {
        let selector: TargetSelector?
        let path: String
        let position: Int
    }

    private let value: String
    private let targets: [Target]

    init(plugin reader: ConfigReader, root: BuildRoot) throws {
        try reader.allow(["value", "targets", "targetFilePath"] + PluginTransformers.metadata(of: reader))
        let written = try reader.text("value").trimmingWhitespace
        value = written.isEmpty ? root.directory.split(separator: "/").last.map(String.init) ?? "" : written
        var entries = try reader.list("targets")
        if let path = try reader.string("targetFilePath"), !path.isEmpty {
            let (bytes, file) = try root.load(path, at: reader.place(of: "targetFilePath"))
            let more = try ConfigReader(parsing: bytes, file: file)
            try more.allow(["targets"])
            entries += try more.list("targets")
        }
        if entries.isEmpty { throw reader.failure("the transformer has no targets; set targets or targetFilePath") }
        if value.isEmpty { throw reader.failure("the transformer has no value; set value") }
        targets = try entries.map { entry in
            try entry.allow(["selector", "fieldPath", "filePathPosition"])
            let path = try entry.text("fieldPath")
            let position = try entry.int("filePathPosition") ?? 0
            if path.isEmpty { throw entry.failure("the target has no fieldPath") }
            if position < 0 {
                throw entry.failure("filePathPosition cannot be negative, found \(position)", at: "filePathPosition")
            }
            return Target(selector: try entry.object("selector").map(TargetSelector.init), path: path, position: position)
        }
    }

    func transform(_ map: inout ResourceMap) throws {
        for target in targets {
            for resource in try target.selector.map(map.select) ?? map.resources {
                if target.path == "metadata/namespace" {
                    try NamespaceSetter(namespace: value, specs: []).apply(to: resource)
                    continue
                }
                let parts = YAMLPath.split(target.path, "/")
                try KustomizeFailure.locate(resource.place, "\(resource.id.shown): field \(target.path)") {
                    guard let field = try resource.value.lookup(parts, create: .scalar) else { return }
                    try field.require(.scalar)
                    let text = target.position > 0 ? Self.inserted(value, into: field.text, at: target.position - 1) : value
                    try field.setScalar(.untagged(text))
                }
            }
        }
    }

    /// `a/b` with `x` at 1 is `a/x/b`; a path stays absolute.
    private static func inserted(_ part: String, into path: String, at position: Int) -> String {
        let isAbsolute = path.hasPrefix("/")
        var parts = path.split(separator: "/").map(String.init)
        parts.insert(part, at: min(position, parts.count))
        return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    }
}
