/// JSON patch, RFC 6902, over paths of RFC 6901.
package enum JSONPatch {
    /// As in Kubernetes' API server.
    package static let operationsMax = 10_000
    /// Bytes that all `copy` operations of one patch may add.
    package static let copiedBytesMax = 3 << 20

    /// All operations or none. Throws `badRequest` for a malformed patch, `requestEntityTooLarge`
    /// beyond a limit, `invalid` for an operation that does not fit the object.
    package static func apply(_ patch: JSON, to target: JSON) throws(APIStatus) -> JSON {
        guard let operations = patch.array else {
            throw .badRequest("a JSON patch must be a list of operations, found \(patch.typeName); send [{\"op\": …, \"path\": …}]")
        }
        guard operations.count <= operationsMax else {
            throw APIStatus(
                .requestEntityTooLarge, "The allowed maximum operations in a JSON patch is \(operationsMax), got \(operations.count)")
        }
        var result = target
        var copiedBytes = 0
        for (index, json) in operations.enumerated() {
            let operation = try Operation(json, index: index)
            try operation.apply(to: &result, copiedBytes: &copiedBytes)
        }
        return result
    }
}

private struct Operation {
    let index: Int
    let name: String
    let path: [String]
    let from: [String]
    let value: JSON

    init(_ json: JSON, index: Int) throws(APIStatus) {
        self.index = index
        name = json["op"]?.string ?? ""
        guard ["add", "remove", "replace", "move", "copy", "test"].contains(name) else {
            throw .badRequest("operation \(index) of the JSON patch: op must be add, remove, replace, move, copy or test, found \(json["op"]?.text ?? "none")")
        }
        path = try Self.pointer(json["path"], "path", index)
        from = name == "move" || name == "copy" ? try Self.pointer(json["from"], "from", index) : []
        if ["add", "replace", "test"].contains(name) {
            guard let value = json["value"] else { throw .badRequest("operation \(index) of the JSON patch: \(name) needs a value") }
            self.value = value
        } else {
            value = .null
        }
    }

    private static func pointer(_ json: JSON?, _ name: String, _ index: Int) throws(APIStatus) -> [String] {
        guard let text = json?.string, text.isEmpty || text.utf8.first == UInt8(ascii: "/") else {
            throw .badRequest(
                "operation \(index) of the JSON patch: \(name) must be a JSON pointer such as /spec/replicas, found \(json?.text ?? "none")")
        }
        if text.isEmpty { return [] }
        let parts = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.map { part in
            part.contains(UInt8(ascii: "~"))
                ? String(part)?.replacing("~1", with: "/").replacing("~0", with: "~") ?? "" : String(part) ?? ""
        }
    }

    private func failure(_ path: [String], _ problem: String) -> APIStatus {
        let pointer = path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        return APIStatus(.invalid, "operation \(index) of the JSON patch (\(name) \(JSON.string(pointer).text)): \(problem)")
    }

    func apply(to document: inout JSON, copiedBytes: inout Int) throws(APIStatus) {
        switch name {
        case "add":
            try checkDepth(of: value)
            try edit(&document, path[...]) { .insert(value, $0) }
        case "replace":
            try checkDepth(of: value)
            try edit(&document, path[...]) { _ in .replace(value) }
        case "remove": try edit(&document, path[...]) { _ in .remove }
        case "test":
            let found = try read(document, path)
            guard found.equals(value) else { throw failure(path, "the value there is not equal; it is \(found.text.prefix(200))") }
        case "move":
            if path.starts(with: from), path.count > from.count { throw failure(path, "a value cannot be moved into itself") }
            let moved = try read(document, from)
            try checkDepth(of: moved)
            try edit(&document, from[...]) { _ in .remove }
            try edit(&document, path[...]) { .insert(moved, $0) }
        default:
            let copied = try read(document, from)
            copiedBytes += copied.encoded().count
            guard copiedBytes <= JSONPatch.copiedBytesMax else {
                throw APIStatus(.requestEntityTooLarge, "the copies of the JSON patch add more than \(JSONPatch.copiedBytesMax) bytes")
            }
            try checkDepth(of: copied)
            try edit(&document, path[...]) { .insert(copied, $0) }
        }
    }

