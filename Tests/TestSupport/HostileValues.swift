import APIMachinery

/// Values that a schema allows and nobody sane writes, and sometimes ones that it does not allow.
extension Fuzz {
    private static let texts = [
        "", "a", "b", "web", "default", "main", "example.com/x", "*", "..", "/", "/data", "../x", "%", "100%", "-1%", "2147483647%", "9999999999999999999%", "50",
        "* * * * *", "*/0 * * * *", "@every 0s", "CRON_TZ=x * * * * *", "10.0.0.1", "10.43.0.1", "255.255.255.255", "::1", "::/0", "0.0.0.0/0", "10.0.0.0/33",
        "Always", "Never", "None", "True", "node-1", "https://[", "https://x:99999/", "busybox:1", "\u{0}", "é", "e\u{301}", "\u{FEFF}", "\r\n", "🜁", "$(A)",
        "{{.}}", "(", "[a", "a{1000}", ".spec[", "object.x", "TCP", "-", "18446744073709551616", "0x10", "1e9", "v1", "apps/v1", "Pod", "foregroundDeletion", "orphan",
    ]
    private static let integers: [Int64] = [
        0, 1, -1, 2, 80, 100, 65535, 65536, 2_147_483_647, -2_147_483_648, 2_147_483_648, 4_294_967_296, 9_223_372_036_854_775_807,
        -9_223_372_036_854_775_808, 9_223_372_036, 86_400,
    ]
    private static let quantities = [
        "0", "1", "-1", "100m", "1Gi", "9223372036854775807", "1E", "1e40", "-1e40", "1n", "0.0000000001", "1Ei", "16Ei", "170141183460469231731687303715884105727",
    ]
    private static let times = ["2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2262-04-11T23:47:16Z", "1678-01-01T00:00:00Z", "2026-01-01T00:00:00.123456+23:59"]
    /// Where a great number is a great number of objects.
    private static let counts: Set = ["replicas", "parallelism", "completions", "minReplicas", "maxReplicas"]

    /// A value of `node`; one in sixteen is of any type.
    package mutating func hostile(_ node: SchemaNode, name: String = "", depth: Int = 7) -> JSON {
        if below(16) == 0 { return value(depth: 2) }
        switch node.valueType {
        case .any: return value(depth: 2)
        case .opaque: return object(depth: 2)
        case .object: return depth > 0 ? .object(hostileFields(node, depth: depth)) : [:]
        case .map:
            guard depth > 0, let element = node.element else { return [:] }
            return .object(JSONObject((0..<below(3)).map { _ in .init(key: pick(Self.texts), value: hostile(element, depth: depth - 1)) }))
        case .list:
            guard depth > 0, let element = node.element else { return [] }
            return .array((0..<below(3)).map { _ in hostile(element, depth: depth - 1) })
        case .string:
            if node.format == .dateTime { return .string(pick(Self.times)) }
            if node.format == .byte { return .string(pick(["", "AA==", "LS0tLS0K", "////"])) }
            if !node.enumValues.isEmpty, below(8) > 0 { return .string(pick(node.enumValues)) }
            return .string(pick(Self.texts))
        case .integer: return .int(Self.counts.contains(name) ? Int64(below(4)) : pick(Self.integers))
        case .number: return .double(pick([0, -0.5, 1e300, .leastNonzeroMagnitude]))
        case .boolean: return .bool(below(2) == 0)
        case .quantity: return .string(pick(Self.quantities))
        case .intOrString: return below(2) == 0 ? .int(pick(Self.integers)) : .string(pick(Self.texts))
        }
    }

    private mutating func hostileFields(_ node: SchemaNode, depth: Int) -> JSONObject {
        var fields: JSONObject = [:]
        let chance = node.fields.count > 12 ? 8 : 3
        for field in node.fields where field.node.isRequired || below(chance) == 0 {
            fields[field.name] = hostile(field.node, name: field.name, depth: depth - 1)
        }
        return fields
    }

    /// `object` with some of its fields, at any depth, made hostile; identity stays.
    package mutating func spoiled(_ object: Object, _ node: SchemaNode) -> Object {
        var fields = object.fields
        for field in node.fields where !["apiVersion", "kind", "metadata"].contains(field.name) {
            guard fields[field.name] != nil || below(4) == 0 else { continue }
            fields[field.name] = spoiled(fields[field.name] ?? .null, field.node, name: field.name)
        }
        if below(4) == 0, var metadata = fields["metadata"]?.object, let node = node.fields["metadata"] {
            for field in node.fields where !["name", "namespace", "uid", "resourceVersion"].contains(field.name) && below(6) == 0 {
                metadata[field.name] = hostile(field.node, name: field.name, depth: 4)
            }
            fields["metadata"] = .object(metadata)
        }
        return Object(fields)
    }

    private mutating func spoiled(_ value: JSON, _ node: SchemaNode, name: String) -> JSON {
        switch value {
        case .object(var members) where node.valueType == .object:
            for field in node.fields {
                if let member = members[field.name] {
                    if below(3) == 0 { members[field.name] = spoiled(member, field.node, name: field.name) }
                } else if below(node.fields.count + 4) < 2 {
                    members[field.name] = hostile(field.node, name: field.name, depth: 5)
                }
            }
            return .object(members)
        case .array(let elements) where node.valueType == .list && !elements.isEmpty:
            guard let element = node.element else { return value }
            var elements = elements.map { spoiled($0, element, name: name) }
            if below(4) == 0 { elements.append(hostile(element, depth: 4)) }
            return .array(elements)
        default: return hostile(node, name: name, depth: 4)
        }
    }
}
