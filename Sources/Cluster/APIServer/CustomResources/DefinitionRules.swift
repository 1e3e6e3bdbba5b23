import APIMachinery

/// The rules of a CustomResourceDefinition that its own schema cannot say.
/// Source: kubernetes, apiextensions-apiserver pkg/apis/apiextensions/validation.
struct DefinitionRules {
    /// Most versions, columns and selectable fields of one definition.
    private static let versionsMax = 64
    private static let columnsMax = 64
    private static let selectableFieldsMax = 8

    private(set) var errors: [FieldError] = []
    /// What the client is told though the definition is fine.
    private(set) var warnings: [String] = []

    init(_ definition: Object, old: Object?) {
        let spec = FieldPath().appending("spec")
        checkNames(definition, spec)
        checkScope(definition, old, spec)
        checkVersions(definition, old, spec.appending("versions"))
        checkConversion(definition, spec.appending("conversion"))
        if definition.spec["preserveUnknownFields"]?.bool == true {
            errors.append(
                .invalid(
                    spec.appending("preserveUnknownFields"), true,
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"))
        }
        checkApproval(definition, old)
        checkStoredVersions(definition)
    }

    @discardableResult
    private mutating func format(_ name: String, _ format: Validation.NameFormat, _ path: FieldPath) -> Bool {
        let problems = format.problems(of: name)
        for problem in problems { errors.append(.invalid(path, .string(name), problem)) }
        return problems.isEmpty
    }

    // MARK: Names and scope

    private mutating func checkNames(_ definition: Object, _ spec: FieldPath) {
        let group = definition.spec["group"]?.string ?? ""
        let names = definition.spec["names"]
        let plural = names?["plural"]?.string ?? ""
        if group.isEmpty {
            errors.append(.required(spec.appending("group")))
        } else if !format(group, .dnsSubdomain, spec.appending("group")) {
            // Said.
        } else if !group.contains(".") {
            errors.append(.invalid(spec.appending("group"), .string(group), "should be a domain with at least one dot"))
        }
        if !group.isEmpty, !plural.isEmpty, definition.name != "\(plural).\(group)" {
            errors.append(
                .invalid(
                    FieldPath().appending("metadata").appending("name"), .string(definition.name), "must be spec.names.plural+\".\"+spec.group"))
        }
        let path = spec.appending("names")
        func check(_ key: String, isRequired: Bool, lowercasing: Bool) {
            guard let name = names?[key]?.string, !name.isEmpty else {
                if isRequired { errors.append(.required(path.appending(key))) }
                return
            }
            format(lowercasing ? name.lowercased() : name, .dns1035Label, path.appending(key))
        }
        check("plural", isRequired: true, lowercasing: false)
        check("singular", isRequired: false, lowercasing: false)
        check("kind", isRequired: true, lowercasing: true)
        check("listKind", isRequired: false, lowercasing: true)
        for key in ["shortNames", "categories"] {
            for (index, name) in (names?[key]?.array ?? []).enumerated() {
                format(name.string ?? "", .dns1035Label, path.appending(key).appending(index))
            }
        }
        if let kind = names?["kind"]?.string, !kind.isEmpty, names?["listKind"]?.string == kind {
            errors.append(.invalid(path.appending("listKind"), .string(kind), "kind and listKind may not be the same"))
        }
    }

    private mutating func checkScope(_ definition: Object, _ old: Object?, _ spec: FieldPath) {
        let scope = definition.spec["scope"]?.string ?? ""
        if !["Cluster", "Namespaced"].contains(scope) {
            errors.append(.unsupported(spec.appending("scope"), .string(scope), ["Cluster", "Namespaced"]))
        }
        guard let old else { return }
        func immutable(_ path: [String]) {
            if definition.json[path: path] != old.json[path: path] {
                errors.append(.invalid(FieldPath(path.map { .key($0) }), definition.json[path: path] ?? .null, "field is immutable"))
            }
        }
        immutable(["spec", "group"])
        immutable(["spec", "names", "plural"])
        // Before it is established it serves nothing that could change its place or kind.
        if old.hasCondition("Established") {
            immutable(["spec", "scope"])
            immutable(["spec", "names", "kind"])
        }
    }

    /// Kubernetes' own groups are not for everybody. Source: KEP-1111.
    private mutating func checkApproval(_ definition: Object, _ old: Object?) {
        let group = definition.spec["group"]?.string ?? ""
        guard old == nil, group.hasSuffix(".k8s.io") || group.hasSuffix(".kubernetes.io") || group == "k8s.io" || group == "kubernetes.io" else { return }
        let key = "api-approved.kubernetes.io"
        let path = FieldPath().appending("metadata").appending("annotations").appending(key)
        let value = definition.annotations[key] ?? ""
        if value.isEmpty {
            errors.append(.required(path, "protected groups must have approval annotation \"\(key)\", see https://github.com/kubernetes/enhancements/pull/1111"))
        } else if !value.hasPrefix("unapproved"), !value.hasPrefix("https://"), !value.hasPrefix("http://") {
            errors.append(
                .invalid(path, .string(value), "protected groups must have approval annotation \"\(key)\" with either a URL or a reason starting with \"unapproved\""))
        }
    }

    private mutating func checkStoredVersions(_ definition: Object) {
        let names = Set((definition.spec["versions"]?.array ?? []).compactMap { $0["name"]?.string })
        let path = FieldPath().appending("status").appending("storedVersions")
        for (index, version) in (definition.status["storedVersions"]?.array ?? []).enumerated() {
            guard let name = version.string, !names.contains(name) else { continue }
            errors.append(.invalid(path.appending(index), version, "missing from spec.versions; \(name) was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in \(name) and removes \(name) from status.storedVersions"))
        }
    }

    // MARK: Versions

    private mutating func checkVersions(_ definition: Object, _ old: Object?, _ path: FieldPath) {
        let versions = definition.spec["versions"]?.array ?? []
        if versions.isEmpty { errors.append(.required(path, "must have at least one version")) }
        guard versions.count <= Self.versionsMax else {
            errors.append(.forbidden(path, "must have at most \(Self.versionsMax) versions"))
            return
        }
        var seen: Set<String> = []
        for (index, version) in versions.enumerated() {
            let place = path.appending(index)
            let name = version["name"]?.string ?? ""
            format(name, .dns1035Label, place.appending("name"))
            if !seen.insert(name).inserted { errors.append(.invalid(path, .string(name), "must contain unique version names")) }
            checkSchema(version, place, before: old?.spec["versions"]?.array?.first { $0["name"]?.string == name })
            checkSubresources(version["subresources"], place.appending("subresources"))
            checkColumns(version["additionalPrinterColumns"], place.appending("additionalPrinterColumns"))
            checkSelectableFields(version, place.appending("selectableFields"))
            if version["deprecated"]?.bool != true, version["deprecationWarning"]?.string != nil {
                errors.append(.invalid(place.appending("deprecationWarning"), version["deprecationWarning"] ?? .null, "can only be set for deprecated versions"))
            }
        }
        let storageCount = versions.count { $0["storage"]?.bool == true }
        if storageCount != 1, !versions.isEmpty {
            errors.append(.invalid(path, .string(storageCount == 0 ? "" : "\(storageCount) versions"), "must have exactly one version marked as storage version"))
        }
    }

    private mutating func checkSchema(_ version: JSON, _ place: FieldPath, before: JSON?) {
        let schema = version["schema"]?["openAPIV3Schema"]
        let path = place.appending("schema").appending("openAPIV3Schema")
        let rules = CustomSchemaRules(schema ?? .null, at: path)
        if rules.hasExpressions {
            let name = version["name"]?.string ?? ""
            warnings.append("version \(name): the rules in x-kubernetes-validations are kept and published, but this server does not evaluate them")
        }
        // What was stored once may stay as it is.
        if let before, before["schema"]?["openAPIV3Schema"] == schema { return }
        errors += rules.errors
    }

    private mutating func checkSubresources(_ json: JSON?, _ path: FieldPath) {
        guard let scale = json?["scale"], !scale.isNull else { return }
        func check(_ key: String, _ prefixes: [String], isRequired: Bool) {
            let place = path.appending("scale").appending(key)
            guard let text = scale[key]?.string, !text.isEmpty else {
                if isRequired { errors.append(.required(place)) }
                return
            }
            if !isPlainPath(text) {
                errors.append(.invalid(place, .string(text), "should be a json path under \(prefixes.joined(separator: " or "))"))
            } else if !prefixes.contains(where: { text.hasPrefix($0 + ".") }) {
                errors.append(.invalid(place, .string(text), "should be a json path under \(prefixes.joined(separator: " or "))"))
            }
        }
        check("specReplicasPath", [".spec"], isRequired: true)
        check("statusReplicasPath", [".status"], isRequired: true)
        check("labelSelectorPath", [".spec", ".status"], isRequired: false)
    }

    private func isPlainPath(_ text: String) -> Bool {
        // What cannot be read is no path; the caller says so.
        text.hasPrefix(".") && (try? JSONPath(text))?.members?.isEmpty == false
    }

    private mutating func checkColumns(_ json: JSON?, _ path: FieldPath) {
        let columns = json?.array ?? []
        if columns.count > Self.columnsMax { errors.append(.forbidden(path, "must have at most \(Self.columnsMax) columns")) }
        let types = ["boolean", "date", "integer", "number", "string"]
        for (index, column) in columns.prefix(Self.columnsMax).enumerated() {
            let place = path.appending(index)
            if column["name"]?.string ?? "" == "" { errors.append(.required(place.appending("name"))) }
            if !types.contains(column["type"]?.string ?? "") {
                errors.append(.invalid(place.appending("type"), column["type"] ?? "", "must be one of \(types.joined(separator: ","))"))
            }
            let text = column["jsonPath"]?.string ?? ""
            if text.isEmpty {
                errors.append(.required(place.appending("jsonPath")))
                continue
            }
            if !text.hasPrefix("."), !text.hasPrefix("[") {
                errors.append(.invalid(place.appending("jsonPath"), .string(text), "must be a simple json path starting with ."))
                continue
            }
            do throws(JSONPath.Failure) { _ = try JSONPath(text) } catch {
                errors.append(.invalid(place.appending("jsonPath"), .string(text), "is an invalid jsonpath: \(error)"))
            }
        }
    }

    private mutating func checkSelectableFields(_ version: JSON, _ path: FieldPath) {
        let fields = version["selectableFields"]?.array ?? []
        if fields.count > Self.selectableFieldsMax {
            errors.append(FieldError(.invalid, path, "Too many: \(fields.count): must have at most \(Self.selectableFieldsMax) items"))
        }
        var seen: Set<String> = []
        for (index, field) in fields.prefix(Self.selectableFieldsMax).enumerated() {
            let place = path.appending(index).appending("jsonPath")
            let text = field["jsonPath"]?.string ?? ""
            // What cannot be read is no path of members.
            guard text.hasPrefix("."), let members = (try? JSONPath(text))?.members, !members.isEmpty else {
                errors.append(.invalid(place, .string(text), "must be a simple json path to a field, such as .spec.color"))
                continue
            }
            if members.first == "metadata" { errors.append(.invalid(place, .string(text), "must not point to fields in metadata")) }
            if !seen.insert(text).inserted { errors.append(.duplicate(place, .string(text))) }
            var node = version["schema"]?["openAPIV3Schema"]
            for member in members { node = node?["properties"]?[member] }
            if !["string", "boolean", "integer"].contains(node?["type"]?.string ?? "") {
                errors.append(.invalid(place, .string(text), "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."))
            }
        }
    }

    private mutating func checkConversion(_ definition: Object, _ path: FieldPath) {
        guard let conversion = definition.spec["conversion"], !conversion.isNull else { return }
        switch conversion["strategy"]?.string {
        case "None":
            if conversion["webhook"].map({ !$0.isNull }) ?? false {
                errors.append(.forbidden(path.appending("webhook"), "should not be set when strategy is not set to Webhook"))
            }
        case "Webhook":
            if conversion["webhook"]?["clientConfig"] == nil {
                errors.append(.required(path.appending("webhook").appending("clientConfig"), "required when strategy is set to Webhook"))
            }
            warnings.append("spec.conversion: this server does not call conversion webhooks: objects can be used in the version in which they are stored alone")
        default: errors.append(.unsupported(path.appending("strategy"), conversion["strategy"] ?? "", ["None", "Webhook"]))
        }
    }
}
