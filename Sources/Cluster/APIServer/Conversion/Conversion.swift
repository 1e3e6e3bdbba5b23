import APIMachinery

/// How a kind that is served under several versions (or groups) is read from and written to the one
/// in which it is stored.
///
/// Both directions keep what they do not know, and turn parts of objects (an applied configuration)
/// as well as whole ones.
struct Conversion: Sendable {
    typealias Function = @Sendable (Object) -> Object

    /// The type under which the store has the objects.
    let stored: ResourceType
    let toStored: Function
    let toServed: Function
    /// Fields that can be selected by, where their names differ: served, stored.
    var selectableFields: [String: String] = [:]

    /// Of a type that is another version of a built-in kind; nil for those that are stored as they are.
    static func of(_ type: ResourceType) -> Conversion? { table[type] }

    private static let table: [ResourceType: Conversion] = [
        .horizontalPodAutoscalersV1: AutoscalerConversion.conversion,
        .eventsV1: EventConversion.conversion,
    ]

    /// For versions that differ in their name alone.
    static func renaming(_ served: ResourceType, to stored: ResourceType) -> Conversion {
        Conversion(
            stored: stored, toStored: { $0.withVersion(stored.gvk.apiVersion) }, toServed: { $0.withVersion(served.gvk.apiVersion) })
    }
}

extension Object {
    func withVersion(_ apiVersion: String) -> Object {
        var object = self
        object["apiVersion"] = .string(apiVersion)
        return object
    }
}

extension JSONObject {
    /// Moves a member to another name, over what stands there.
    mutating func rename(_ key: String, to other: String) {
        guard let value = removeValue(forKey: key) else { return }
        self[other] = value
    }
}

extension Conversion {
    func served(_ version: ObjectVersion) -> ObjectVersion { ObjectVersion(unstored: toServed(version.object)) }

    func served(_ event: StoreEvent) -> StoreEvent {
        StoreEvent(event.kind, served(event.version), endsInitialEvents: event.endsInitialEvents)
    }

    func stored(_ selector: FieldSelector) -> FieldSelector {
        var selector = selector
        for index in selector.requirements.indices {
            if let field = selectableFields[selector.requirements[index].field] { selector.requirements[index].field = field }
        }
        return selector
    }
}

/// What the verbs need: nothing happens for a type that is stored as it is served.
extension Registry {
    func conversion(of type: ResourceType) -> Conversion? { Conversion.of(type) ?? customConversion(of: type) }

    /// The type under which the store has the objects of `type`.
    func storageType(_ type: ResourceType) -> ResourceType { conversion(of: type)?.stored ?? type }

    func storageKey(_ key: ObjectKey) -> ObjectKey {
        guard let conversion = conversion(of: key.type) else { return key }
        return ObjectKey(conversion.stored, namespace: key.namespace, name: key.name)
    }

    /// `object`, which is of `type`, as it is stored, with that version's defaults.
    func stored(_ object: Object, _ type: ResourceType) -> Object {
        guard let conversion = conversion(of: type) else { return object }
        let stored = conversion.toStored(object)
        return kinds.custom(type) == nil ? schema.defaulted(stored) : stored
    }

    func served(_ object: Object, as type: ResourceType) -> Object { conversion(of: type)?.toServed(object) ?? object }

    func served(_ version: ObjectVersion, as type: ResourceType) -> ObjectVersion { conversion(of: type)?.served(version) ?? upToDate(version, type) }

    func served(_ result: WriteResult, as type: ResourceType) -> WriteResult {
        guard let conversion = conversion(of: type) else { return result }
        return WriteResult(version: conversion.served(result.version), effect: result.effect)
    }
}
