/// Builds JSON and positions from the parser's events, within the limits.
struct YAMLComposer: ~Copyable {
    /// A composed value, with what it costs to expand it once more.
    private struct Node {
        var value: JSON
        var position: YAMLPosition
        /// Bytes of the value when written out, roughly.
        var cost: Int
    }

    private var parser: YAMLParser
    private let limits: YAML.Limits
    private let aliasBytesMax: Int
    private var anchors: [String: Node] = [:]
    private var aliasBytes = 0
    private var depth = 0
    /// Of the document that is being composed.
    private var duplicates: [YAMLDuplicate] = []

    private init(_ parser: consuming YAMLParser, _ limits: YAML.Limits, inputCount: Int) {
        self.parser = parser
        self.limits = limits
        aliasBytesMax = max(limits.aliasBytesMin, limits.aliasExpansionRatioMax * inputCount)
    }

    static func documents(_ bytes: [UInt8], _ limits: YAML.Limits) throws(YAMLError) -> [YAMLDocument] {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<[YAMLDocument], YAMLError> in
            guard let parser = YAMLParser(buffer) else { return .failure(YAMLError(message: "out of memory", line: 1, column: 1)) }
            var composer = YAMLComposer(parser, limits, inputCount: buffer.count)
            do throws(YAMLError) { return .success(try composer.stream()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func error(_ message: String, _ mark: YAMLParser.Mark) -> YAMLError {
        YAMLError(message: message, line: mark.line, column: mark.column)
    }

    private mutating func stream() throws(YAMLError) -> [YAMLDocument] {
        var documents: [YAMLDocument] = []
        while true {
            let (event, mark) = try parser.next()
            switch event {
            case .streamEnd: return documents
            case .documentStart:
                guard documents.count < limits.documentsMax else {
                    throw Self.error("more than \(limits.documentsMax) documents in one text; split it", mark)
                }
                anchors = [:]
                duplicates = []
                let (first, start) = try parser.next()
                let root = try node(first, start)
                if root.value != .null { documents.append(YAMLDocument(value: root.value, line: start.line, positions: root.position, duplicates: duplicates)) }
            default: break
            }
        }
    }

    private mutating func node(_ event: YAMLParser.Event, _ mark: YAMLParser.Mark) throws(YAMLError) -> Node {
        switch event {
        case .alias(let name): return try expand(name, mark)
        case .scalar(let text, let tag, let anchor, let isPlain):
            var node = Node(
                value: try scalar(text, tag: tag, isPlain: isPlain, mark), position: Self.position(mark), cost: text.utf8.count + 16)
            node.position.isQuoted = !isPlain || !tag.isEmpty
            if !anchor.isEmpty { anchors[anchor] = node }
            return node
        case .sequenceStart(let anchor, _):
            // Forgotten until it is complete, so that a part of it cannot contain it.
            anchors[anchor] = nil
            let node = try sequence(mark)
            if !anchor.isEmpty { anchors[anchor] = node }
            return node
        case .mappingStart(let anchor, _):
            anchors[anchor] = nil
            let node = try mapping(mark)
            if !anchor.isEmpty { anchors[anchor] = node }
            return node
        default: throw Self.error("expected a value", mark)
        }
    }

    private static func position(_ mark: YAMLParser.Mark) -> YAMLPosition {
        YAMLPosition(line: Int32(clamping: mark.line), column: Int32(clamping: mark.column))
    }

    private mutating func expand(_ name: String, _ mark: YAMLParser.Mark) throws(YAMLError) -> Node {
        guard var node = anchors[name] else {
            throw Self.error("unknown alias *\(name); an anchor &\(name) must come before it and be complete", mark)
        }
        aliasBytes += node.cost
        guard aliasBytes <= aliasBytesMax else {
            throw Self.error("the aliases of this text expand to more than \(aliasBytesMax) bytes; write the repeated parts out", mark)
        }
        guard depth + node.value.depth <= limits.depthMax else { throw tooDeep(mark) }
        let position = Self.position(mark)
        node.position.line = position.line
        node.position.column = position.column
        return node
    }

    private func tooDeep(_ mark: YAMLParser.Mark) -> YAMLError {
        Self.error("nesting deeper than \(limits.depthMax) levels; flatten it", mark)
    }

    private mutating func enter(_ mark: YAMLParser.Mark) throws(YAMLError) {
        depth += 1
        guard depth <= limits.depthMax else { throw tooDeep(mark) }
    }

    private func scalar(_ text: String, tag: String, isPlain: Bool, _ mark: YAMLParser.Mark) throws(YAMLError) -> JSON {
        if text.utf8.contains(0) { throw Self.error("a NUL character is not allowed in a value; remove it", mark) }
        if tag.isEmpty {
            guard isPlain else { return .string(text) }
            guard let value = YAMLScalar.resolve(text) else {
                throw Self.error("\(text) is no number that JSON can express; write a finite number, or put it in quotes", mark)
            }
            return value
        }
        guard let value = YAMLScalar.resolve(text, tag: tag) else {
            let name = tag.replacing("tag:yaml.org,2002:", with: "!!")
            throw Self.error("the value does not fit its tag \(name), or the tag is unknown; remove the tag", mark)
        }
        return value
    }

    private mutating func sequence(_ start: YAMLParser.Mark) throws(YAMLError) -> Node {
        try enter(start)
        var elements: [JSON] = []
        var result = Node(value: .null, position: Self.position(start), cost: 16)
        while true {
            let (event, mark) = try parser.next()
            if case .sequenceEnd = event { break }
            let item = try node(event, mark)
            elements.append(item.value)
            result.position.children.append(item.position)
            result.cost += item.cost
        }
        depth -= 1
        result.value = .array(elements)
        return result
    }

    private struct Member {
        var key: String
        var node: Node
        /// Comes from a `<<`; an explicit member of the same key wins.
        var isMerged: Bool
        var order: Int
    }

    private mutating func mapping(_ start: YAMLParser.Mark) throws(YAMLError) -> Node {
        try enter(start)
        var members: [Member] = []
        while true {
            let (event, mark) = try parser.next()
            if case .mappingEnd = event { break }
            let isMerge: Bool
            if case .scalar("<<", let tag, _, true) = event { isMerge = tag.isEmpty || tag == "tag:yaml.org,2002:merge" } else { isMerge = false }
            let key = isMerge ? "<<" : try self.key(event, mark)
            let (valueEvent, valueMark) = try parser.next()
            var node = try node(valueEvent, valueMark)
            if isMerge {
                try merge(node, valueMark, into: &members)
                continue
            }
            let position = Self.position(mark)
            node.position.line = position.line
            node.position.column = position.column
            members.append(Member(key: key, node: node, isMerged: false, order: members.count))
        }
        depth -= 1
        return try object(members, start)
    }

    /// Sorts the members; of equal keys an explicit one wins over merged ones, and the first merged one.
    private mutating func object(_ unsorted: [Member], _ start: YAMLParser.Mark) throws(YAMLError) -> Node {
        let members = unsorted.sorted { a, b in
            if a.key != b.key { return a.key < b.key }
            return a.isMerged == b.isMerged ? a.order < b.order : !a.isMerged
        }
        var result = Node(value: .null, position: Self.position(start), cost: 16)
        var fields: [JSONObject.Member] = []
        fields.reserveCapacity(members.count)
        var isPreviousMerged = false
        var previousLine: Int32 = 0
        for member in members {
            if fields.last?.key == member.key {
                if member.isMerged || isPreviousMerged { continue }
                if limits.allowsDuplicateKeys {
                    note(member)
                    fields[fields.count - 1].value = member.node.value
                    result.position.children[fields.count - 1] = member.node.position
                    result.cost += member.node.cost
                    continue
                }
                throw YAMLError(
                    message: "duplicate key \"\(member.key)\"; it already stands on line \(previousLine); remove one of them",
                    line: Int(member.node.position.line), column: Int(member.node.position.column))
            }
            fields.append(.init(key: member.key, value: member.node.value))
            result.position.children.append(member.node.position)
            result.cost += member.node.cost + member.key.utf8.count
            isPreviousMerged = member.isMerged
            previousLine = member.node.position.line
        }
        result.value = .object(JSONObject(fields))
        return result
    }

    private mutating func note(_ member: Member) {
        guard duplicates.count < limits.duplicatesMax else { return }
        duplicates.append(YAMLDuplicate(key: member.key, line: Int(member.node.position.line)))
    }

    private func merge(_ node: Node, _ mark: YAMLParser.Mark, into members: inout [Member]) throws(YAMLError) {
        switch node.value {
        case .object(let fields):
            for (field, position) in zip(fields, node.position.children) {
                let child = Node(value: field.value, position: position, cost: node.cost / fields.count + 1)
                members.append(Member(key: field.key, node: child, isMerged: true, order: members.count))
            }
        case .array(let elements) where elements.allSatisfy({ $0.object != nil }):
            for (element, position) in zip(elements, node.position.children) {
                try merge(Node(value: element, position: position, cost: node.cost / elements.count + 1), mark, into: &members)
            }
        default: throw Self.error("'<<' merges mappings; expected an alias of a mapping, or a list of such", mark)
        }
    }

    private mutating func key(_ event: YAMLParser.Event, _ mark: YAMLParser.Mark) throws(YAMLError) -> String {
        let value: JSON
        switch event {
        case .scalar, .alias: value = try node(event, mark).value
        default: throw Self.error("a key must be a string, found a mapping or a list; put the key in quotes", mark)
        }
        switch value {
        case .string(let text): return text
        case .int(let number): return String(number)
        case .double(let number): return number.description
        case .bool(let flag): return flag ? "true" : "false"
        case .null: throw Self.error("a key must be a string, found null; put the key in quotes", mark)
        default: throw Self.error("a key must be a string, found \(value.typeName); put the key in quotes", mark)
        }
    }
}
