/// Where a value stands inside an object: `spec.containers[0].image`.
package struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    package enum Step: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    package var steps: [Step]

    package init(_ steps: [Step] = []) { self.steps = steps }

    package var isEmpty: Bool { steps.isEmpty }

    package func appending(_ key: String) -> FieldPath { FieldPath(steps + [.key(key)]) }
    package func appending(_ index: Int) -> FieldPath { FieldPath(steps + [.index(index)]) }

    /// Kubernetes' spelling (`metadata.labels[app.kubernetes.io/name]`): a key that would be misread
    /// after a dot stands in brackets, in quotes where even that would be.
    package var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key):
                if !key.isEmpty, !key.utf8.contains(where: { Self.special.contains($0) }) {
                    if !text.isEmpty { text += "." }
                    text += key
                } else if key.isEmpty || key.utf8.contains(where: { Self.quoted.contains($0) }) {
                    text += "[\(JSON.string(key).text)]"
                } else {
                    text += "[\(key)]"
                }
            }
        }
        return text
    }

    private static let special = Set(".[]\"\\".utf8)
    private static let quoted = Set("[]\"\\".utf8)

    /// Reads what `description` writes, and a leading dot. In brackets digits are an index.
    /// Never fails: what cannot be read as brackets is part of a key.
    package init(parsing text: String) {
        steps = []
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "["), let (step, end) = Self.bracket(bytes, position) {
                steps.append(step)
                position = end
                continue
            }
            if bytes[position] == UInt8(ascii: ".") { position += 1 }
            var end = position
            while end < bytes.count, bytes[end] != UInt8(ascii: "."), end == position || bytes[end] != UInt8(ascii: "[") { end += 1 }
            if end > position { steps.append(.key(String(decoding: bytes[position..<end], as: UTF8.self))) }
            position = end
        }
    }

    private static func bracket(_ bytes: [UInt8], _ start: Int) -> (Step, Int)? {
        let first = start + 1
        if first < bytes.count, bytes[first] == UInt8(ascii: "\"") {
            var end = first + 1
            while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
            guard end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: "]") else { return nil }
            // Text that is not a JSON string is no quoted key; the caller reads it as a plain one.
            guard let key = (try? JSON(parsing: bytes[first...end]))?.string else { return nil }
            return (.key(key), end + 2)
        }
        guard let end = bytes[first...].firstIndex(of: UInt8(ascii: "]")), end > first else { return nil }
        let inner = String(decoding: bytes[first..<end], as: UTF8.self)
        if let index = Int(inner), index >= 0 { return (.index(index), end + 1) }
        return (.key(inner), end + 1)
    }
}

extension JSON {
    /// The value at a path; nil when any step is absent.
    package subscript(_ path: FieldPath) -> JSON? {
        var value = self
        for step in path.steps {
            switch step {
            case .key(let key):
                guard let next = value[key] else { return nil }
                value = next
            case .index(let index):
                guard let elements = value.array, elements.indices.contains(index) else { return nil }
                value = elements[index]
            }
        }
        return value
    }
}
