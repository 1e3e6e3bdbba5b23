import APIMachinery
import Synchronization

/// A CustomResourceDefinition as the server works with it: its versions, ready to serve.
final class CustomResource: Sendable {
    /// The version of the definition that this was read from.
    let definition: ObjectVersion
    let groupResource: GroupResource
    let kind: String
    let versions: [CustomVersion]
    /// Its names were accepted: its kinds are served.
    let isEstablished: Bool
    /// It is being deleted: nothing new may be created.
    let isTerminating: Bool
    /// Objects written after this revision were written with the present schemas.
    let schemaRevision: UInt64
    /// All versions have the same schema, so an object is valid in each as it is.
    let hasOneSchema: Bool
    /// `None` or `Webhook`.
    let conversionStrategy: String

    /// - Parameter previous: what was read from the version of the definition before this one.
    init(_ definition: ObjectVersion, previous: CustomResource?) {
        let object = definition.object
        let spec = object.spec
        self.definition = definition
        let names = object.status["acceptedNames"] ?? spec["names"] ?? .null
        let group = spec["group"]?.string ?? ""
        groupResource = GroupResource(group: group, resource: spec["names"]?["plural"]?.string ?? "")
        kind = names["kind"]?.string ?? ""
        isEstablished = object.hasCondition("Established")
        isTerminating = object.isDeleting
        conversionStrategy = spec["conversion"]?["strategy"]?.string ?? "None"
        if let previous, previous.isEstablished == isEstablished, Self.serving(previous.definition.object) == Self.serving(object) {
            // Schemas that were read stay so.
            versions = previous.versions
            schemaRevision = previous.schemaRevision
            hasOneSchema = previous.hasOneSchema
            return
        }
        schemaRevision = definition.revision
        let isNamespaced = spec["scope"]?.string == "Namespaced"
        let all = spec["versions"]?.array ?? []
        hasOneSchema = all.allSatisfy { $0["schema"] == all[0]["schema"] }
        let stored = all.first { $0["storage"]?.bool == true }?["name"]?.string ?? ""
        versions = all.enumerated().map { index, version in
            CustomVersion(definition, index: index, version, names: names, group: group, isNamespaced: isNamespaced, storageVersion: stored)
        }
        .sorted { VersionPriority($1.type.version) < VersionPriority($0.type.version) }
    }

    /// What decides how objects are served.
    private static func serving(_ definition: Object) -> [JSON] { [definition.spec, definition.status["acceptedNames"] ?? .null] }

    var storage: CustomVersion? { versions.first(where: \.isStorage) }
}

/// One version of a custom kind.
final class CustomVersion: Sendable {
    let type: ResourceType
    let isServed: Bool
    let isStorage: Bool
    /// The type in whose version objects are stored.
    let storageType: ResourceType
    /// What clients are told who use a deprecated version; nil for others.
    let deprecationWarning: String?
    /// `spec.color`, as field selectors name them.
    let selectableFields: Set<String>
    let columns: [TableColumn]
    let scalePaths: ScalePaths?
    private let definition: ObjectVersion
    private let index: Int
    private let parsed = Mutex<(schema: CustomSchema, node: SchemaNode)?>(nil)

