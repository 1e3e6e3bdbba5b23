/// Where and why a text is not valid JSON.
package struct JSONError: Error, Sendable, CustomStringConvertible {
    package var message: String
    /// 1-based; the column counts bytes.
    package var line: Int
    package var column: Int
    /// The text is JSON but for a key that stands twice in an object: it may be read with `JSON.lastWins`.
    package var isDuplicateKey = false

    package var description: String { "\(line):\(column): \(message)" }
}

extension JSON {
    /// Deepest nesting that is parsed.
    package static let depthMax = 512

    /// Parses one JSON document (RFC 8259, UTF-8).
    ///
    /// Refused with line and column: duplicate keys, invalid UTF-8, NUL, lone surrogates, nesting
    /// beyond `depthMax`, numbers beyond a double, anything after the value.
    package init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        let result: Result<JSON, JSONError>? = bytes.withContiguousStorageIfAvailable { buffer in
            Self.parse(UnsafeRawBufferPointer(buffer))
        }
        self = try (result ?? Array(bytes).withUnsafeBytes { Self.parse($0) }).get()
    }

    /// Parses the canonical encoding of an object.
    ///
    /// - Parameter inWatchedForm: as `Object.watchedForm`; what that leaves out is passed over and not checked.
    package init(parsing bytes: [UInt8], inWatchedForm: Bool) throws(JSONError) {
        let result = bytes.withUnsafeBytes { Self.parse($0, inWatchedForm: inWatchedForm) }
        self = try result.get()
    }

    package init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }

    /// Most duplicate keys that are told of one document, as in Kubernetes.
    package static let duplicatesMax = 100

    /// Parses as Go does: of a key given twice the last one counts. The paths of such keys come with the value.
    package static func lastWins(parsing bytes: some Sequence<UInt8>) throws(JSONError) -> (value: JSON, duplicates: [FieldPath]) {
        let result = Array(bytes).withUnsafeBytes { buffer -> Result<(JSON, [FieldPath]), JSONError> in
            var parser = JSONParser(bytes: buffer)
            parser.duplicates = []
            do throws(JSONError) { return .success((try parser.document(), parser.duplicates ?? [])) } catch { return .failure(error) }
        }
        let (value, duplicates) = try result.get()
        return (value, duplicates)
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, inWatchedForm: Bool = false) -> Result<JSON, JSONError> {
        var parser = JSONParser(bytes: bytes)
        parser.inWatchedForm = inWatchedForm
        do throws(JSONError) { return .success(try parser.document()) } catch { return .failure(error) }
    }
}

