/// Values merged and pruned by the schema's list and map types. Source: structured-merge-diff, typed.
enum StructuredMerge {
    /// `live` with everything that `config` states. nil when that changes nothing.
    static func merged(_ live: JSONObject, _ config: JSONObject, _ schema: SchemaNode?) -> JSONObject? {
        var changes: [(key: String, value: JSON?)] = []
        for member in config {
            let changed: JSON?
            if let value = live[member.key] {
                changed = merged(value, member.value, schema?.child(member.key))
            } else {
                changed = member.value
            }
            if let changed { changes.append((member.key, changed)) }
        }
        return changes.isEmpty ? nil : live.merging(changes)
    }

    private static func merged(_ live: JSON, _ config: JSON, _ schema: SchemaNode?) -> JSON? {
        if live == config { return nil }
        switch (live, config) {
        case (.object(let a), .object(let b)) where !(schema?.isAtomic ?? false): return merged(a, b, schema).map(JSON.object)
        case (.array(let a), .array(let b)):
            guard let schema, schema.valueType == .list, !schema.isAtomic, let list = mergedList(a, b, schema) else { return config }
            return list == a ? nil : .array(list)
        default: return config
        }
    }

    /// The configuration's order of items holds; items of `live` alone keep their place among them.
    /// nil when the items of a list cannot be told apart.
    private static func mergedList(_ live: [JSON], _ config: [JSON], _ schema: SchemaNode) -> [JSON]? {
        guard let liveItems = ListItems(live, schema, allowsDuplicates: true), let configItems = ListItems(config, schema) else { return nil }
        var liveIndex: [String: Int] = [:]
        for item in liveItems.elements where liveIndex[item.key] == nil { liveIndex[item.key] = item.index }
        let configKeys = Set(configItems.elements.map(\.key))
        // The items that both have, in the configuration's order: a live item of them is passed over
        // until its turn.
        var shared = configItems.elements.filter { liveIndex[$0.key] != nil }.map(\.key)[...]
        var done: Set<String> = []
        var result: [JSON] = []
        result.reserveCapacity(max(live.count, config.count))

        func take(_ item: (key: String, index: Int)) {
            let value = config[item.index]
            result.append(liveIndex[item.key].map { merged(live[$0], value, schema.element) ?? live[$0] } ?? value)
            done.insert(item.key)
            if shared.first == item.key { shared.removeFirst() }
        }

        var i = 0
        var j = 0
        while i < live.count || j < config.count {
            if i < live.count {
                let key = liveItems.elements[i].key
                if j < config.count, key == configItems.elements[j].key {
                    take(configItems.elements[j])
                    i += 1
                    j += 1
                    continue
                }
                if !configKeys.contains(key) {
                    result.append(live[i])
                    i += 1
                    continue
                }
                if done.contains(key) || j < config.count && shared.first != nil && shared.first != key {
                    i += 1
                    continue
                }
            }
            if j < config.count {
                take(configItems.elements[j])
                j += 1
            } else {
                i += 1
            }
        }
        return result
    }

    /// `value` without the members of `set`. An object or list that loses its last member goes with it.
    static func removing(_ set: FieldSet, from object: JSONObject, _ schema: SchemaNode?) -> JSONObject {
        set.isEmpty ? object : removing(set.tree, from: object, schema)
    }

    private static func removing(_ tree: FieldSet.Tree, from members: JSONObject, _ schema: SchemaNode?) -> JSONObject {
        var result: [JSONObject.Member] = []
        result.reserveCapacity(members.count)
        for member in members {
            guard let node = tree["f:" + member.key]?.object else {
                result.append(member)
                continue
            }
            if FieldSet.isMember(node) { continue }
            guard let kept = removing(node, from: member.value, schema?.child(member.key)) else { continue }
            result.append(.init(key: member.key, value: kept))
        }
        return JSONObject(result)
    }

    /// nil when nothing is left.
    private static func removing(_ tree: FieldSet.Tree, from value: JSON, _ schema: SchemaNode?) -> JSON? {
        switch value {
        case .object(let members):
            if members.isEmpty { return value }
            let kept = removing(tree, from: members, schema)
            return kept.isEmpty ? nil : .object(kept)
        case .array(let elements):
            guard !elements.isEmpty, let schema, !schema.isAtomic, schema.valueType == .list else { return value }
            let kept = elements.compactMap { element -> JSON? in
                guard let key = ListItems.key(element, schema), let node = tree[key]?.object else { return element }
                return FieldSet.isMember(node) ? nil : removing(node, from: element, schema.element)
            }
            return kept.isEmpty ? nil : .array(kept)
        default: return value
        }
    }
}
