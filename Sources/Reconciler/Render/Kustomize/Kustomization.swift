import APIMachinery

/// kustomize, natively: a directory with a kustomization in, objects out, byte for byte as `kustomize build` prints them.
///
/// Pure: it reads through `SourceTree` and executes nothing. What kustomize can do and this cannot is refused by name.
/// Source: kustomize 5.8 (sigs.k8s.io/kustomize), whose order of steps this follows.
enum Kustomization {
    /// Kustomizations that lead to one another.
    static let depthMax = 64

    struct Document {
        var value: JSON
        var origin: Resource.Origin
        /// `value` as it was written.
        var source: YAMLValue
    }

    struct Output {
        var documents: [Document]
        var warnings: [String]

        /// What `kustomize build` prints.
        var text: [UInt8] {
            Array(documents.map { YAMLPrinter.document($0.value) }.joined(separator: Array("---\n".utf8)))
        }
    }

    /// - Parameters:
    ///   - directory: from the repository's root; empty for the root.
    ///   - read: what stands at a path from the root; nil for nothing.
    static func build(_ directory: String, reading read: (_ path: String) throws -> SourceTree.Entry?) throws -> Output {
        try withoutActuallyEscaping(read) { try build(directory, tree: SourceTree(read: $0)) }
    }

    private static func build(_ directory: String, tree: SourceTree) throws -> Output {
        let root = BuildRoot(directory: directory, visited: [], tree: tree, budget: BuildBudget())
        let file = try root.kustomization()
        if file.kind == .component {
            throw file.reader.failure(
                "a Component cannot be built by itself; name it under components of a Kustomization", at: "kind")
        }
        var accumulated = Accumulator()
        let level = try KustomizationLevel(file: file, root: root, provenance: try Provenance(options: file.buildMetadata))
        try level.accumulate(into: &accumulated)

        try KustomizeFailure.locate(Place(path: file.path)) {
            try GeneratedNames.addHashes(to: &accumulated.map)
            try NameReferences(accumulated.config.nameReference).fix(&accumulated.map)
            try Variables.resolve(in: &accumulated, budget: root.budget)
            accumulated.map.remove { resource in
                resource.annotations["config.kubernetes.io/local-config"].map { $0 != "false" } ?? false
            }
        }
        let sorted = try file.sortOrder.map { $0.sorted(accumulated.map.resources) } ?? accumulated.map.resources
        let ordered = try ResourceMap(sorted).resources
        let documents = try ordered.map { resource in
            try KustomizeFailure.locate(resource.place, resource.id.shown) {
                try level.provenance.finish(resource)
                return Document(value: try resource.value.json(), origin: resource.origin, source: resource.value)
            }
        }
        return Output(documents: documents, warnings: accumulated.warnings)
    }
}

/// What has come together on the way up.
struct Accumulator {
    var map = ResourceMap()
    var config = TransformerConfig()
    var variables: [Variable] = []
    var warnings: [String] = []

    mutating func merge(_ other: Accumulator) throws {
        try map.append(contentsOf: other.map)
        try config.merge(other.config)
        for variable in other.variables { try add(variable) }
        for warning in other.warnings where !warnings.contains(warning) { warnings.append(warning) }
    }

    mutating func add(_ variable: Variable) throws {
        if let known = variables.first(where: { $0.name == variable.name }) {
            throw KustomizeFailure(
                "the var \(variable.name) is defined twice: here and at \(known.place.path):\(known.place.line):\(known.place.column); rename one",
                at: variable.place)
        }
        variables.append(variable)
    }
}

extension BuildRoot {
    /// The kustomization of this directory.
    func kustomization() throws -> KustomizationFile {
        var found: [(name: String, bytes: [UInt8])] = []
        for name in KustomizationFile.names {
            if case .file(let bytes)? = try tree.read(directory.isEmpty ? name : "\(directory)/\(name)") {
                found.append((name, bytes))
            }
        }
        let shown = directory.isEmpty ? "." : directory
        guard let only = found.first else {
            throw KustomizeFailure("the directory \(shown) has no kustomization.yaml; add one, or name its files instead")
        }
        if found.count > 1 {
            throw KustomizeFailure(
                "the directory \(shown) has \(found.map(\.name).joined(separator: " and ")); keep one of them",
                at: Place(path: shown))
        }
        return try KustomizationFile(
            parsing: only.bytes, path: directory.isEmpty ? only.name : "\(directory)/\(only.name)", directory: directory)
    }
}

extension KustomizationFile {
    /// nil: as the objects came.
    var sortOrder: SortOrder? {
        get throws {
            guard let options = try reader.object("sortOptions") else { return .legacy }
            try options.allow(["order", "legacySortOptions"])
            let lists = try options.object("legacySortOptions")
            switch try options.text("order") {
            case "legacy":
                guard let lists else { return .legacy }
                try lists.allow(["orderFirst", "orderLast"])
                return SortOrder(
                    first: try lists.strings("orderFirst").map(\.text), last: try lists.strings("orderLast").map(\.text))
            case "fifo":
                if lists != nil {
                    throw options.failure(
                        "sortOptions.legacySortOptions needs order legacy, found fifo; remove it", at: "legacySortOptions")
                }
                return nil
            case let order:
                throw options.failure("sortOptions.order must be legacy or fifo, found \"\(order)\"", at: "order")
            }
        }
    }
}
