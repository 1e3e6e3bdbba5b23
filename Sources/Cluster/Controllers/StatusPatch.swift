import APIMachinery

/// The difference between the status that is and the one wanted.
struct StatusPatch {
    private(set) var changes: [ClusterChange] = []

    init(_ type: ResourceType, _ object: Object, _ wanted: [String: JSON], keptWhenZero: Set<String> = []) {
        let patch = Self.difference(object, wanted, keptWhenZero: keptWhenZero)
        if !patch.isEmpty { changes = [.status(type, object, .object(patch))] }
    }

    /// Zeros and empty values are written as absent, as Kubernetes leaves them out of its encoding,
    /// but for those that it always encodes.
    static func difference(_ object: Object, _ wanted: [String: JSON], keptWhenZero: Set<String> = []) -> JSONObject {
        var patch = JSONObject()
        for (key, value) in wanted {
            let isEmpty = value == .int(0) || value == [] || value == .null || value == ""
            let target: JSON = isEmpty && !keptWhenZero.contains(key) ? .null : value
            if (object.status[key] ?? .null) != target { patch[key] = target }
        }
        return patch
    }
}
