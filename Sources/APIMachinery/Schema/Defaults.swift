extension Schema {
    /// The object with every default that Kubernetes' API server sets before admission, and without the empty
    /// maps and lists that its encoder leaves out (nobody owns them, and nobody sees them). What an
    /// earlier default implies follows (a Service's type decides its traffic policy), so defaulting
    /// twice changes nothing. Objects of unknown kinds are left alone.
    package func defaulted(_ object: Object) -> Object {
        guard let gvk = object.gvk, let node = node(gvk), case .object(let fields)? = node.defaulted(object.json) else { return object }
        return Object(fields)
    }
}

extension SchemaNode {
    /// The value with its type's defaults and those of everything in it; nil when nothing changes.
    func defaulted(_ value: JSON) -> JSON? {
        switch (valueType, value) {
        case (.object, .object(let members)):
            var result = type?.defaults?.applied(to: members)
            let fields = self.fields
            for member in result ?? members {
                guard let field = fields[member.key] else { continue }
                let isLeftOut = field.isLeftOut(member.value) && !Self.writtenWhenEmpty.contains("\(name).\(member.key)")
                let changed = field.defaulted(member.value)
                guard isLeftOut || changed != nil else { continue }
                if result == nil { result = members }
                result?[member.key] = isLeftOut ? nil : changed
            }
            return result.map(JSON.object)
        case (.list, .array(let elements)):
            guard let element, element.valueType == .object else { return nil }
            var result: [JSON]?
            for (index, item) in elements.enumerated() {
                guard let changed = element.defaulted(item) else { continue }
                if result == nil { result = elements }
                result?[index] = changed
            }
            return result.map(JSON.array)
        case (.map, .object(let members)):
            guard let element, element.valueType == .object else { return nil }
            var result: JSONObject?
            for member in members {
                guard let changed = element.defaulted(member.value) else { continue }
                if result == nil { result = members }
                result?[member.key] = changed
            }
            return result.map(JSON.object)
        default: return nil
        }
    }
}

extension SchemaNode {
    /// The fields that Kubernetes writes though they are neither required nor hold anything.
    private static let writtenWhenEmpty: Set<String> = [
        "io.k8s.api.discovery.v1.EndpointSlice.ports", "io.k8s.api.rbac.v1.ClusterRole.rules", "io.k8s.api.rbac.v1.Role.rules",
    ]

    /// A map or list of nothing, which Go's `omitempty` leaves out; an object without fields stays.
    private func isLeftOut(_ value: JSON) -> Bool {
        switch (valueType, value) {
        case (.map, .object(let members)): members.isEmpty && !isRequired
        case (.list, .array(let elements)): elements.isEmpty && !isRequired
        default: false
        }
    }
}

/// The defaults of one definition: constants, then a rule for what depends on other fields.
///
/// Source: the `SetDefaults_` functions of Kubernetes' pkg/apis.
struct TypeDefaults: Sendable {
    typealias Rule = @Sendable (inout JSONObject) -> Void

    /// Constants, for fields that are absent, null or "".
    let fields: [(key: String, value: JSON)]
    /// Fields in which 0 means absent too.
    let zeroIsAbsent: Bool
    let rule: Rule?

    init(_ fields: KeyValuePairs<String, JSON> = [:], zeroIsAbsent: Bool = false, rule: Rule? = nil) {
        self.fields = fields.map { ($0.key, $0.value) }
        self.zeroIsAbsent = zeroIsAbsent
        self.rule = rule
    }

    /// Of a custom kind, for the keys of its lists.
    init(constants: [(key: String, value: JSON)]) {
        fields = constants
        zeroIsAbsent = false
        rule = nil
    }

    /// nil when nothing changes.
    func applied(to members: JSONObject) -> JSONObject? {
        var result = members
        for field in fields where result.isAbsent(field.key) || zeroIsAbsent && result[field.key] == .int(0) {
            result[field.key] = field.value
        }
        rule?(&result)
        return result == members ? nil : result
    }

    /// The constant of a field, if it has one.
    func constant(_ key: String) -> JSON? { fields.first { $0.key == key }?.value }
}

extension JSONObject {
    /// Absent as Kubernetes' decoder sees it: missing, null, or an empty string.
    func isAbsent(_ key: String) -> Bool {
        guard let value = self[key] else { return true }
        return value == .null || value == .string("")
    }

    mutating func setDefault(_ key: String, _ value: JSON) {
        if isAbsent(key) { self[key] = value }
    }

    /// Changes the object at `key`, made when it is absent; leaves another type alone.
    mutating func withObject(_ key: String, _ change: (inout JSONObject) -> Void) {
        if self[key] == nil || self[key] == .null { self[key] = .object(JSONObject()) }
        guard case .object(var child)? = self[key] else { return }
        self[key] = .null
        change(&child)
        self[key] = .object(child)
    }

    /// Changes every object of the list at `key`.
    mutating func forEachObject(of key: String, _ change: (inout JSONObject) -> Void) {
        guard case .array(let elements)? = self[key] else { return }
        self[key] = .array(
            elements.map { element in
                guard case .object(var object) = element else { return element }
                change(&object)
                return .object(object)
            })
    }
}
