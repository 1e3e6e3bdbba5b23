import APIMachinery

extension YAMLValue {
    /// The documents of a text, empty ones left out; with each the index that `YAML.documents` gives it.
    static func documents(parsing bytes: [UInt8], path: String) throws -> [(value: YAMLValue, index: Int, line: Int, column: Int)] {
        do throws(YAMLError) {
            var index = 0
            var documents: [(value: YAMLValue, index: Int, line: Int, column: Int)] = []
            for node in try YAML.nodes(parsing: bytes) {
                let value: YAMLValue
                do {
                    value = try YAMLValue(node)
                } catch let failure as KustomizeFailure {
                    throw YAMLError(
                        message: failure.message, line: failure.place?.line ?? node.line,
                        column: failure.place?.column ?? node.column)
                } catch {
                    throw YAMLError(message: "\(error)", line: node.line, column: node.column)
                }
                if value.isNull { continue }
                documents.append((value, index, node.line, node.column))
                index += 1
            }
            return documents
        } catch {
            throw KustomizeFailure(error.message, at: Place(path: path, line: error.line, column: error.column))
        }
    }

    convenience init(_ node: YAMLNode) throws {
        switch node.content {
        case .scalar(let text, let tag, let isPlain):
            self.init(.scalar(Self.scalar(text, tag: tag, isPlain: isPlain)))
        case .sequence(let elements):
            self.init(.sequence(try elements.map(YAMLValue.init)), isFlow: node.isFlow)
        case .mapping(let members):
            self.init(.mapping(try Self.members(members, at: node)), isFlow: node.isFlow)
        }
    }

    private static func scalar(_ text: String, tag: String, isPlain: Bool) -> Scalar {
        let known: PlainScalar.Tag =
            switch tag.replacing("tag:yaml.org,2002:", with: "!!") {
            case "": isPlain ? PlainScalar.resolve(text).tag : .string
            case "!", "!!str": .string
            case "!!int": .int
            case "!!float": .float
            case "!!bool": .bool
            case "!!null": .null
            case "!!timestamp": .timestamp
            case "!!binary": .binary
            default: .other(tag)
            }
        return Scalar(text: text, tag: known, isQuoted: !isPlain)
    }

    /// Members in their order; those of a `<<` are added where no member of that name stands.
    private static func members(_ written: [(key: YAMLNode, value: YAMLNode)], at node: YAMLNode) throws -> [Member] {
        var members: [Member] = []
        var lines: [String: Int] = [:]
        var merges: [YAMLNode] = []
        for (key, value) in written {
            guard case .scalar(let text, let tag, let isPlain) = key.content else {
                throw failure("a key must be a string, found a mapping or a list; put the key in quotes", key)
            }
            if text == "<<", isPlain, tag.isEmpty || tag == "tag:yaml.org,2002:merge" {
                merges.append(value)
                continue
            }
            if let line = lines.updateValue(key.line, forKey: text) {
                throw failure("duplicate key \"\(text)\"; it already stands on line \(line); remove one of them", key)
            }
            members.append(Member(key: scalar(text, tag: tag, isPlain: isPlain), value: try YAMLValue(value)))
        }
        for merge in merges {
            for source in try sources(of: merge) {
                for member in source.members where lines[member.key.text] == nil {
                    lines[member.key.text] = merge.line
                    members.append(member)
                }
            }
        }
        return members
    }

    private static func sources(of merge: YAMLNode) throws -> [YAMLValue] {
        switch merge.content {
        case .mapping: return [try YAMLValue(merge)]
        case .sequence(let elements): return try elements.flatMap(sources)
        case .scalar: throw failure("'<<' merges mappings; expected an alias of a mapping, or a list of such", merge)
        }
    }

    private static func failure(_ message: String, _ node: YAMLNode) -> KustomizeFailure {
        KustomizeFailure(message, at: Place(path: "", line: node.line, column: node.column))
    }
}

// MARK: JSON

extension YAMLValue {
    /// What this is when it is printed and read again, as kustomize does with every object.
    func json(inFlow: Bool = false) throws -> JSON {
        switch content {
        case .scalar(let scalar): return try Self.json(scalar, inFlow: inFlow)
        case .sequence(let elements): return .array(try elements.map { try $0.json(inFlow: inFlow || isFlow) })
        case .mapping(let members):
            return .object(
                JSONObject(
                    try members.map { member in
                        guard [.string, .none].contains(member.key.tag) || member.key.isQuoted else {
                            throw KustomizeFailure("the key \(member.key.text) is no string; put it in quotes")
                        }
                        return JSONObject.Member(key: member.key.text, value: try member.value.json(inFlow: inFlow || isFlow))
                    }))
        }
    }

    private static func json(_ scalar: Scalar, inFlow: Bool) throws -> JSON {
        let text = scalar.text
        switch scalar.tag {
        case .string: return .string(text)
        case .none:
            let isText = scalar.isQuoted || text.utf8.contains(10) || text.isEmpty && inFlow
            return isText ? .string(text) : try finite(PlainScalar.resolve(text).value, text)
        case .null where text.isEmpty && inFlow: return .string("")
        case .binary:
            guard let data = Base64.decode(text) else { throw KustomizeFailure("!!binary must be followed by base64") }
            return .string(String(decoding: data, as: UTF8.self))
        default:
            let (tag, value) = PlainScalar.resolve(text)
            if tag == scalar.tag { return scalar.isQuoted ? .string(text) : try finite(value, text) }
            if scalar.tag == .float, tag == .int { return value }
            throw KustomizeFailure(
                "a field that holds \(scalar.tag.description) is given something else; write the field's own value in quotes")
        }
    }

    private static func finite(_ value: JSON, _ text: String) throws -> JSON {
        if case .double(let number) = value, !number.isFinite {
            throw KustomizeFailure("\(text) is no number that JSON can express; write a finite number, or put it in quotes")
        }
        return value
    }

    /// A value that came from JSON: numbers pass through floating point, as in Go.
    convenience init(json: JSON) {
        switch json {
        case .null: self.init(.scalar(Scalar(text: "null", tag: .null, isQuoted: false)))
        case .bool(let flag): self.init(.scalar(Scalar(text: flag ? "true" : "false", tag: .bool, isQuoted: false)))
        case .int(let number): self.init(.scalar(Self.number(Double(number))))
        case .double(let number): self.init(.scalar(Self.number(number)))
        case .string(let text):
            self.init(.scalar(Self.string(text)))
        case .array(let elements): self.init(.sequence(elements.map(YAMLValue.init(json:))), isFlow: elements.isEmpty)
        case .object(let members):
            self.init(
                .mapping(
                    members.map {
                        Member(key: Self.string($0.key), value: YAMLValue(json: $0.value))
                    }), isFlow: members.isEmpty)
        }
    }

    private static func string(_ text: String) -> Scalar {
        Scalar(text: text, tag: .string, isQuoted: ScalarText(.string(text)).style(isKey: false) != .plain)
    }

    private static func number(_ value: Double) -> Scalar {
        let text = GoNumber.general(value)
        return Scalar(text: text, tag: PlainScalar.resolve(text).tag, isQuoted: false)
    }
}

extension PlainScalar.Tag: CustomStringConvertible {
    var description: String {
        switch self {
        case .none, .string: "a string"
        case .int: "an integer"
        case .float: "a number"
        case .bool: "true or false"
        case .null: "null"
        case .timestamp: "a time"
        case .binary: "binary"
        case .other(let tag): "of the tag \(tag)"
        }
    }
}
