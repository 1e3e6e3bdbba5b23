import Clibyaml

/// libyaml's event parser over borrowed bytes. Never outlives the borrow.
struct YAMLParser: ~Copyable {
    struct Mark {
        /// 1-based.
        var line: Int
        var column: Int
    }

    enum Event {
        case streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd, other
        case alias(String)
        case scalar(String, tag: String, anchor: String, isPlain: Bool)
        case sequenceStart(anchor: String, isFlow: Bool)
        case mappingStart(anchor: String, isFlow: Bool)
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeBufferPointer<UInt8>

    /// nil when libyaml has no memory.
    init?(_ input: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        self.input = input
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func next() throws(YAMLError) -> (event: Event, mark: Mark) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        let mark = Mark(line: event.start_mark.line + 1, column: event.start_mark.column + 1)
        switch event.type {
        case YAML_STREAM_END_EVENT: return (.streamEnd, mark)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, mark)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, mark)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, mark)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, mark)
        case YAML_ALIAS_EVENT: return (.alias(Self.text(event.data.alias.anchor)), mark)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return (
                .scalar(
                    String(decoding: bytes, as: UTF8.self), tag: Self.text(scalar.tag), anchor: Self.text(scalar.anchor),
                    isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), mark
            )
        case YAML_SEQUENCE_START_EVENT:
            try checkTag(event.data.sequence_start.tag, "seq", mark)
            let sequence = event.data.sequence_start
            return (.sequenceStart(anchor: Self.text(sequence.anchor), isFlow: sequence.style == YAML_FLOW_SEQUENCE_STYLE), mark)
        case YAML_MAPPING_START_EVENT:
            try checkTag(event.data.mapping_start.tag, "map", mark)
            let mapping = event.data.mapping_start
            return (.mappingStart(anchor: Self.text(mapping.anchor), isFlow: mapping.style == YAML_FLOW_MAPPING_STYLE), mark)
        default: return (.other, mark)
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    private func checkTag(_ pointer: UnsafeMutablePointer<yaml_char_t>?, _ kind: String, _ mark: Mark) throws(YAMLError) {
        let tag = Self.text(pointer)
        if tag.isEmpty || tag == "!" || tag == "tag:yaml.org,2002:\(kind)" { return }
        throw YAMLError(message: "unknown tag \(tag); Kubernetes' YAML has none; remove it", line: mark.line, column: mark.column)
    }

    /// The parser's error in words that say what to do.
    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "invalid YAML"
        switch parser.pointee.error {
        case YAML_MEMORY_ERROR: return YAMLError(message: "out of memory", line: 1, column: 1)
        case YAML_READER_ERROR:
            let (line, column) = position(ofByte: Int(parser.pointee.problem_offset))
            let advice = problem.contains("control characters") ? "remove the character or write it as an escape in double quotes" : "save the file as UTF-8"
            return YAMLError(message: "\(problem); \(advice)", line: line, column: column)
        default:
            let mark = parser.pointee.problem_mark
            let line = mark.line + 1
            let column = mark.column + 1
            if isTab(line: line, column: column) {
                return YAMLError(
                    message: "a tab is used for indentation; YAML allows only spaces there; replace it with spaces", line: line, column: column)
            }
            var message = problem
            if let advice = Self.advice.first(where: { problem.contains($0.problem) })?.advice { message = advice }
            if let context = parser.pointee.context.map({ String(cString: $0) }), !context.isEmpty {
                message += " (\(context) that begins on line \(parser.pointee.context_mark.line + 1))"
            }
            return YAMLError(message: message, line: line, column: column)
        }
    }

    private static let advice: [(problem: String, advice: String)] = [
        ("mapping values are not allowed", "a ':' is not allowed here; put each `key: value` on a line of its own, indented like its siblings, and quote a value that contains ': '"),
        ("could not find expected ':'", "expected ':' and a value after the key; write `key: value`, and indent a text of several lines"),
        ("did not find expected key", "expected a key at the indentation of its siblings; check the indentation and quotes of this line and the one above"),
        ("did not find expected '-' indicator", "expected '- ' at the indentation of the list's other items; check the indentation"),
        ("did not find expected ',' or ']'", "expected ',' or ']' in a list; close it with ']'"),
        ("did not find expected ',' or '}'", "expected ',' or '}' in a mapping; close it with '}'"),
        ("found unexpected end of stream", "the text ends inside quotes; add the closing quote"),
        ("found character that cannot start any token", "a value cannot begin with this character; put the value in quotes"),
        ("block sequence entries are not allowed", "a list item '- ' is not allowed here; begin the list on the line after its key"),
        ("did not find expected <document start>", "expected '---' between documents, or the text to end here"),
        ("did not find expected alphabetic or numeric character", "an anchor '&' or alias '*' needs a name of letters and digits; put a value that begins with it in quotes"),
        ("found unknown escape character", "unknown escape in double quotes; write '\\\\' for a backslash, or use single quotes"),
    ]

    private func isTab(line: Int, column: Int) -> Bool {
        var current = 1
        var index = 0
        while index < input.count, current < line {
            if input[index] == 10 { current += 1 }
            index += 1
        }
        // Only white space stands before it, so characters are bytes.
        while index < input.count, input[index] == 32 || input[index] == UInt8(ascii: "-") { index += 1 }
        return index < input.count && input[index] == 9 && current == line
    }

    private func position(ofByte offset: Int) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for byte in input.prefix(offset) {
            if byte == 10 {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }
}
