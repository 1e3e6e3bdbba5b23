/// Merges a strategic merge patch into an object, in place.
///
/// Source: kustomize's walk of both (kyaml/yaml/merge2 and walk): elements of the patch come first in a merged list.
struct StrategicMerge {
    /// false: the patch deletes the object.
    static func apply(_ patch: YAMLValue, to target: YAMLValue) throws -> Bool {
        try StrategicMerge().walk(target, patch, nil) != nil
    }

    /// What takes the place of `target`; nil when nothing does.
    private func walk(_ target: YAMLValue?, _ patch: YAMLValue?, _ known: MergeSchema?) throws -> YAMLValue? {
        let present = [target, patch].compactMap { $0 }.filter { !$0.isNull }
        let schema = known ?? Self.schema(of: present)
        guard let first = present.first, !first.isMapping else {
            for value in present { try value.require(.mapping) }
            return try walkMapping(target, patch, schema)
        }
        if first.isSequence {
            for value in present { try value.require(.sequence) }
            if case .list(let keys, let element)? = schema { return try walkList(target, patch, keys, element) }
            return patch ?? target
        }
        for value in present { try value.require(.scalar) }
        return patch ?? target
    }

    private static func schema(of values: [YAMLValue]) -> MergeSchema? {
        for value in values {
            let (apiVersion, kind) = (value.text(at: "apiVersion"), value.text(at: "kind"))
            if !kind.isEmpty, !apiVersion.isEmpty, let schema = MergeSchema.of(apiVersion: apiVersion, kind: kind) { return schema }
        }
        return nil
    }

    // MARK: Directives

    private enum Directive: String { case merge, replace, delete }

    private static let directiveKey = "$patch"

    private func directive(_ text: String) throws -> Directive {
        guard let directive = Directive(rawValue: text) else {
            throw KustomizeFailure("$patch must be merge, replace or delete, found \"\(text)\"")
        }
        return directive
    }

    /// Read off and taken out of the patch.
    private func takeDirective(of patch: YAMLValue?) throws -> Directive {
        guard let patch else { return .merge }
        if patch.isMapping {
            guard let value = patch[Self.directiveKey] else { return .merge }
            let directive = try directive(value.text)
            patch.clear(Self.directiveKey)
            return directive
        }
        let element = patch.elements.first { $0[Self.directiveKey] != nil }
        guard let element, element.members.count <= 1, let value = element[Self.directiveKey] else { return .merge }
        let directive = try directive(value.text)
        try ElementSetter(element: nil, keys: [Self.directiveKey], values: [value.text]).apply(to: patch)
        return directive
    }

    // MARK: Mappings

    private func walkMapping(_ target: YAMLValue?, _ patch: YAMLValue?, _ schema: MergeSchema?) throws -> YAMLValue? {
        guard let result = try mappingResult(target, patch) else { return nil }
        let names = Set((result.members + (patch?.members ?? [])).map(\.key.text)).sorted()
        for name in names {
            let merged = try KustomizeFailure.locate(nil, name) { try walk(result[name], patch?[name], schema?[name]) }
            try result.set(name, merged)
        }
        return result
    }

    private func mappingResult(_ target: YAMLValue?, _ patch: YAMLValue?) throws -> YAMLValue? {
        guard let target, !target.isNull else {
            if let patch, patch.isMapping, try takeDirective(of: patch) == .delete { return nil }
            if patch == nil, let target, !target.text.isEmpty {
                // A null that was written stays; one that was left empty goes.
                let null = YAMLValue.tagged(target.text, .null)
                null.isKept = true
                return null
            }
            return patch
        }
        if let patch, patch.isNull { return nil }
        switch try takeDirective(of: patch) {
        case .delete: return nil
        case .replace: return patch
        case .merge: return target
        }
    }

    // MARK: Lists

    private func walkList(_ target: YAMLValue?, _ patch: YAMLValue?, _ keys: [String], _ schema: MergeSchema?) throws -> YAMLValue?
    {
        guard let result = try listResult(target, patch) else { return nil }
        let sources = [result, patch]
        if keys.isEmpty {
            var seen: Set<String> = []
            let texts = [patch, result].compactMap { $0 }.flatMap(\.elements).map(\.text).filter { seen.insert($0).inserted }
            return try mergeElements(of: sources, values: texts.map { [$0] }, keys: [""], schema)
        }
        var seen: Set<[String]> = []
        let values = [patch, result].compactMap { $0 }.flatMap(\.elements).map { element in keys.map { element.text(at: $0) } }
        return try mergeElements(of: sources, values: values.filter { seen.insert($0).inserted }, keys: keys, schema)
    }

    private func listResult(_ target: YAMLValue?, _ patch: YAMLValue?) throws -> YAMLValue? {
        guard let target, !target.isNull else { return patch }
        if let patch, patch.isNull { return nil }
        switch try takeDirective(of: patch) {
        case .delete: return nil
        case .replace: return patch
        case .merge: return target
        }
    }

