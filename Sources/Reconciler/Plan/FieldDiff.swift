import APIMachinery

/// Compares two objects field by field.
enum FieldDiff {
    /// Members by which the elements of Kubernetes' lists are told apart, most telling first.
    static let elementKeys = ["name", "key", "mountPath", "containerPort", "port", "ip", "uid", "type", "host"]

    static func changes(_ old: Object, _ new: Object) -> [FieldChange] {
        var changes: [FieldChange] = []
        compare(old.json, new.json, "", &changes)
        return changes
    }

    private static func compare(_ old: JSON?, _ new: JSON?, _ path: String, _ changes: inout [FieldChange]) {
        guard old != new else { return }
        switch (old, new) {
        case (.object(let a)?, .object(let b)?):
            for key in Set(a.keys).union(b.keys).sorted() {
                compare(a[key], b[key], join(path, key), &changes)
            }
        case (.array(let a)?, .array(let b)?):
            guard let key = identifyingKey(a, b) else {
                guard a.count == b.count, a.allSatisfy({ $0.object != nil }), b.allSatisfy({ $0.object != nil }) else {
                    changes.append(FieldChange(path: path, old: old, new: new))
                    return
                }
                for index in a.indices { compare(a[index], b[index], "\(path)[\(index)]", &changes) }
                return
            }
            compareElements(a, b, by: key, path, &changes)
        default:
            changes.append(FieldChange(path: path, old: old, new: new))
        }
    }

    private static func compareElements(_ a: [JSON], _ b: [JSON], by key: String, _ path: String, _ changes: inout [FieldChange]) {
        func name(_ element: JSON) -> String { element[key].map { $0.string ?? $0.text } ?? "" }
        let names = a.map(name)
        let newNames = b.map(name)
        let count = changes.count
        for (index, element) in a.enumerated() {
            compare(element, b.first { name($0) == names[index] }, "\(path)[\(names[index])]", &changes)
        }
        for (index, element) in b.enumerated() where !names.contains(newNames[index]) {
            compare(nil, element, "\(path)[\(newNames[index])]", &changes)
        }
        // The same elements in another order: order matters for env, initContainers and args alike.
        if changes.count == count {
            changes.append(FieldChange(path: "\(path) (order)", old: JSON(names), new: JSON(newNames)))
        }
    }

    /// A member that every element of both lists has, different within each list.
    private static func identifyingKey(_ a: [JSON], _ b: [JSON]) -> String? {
        guard !(a.isEmpty && b.isEmpty), (a + b).allSatisfy({ $0.object != nil }) else { return nil }
        return elementKeys.first { key in
            [a, b].allSatisfy { list in
                let values = list.compactMap { $0[key] }
                return values.count == list.count && Set(values).count == values.count
            }
        }
    }

    private static func join(_ path: String, _ key: String) -> String {
        if key.contains(where: { $0 == "." || $0 == "/" || $0 == "[" || $0 == "]" }) { return "\(path)[\(key)]" }
        return path.isEmpty ? key : "\(path).\(key)"
    }
}
