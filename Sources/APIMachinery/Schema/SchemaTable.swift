import Synchronization

/// The generated table, read on demand: an index of its lines at first use, a definition's fields
/// when they are first walked. `scripts/generate-schema` explains the format.
final class SchemaTable: Sendable {
    private let text: StaticText
    /// Start of each line; the lines are sorted by name.
    private let lines: [UInt32]
    private let lineOfKind: [GroupVersionKind: Int]
    private let types = Mutex<[Int: SchemaNode]>([:])

    init(_ text: StaticString) {
        let text = StaticText(text)
        var lines: [UInt32] = []
        var kinds: [GroupVersionKind: Int] = [:]
        var start = 0
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "\n"), from: start)
            let bar = text.firstIndex(of: UInt8(ascii: "|"), from: start)
            let secondBar = text.firstIndex(of: UInt8(ascii: "|"), from: bar + 1)
            if secondBar > bar + 1 {
                let parts = text.string(bar + 1, secondBar).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                kinds[GroupVersionKind(group: parts[0], version: parts[1], kind: parts[2])] = lines.count
            }
            lines.append(UInt32(start))
            start = end + 1
        }
        self.text = text
        self.lines = lines
        lineOfKind = kinds
    }

    deinit {
        // Types that refer to themselves would keep themselves.
        for node in types.withLock({ Array($0.values) }) { node.type?.forgetFields() }
    }

    var kinds: [GroupVersionKind] { Array(lineOfKind.keys) }
    var count: Int { lines.count }

    func node(_ gvk: GroupVersionKind) -> SchemaNode? { lineOfKind[gvk].map(definition) }

    func node(named name: String) -> SchemaNode? { line(of: Self.short(name)).map(definition) }

    /// The definition on a line, as a value of its type.
    func definition(_ line: Int) -> SchemaNode {
        if let node = types.withLock({ $0[line] }) { return node }
        let start = Int(lines[line])
        let bar = text.firstIndex(of: UInt8(ascii: "|"), from: start)
        let body = text.firstIndex(of: UInt8(ascii: "|"), from: bar + 1) + 1
        let head = text.string(start, bar).split(separator: ";")
        let short = String(head[0])
        let name = Self.long(short)
        let node: SchemaNode
        if body < text.count, text[body] == UInt8(ascii: "=") {
            var parser = SchemaFieldParser(text: text, position: body + 1, package: "", table: self)
            let inline = parser.type()
            node = SchemaNode(
                inline.valueType, format: inline.format, type: SchemaType(name: name) { .none })
        } else {
            let package = short.lastIndex(of: ".").map { String(short[...$0]) } ?? ""
            // The table owns its types; one that outlives it knows the fields it has read.
            let type = SchemaType(name: name, defaults: TypeDefaults.table[short]) { [text, weak self] in
                guard let self else { return .none }
                var parser = SchemaFieldParser(text: text, position: body, package: package, table: self)
                return parser.fields()
            }
            node = SchemaNode(.object, isAtomicMap: head.count > 1, type: type)
        }
        return types.withLock { kept in
            if let known = kept[line] { return known }
            kept[line] = node
            return node
        }
    }

    func line(of short: String) -> Int? {
        let name = Array(short.utf8)
        var low = 0
        var high = lines.count
        while low < high {
            let middle = (low + high) / 2
            if compare(line: middle, name) < 0 { low = middle + 1 } else { high = middle }
        }
        return low < lines.count && compare(line: low, name) == 0 ? low : nil
    }

    /// Below 0 when the line's name sorts before `name`, 0 when it is `name`.
    private func compare(line: Int, _ name: [UInt8]) -> Int {
        let start = Int(lines[line])
        for (index, byte) in name.enumerated() {
            let other = text[start + index]
            if other == UInt8(ascii: "|") || other == UInt8(ascii: ";") { return -1 }
            if other != byte { return other < byte ? -1 : 1 }
        }
        let end = text[start + name.count]
        return end == UInt8(ascii: "|") || end == UInt8(ascii: ";") ? 0 : 1
    }

    private static let prefixes: [(long: String, short: String)] = [
        ("io.k8s.apimachinery.pkg.apis.meta.", "meta."), ("io.k8s.apimachinery.pkg.", "machinery."),
        ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.", "apiextensions."),
        ("io.k8s.kube-aggregator.pkg.apis.apiregistration.", "apiregistration."), ("io.k8s.metrics.pkg.apis.metrics.", "metrics."), ("dev.gitctl.", "gitctl."), ("io.k8s.api.", ""),
    ]

    static func long(_ short: String) -> String {
        for prefix in prefixes where short.hasPrefix(prefix.short) { return prefix.long + short.dropFirst(prefix.short.count) }
        return short
    }

    static func short(_ long: String) -> String {
        for prefix in prefixes where long.hasPrefix(prefix.long) { return prefix.short + long.dropFirst(prefix.long.count) }
        return long
    }
}

