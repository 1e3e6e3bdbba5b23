import APIMachinery

/// One kustomization of a build: what it names is accumulated, generated and transformed, in kustomize's order.
struct KustomizationLevel {
    let file: KustomizationFile
    let root: BuildRoot
    let provenance: Provenance

    private var reader: ConfigReader { file.reader }

    init(file: KustomizationFile, root: BuildRoot, provenance: Provenance) throws {
        self.file = file
        self.root = root
        self.provenance = provenance
    }

    func accumulate(into accumulated: inout Accumulator) throws {
        accumulated.warnings += warnings
        for (path, place) in try file.resources { try accumulateResource(path, at: place, into: &accumulated) }
        try KustomizeFailure.locate(Place(path: file.path)) {
            // Together first: a spec for some kinds takes the place of the one for all.
            var config = TransformerConfig.standard
            try config.merge(configurations())
            try accumulated.config.merge(config)
        }
        try runGenerators(&accumulated.map)
        for (path, place) in try reader.strings("components") { try accumulateComponent(path, at: place, into: &accumulated) }
        for step in try BuiltinTransformers(file: file, root: root, config: accumulated.config, provenance: provenance).steps() {
            try run(step, on: &accumulated.map)
        }
        for step in try plugins("transformers").map({ try PluginTransformers(root: root, provenance: provenance).step(for: $0) }) {
            try run(step, on: &accumulated.map)
        }
        for variable in try reader.list("vars").map(Variable.init) { try Variables.declare(variable, in: &accumulated) }
    }

    private func run(_ step: TransformerStep, on map: inout ResourceMap) throws {
        map.invalidate()
        try KustomizeFailure.locate(step.place) { try step.transform(&map) }
        if provenance.isOn, let origin = step.origin { try provenance.addTransformation(origin, to: map) }
        map.dropGone()
        map.invalidate()
    }

    private var warnings: [String] {
        let replacements = [
            ("bases", "resources"), ("commonLabels", "labels"), ("imageTags", "images"), ("patchesJson6902", "patches"),
            ("patchesStrategicMerge", "patches"), ("vars", "replacements"),
        ]
        return replacements.filter { reader.has($0.0) }.map { "\(file.path): \($0.0) is deprecated; use \($0.1)" }
    }

    // MARK: Resources

    private func accumulateResource(_ path: String, at place: Place, into accumulated: inout Accumulator) throws {
        let (entry, resolved) = try root.entry(path, at: place)
        switch entry {
        case .file:
            let (bytes, file) = try root.load(path, at: place)
            for resource in try ResourceReader.resources(parsing: bytes, path: file) {
                try provenance.addOrigin(file: path, to: resource)
                try accumulated.map.append(resource)
            }
        case .directory:
            let child = try root.child(path, resolved: resolved, at: place)
            let file = try KustomizeFailure.locate(place) { try child.kustomization() }
            if file.kind == .component {
                throw KustomizeFailure("\"\(path)\" is a Component; name it under components", at: place)
            }
            var inner = Accumulator()
            try KustomizationLevel(file: file, root: child, provenance: provenance.inside(path)).accumulate(into: &inner)
            try KustomizeFailure.locate(place) { try accumulated.merge(inner) }
        }
    }

    /// A component transforms what has come together so far, as if it stood in this kustomization.
    private func accumulateComponent(_ path: String, at place: Place, into accumulated: inout Accumulator) throws {
        let (entry, resolved) = try root.entry(path, at: place)
        guard case .directory = entry else {
            throw KustomizeFailure("\"\(path)\" is a file; name the directory of a Component", at: place)
        }
        let child = try root.child(path, resolved: resolved, at: place)
        let file = try KustomizeFailure.locate(place) { try child.kustomization() }
        guard file.kind == .component else {
            throw KustomizeFailure(
                "\"\(path)\" is a Kustomization; name it under resources, or set its kind to Component", at: place)
        }
        try KustomizationLevel(file: file, root: child, provenance: provenance.inside(path)).accumulate(into: &accumulated)
        try KustomizeFailure.locate(place) { try accumulated.map.replaceAll(accumulated.map.resources) }
    }

    private func configurations() throws -> TransformerConfig {
        var config = TransformerConfig()
        for (path, place) in try reader.strings("configurations") {
            let (bytes, file) = try root.load(path, at: place)
            try config.merge(try TransformerConfig(ConfigReader(parsing: bytes, file: file)))
        }
        return config
    }

    // MARK: Generators

    private func runGenerators(_ map: inout ResourceMap) throws {
        let options = try GeneratorOptions(reader.object("generatorOptions"))
        for (field, kind) in [("configMapGenerator", GeneratedObject.Kind.configMap), ("secretGenerator", .secret)] {
            for entry in try reader.list(field) {
                let generated = try GeneratedObject(kind, entry, globalOptions: options)
                try absorb(generated, origin: provenance.builtin(kind.generatorName, in: file), into: &map)
            }
        }
        for plugin in try plugins("generators") {
            let generated = try GeneratedObject(plugin: plugin)
            try absorb(generated, origin: provenance.plugin(plugin), into: &map)
        }
    }

    private func absorb(_ generated: GeneratedObject, origin: Provenance.Step?, into map: inout ResourceMap) throws {
        try KustomizeFailure.locate(generated.place) {
            let resource = try generated.resource(from: root)
            if let origin { try provenance.addOrigin(origin, to: resource) }
            try map.absorb(resource)
        }
    }

    // MARK: Plugins

    /// The configurations of plugins, inline or in files, or in kustomizations that generate them.
    private func plugins(_ field: String) throws -> [Resource] {
        var accumulated = Accumulator()
        var paths: [(text: String, place: Place)] = []
        for (text, place) in try reader.strings(field) {
            guard text.contains("\n") || text.contains("{") else {
                paths.append((text, place))
                continue
            }
            for resource in try inline(text, at: place) {
                resource.origin = Resource.Origin(
                    path: place.path, document: 0, place: FieldPath(), line: place.line, column: place.column)
                try provenance.addOrigin(file: file.name, to: resource)
                try accumulated.map.append(resource)
            }
        }
        for (path, place) in paths { try accumulateResource(path, at: place, into: &accumulated) }
        return accumulated.map.resources
    }

    /// Lines inside it are not those of the file.
    private func inline(_ text: String, at place: Place) throws -> [Resource] {
        do {
            return try ResourceReader.resources(parsing: Array(text.utf8), path: file.path)
        } catch let failure as KustomizeFailure {
            throw KustomizeFailure(failure.message, at: place)
        }
    }
}

extension KustomizationFile {
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// One transformer, ready to run.
struct TransformerStep {
    /// Of its entry in the kustomization.
    var place: Place
    var origin: Provenance.Step?
    var transform: (inout ResourceMap) throws -> Void
}
