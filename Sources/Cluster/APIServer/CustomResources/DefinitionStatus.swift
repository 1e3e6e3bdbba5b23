import APIMachinery

/// The names that a CustomResourceDefinition gets, and the conditions that say so.
///
/// Pure over all definitions, so that it can be computed with the write itself: a definition is
/// established, or told why not, in the answer to its creation.
/// Source: kubernetes, apiextensions-apiserver pkg/controller/status and /establish.
struct DefinitionStatus {
    static let cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io"

    /// The names of a group that are taken.
    private struct Taken {
        var resources: Set<String> = []
        var kinds: Set<String> = []
    }

    /// The definition with its status as it should be.
    /// - Parameters:
    ///   - others: all definitions, this one's earlier version or not.
    ///   - builtin: the kinds that the server itself has.
    static func updated(_ definition: Object, among others: [Object], builtin: [ResourceType], now: Timestamp) -> Object {
        var definition = definition
        let wanted = wantedNames(definition)
        let names = accepted(wanted, current: definition.status["acceptedNames"], taken(definition, others, builtin))
        definition["status", "acceptedNames"] = names.accepted
        setStoredVersions(&definition)
        let conflict = names.conflict
        set(
            "NamesAccepted", conflict == nil, conflict?.reason ?? "NoConflicts", conflict?.message ?? "no conflicts found", &definition, now)
        if conflict == nil {
            set("Established", true, "InitialNamesAccepted", "the initial names have been accepted", &definition, now)
        } else if !definition.hasCondition("Established") {
            set("Established", false, "NotAccepted", "not all names are accepted", &definition, now)
        }
        return definition
    }

    /// What the first call of delete does: instances go before their definition.
    static func marked(_ definition: Object, now: Timestamp) -> Object {
        guard !definition.isDeleting else { return definition }
        var definition = definition
        if !definition.finalizers.contains(cleanupFinalizer) { definition.finalizers.append(cleanupFinalizer) }
        set(
            "Terminating", true, "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon", &definition, now)
        return definition
    }

    // MARK: Names

    private static func wantedNames(_ definition: Object) -> JSONObject {
        let spec = definition.spec["names"]?.object ?? [:]
        var names: JSONObject = ["plural": spec["plural"] ?? "", "kind": spec["kind"] ?? ""]
        names["singular"] = spec["singular"] ?? .string(spec["kind"]?.string?.lowercased() ?? "")
        names["listKind"] = spec["listKind"] ?? .string((spec["kind"]?.string ?? "") + "List")
        names["shortNames"] = spec["shortNames"]
        names["categories"] = spec["categories"]
        return names
    }

    private static func taken(_ definition: Object, _ others: [Object], _ builtin: [ResourceType]) -> Taken {
        let group = definition.spec["group"]?.string ?? ""
        var taken = Taken()
        for type in builtin where type.group == group {
            taken.resources.formUnion([type.plural, type.singular] + type.shortNames)
            taken.kinds.formUnion([type.kind, type.kind + "List"])
        }
        for other in others where other.name != definition.name && other.spec["group"]?.string == group {
            let names = other.status["acceptedNames"]
            for key in ["plural", "singular"] { if let name = names?[key]?.string, !name.isEmpty { taken.resources.insert(name) } }
            taken.resources.formUnion(names?["shortNames"]?.array?.compactMap(\.string) ?? [])
            for key in ["kind", "listKind"] { if let name = names?[key]?.string, !name.isEmpty { taken.kinds.insert(name) } }
        }
        return taken
    }

    /// What is free is accepted; for what is taken the name accepted before stays.
    private static func accepted(
        _ wanted: JSONObject, current: JSON?, _ taken: Taken
    ) -> (accepted: JSON, conflict: (reason: String, message: String)?) {
        var accepted = wanted
        var conflict: (reason: String, message: String)?
        func check(_ key: String, _ names: Set<String>, _ reason: String) {
            guard let name = wanted[key]?.string, names.contains(name) else { return }
            accepted[key] = current?[key] ?? ""
            conflict = (reason, "\(JSON.string(name).text) is already in use")
        }
        check("plural", taken.resources, "PluralConflict")
        check("singular", taken.resources, "SingularConflict")
        let short = wanted["shortNames"]?.array?.compactMap(\.string) ?? []
        if let name = short.first(where: taken.resources.contains) {
            accepted["shortNames"] = current?["shortNames"]
            conflict = ("ShortNamesConflict", "\(JSON.string(name).text) is already in use")
        }
        check("kind", taken.kinds, "KindConflict")
        check("listKind", taken.kinds, "ListKindConflict")
        return (.object(accepted), conflict)
    }

    private static func setStoredVersions(_ definition: inout Object) {
        let storage = definition.spec["versions"]?.array?.first { $0["storage"]?.bool == true }?["name"]?.string
        var stored = definition.status["storedVersions"]?.array?.compactMap(\.string) ?? []
        if let storage, !stored.contains(storage) { stored.append(storage) }
        definition["status", "storedVersions"] = JSON(stored)
    }

    private static func set(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String, _ definition: inout Object, _ now: Timestamp) {
        var conditions = definition.status["conditions"]?.array ?? []
        let index = conditions.firstIndex { $0["type"]?.string == type }
        let status = isTrue ? "True" : "False"
        let before = index.map { conditions[$0] }
        if before?["status"]?.string == status, before?["reason"]?.string == reason, before?["message"]?.string == message { return }
        let since = before?["status"]?.string == status ? before?["lastTransitionTime"] : nil
        let condition: JSON = [
            "type": .string(type), "status": .string(status), "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": since ?? .string(now.description),
        ]
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        definition["status", "conditions"] = .array(conditions)
    }
}
