extension Schema {
    /// Most errors of one kind reported for one object.
    package static let errorsMax = 100

    /// All that a strict decode finds wrong: unknown fields, wrong types, missing required fields,
    /// values outside an enumeration. In the order of the object's fields. Nothing for an unknown kind.
    ///
    /// Required fields of `status` are not demanded: controllers fill it in steps. Values of a Secret
    /// are never quoted.
    package func check(_ object: Object, _ gvk: GroupVersionKind) -> [FieldError] {
        guard let node = node(gvk) else { return [] }
        var checker = SchemaChecker(hidesData: gvk.group.isEmpty && gvk.kind == "Secret")
        checker.check(object.fields, node, isWhole: true)
        return checker.errors
    }
}

extension Schema {
    /// The same for the metadata of an object of any kind, custom ones included.
    package func checkMetadata(_ object: Object) -> [FieldError] {
        guard let node = Self.objectMetadata, let metadata = object.fields["metadata"] else { return [] }
        let type = SchemaType(name: "") { SchemaFields([.init(name: "metadata", node: node)]) }
        var checker = SchemaChecker(hidesData: false)
        checker.check(["metadata": metadata], SchemaNode(.object, type: type))
        return checker.errors
    }
}

private struct SchemaChecker {
    /// A Secret: messages name the type of what stands in `data` and `stringData`, not the value.
    let hidesData: Bool
    var errors: [FieldError] = []
    private var path: [FieldPath.Step] = []
    private var isStatus = false

    init(hidesData: Bool) { self.hidesData = hidesData }

    /// Counted by kind: unknown fields, which a client may choose to ignore, must not hide wrong types.
    private var counts: [FieldError.Kind: Int] = [:]

    private mutating func report(_ error: FieldError) {
        counts[error.kind, default: 0] += 1
        if counts[error.kind, default: 0] <= Schema.errorsMax { errors.append(error) }
    }

    mutating func check(_ object: JSONObject, _ node: SchemaNode, isWhole: Bool = false) {
        let fields = node.fields
        for member in object {
            path.append(.key(member.key))
            defer { path.removeLast() }
            guard let field = fields[member.key] else {
                reportUnknown(member.key, fields)
                continue
            }
            if isWhole { isStatus = member.key == "status" }
            if !member.value.isNull { check(member.value, field) }
        }
        if isWhole { isStatus = false }
        if isStatus { return }
        for field in fields where field.node.isRequired {
            let value = object[field.name]
            // A null list or map is an empty one in Kubernetes' decoder, and present.
            if value == nil || value == .null && field.node.valueType != .list && field.node.valueType != .map {
                report(.required(FieldPath(path).appending(field.name)))
            }
        }
    }

    private mutating func check(_ value: JSON, _ node: SchemaNode) {
        switch (node.valueType, value) {
        case (.any, _), (.opaque, .object), (.boolean, .bool): break
        case (.object, .object(let members)): check(members, node)
        case (.map, .object(let members)):
            guard let element = node.element, element.valueType != .any else { break }
            for member in members where !member.value.isNull {
                path.append(.key(member.key))
                check(member.value, element)
                path.removeLast()
            }
        case (.list, .array(let elements)):
            guard let element = node.element, element.valueType != .any else { break }
            for (index, item) in elements.enumerated() {
                path.append(.index(index))
                check(item, element)
                path.removeLast()
            }
        case (.string, .string(let text)): checkText(text, value, node)
        case (.number, .int), (.number, .double): break
        case (.integer, _), (.intOrString, .int), (.intOrString, .double): checkInteger(value, node)
        case (.intOrString, .string): break
        case (.quantity, .string), (.quantity, .int), (.quantity, .double):
            if Quantity(value) == nil { reportType(value, "a quantity such as 500m or 1Gi") }
        default: reportType(value, Self.expectation(node.valueType))
        }
    }