    init(
        _ definition: ObjectVersion, index: Int, _ json: JSON, names: JSON, group: String, isNamespaced: Bool, storageVersion: String
    ) {
        self.definition = definition
        self.index = index
        func texts(_ key: String) -> [String] { names[key]?.array?.compactMap(\.string) ?? [] }
        let version = json["name"]?.string ?? ""
        var subresources: Set<String> = []
        if json["subresources"]?["status"].map({ !$0.isNull }) ?? false { subresources.insert("status") }
        scalePaths = ScalePaths(json["subresources"]?["scale"])
        if scalePaths != nil { subresources.insert("scale") }
        func served(in version: String) -> ResourceType {
            ResourceType(
                group: group, version: version, kind: names["kind"]?.string ?? "", plural: names["plural"]?.string ?? "",
                singular: names["singular"]?.string, shortNames: texts("shortNames"), categories: texts("categories"), isNamespaced: isNamespaced,
                subresources: subresources)
        }
        type = served(in: version)
        storageType = served(in: storageVersion)
        isServed = json["served"]?.bool ?? false
        isStorage = json["storage"]?.bool ?? false
        deprecationWarning =
            json["deprecated"]?.bool == true
            ? json["deprecationWarning"]?.string ?? "\(type.gvk.apiVersion) \(type.kind) is deprecated" : nil
        selectableFields = Set(
            (json["selectableFields"]?.array ?? []).compactMap { field in
                // A path that cannot be read was refused with its definition.
                field["jsonPath"]?.string.flatMap { try? JSONPath($0) }?.members?.joined(separator: ".")
            })
        columns = CustomColumns.of(json["additionalPrinterColumns"])
    }

    /// Changes when what is published of the kind does.
    var fingerprint: String { "\(definition.uid) \(definition.revision) \(index)" }

    /// The schema as it stands in the definition.
    var schemaJSON: JSON {
        let versions = definition.object["spec", "versions"]?.array ?? []
        return versions.indices.contains(index) ? versions[index]["schema"]?["openAPIV3Schema"] ?? .null : .null
    }

    /// Read when first needed, and kept.
    var schema: CustomSchema { loaded.schema }

    /// What merges go by.
    var node: SchemaNode { loaded.node }

    private var loaded: (schema: CustomSchema, node: SchemaNode) {
        if let known = parsed.withLock({ $0 }) { return known }
        let schema = CustomSchema(schemaJSON)
        let made = (schema, schema.node)
        return parsed.withLock { kept in
            if let kept { return kept }
            kept = made
            return made
        }
    }
}

/// Where a custom kind keeps what its Scale shows.
struct ScalePaths: Sendable, Hashable {
    var specReplicas = ["spec", "replicas"]
    var statusReplicas = ["status", "replicas"]
    /// A selector as text; nil where the kind has none.
    var selector: [String]?

    init() {}

    init?(_ json: JSON?) {
        guard let json, !json.isNull else { return nil }
        func path(_ key: String) -> [String]? {
            // A path that cannot be read was refused with its definition.
            json[key]?.string.flatMap { try? JSONPath($0) }?.members
        }
        specReplicas = path("specReplicasPath") ?? specReplicas
        statusReplicas = path("statusReplicasPath") ?? statusReplicas
        selector = path("labelSelectorPath")
    }
}

/// The order of versions: `v2`, `v1`, `v1beta2`, `v1alpha1`, then others by name.
/// Source: apimachinery, pkg/version CompareKubeAwareVersionStrings.
struct VersionPriority: Comparable {
    private let stability: Int
    private let major: Int
    private let minor: Int
    private let name: String

    init(_ version: String) {
        name = version
        let text = Array(version.utf8)
        var position = 0
        func number() -> Int? {
            let start = position
            while position < text.count, (48...57).contains(text[position]) { position += 1 }
            return Int(String(decoding: text[start..<position], as: UTF8.self))
        }
        func word(_ word: String) -> Bool {
            guard text[position...].starts(with: word.utf8) else { return false }
            position += word.utf8.count
            return true
        }
        if word("v"), let major = number() {
            if position == text.count {
                (stability, self.major, minor) = (3, major, 0)
                return
            }
            let level = word("beta") ? 2 : word("alpha") ? 1 : 0
            if level > 0, let minor = number(), position == text.count {
                (stability, self.major, self.minor) = (level, major, minor)
                return
            }
        }
        (stability, major, minor) = (0, 0, 0)
    }

    static func < (a: Self, b: Self) -> Bool {
        if a.stability == 0, b.stability == 0 { return b.name < a.name }
        return (a.stability, a.major, a.minor) < (b.stability, b.major, b.minor)
    }
}
