import APIMachinery

/// Fields of some of an Application's objects that are left to whoever else sets them: an entry of
/// `spec.ignoreDifferences`, with Argo CD's field names. It holds in plan, apply and drift alike.
package struct IgnoreRule: Sendable, Hashable {
    /// `*` for any.
    package var group: String
    /// `*` for any.
    package var kind: String
    /// nil for any.
    package var namespace: String?
    package var name: String?
    package var places: IgnoredPlaces

    package func covers(_ key: ObjectKey) -> Bool {
        (kind == "*" || kind == key.type.kind) && (group == "*" || group == key.type.group) && (name == nil || name == key.name)
            && (namespace == nil || namespace == key.namespace)
    }

    /// Throws a sentence that names the field at fault.
    static func rules(of spec: JSON) throws(InvalidApplication) -> [IgnoreRule] {
        var rules: [IgnoreRule] = []
        for (index, json) in (spec["ignoreDifferences"]?.array ?? []).enumerated() {
            let path = "spec.ignoreDifferences[\(index)]"
            func text(_ key: String) -> String? { json[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
            guard let kind = text("kind") else { throw InvalidApplication(description: "\(path).kind is missing; name the kind, or * for all") }
            var places = IgnoredPlaces(managers: (json["managedFieldsManagers"]?.array ?? []).compactMap(\.string))
            for (number, pointer) in (json["jsonPointers"]?.array ?? []).compactMap(\.string).enumerated() {
                try places.add(pointer, from: "\(path).jsonPointers[\(number)]")
            }
            guard !places.isEmpty else {
                throw InvalidApplication(description: "\(path) ignores nothing; list fields in jsonPointers, or managers in managedFieldsManagers")
            }
            rules.append(
                IgnoreRule(group: text("group") ?? "", kind: kind, namespace: text("namespace"), name: text("name"), places: places))
        }
        return rules
    }
}

/// What of one object is left to others: places in it, and whatever some managers own.
package struct IgnoredPlaces: Sendable, Hashable {
    package var pointers: [JSONPointer] = []
    /// Names of field managers.
    package var managers: [String] = []

    package init(pointers: [JSONPointer] = [], managers: [String] = []) {
        self.pointers = pointers
        self.managers = managers
    }

    package var isEmpty: Bool { pointers.isEmpty && managers.isEmpty }

    /// What the annotation `gitctl.dev/ignore` of a manifest asks for; nil without one.
    init?(annotating object: Object) throws(InvalidApplication) {
        guard let text = object.fields["metadata"]?["annotations"]?[Application.ignoreAnnotation]?.string else { return nil }
        for part in text.split(separator: ",") {
            try add(part.trimmed, from: "annotation \(Application.ignoreAnnotation)")
        }
        if isEmpty { return nil }
    }

    /// - Parameter source: where the pointer was found, for the message.
    mutating func add(_ text: String, from source: String) throws(InvalidApplication) {
        let pointer: JSONPointer
        do throws(JSONPointer.Malformed) { pointer = try JSONPointer(text) } catch {
            throw InvalidApplication(description: "\(source): \"\(text)\" \(error.problem)")
        }
        guard let first = pointer.tokens.first else {
            throw InvalidApplication(description: "\(source): an empty pointer is the whole object; name a field, such as /spec/replicas")
        }
        if pointer.tokens.contains("-") {
            throw InvalidApplication(description: "\(source): \"\(text)\" has -, the element after a list's last, which never exists; give an index")
        }
        let isIdentity = ["apiVersion", "kind"].contains(first)
            || first == "metadata" && (pointer.tokens.count == 1 || ["name", "namespace"].contains(pointer.tokens[1]))
        guard !isIdentity else {
            throw InvalidApplication(description: "\(source): \"\(text)\" is part of what names the object and cannot be ignored")
        }
        if !pointers.contains(pointer) { pointers.append(pointer) }
    }

    mutating func merge(_ other: IgnoredPlaces) {
        pointers += other.pointers.filter { !pointers.contains($0) }
        managers += other.managers.filter { !managers.contains($0) }
    }
}

extension Application {
    /// On an object: JSON pointers, separated by commas, to fields that are left to others.
    package static let ignoreAnnotation = "gitctl.dev/ignore"
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension Rendered {
    /// Marks what the rules cover.
    mutating func ignore(_ rules: [IgnoreRule]) {
        guard !rules.isEmpty else { return }
        for index in objects.indices {
            for rule in rules where rule.covers(objects[index].key) { objects[index] = objects[index].ignoring(rule.places) }
        }
    }
}

extension RenderedObject {
    /// Which fields of the live object are left alone; nil for none.
    func ignoredFields(of live: Object) -> IgnoredFields? {
        guard let ignored else { return nil }
        let fields = IgnoredFields(
            ignored.pointers, managers: ignored.managers, applier: Application.fieldManager, wanted: object, live: live,
            schema: object.gvk.flatMap(Schema.builtin.node))
        return fields.isEmpty ? nil : fields
    }

    /// What is applied to `live`, with the Application's mark. `isPinned`: it is right for just that version.
    func wanted(by application: Application, over live: Object?) -> (object: Object, isPinned: Bool) {
        let wanted = object.owned(by: application)
        guard let live, !live.isDeleting, let fields = ignoredFields(of: live) else { return (wanted, false) }
        return fields.applied(wanted, over: live, applier: Application.fieldManager)
    }
}
