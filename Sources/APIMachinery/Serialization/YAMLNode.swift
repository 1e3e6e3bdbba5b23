/// YAML as it is written: scalars with their text, members in their order. Aliases are replaced by what they stand for.
///
/// For a reader whose rules for plain scalars are not those of `YAML.documents`.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        /// `tag` is empty where none is written.
        case scalar(String, tag: String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    package var content: Content
    /// Written between brackets, or inside such.
    package var isFlow = false
    /// 1-based.
    package var line: Int
    package var column: Int

    /// Levels of nesting; 0 for a scalar.
    var depth: Int {
        switch content {
        case .scalar: 0
        case .sequence(let elements): 1 + (elements.lazy.map(\.depth).max() ?? 0)
        case .mapping(let members): 1 + (members.lazy.map { max($0.key.depth, $0.value.depth) }.max() ?? 0)
        }
    }
}

extension YAML {
    /// The documents of a stream as they are written; each with its index in the stream, empty ones included.
    package static func nodes(parsing bytes: [UInt8], limits: Limits = .default) throws(YAMLError) -> [YAMLNode] {
        guard bytes.count <= limits.inputBytesMax else {
            throw YAMLError(
                message: "the text has \(bytes.count) bytes; at most \(limits.inputBytesMax) are read; split it", line: 1, column: 1
            )
        }
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<[YAMLNode], YAMLError> in
            guard let parser = YAMLParser(buffer) else { return .failure(YAMLError(message: "out of memory", line: 1, column: 1)) }
            var composer = YAMLNodeComposer(parser, limits, inputCount: buffer.count)
            do throws(YAMLError) { return .success(try composer.stream()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

/// Builds nodes from the parser's events, within the limits.
private struct YAMLNodeComposer: ~Copyable {
    private struct Anchored {
        var node: YAMLNode
        /// Bytes that one more use of it adds, roughly.
        var cost: Int
    }

    private var parser: YAMLParser
    private let limits: YAML.Limits
    private let aliasBytesMax: Int
    private var anchors: [String: Anchored] = [:]
    private var aliasBytes = 0
    private var depth = 0

    init(_ parser: consuming YAMLParser, _ limits: YAML.Limits, inputCount: Int) {
        self.parser = parser
        self.limits = limits
        aliasBytesMax = max(limits.aliasBytesMin, limits.aliasExpansionRatioMax * inputCount)
    }

    mutating func stream() throws(YAMLError) -> [YAMLNode] {
        var documents: [YAMLNode] = []
        while true {
            let (event, mark) = try parser.next()
            switch event {
            case .streamEnd: return documents
            case .documentStart:
                guard documents.count < limits.documentsMax else {
                    throw Self.error("more than \(limits.documentsMax) documents in one text; split it", mark)
                }
                anchors = [:]
                let (first, start) = try parser.next()
                documents.append(try node(first, start).node)
            default: break
            }
        }
    }

    private static func error(_ message: String, _ mark: YAMLParser.Mark) -> YAMLError {
        YAMLError(message: message, line: mark.line, column: mark.column)
    }

    private mutating func node(_ event: YAMLParser.Event, _ mark: YAMLParser.Mark) throws(YAMLError) -> Anchored {
        switch event {
        case .alias(let name): return try expand(name, mark)
        case .scalar(let text, let tag, let anchor, let isPlain):
            if text.utf8.contains(0) { throw Self.error("a NUL character is not allowed in a value; remove it", mark) }
            let node = YAMLNode(
                content: .scalar(text, tag: tag, isPlain: isPlain), line: mark.line, column: mark.column)
            return keep(Anchored(node: node, cost: text.utf8.count + 16), anchor)
        case .sequenceStart(let anchor, let isFlow):
            anchors[anchor] = nil
            return keep(try sequence(mark, isFlow: isFlow), anchor)
        case .mappingStart(let anchor, let isFlow):
            anchors[anchor] = nil
            return keep(try mapping(mark, isFlow: isFlow), anchor)
        default: throw Self.error("expected a value", mark)
        }
    }

    private mutating func keep(_ anchored: Anchored, _ anchor: String) -> Anchored {
        if !anchor.isEmpty { anchors[anchor] = anchored }
        return anchored
    }

    private mutating func expand(_ name: String, _ mark: YAMLParser.Mark) throws(YAMLError) -> Anchored {
        guard let anchored = anchors[name] else {
            throw Self.error("unknown alias *\(name); an anchor &\(name) must come before it and be complete", mark)
        }
        aliasBytes += anchored.cost
        guard aliasBytes <= aliasBytesMax else {
            throw Self.error(
                "the aliases of this text expand to more than \(aliasBytesMax) bytes; write the repeated parts out", mark)
        }
        guard depth + anchored.node.depth <= limits.depthMax else { throw tooDeep(mark) }
        return anchored
    }

    private func tooDeep(_ mark: YAMLParser.Mark) -> YAMLError {
        Self.error("nesting deeper than \(limits.depthMax) levels; flatten it", mark)
    }

    private mutating func enter(_ mark: YAMLParser.Mark) throws(YAMLError) {
        depth += 1
        guard depth <= limits.depthMax else { throw tooDeep(mark) }
    }

    private mutating func sequence(_ start: YAMLParser.Mark, isFlow: Bool) throws(YAMLError) -> Anchored {
        try enter(start)
        var elements: [YAMLNode] = []
        var cost = 16
        while true {
            let (event, mark) = try parser.next()
            if case .sequenceEnd = event { break }
            let item = try node(event, mark)
            elements.append(item.node)
            cost += item.cost
        }
        depth -= 1
        return Anchored(
            node: YAMLNode(content: .sequence(elements), isFlow: isFlow, line: start.line, column: start.column), cost: cost)
    }

    private mutating func mapping(_ start: YAMLParser.Mark, isFlow: Bool) throws(YAMLError) -> Anchored {
        try enter(start)
        var members: [(key: YAMLNode, value: YAMLNode)] = []
        var cost = 16
        while true {
            let (event, mark) = try parser.next()
            if case .mappingEnd = event { break }
            let key = try node(event, mark)
            let (valueEvent, valueMark) = try parser.next()
            let value = try node(valueEvent, valueMark)
            members.append((key.node, value.node))
            cost += key.cost + value.cost
        }
        depth -= 1
        return Anchored(
            node: YAMLNode(content: .mapping(members), isFlow: isFlow, line: start.line, column: start.column), cost: cost)
    }
}
