import APIMachinery

extension Registry {
    /// The stored object, or with `subresource: "scale"` its Scale. From memory, without waiting.
    package func get(
        _ key: ObjectKey, subresource: String? = nil, options: ListOptions = ListOptions(), context: RequestContext
    ) throws(APIStatus) -> ObjectVersion {
        try checkVersionIsReached(options)
        guard key.type.isStored else { return ObjectVersion(unstored: try computed(key)) }
        guard let version = store.version(storageType(key.type).groupResource, namespace: key.namespace ?? "", name: key.name) else {
            throw .notFound(key.type, name: key.name)
        }
        switch subresource {
        case nil: return served(version, as: key.type)
        case let name? where Self.partsOfObject.contains(name) && key.type.subresources.contains(name): return served(version, as: key.type)
        case "scale" where key.type.subresources.contains("scale"): return ObjectVersion(unstored: Scale.document(of: version.object, kinds.custom(key.type)?.scalePaths))
        default: throw unknownSubresource(key)
        }
    }

    /// Subresources whose document is the object itself.
    static let partsOfObject: Set<String> = ["status", "approval", "ephemeralcontainers", "resize"]

    func unknownSubresource(_ key: ObjectKey) -> APIStatus {
        APIStatus(.notFound, "the server could not find the requested resource", group: key.type.group, kind: key.type.plural, name: key.name)
    }

    /// Refuses a read "not older than" a version that this server has not reached.
    func checkVersionIsReached(_ options: ListOptions) throws(APIStatus) {
        let wanted = try Self.revision(options.resourceVersion)
        let current = store.revision
        guard wanted > current else { return }
        throw APIStatus(
            .timeout, "Too large resource version: \(wanted), current: \(current)",
            causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")], retryAfterSeconds: 1)
    }

    /// A `resourceVersion` as a revision; empty and "0" are 0.
    static func revision(_ text: String) throws(APIStatus) -> UInt64 {
        if text.isEmpty { return 0 }
        guard let revision = UInt64(text) else {
            throw .badRequest("resourceVersion: Invalid value: \(JSON.string(text).text): must be a number that the server gave out")
        }
        return revision
    }
}
