/// Kubernetes' strategic merge patch: a merge patch that merges lists by their items' keys and obeys
/// directives inside the patch.
///
/// `$patch: replace|delete|merge` in an object or list item, `$retainKeys` in an object, and beside a
/// list `x` the lists `$deleteFromPrimitiveList/x` and `$setElementOrder/x`. Source: Kubernetes
/// community, strategic-merge-patch.md. Without a schema every list is one value.
package enum StrategicMerge {
    /// Throws `badRequest` for a patch that cannot be read.
    package static func apply(_ patch: JSON, to target: JSON, schema: SchemaNode?) throws(APIStatus) -> JSON {
        guard case .object(let changes) = patch else {
            throw .badRequest("a strategic merge patch must be an object, found \(patch.typeName)")
        }
        return .object(try merge(changes, into: target.object ?? [:], schema))
    }

    private static let orderPrefix = "$setElementOrder/"
    private static let deletePrefix = "$deleteFromPrimitiveList/"

    private static func merge(_ patch: JSONObject, into original: JSONObject, _ node: SchemaNode?) throws(APIStatus) -> JSONObject {
        var result = original
        switch patch["$patch"] {
        case nil, "merge"?: break
        case "replace"?: result = [:]
        case "delete"?: return [:]
        case let directive?: throw unknownDirective(directive)
        }
        if let retained = patch["$retainKeys"] { try retain(retained, in: &result, patch) }
        // Keys that begin with "$" sort before all others, so the order of a list is known before the
        // list itself is met; it is looked up there.
        var changes: [(key: String, value: JSON?)] = []
        for change in patch {
            if change.key.hasPrefix(deletePrefix) {
                try delete(change.value, from: String(change.key.dropFirst(deletePrefix.count)), in: &result)
            } else if change.key.hasPrefix(orderPrefix) {
                let key = String(change.key.dropFirst(orderPrefix.count))
                if patch[key] == nil { try reorder(key, change.value, in: &result, child(node, key)) }
            } else if change.key.hasPrefix("$") {
                guard change.key == "$patch" || change.key == "$retainKeys" else { throw unknownDirective(.string(change.key)) }
            } else if change.value.isNull {
                changes.append((change.key, nil))
            } else {
                let order = patch[orderPrefix + change.key]
                changes.append((change.key, try merge(change.value, into: result[change.key], child(node, change.key), order: order)))
            }
        }
        return result.merging(changes)
    }

    private static func child(_ node: SchemaNode?, _ key: String) -> SchemaNode? {
        node?.valueType == .map ? node?.element : node?.fields[key]
    }

    private static func unknownDirective(_ directive: JSON) -> APIStatus {
        .badRequest("unknown directive \(directive.text) in a strategic merge patch; expected $patch with replace, delete or merge, $retainKeys, $setElementOrder/LIST or $deleteFromPrimitiveList/LIST")
    }

    private static func merge(_ patch: JSON, into original: JSON?, _ node: SchemaNode?, order: JSON?) throws(APIStatus) -> JSON {
        switch patch {
        case .object(let changes):
            let isReplacement = node?.patchStrategy.contains(.replace) ?? false
            return .object(try merge(changes, into: isReplacement ? [:] : original?.object ?? [:], node))
        case .array(let items):
            guard let node, node.patchStrategy.contains(.merge) else { return .array(try items.map(withoutDirectives)) }
            return .array(try mergeList(items, into: original?.array ?? [], node, order: order))
        default: return patch
        }
    }

    /// An element of a list that is replaced as a whole.
    private static func withoutDirectives(_ item: JSON) throws(APIStatus) -> JSON {
        guard case .object(let changes) = item else { return item }
        return .object(try merge(changes, into: [:], nil))
    }

    private static func retain(_ keys: JSON, in result: inout JSONObject, _ patch: JSONObject) throws(APIStatus) {
        guard let keys = keys.array else { throw .badRequest("$retainKeys must be a list of field names, found \(keys.typeName)") }
        let retained = Set(keys.compactMap(\.string))
        for change in patch where !change.key.hasPrefix("$") && !change.value.isNull && !retained.contains(change.key) {
            throw .badRequest("$retainKeys must name every field of the patch; it lacks \(JSON.string(change.key).text)")
        }
        result = result.keeping { retained.contains($0.key) }
    }

    private static func delete(_ values: JSON, from key: String, in result: inout JSONObject) throws(APIStatus) {
        guard let values = values.array else { throw .badRequest("\(deletePrefix)\(key) must be a list, found \(values.typeName)") }
        guard case .array(let elements)? = result[key] else { return }
        let deleted = Set(values)
        result[key] = .array(elements.filter { !deleted.contains($0) })
    }

    private static func reorder(_ key: String, _ order: JSON, in result: inout JSONObject, _ node: SchemaNode?) throws(APIStatus) {
        guard case .array(let elements)? = result[key], let node, node.patchStrategy.contains(.merge) else { return }
        result[key] = .array(try mergeList([], into: elements, node, order: order))
    }

    /// Merges items by key (or as a set of scalars), then puts them in order: those in `order` (or the
    /// patch) by it, the others where the server had them.
    private static func mergeList(_ items: [JSON], into original: [JSON], _ node: SchemaNode, order: JSON?) throws(APIStatus) -> [JSON] {
        let key = node.patchMergeKey
        var deleted: Set<JSON> = []
        var patch: [JSON] = []
        var isReplaced = false
        for item in items {
            guard let directive = item["$patch"] else {
                patch.append(item)
                continue
            }
            switch directive {
            case "replace": isReplaced = true
            case "delete":
                guard let key, let value = item[key] else { throw keyMissing(item, key) }
                deleted.insert(value)
            case "merge": patch.append(item)
            default: throw unknownDirective(directive)
            }
        }
        if isReplaced { return try patch.map(withoutDirectives) }
        let server = key.map { key in deleted.isEmpty ? original : original.filter { item in item[key].map { !deleted.contains($0) } ?? true } } ?? original
        let identity = { (item: JSON) -> JSON in key.flatMap { item[$0] } ?? item }
        var indexes: [JSON: Int] = [:]
        for (index, item) in server.enumerated() where indexes[identity(item)] == nil { indexes[identity(item)] = index }
        var merged = server
        for item in patch {
            if item.object != nil {
                guard let key, item[key] != nil else { throw keyMissing(item, key) }
            }
            if let index = indexes[identity(item)] {
                merged[index] = try merge(item, into: merged[index], node.element, order: nil)
            } else {
                indexes[identity(item)] = merged.count
                merged.append(try merge(item, into: nil, node.element, order: nil))
            }
        }
        let listed: [JSON]
        if let order {
            guard let array = order.array else { throw .badRequest("\(orderPrefix)LIST must be a list, found \(order.typeName)") }
            listed = array
        } else {
            listed = patch
        }
        return ordered(merged, by: listed.map(identity), server: original.map(identity), identity)
    }

    private static func ordered(_ merged: [JSON], by listed: [JSON], server: [JSON], _ identity: (JSON) -> JSON) -> [JSON] {
        let listedPositions = positions(listed)
        let serverPositions = positions(server)
        let sorted = merged.enumerated().map { (item: $0.element, key: identity($0.element), index: $0.offset) }
        let first = sorted.filter { listedPositions[$0.key] != nil }
            .sorted { (listedPositions[$0.key] ?? 0, $0.index) < (listedPositions[$1.key] ?? 0, $1.index) }
        let others = sorted.filter { listedPositions[$0.key] == nil }
        var result: [JSON] = []
        result.reserveCapacity(merged.count)
        var next = 0
        for other in others {
            // A listed item goes before a server item only where the server had both in that order.
            while next < first.count, let a = serverPositions[first[next].key], let b = serverPositions[other.key], a < b {
                result.append(first[next].item)
                next += 1
            }
            result.append(other.item)
        }
        result += first[next...].map(\.item)
        return result
    }

    private static func positions(_ keys: [JSON]) -> [JSON: Int] {
        var positions: [JSON: Int] = [:]
        for (index, key) in keys.enumerated() where positions[key] == nil { positions[key] = index }
        return positions
    }

    private static func keyMissing(_ item: JSON, _ key: String?) -> APIStatus {
        guard let key else { return .badRequest("a list item of the patch cannot be merged: its list has no merge key") }
        return .badRequest("a list item of the patch lacks its merge key \"\(key)\": \(String(item.text.prefix(200)))")
    }
}
