/// Where and why a text is not valid YAML, or beyond a limit.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, what was expected and what to do.
    package var message: String
    /// 1-based; the column counts characters.
    package var line: Int
    package var column: Int

    package init(message: String, line: Int, column: Int) {
        self.message = message
        self.line = line
        self.column = column
    }

    package var description: String { "\(line):\(column): \(message)" }
}

/// One document of a YAML stream: its value, and where each part of it was written.
package struct YAMLDocument: Sendable {
    package var value: JSON
    /// The line on which the document's content begins.
    package var line: Int
    let positions: YAMLPosition
    /// Keys that stood twice in a mapping, where that was allowed; the last one counts.
    package var duplicates: [YAMLDuplicate] = []

    /// Where the key or list item named by `path` stands, 1-based; of a path that does not exist,
    /// its nearest existing ancestor.
    package func position(of path: FieldPath) -> (line: Int, column: Int)? {
        let (position, _) = nearest(path)
        return (Int(position.line), Int(position.column))
    }

    /// Whether the text at `path` was written in quotes, as a block or with a tag: a string whatever it looks like.
    package func isQuoted(at path: FieldPath) -> Bool {
        let (position, isThere) = nearest(path)
        return isThere && position.isQuoted
    }

    private func nearest(_ path: FieldPath) -> (position: YAMLPosition, isThere: Bool) {
        var value = value
        var position = positions
        for step in path.steps {
            var index: Int?
            switch (step, value) {
            case (.key(let key), .object(let members)):
                index = members.firstIndex { $0.key == key }
                if let index { value = members[index].value }
            case (.index(let item), .array(let elements)) where elements.indices.contains(item):
                index = item
                value = elements[item]
            default: break
            }
            guard let index, position.children.indices.contains(index) else { return (position, false) }
            position = position.children[index]
        }
        return (position, true)
    }
}

/// A key of a mapping that stands there before, and the line on which it stands again.
package struct YAMLDuplicate: Sendable, Hashable {
    package var key: String
    package var line: Int
}

/// The position of a key, list item or root; `children` stand in the order of the value's sorted
/// members or elements.
struct YAMLPosition: Sendable {
    var line: Int32
    var column: Int32
    var children: [YAMLPosition] = []
    /// Of a scalar: not plain.
    var isQuoted = false
}

/// YAML as Kubernetes reads it: YAML 1.1's plain scalars (`yes`, `on` and `0644` are not strings),
/// turned into JSON. JSON text is YAML.
///
/// Source: the resolution rules of sigs.k8s.io/yaml, which kubectl and the API server use.
package enum YAML {
    package struct Limits: Sendable {
        package var inputBytesMax = 3 << 20
        /// Deepest nesting of mappings and lists.
        package var depthMax = 100
        package var documentsMax = 10_000
        /// What aliases may add: this many times the input's size, but never less than `aliasBytesMin`.
        package var aliasExpansionRatioMax = 10
        package var aliasBytesMin = 1 << 20
        /// Of a key given twice the last one counts, as where Kubernetes is not asked to be strict; else it is an error.
        package var allowsDuplicateKeys = false
        /// Most duplicate keys that are told of one document.
        package var duplicatesMax = 100

        package init() {}
        package static let `default` = Limits()
    }

    /// The documents of a stream in order; empty ones are left out.
    package static func documents(parsing bytes: [UInt8], limits: Limits = .default) throws(YAMLError) -> [YAMLDocument] {
        guard bytes.count <= limits.inputBytesMax else {
            throw YAMLError(
                message: "the text has \(bytes.count) bytes; at most \(limits.inputBytesMax) are read; split it", line: 1, column: 1)
        }
        do {
            return try YAMLComposer.documents(bytes, limits)
        } catch {
            // What JSON allows and YAML 1.1 does not: surrogate pairs, keys longer than 1,024 bytes.
            // Where it is no JSON either, the YAML error is the one to show.
            let first = bytes.first { $0 != 32 && $0 != 10 && $0 != 13 && $0 != 9 }
            guard first == UInt8(ascii: "{"), let value = try? JSON(parsing: bytes), value.depth <= limits.depthMax else { throw error }
            return [YAMLDocument(value: value, line: 1, positions: YAMLPosition(line: 1, column: 1))]
        }
    }

    package static func documents(parsing text: String, limits: Limits = .default) throws(YAMLError) -> [YAMLDocument] {
        try documents(parsing: Array(text.utf8), limits: limits)
    }

    /// What `text` means where it stands without quotes, or with its own around it. A scalar in any case: what
    /// would be a mapping, a list or a comment in a file is text here.
    package static func plainScalar(_ text: String) -> JSON {
        if let first = text.utf8.first, first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            // What is no quoted text is text with a quote in it.
            guard case .string(let inner)? = (try? documents(parsing: text))?.first?.value else { return .string(text) }
            return .string(inner)
        }
        return YAMLScalar.resolve(text) ?? .string(text)
    }
}

extension JSON {
    /// Levels of nesting; 0 for a scalar.
    package var depth: Int {
        switch self {
        case .array(let elements): 1 + (elements.lazy.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.lazy.map(\.value.depth).max() ?? 0)
        default: 0
        }
    }
}