    /// Copies nested in one another could otherwise grow beyond what the parser reads again.
    private func checkDepth(of value: JSON) throws(APIStatus) {
        guard path.count + value.depth <= JSON.depthMax else { throw failure(path, "nesting deeper than \(JSON.depthMax)") }
    }

    private func read(_ document: JSON, _ path: [String]) throws(APIStatus) -> JSON {
        var value = document
        for key in path {
            switch value {
            case .object(let members):
                guard let next = members[key] else { throw failure(path, "no member \(JSON.string(key).text) there") }
                value = next
            case .array(let elements):
                value = elements[try self.index(key, elements.count, path)]
            default: throw failure(path, "\(JSON.string(key).text) leads into \(value.typeName)")
            }
        }
        return value
    }

    /// What to do at the end of a path.
    private enum Edit {
        case insert(JSON, isAppend: Bool)
        case replace(JSON)
        case remove

        static func insert(_ value: JSON, _ key: String?) -> Edit { .insert(value, isAppend: key == "-") }
    }

    private func edit(_ document: inout JSON, _ rest: ArraySlice<String>, _ change: (String?) -> Edit) throws(APIStatus) {
        guard let key = rest.first else {
            switch change(nil) {
            case .insert(let value, _), .replace(let value): document = value
            case .remove: document = .null
            }
            return
        }
        let isLast = rest.count == 1
        // Taken out of the document, so that thousands of operations change it in place instead of copying it each.
        let current = document
        document = .null
        switch consume current {
        case .object(var members):
            defer { document = .object(members) }
            if !isLast {
                guard var child = members[key] else { throw failure(path, "no member \(JSON.string(key).text) there") }
                members[key] = .null
                defer { members[key] = child }
                return try edit(&child, rest.dropFirst(), change)
            }
            switch change(key) {
            case .insert(let value, _): members[key] = value
            case .replace(let value):
                guard members[key] != nil else { throw failure(path, "no member \(JSON.string(key).text) there; use add") }
                members[key] = value
            case .remove:
                guard members.removeValue(forKey: key) != nil else { throw failure(path, "no member \(JSON.string(key).text) there") }
            }
        case .array(var elements):
            defer { document = .array(elements) }
            if !isLast {
                let index = try self.index(key, elements.count, path)
                var child = elements[index]
                elements[index] = .null
                defer { elements[index] = child }
                return try edit(&child, rest.dropFirst(), change)
            }
            switch change(key) {
            case .insert(let value, isAppend: true): elements.append(value)
            case .insert(let value, _): elements.insert(value, at: try index(key, elements.count + 1, path))
            case .replace(let value): elements[try index(key, elements.count, path)] = value
            case .remove: elements.remove(at: try index(key, elements.count, path))
            }
        case let other: throw failure(path, "\(JSON.string(key).text) leads into \(other.typeName)")
        }
    }

    /// An array index of RFC 6901: digits without a leading zero, below `count`.
    private func index(_ key: String, _ count: Int, _ path: [String]) throws(APIStatus) -> Int {
        let isDigits = !key.isEmpty && key.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } && (key == "0" || !key.hasPrefix("0"))
        guard isDigits, let index = Int(key) else { throw failure(path, "\(JSON.string(key).text) is no index of a list") }
        guard index < count else { throw failure(path, "index \(index) is beyond the list") }
        return index
    }
}

extension JSON {
    /// Equality by value: numbers compare as numbers (`1` and `1.0`).
    fileprivate func equals(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.int, .double), (.double, .int): return double == other.double
        case (.array(let a), .array(let b)): return a.count == b.count && zip(a, b).allSatisfy { $0.equals($1) }
        case (.object(let a), .object(let b)):
            return a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value.equals($1.value) }
        default: return self == other
        }
    }
}