/// The bytes of a string literal, which live as long as the process.
struct StaticText: Sendable {
    private let text: StaticString
    var count: Int { text.utf8CodeUnitCount }

    init(_ text: StaticString) {
        precondition(text.hasPointerRepresentation, "the schema table is a string of many bytes")
        self.text = text
    }

    subscript(position: Int) -> UInt8 { text.utf8Start[position] }

    /// The first `byte` at or after `start`; `count` when there is none.
    func firstIndex(of byte: UInt8, from start: Int) -> Int {
        var index = start
        while index < count, self[index] != byte { index += 1 }
        return index
    }

    func string(_ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeBufferPointer(start: text.utf8Start + start, count: end - start), as: UTF8.self)
    }
}

/// Parses the fields of one line.
struct SchemaFieldParser {
    let text: StaticText
    var position: Int
    /// `core.v1.`: what names without a dot belong to.
    let package: String
    let table: SchemaTable

    /// One node for all plain fields of a type.
    private static let scalars: [UInt8: SchemaNode] = [
        UInt8(ascii: "s"): SchemaNode(.string), UInt8(ascii: "y"): SchemaNode(.string, format: .byte),
        UInt8(ascii: "t"): SchemaNode(.string, format: .dateTime), UInt8(ascii: "i"): SchemaNode(.integer, format: .int32),
        UInt8(ascii: "l"): SchemaNode(.integer, format: .int64), UInt8(ascii: "j"): SchemaNode(.integer),
        UInt8(ascii: "d"): SchemaNode(.number, format: .double), UInt8(ascii: "n"): SchemaNode(.number),
        UInt8(ascii: "b"): SchemaNode(.boolean), UInt8(ascii: "q"): SchemaNode(.quantity), UInt8(ascii: "x"): SchemaNode(.intOrString),
        UInt8(ascii: "*"): SchemaNode(.any), UInt8(ascii: "o"): SchemaNode(.opaque),
    ]

    private var byte: UInt8 { position < text.count ? text[position] : UInt8(ascii: "\n") }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected else { return false }
        position += 1
        return true
    }

    /// The text up to one of `ends`, which is not consumed.
    private mutating func word(until ends: String) -> String {
        let start = position
        let ends = Array(ends.utf8)
        while byte != UInt8(ascii: "\n"), !ends.contains(byte) { position += 1 }
        return text.string(start, position)
    }

    mutating func fields() -> SchemaFields {
        var fields: [SchemaFields.Field] = []
        while byte != UInt8(ascii: "\n") {
            _ = take(UInt8(ascii: " "))
            let name = word(until: ":!")
            let isRequired = take(UInt8(ascii: "!"))
            _ = take(UInt8(ascii: ":"))
            fields.append(.init(name: name, node: attributes(of: type(), isRequired: isRequired)))
        }
        return SchemaFields(fields)
    }

    mutating func type() -> SchemaNode {
        let first = byte
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
            position += 1
            return SchemaNode(first == UInt8(ascii: "[") ? .list : .map, element: type())
        }
        let name = word(until: " ;")
        if name.utf8.count <= 1, let scalar = Self.scalars[first] { return scalar }
        guard let line = table.line(of: name.contains(".") ? name : package + name) else {
            preconditionFailure("the schema table refers to \(name), which it does not hold")
        }
        return table.definition(line)
    }

    private mutating func attributes(of base: SchemaNode, isRequired: Bool) -> SchemaNode {
        var listType = base.listType
        var keys: [String] = []
        var isAtomic = base.isAtomicMap
        var strategy: SchemaNode.PatchStrategy = []
        var mergeKey: String?
        var values: [String] = []
        var isPlain = !isRequired
        while take(UInt8(ascii: ";")) {
            isPlain = false
            let code = byte
            position += 1
            switch code {
            case UInt8(ascii: "s"): listType = .set
            case UInt8(ascii: "m"):
                listType = .map
                keys = parenthesized(",")
            case UInt8(ascii: "A"): isAtomic = true
            case UInt8(ascii: "p"):
                strategy.insert(byte == UInt8(ascii: "m") ? .merge : byte == UInt8(ascii: "r") ? .replace : .retainKeys)
                position += 1
            case UInt8(ascii: "k"): mergeKey = parenthesized(",").first
            default: values = parenthesized("|")
            }
        }
        if isPlain { return base }
        return SchemaNode(
            base.valueType, format: base.format, element: base.element, listType: listType, listMapKeys: keys, isAtomicMap: isAtomic,
            patchStrategy: strategy, patchMergeKey: mergeKey, enumValues: values, isRequired: isRequired, type: base.type)
    }

    private mutating func parenthesized(_ separator: Character) -> [String] {
        _ = take(UInt8(ascii: "("))
        let inner = word(until: ")")
        _ = take(UInt8(ascii: ")"))
        return inner.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
