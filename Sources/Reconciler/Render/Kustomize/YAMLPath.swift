import APIMachinery

/// How kustomize finds a place in an object: member names, `[name=value]`, list indices, `-` for the last element and `*` for all.
enum YAMLPath {
    /// Splits at `delimiter`, which a backslash escapes.
    static func split(_ path: String, _ delimiter: Character) -> [String] {
        var parts = path.split(separator: delimiter, omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts[0].isEmpty { parts.removeFirst() }
        var result: [String] = []
        for part in parts {
            if let last = result.last, last.hasSuffix("\\") {
                result[result.count - 1] = last.dropLast() + String(delimiter) + part
            } else {
                result.append(part)
            }
        }
        return result
    }

    /// As `split`, but what stands in brackets stays together: `[name=a.b]` selects, `[a.b]` is a member name.
    static func splitKeepingBrackets(_ path: String, _ delimiter: Character = ".") -> [String] {
        let parts = split(path, delimiter)
        var result: [String] = []
        var index = 0
        while index < parts.count {
            defer { index += 1 }
            guard parts[index].hasPrefix("["), !parts[index].hasSuffix("]") else {
                result.append(parts[index])
                continue
            }
            var joined = parts[index]
            while index + 1 < parts.count {
                index += 1
                joined += String(delimiter) + parts[index]
                if parts[index].hasSuffix("]") { break }
            }
            result.append(joined.contains("=") ? joined : joined.trimmingBrackets)
        }
        return result
    }

    static func isSelector(_ part: String) -> Bool { part.hasPrefix("[") && part.hasSuffix("]") }

    /// `[name=value]`; the name is empty for a list of scalars.
    static func selector(_ part: String) throws -> (name: String, value: String) {
        let inner = part.dropFirst().dropLast()
        guard let mark = inner.firstIndex(of: "=") else {
            throw KustomizeFailure("\"\(part)\" selects nothing; write a list's element as [name=value]")
        }
        return (String(inner[..<mark]), String(inner[inner.index(after: mark)...]))
    }

    /// What a missing part is created as, by the part after it.
    static func shape(before next: String?, last: YAMLValue.Shape) -> YAMLValue.Shape {
        guard let next, !next.isEmpty else { return last }
        return isSelector(next) || Int(next).map { $0 >= 0 } ?? false ? .sequence : .mapping
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        var text = self[...]
        while let first = text.first, "[]".contains(first) { text.removeFirst() }
        while let last = text.last, "[]".contains(last) { text.removeLast() }
        return String(text)
    }
}

extension YAMLValue {
    /// The value at a path; nil when a part is missing or null. With `create` missing members and elements are made.
    func lookup(_ path: [String], create: Shape? = nil) throws -> YAMLValue? {
        let parts = path.map { $0.trimmingSpaces }.filter { !$0.isEmpty }
        var value = self
        for (index, part) in parts.enumerated() {
            guard let next = try value.step(part, next: index + 1 < parts.count ? parts[index + 1] : nil, create: create) else {
                return nil
            }
            value = next
        }
        return value
    }

    private func step(_ part: String, next: String?, create: Shape?) throws -> YAMLValue? {
        if let index = Int(part) {
            guard index >= 0 else { throw KustomizeFailure("index \(index) cannot be negative") }
            try require(.sequence)
            return elements.indices.contains(index) ? elements[index] : nil
        }
        if part == "-" {
            try require(.sequence)
            return elements.last
        }
        if part == "*" { throw KustomizeFailure("\"*\" cannot stand in this path") }
        if YAMLPath.isSelector(part) { return try element(part, create: create) }
        if isNull { return nil }
        try require(.mapping)
        if let found = self[part] { return found }
        guard let create else { return nil }
        return try set(part, .empty(YAMLPath.shape(before: next, last: create)))
    }

    private func element(_ part: String, create: Shape?) throws -> YAMLValue? {
        let (name, value) = try YAMLPath.selector(part)
        try require(.sequence)
        let found = elements.first { name.isEmpty ? $0.text == value && $0.isScalar : $0[name]?.text == value && !$0.isNull }
        if let found { return found }
        guard create != nil else { return nil }
        let created = name.isEmpty ? YAMLValue.untagged(value) : YAMLValue.mapping()
        if !name.isEmpty { try created.set(name, .untagged(value)) }
        elements.append(created)
        return created
    }

    /// All values that a path matches, where `*` and selectors (regular expressions) may match several elements, and a
    /// scalar on the way is looked into as YAML. With `create` what is missing is made.
    func matches(_ path: ArraySlice<String>, create: Shape?) throws -> [YAMLValue] {
        guard let part = path.first else { return [self] }
        let rest = path.dropFirst()
        if let index = Int(part), index >= 0 { return try matchIndex(index, rest, create) }
        if YAMLPath.isSelector(part) { return try matchSelector(part, rest, create) }
        if part == "*" {
            try require(.sequence)
            return try elements.flatMap { try $0.matches(rest, create: create) }
        }
        if isNull { return [] }
        try require(.mapping)
        var field = self[part]
        if field == nil, let create { field = try set(part, .empty(YAMLPath.shape(before: rest.first, last: create))) }
        guard let field else { return [] }
        if let scalar = field.scalar, scalar.tag != .null, !rest.isEmpty {
            // Only a copy: as in kustomize, what is found in it is not written back on this way.
            return try YAMLValue.documents(parsing: Array(scalar.text.utf8), path: part).first?.value.matches(rest, create: create)
                ?? []
        }
        return try field.matches(rest, create: create)
    }

    private func matchIndex(_ index: Int, _ rest: ArraySlice<String>, _ create: Shape?) throws -> [YAMLValue] {
        try require(.sequence)
        if index == elements.count, let create {
            elements.append(.empty(YAMLPath.shape(before: rest.first, last: create)))
        }
        guard index < elements.count else {
            throw KustomizeFailure("index \(index) is beyond the \(elements.count) elements of the list")
        }
        return try elements[index].matches(rest, create: create)
    }

    private func matchSelector(_ part: String, _ rest: ArraySlice<String>, _ create: Shape?, isRetry: Bool = false) throws
        -> [YAMLValue]
    {
        let (name, pattern) = try YAMLPath.selector(part)
        try require(.sequence)
        let expression = try Pattern(pattern)
        var found: [YAMLValue] = []
        for element in elements {
            if name.isEmpty {
                if try expression.isFound(in: element.text) { found.append(element) }
            } else if let value = element[name], try expression.isFound(in: value.printedText) {
                found += try element.matches(rest, create: create)
            }
        }
        guard found.isEmpty, create != nil, !isRetry else { return found }
        let created = name.isEmpty ? YAMLValue.untagged(pattern) : YAMLValue.mapping()
        if !name.isEmpty { try created.set(name, .untagged(pattern)) }
        elements.append(created)
        return try matchSelector(part, rest, create, isRetry: true)
    }

    /// A scalar as it would be printed: in quotes when it was written in quotes.
    private var printedText: String { scalar?.isQuoted ?? false ? "\"\(text)\"" : text }
}

extension String {
    fileprivate var trimmingSpaces: String {
        guard let first, let last, first.isWhitespace || last.isWhitespace else { return self }
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