    private func mergeElements(of sources: [YAMLValue?], values: [[String]], keys: [String], _ schema: MergeSchema?) throws
        -> YAMLValue?
    {
        guard let target = sources[0] else { return nil }
        var values = values
        if keys.count > 1 { Self.unify(&values) }
        let merged = YAMLValue(.sequence([]))
        var usedKeys = keys
        for index in values.indices {
            let (keys, wanted) = Self.used(values, values[index], keys)
            usedKeys = keys
            let elements = sources.map { $0.flatMap { Self.element(of: $0, keys, wanted) } }
            let element = try walk(elements[0], elements[1], schema)
            guard let element, !element.isNull, !element.isEmptyMapping else {
                try ElementSetter(element: nil, keys: keys, values: wanted).apply(to: target)
                continue
            }
            for (key, value) in zip(keys, wanted) where element[key] == nil && !value.isEmpty {
                if key.isEmpty { try element.setScalar(.untagged(value)) } else { try element.set(key, .untagged(value)) }
            }
            try ElementSetter(element: element, keys: keys, values: wanted).apply(to: merged)
        }
        if values.isEmpty { return target }
        try Self.append(target, to: merged, usedKeys)
        return merged
    }

    private static func element(of list: YAMLValue, _ keys: [String], _ values: [String]) -> YAMLValue? {
        let (keys, values) = used([values], values, keys)
        if keys[0].isEmpty { return list.elements.first { $0.text == values.first ?? "" } }
        return list.elements.first { element in
            element.isMapping && zip(keys, values).allSatisfy { key, value in element[key].map { $0.text == value } ?? false }
        }
    }

    /// Without the keys that no element has; all when none has any.
    private static func used(_ all: [[String]], _ values: [String], _ keys: [String]) -> (keys: [String], values: [String]) {
        let valid = keys.indices.filter { index in all.contains { index < $0.count && !$0[index].isEmpty } }
        if valid.isEmpty { return (keys, values) }
        return (valid.map { keys[$0] }, values.indices.filter { !values[$0].isEmpty || valid.contains($0) }.map { values[$0] })
    }

    /// Lists of values that agree where both have one become one.
    private static func unify(_ all: inout [[String]]) {
        for first in all.indices {
            for second in all.indices {
                guard let joined = joined(all[first], all[second]) else { continue }
                all[first] = joined
                all[second] = joined
            }
        }
    }

    private static func joined(_ a: [String], _ b: [String]) -> [String]? {
        guard a.count == b.count else { return nil }
        var hasCommon = false
        var result: [String] = []
        for (a, b) in zip(a, b) {
            if a == b {
                hasCommon = true
                result.append(a)
            } else if !a.isEmpty, !b.isEmpty {
                return nil
            } else {
                result.append(a.isEmpty ? b : a)
            }
        }
        return hasCommon ? result : nil
    }

    private static func append(_ list: YAMLValue, to merged: YAMLValue, _ keys: [String]) throws {
        for element in list.elements {
            if keys[0].isEmpty {
                try ElementSetter(element: element, keys: [""], values: [element.text]).apply(to: merged)
                continue
            }
            var values: [String] = []
            for key in keys {
                if !element.isNull { try element.require(.mapping) }
                if let value = element[key] { values.append(value.text) } else { merged.elements.append(element) }
            }
            if keys.count > 1 { try ElementSetter(element: nil, keys: keys, values: values).apply(to: merged) }
            try ElementSetter(element: element, keys: keys, values: values).apply(to: merged)
        }
    }
}

/// Puts an element into a list in place of those with its keys, or at the end; nil takes those out.
private struct ElementSetter {
    let element: YAMLValue?
    let keys: [String]
    let values: [String]

    func apply(to list: YAMLValue) throws {
        var result: [YAMLValue] = []
        var isFound = false
        let isKeyed = !keys[0].isEmpty && !(values.first ?? "").isEmpty
        for candidate in list.elements {
            if candidate.isNull || candidate.isEmptyMapping { continue }
            if !candidate.isMapping, isKeyed {
                result.append(candidate)
                continue
            }
            guard try matches(candidate) else {
                if !values.isEmpty { result.append(candidate) }
                continue
            }
            isFound = true
            if let element { result.append(element) }
        }
        if let element, !element.isNull, !isFound { result.append(element) }
        list.elements = result
    }

    private func matches(_ candidate: YAMLValue) throws -> Bool {
        var last = false
        for (index, key) in keys.enumerated() {
            if index < values.count {
                let value = values[index]
                if key.isEmpty {
                    try candidate.require(.scalar)
                    last = candidate.text == value
                } else {
                    try candidate.require(.mapping)
                    last = candidate[key].map { value.isEmpty || $0.text == value } ?? false
                }
            }
            if !last { return false }
        }
        return true
    }
}
