/// Reads and writes the string form of field selectors.
enum FieldSelectorParser {
    private static let comma = UInt8(ascii: ",")
    private static let equals = UInt8(ascii: "=")
    private static let backslash = UInt8(ascii: "\\")

    static func requirements(_ text: String) throws(APIStatus) -> [FieldSelector.Requirement] {
        guard text.utf8.count <= SelectorParser.lengthBytesMax else { throw .badRequest("the selector is longer than \(SelectorParser.lengthBytesMax) bytes") }
        var requirements: [FieldSelector.Requirement] = []
        for term in terms(Array(text.utf8)) where !term.isEmpty { requirements.append(try requirement(term, of: text)) }
        return requirements
    }

    static func escaped(_ value: String) -> String {
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            if byte == comma || byte == equals || byte == backslash { bytes.append(backslash) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The parts between commas that no backslash precedes.
    private static func terms(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var terms: [ArraySlice<UInt8>] = []
        var start = 0
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if byte == backslash {
                isEscaped = true
            } else if byte == comma {
                terms.append(bytes[start..<index])
                start = index + 1
            }
        }
        return terms + [bytes[start...]]
    }

    private static func requirement(_ term: ArraySlice<UInt8>, of text: String) throws(APIStatus) -> FieldSelector.Requirement {
        guard let sign = term.firstIndex(of: equals) else {
            throw .badRequest("invalid selector: '\(text.prefix(256))'; can't understand '\(String(decoding: term.prefix(256), as: UTF8.self))'")
        }
        let isUnequal = sign > term.startIndex && term[sign - 1] == UInt8(ascii: "!")
        let isDouble = !isUnequal && sign + 1 < term.endIndex && term[sign + 1] == equals
        let field = term[..<(isUnequal ? sign - 1 : sign)]
        return FieldSelector.Requirement(
            field: String(decoding: field, as: UTF8.self), value: try value(term[(isDouble ? sign + 2 : sign + 1)...]), isEqual: !isUnequal)
    }

    private static func value(_ bytes: ArraySlice<UInt8>) throws(APIStatus) -> String {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            var byte = bytes[index]
            index += 1
            if byte == backslash {
                guard index < bytes.endIndex, [comma, equals, backslash].contains(bytes[index]) else {
                    throw .badRequest("invalid field selector: invalid escape sequence: \(String(decoding: bytes[(index - 1)...].prefix(2), as: UTF8.self))")
                }
                byte = bytes[index]
                index += 1
            } else if byte == equals {
                throw .badRequest("invalid field selector: unescaped character in value: =")
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
