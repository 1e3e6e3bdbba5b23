extension Schema {
    /// The object with every default that Kubernetes' API server sets before admission. What an
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
                guard let changed = fields[member.key]?.defaulted(member.value) else { continue }
                if result == nil { result = members }
                result?[member.key] = changed
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
