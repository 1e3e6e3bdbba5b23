/// `buildMetadata`: where each object comes from and what has changed it, as annotations of the object.
struct Provenance {
    static let options = ["originAnnotations", "transformerAnnotations", "managedByLabel"]
    static let originKey = "config.kubernetes.io/origin"
    static let transformationsKey = "alpha.config.kubernetes.io/transformations"
    /// Whose output this is.
    private static let version = "kustomize-v5.8.1"

    /// A generator or transformer, and the file that asks for it.
    struct Step {
        var configuredIn: String
        var apiVersion = "builtin"
        var kind: String
        var name = ""
        var namespace = ""

        fileprivate var lines: [String] {
            var lines = ["configuredIn: \(configuredIn)", "configuredBy:", "  apiVersion: \(apiVersion)", "  kind: \(kind)"]
            if !name.isEmpty { lines.append("  name: \(name)") }
            if !namespace.isEmpty { lines.append("  namespace: \(namespace)") }
            return lines
        }
    }

    private let options: Set<String>
    /// Of the kustomization's directory, from the one that is built.
    private var path: [String] = []

    init(options: [String]) throws { self.options = Set(options) }

    var isOn: Bool { !options.isEmpty }

    func inside(_ directory: String) -> Provenance {
        var inner = self
        inner.path = joined(directory)
        return inner
    }

    private func joined(_ relative: String) -> [String] {
        var parts = path
        for part in relative.split(separator: "/").map(String.init) where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts
    }

    func addOrigin(file: String, to resource: Resource) throws {
        guard isOn else { return }
        try resource.setAnnotation(Self.originKey, "path: \(joined(file).joined(separator: "/"))\n")
    }

    /// Unless it has one.
    func addOrigin(_ step: Step, to resource: Resource) throws {
        guard isOn, resource.annotations[Self.originKey] == nil else { return }
        try set(Self.originKey, step.lines.joined(separator: "\n") + "\n", on: resource)
    }

    func builtin(_ kind: String, in file: KustomizationFile) -> Step? {
        isOn ? Step(configuredIn: joined(file.name).joined(separator: "/"), kind: kind) : nil
    }

    /// nil when the plugin's own origin is not known.
    func plugin(_ resource: Resource) -> Step? {
        guard isOn, let origin = resource.annotations[Self.originKey], origin.hasPrefix("path: ") else { return nil }
        return Step(
            configuredIn: String(origin.dropFirst(6).dropLast()), apiVersion: resource.apiVersion, kind: resource.kind,
            name: resource.name,
            namespace: resource.namespace)
    }

    func addTransformation(_ step: Step, to map: ResourceMap) throws {
        for resource in map.resources where !resource.isGone {
            if resource.annotations[Self.originKey] == nil {
                try addOrigin(step, to: resource)
                continue
            }
            let item = step.lines.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }.joined(separator: "\n") + "\n"
            try set(Self.transformationsKey, (resource.annotations[Self.transformationsKey] ?? "") + item, on: resource)
        }
    }

    /// All annotations become plain strings on the way.
    private func set(_ key: String, _ text: String, on resource: Resource) throws {
        try resource.setAnnotations(resource.annotations.merging([key: text]) { _, new in new })
    }

    /// Leaves on the object what was asked for.
    func finish(_ resource: Resource) throws {
        if options.contains("managedByLabel") {
            try FieldSpec(path: "metadata/labels", create: true).apply(to: resource, creating: .mapping) {
                try $0.set("app.kubernetes.io/managed-by", .string(Self.version))
            }
        }
        var kept: Set<String> = []
        if options.contains("originAnnotations") { kept.insert(Self.originKey) }
        if options.contains("transformerAnnotations") { kept.insert(Self.transformationsKey) }
        try resource.forgetBuild(keeping: kept)
    }
}
