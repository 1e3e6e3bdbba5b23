import APIMachinery

/// Custom resources in the version that is asked for: the strategy None changes `apiVersion` alone,
/// then the version's schema prunes and fills in.
extension Registry {
    /// Of a custom version that is not the stored one; nil for every other type.
    func customConversion(of type: ResourceType) -> Conversion? {
        guard let custom = kinds.custom(type), !custom.isStorage else { return nil }
        let stored = custom.storageType
        return Conversion(
            stored: stored,
            // What only the served schema knows stays in the stored object.
            toStored: { $0.withVersion(stored.gvk.apiVersion) },
            toServed: { Self.shaped($0, custom) })
    }

    /// A stored version as its definition now says: objects written under an earlier schema get the
    /// defaults that came later. The very same version for all others, and for built-in kinds.
    func upToDate(_ version: ObjectVersion, _ type: ResourceType) -> ObjectVersion {
        guard let custom = kinds.custom(type), let resource = kinds.resource(type.groupResource) else { return version }
        if version.revision > resource.schemaRevision, resource.hasOneSchema, version.isOf(type) { return version }
        let object = Self.shaped(version.object, custom)
        return object == version.object ? version : ObjectVersion(unstored: object)
    }

    func upToDate(_ event: StoreEvent, _ type: ResourceType) -> StoreEvent {
        guard event.kind != .bookmark else { return event }
        let version = upToDate(event.version, type)
        return version === event.version ? event : StoreEvent(event.kind, version, endsInitialEvents: event.endsInitialEvents)
    }

    /// Of an object that has too many defaults, none is filled in: it could not have been written so.
    private static func shaped(_ object: Object, _ custom: CustomVersion) -> Object {
        let pruned = custom.schema.pruned(object.withVersion(custom.type.gvk.apiVersion)).object
        return (try? custom.schema.defaulted(pruned)) ?? pruned
    }
}

extension ObjectVersion {
    /// Whether the encoded object is of this version, by its first member.
    fileprivate func isOf(_ type: ResourceType) -> Bool {
        bytes.starts(with: "{\"apiVersion\":\"\(type.gvk.apiVersion)\",".utf8)
    }
}

