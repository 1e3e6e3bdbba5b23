/// JSON merge patch, RFC 7386: members replace, null removes, everything but an object is one value.
package enum MergePatch {
    /// Never fails: any patch applies to any value.
    package static func apply(_ patch: JSON, to target: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        let original = target.object ?? JSONObject()
        return .object(
            original.merging(changes.map { change in (change.key, change.value.isNull ? nil : apply(change.value, to: original[change.key] ?? .null)) }))
    }

    /// The smallest patch that turns `old` into `new`; empty when they are equal. A null inside `new`
    /// cannot be expressed and is left out.
    package static func difference(from old: JSONObject, to new: JSONObject) -> JSONObject {
        var changes: [JSONObject.Member] = []
        for member in old where new[member.key] == nil { changes.append(.init(key: member.key, value: .null)) }
        for member in new {
            let previous = old[member.key]
            if previous == member.value { continue }
            if case .object(let before)? = previous, case .object(let after) = member.value {
                changes.append(.init(key: member.key, value: .object(difference(from: before, to: after))))
            } else if !member.value.isNull {
                changes.append(member)
            }
        }
        return JSONObject(changes)
    }
}