/// A recursive-descent parser over borrowed bytes.
private struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    var depth = 0
    /// Keys that stood twice; nil where that is an error.
    var duplicates: [FieldPath]?
    /// The value of `metadata.managedFields` is passed over, unless `deletionTimestamp`, which sorts before it, is there.
    var inWatchedForm = false
    private var isInMetadata = false
    /// Where the parser is; kept only to name `duplicates`.
    private var path = FieldPath()
    /// Members and elements of what is open, the innermost last: what is complete becomes an array of just its size, since
    /// many trees are kept.
    private var members: [JSONObject.Member] = []
    private var elements: [JSON] = []

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func failure(_ message: String, at offset: Int? = nil) -> JSONError {
        var line = 1
        var lineStart = 0
        let end = min(offset ?? position, bytes.count)
        for index in 0..<end where bytes[index] == 10 {
            line += 1
            lineStart = index + 1
        }
        return JSONError(message: message, line: line, column: end - lineStart + 1)
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 32, 10, 13, 9: position += 1
            default: return
            }
        }
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw failure("expected the end of the document after the value") }
        return value
    }

    mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        guard position < bytes.count else { throw failure("unexpected end of input, expected a value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), 48...57: return try number()
        default: throw failure("expected a value, found '\(UnicodeScalar(bytes[position]).escaped(asASCII: true))'")
        }
    }

    mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw failure("unexpected end of input in '\(text)'") }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] {
            throw failure("expected '\(text)'")
        }
        position += count
        return value
    }

    mutating func enter() throws(JSONError) {
        depth += 1
        if depth > JSON.depthMax { throw failure("nesting deeper than \(JSON.depthMax)") }
        position += 1
    }

    mutating func object() throws(JSONError) -> JSON {
        try enter()
        let base = members.count
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
            position += 1
            depth -= 1
            return .object(JSONObject())
        }
        let start = position
        var seen: Set<String> = []
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw failure("expected a member name in quotes") }
            let key = try string()
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw failure("expected ':' after \"\(key)\"") }
            position += 1
            if duplicates != nil {
                path.steps.append(.key(key))
                if !seen.insert(key).inserted { note(path) }
            }
            if inWatchedForm, depth == 1 { isInMetadata = key == "metadata" }
            if inWatchedForm, isManagedFields(key, besides: members[base...]) {
                try passOver()
            } else {
                let value = try value()
                members.append(.init(key: key, value: value))
            }
            if duplicates != nil { path.steps.removeLast() }
            skipSpace()
            guard position < bytes.count else { throw failure("unexpected end of input in an object") }
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
                continue
            }
            guard bytes[position] == UInt8(ascii: "}") else { throw failure("expected ',' or '}' in an object") }
            position += 1
            break
        }
        depth -= 1
        let own = Array(members[base...])
        members.removeLast(own.count)
        let object = JSONObject(own)
        guard object.count == own.count || duplicates != nil else {
            let duplicate = own.first { !seen.insert($0.key).inserted }?.key ?? ""
            var error = failure("duplicate key \"\(duplicate)\" in an object", at: start)
            error.isDuplicateKey = true
            throw error
        }
        return .object(object)
    }

    private mutating func note(_ duplicate: FieldPath) {
        guard let known = duplicates, known.count < JSON.duplicatesMax, !known.contains(duplicate) else { return }
        duplicates?.append(duplicate)
    }

    private func isManagedFields(_ key: String, besides earlier: ArraySlice<JSONObject.Member>) -> Bool {
        isInMetadata && depth == 2 && key == "managedFields" && !earlier.contains { $0.key == "deletionTimestamp" && $0.value.string != nil }
    }

    /// Goes past a value; past a list without making it.
    private mutating func passOver() throws(JSONError) {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "[") else {
            _ = try value()
            return
        }
        let start = position
        var open = 0
        repeat {
            guard position < bytes.count else { throw failure("unexpected end of input in a value", at: start) }
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open -= 1
            case UInt8(ascii: "\""):
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1 }
            default: break
            }
            position += 1
        } while open > 0
    }

    mutating func array() throws(JSONError) -> JSON {
        try enter()
        let base = elements.count
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
            position += 1
            depth -= 1
            return .array([])
        }
        while true {
            if duplicates != nil { path.steps.append(.index(elements.count - base)) }
            let value = try value()
            elements.append(value)
            if duplicates != nil { path.steps.removeLast() }
            skipSpace()
            guard position < bytes.count else { throw failure("unexpected end of input in an array") }
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
                continue
            }
            guard bytes[position] == UInt8(ascii: "]") else { throw failure("expected ',' or ']' in an array") }
            position += 1
            break
        }
        depth -= 1
        let own = Array(elements[base...])
        elements.removeLast(own.count)
        return .array(own)
    }

    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        // The common case: no escapes; the bytes are the string.
        var all: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            all |= byte
            if byte == UInt8(ascii: "\"") {
                let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                position += 1
                // What is ASCII is valid, and need not go through the generic validation.
                if all < 0x80 { return slice.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) } }
                guard let text = String(validating: slice, as: UTF8.self) else { throw failure("invalid UTF-8 in a string", at: start) }
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 32 { throw failure("control character in a string; write it as an escape") }
            position += 1
        }
        throw failure("unexpected end of input in a string")
    }

    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("invalid UTF-8 in a string", at: start) }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                guard position < bytes.count else { throw failure("unexpected end of input in a string") }
                let escape = bytes[position]
                position += 1
                switch escape {
                case UInt8(ascii: "n"): text.append(10)
                case UInt8(ascii: "t"): text.append(9)
                case UInt8(ascii: "r"): text.append(13)
                case UInt8(ascii: "b"): text.append(8)
                case UInt8(ascii: "f"): text.append(12)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
                case UInt8(ascii: "u"): text.append(contentsOf: try unicodeEscape().utf8)
                default: throw failure("unknown escape in a string", at: position - 1)
                }
            case 0..<32: throw failure("control character in a string; write it as an escape")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw failure("unexpected end of input in a string")
    }

    private mutating func unicodeEscape() throws(JSONError) -> String {
        let first = try hex()
        if (0xD800..<0xDC00).contains(first) {
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") else {
                throw failure("lone surrogate in a string")
            }
            position += 2
            let second = try hex()
            guard (0xDC00..<0xE000).contains(second),
                let scalar = UnicodeScalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            else { throw failure("lone surrogate in a string") }
            return String(Character(scalar))
        }
        guard let scalar = UnicodeScalar(first) else { throw failure("lone surrogate in a string") }
        return String(Character(scalar))
    }

    private mutating func hex() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("unexpected end of input in a \\u escape") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw failure("expected four hexadecimal digits after \\u") }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        var isFraction = false
        func digit(_ offset: Int) -> Bool { offset < bytes.count && bytes[offset] >= 48 && bytes[offset] <= 57 }
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard digit(position) else { throw failure("expected a digit") }
        if bytes[position] == 48, digit(position + 1) { throw failure("a number must not start with 0") }
        while digit(position) { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isFraction = true
            position += 1
            guard digit(position) else { throw failure("expected a digit after '.'") }
            while digit(position) { position += 1 }
        }
        if position < bytes.count, bytes[position] | 32 == UInt8(ascii: "e") {
            isFraction = true
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") { position += 1 }
            guard digit(position) else { throw failure("expected a digit in the exponent") }
            while digit(position) { position += 1 }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if !isFraction, let integer = Int64(text) { return .int(integer) }
        guard let double = Double(text), double.isFinite else { throw failure("number out of range", at: start) }
        return .double(double)
    }
}