    private mutating func checkText(_ text: String, _ value: JSON, _ node: SchemaNode) {
        // Empty is absent for Kubernetes' decoder.
        if text.isEmpty { return }
        if !node.enumValues.isEmpty, !node.enumValues.contains(text) { report(.unsupported(FieldPath(path), value, node.enumValues)) }
        if node.format == .dateTime, Timestamp(text) == nil { reportType(value, "a time such as 2026-01-02T03:04:05Z") }
        if node.format == .byte, !Base64.isValid(text) {
            reportType(value, "base64", advice: hidesData ? "write plain text under stringData" : nil)
        }
    }

    private mutating func checkInteger(_ value: JSON, _ node: SchemaNode) {
        guard let number = value.int else {
            let expected = node.valueType == .integer ? "an integer" : "an integer or a string"
            if case .string(let text) = value, Int64(text) != nil { return reportType(value, expected, advice: "write \(text) without quotes") }
            return reportType(value, expected)
        }
        let is32 = node.format == .int32 || node.valueType == .intOrString
        if is32, Int32(exactly: number) == nil { reportType(value, "an integer from \(Int32.min) to \(Int32.max)") }
    }

    private static func expectation(_ type: SchemaNode.ValueType) -> String {
        switch type {
        case .any: "a value"
        case .object, .opaque, .map: "a mapping"
        case .list: "a list"
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "true or false"
        case .quantity: "a quantity such as 500m or 1Gi"
        case .intOrString: "an integer or a string"
        }
    }

    private var isHidden: Bool { hidesData && (path.first == .key("data") || path.first == .key("stringData")) }

    private mutating func reportType(_ value: JSON, _ expected: String, advice: String? = nil) {
        var message = "must be \(expected), found \(describe(value))"
        if let advice = advice ?? defaultAdvice(value, expected) { message += "; \(advice)" }
        report(FieldError(.wrongType, FieldPath(path), message))
    }

    private func defaultAdvice(_ value: JSON, _ expected: String) -> String? {
        switch (expected, value) {
        case ("a string", .int), ("a string", .double), ("a string", .bool): return isHidden ? "write it in quotes" : "write \"\(value.text)\" in quotes"
        case ("true or false", .string(let text)):
            guard let flag = ["true": true, "yes": true, "on": true, "false": false, "no": false, "off": false][text.lowercased()] else { return nil }
            return "write \(flag) without quotes"
        case ("a list", .object): return "begin each item with \"- \""
        case ("a mapping", .array): return "remove the \"- \""
        default: return nil
        }
    }

    private func describe(_ value: JSON) -> String {
        switch value {
        case .array: return "a list"
        case .object: return "a mapping"
        case .null: return "null"
        case .string where isHidden: return "a string"
        case .int where isHidden, .double where isHidden: return "a number"
        case .bool where isHidden: return "a boolean"
        case .string(let text) where text.count > 64: return JSON.string(text.prefix(64) + "…").text
        default: return value.text
        }
    }

    private mutating func reportUnknown(_ key: String, _ fields: SchemaFields) {
        var message = "unknown field \"\(FieldPath(path))\""
        if let near = Spelling.nearest(to: key, among: fields.lazy.map(\.name)) { message += "; did you mean \"\(near)\"?" }
        report(FieldError(.unknownField, FieldPath(path), message))
    }
}

/// Finds the name that was meant.
package enum Spelling {
    /// The nearest name by edits (insert, delete, replace, swap neighbours; case does not count), if
    /// no more than a third of it differs.
    package static func nearest(to word: String, among names: some Sequence<String>) -> String? {
        let word = Array(word.lowercased().utf8)
        guard word.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = Array(name.lowercased().utf8)
            let limit = max(1, min(word.count, candidate.count) / 3)
            if abs(candidate.count - word.count) > limit { continue }
            let distance = distance(word, candidate)
            if distance <= limit, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// The optimal string alignment distance.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var current = [i + 1]
            for j in b.indices {
                var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[b.count]
    }
}
