import APIMachinery

/// A kustomization as it is written: its fields, deprecated ones moved to those that replace them.
struct KustomizationFile {
    static let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    enum Kind: String {
        case kustomization = "Kustomization"
        case component = "Component"
    }

    /// Path in the repository, of the file and of its directory.
    let path: String
    let directory: String
    let reader: ConfigReader
    let kind: Kind

    private static let fields = [
        "apiVersion", "kind", "metadata", "openapi", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels",
        "commonAnnotations",
        "patchesStrategicMerge", "patchesJson6902", "patches", "images", "imageTags", "replacements", "replicas", "vars",
        "sortOptions",
        "resources", "components", "crds", "bases", "configMapGenerator", "secretGenerator", "helmGlobals", "helmCharts",
        "helmChartInflationGenerator", "generatorOptions", "configurations", "generators", "transformers", "validators",
        "buildMetadata",
    ]

    /// Features of kustomize that need what a build in the daemon must not do, or has no use for.
    private static let refused: [(field: String, advice: String)] = [
        ("helmCharts", "Helm charts are not rendered; commit the output of `helm template` and name it in resources"),
        (
            "helmChartInflationGenerator",
            "Helm charts are not rendered; commit the output of `helm template` and name it in resources"
        ),
        ("helmGlobals", "Helm charts are not rendered; commit the output of `helm template` and name it in resources"),
        ("crds", "schemas of custom resources are not read for references; name the fields in a file of configurations instead"),
        ("validators", "validators are plugins, which are not run; remove them"),
    ]

    init(parsing bytes: [UInt8], path: String, directory: String) throws {
        reader = try ConfigReader(parsing: bytes, file: path)
        self.path = path
        self.directory = directory
        try reader.allow(Self.fields)
        for (field, advice) in Self.refused where reader.has(field) {
            throw reader.failure("\(field) is not supported: \(advice)", at: field)
        }
        let written = try reader.text("kind")
        guard let kind = written.isEmpty ? Kind.kustomization : Kind(rawValue: written) else {
            throw reader.failure("kind must be Kustomization or Component, found \"\(written)\"", at: "kind")
        }
        self.kind = kind
        let version = try reader.text("apiVersion")
        let expected = kind == .component ? "kustomize.config.k8s.io/v1alpha1" : "kustomize.config.k8s.io/v1beta1"
        guard version.isEmpty || version == expected else {
            throw reader.failure("apiVersion of a \(kind.rawValue) must be \(expected), found \"\(version)\"", at: "apiVersion")
        }
        guard reader.json.object?.contains(where: { !["apiVersion", "kind"].contains($0.key) && !$0.value.isEmptyValue }) ?? false
        else {
            throw KustomizeFailure("the kustomization is empty; name files in resources", at: Place(path: path))
        }
        try checkOpenAPI()
    }

    private func checkOpenAPI() throws {
        guard let openAPI = try reader.object("openapi") else { return }
        try openAPI.allow(["path", "version"])
        if openAPI.has("path") {
            throw openAPI.failure(
                "openapi.path is not supported: lists of kinds that Kubernetes does not know are replaced by a patch; remove it, and patch lists of custom resources by JSON patches (RFC 6902)",
                at: "path")
        }
        let version = try openAPI.text("version")
        guard version.isEmpty || version == "v1.21.2" || version == "v1212" else {
            throw openAPI.failure("openapi.version must be v1.21.2, which is the one there is, found \"\(version)\"", at: "version")
        }
    }

    /// Everything under `resources` and the `bases` of old.
    var resources: [(text: String, place: Place)] {
        get throws { try reader.strings("resources") + reader.strings("bases") }
    }

    var buildMetadata: [String] {
        get throws {
            try reader.strings("buildMetadata").map { text, place in
                guard Provenance.options.contains(text) else {
                    throw KustomizeFailure(
                        "buildMetadata must be of \(Provenance.options.joined(separator: ", ")), found \"\(text)\"", at: place)
                }
                return text
            }
        }
    }
}

extension JSON {
    fileprivate var isEmptyValue: Bool {
        switch self {
        case .null: true
        case .string(let text): text.isEmpty
        default: false
        }
    }
}
