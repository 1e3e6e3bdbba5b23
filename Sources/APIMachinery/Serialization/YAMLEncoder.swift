extension YAML {
    /// Block style, members sorted, two spaces; strings quoted where a plain one would be read as
    /// something else, text of several lines as `|`. Parses to the same value again.
    package static func encoded(_ value: JSON) -> String {
        var encoder = YAMLEncoder()
        encoder.encode(value, indent: 0, isInline: false)
        return encoder.text
    }
}

private struct YAMLEncoder {
    var text = ""

    /// Writes a value and the line's end. `isInline`: something stands before it on the line.
    mutating func encode(_ value: JSON, indent: Int, isInline: Bool) {
        switch value {
        case .object(let members) where !members.isEmpty:
            for (index, member) in members.enumerated() {
                if index > 0 || !isInline { pad(indent) }
                text += Self.scalar(member.key) + ":"
                nested(member.value, indent: indent)
            }
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                if index > 0 || !isInline { pad(indent) }
                text += "- "
                encode(element, indent: indent + 2, isInline: true)
            }
        case .object: text += "{}\n"
        case .array: text += "[]\n"
        case .string(let string):
            if Self.isBlock(string) { block(string, indent: max(indent, 2)) } else { text += Self.scalar(string) + "\n" }
        default: text += value.text + "\n"
        }
    }

    /// A member's value: on the key's line when it is a scalar or empty, else on the next lines; a list
    /// stands at the indentation of its key, as kubectl writes it.
    private mutating func nested(_ value: JSON, indent: Int) {
        switch value {
        case .object(let members) where !members.isEmpty:
            text += "\n"
            encode(value, indent: indent + 2, isInline: false)
        case .array(let elements) where !elements.isEmpty:
            text += "\n"
            encode(value, indent: indent, isInline: false)
        default:
            text += " "
            encode(value, indent: indent + 2, isInline: true)
        }
    }

    private mutating func pad(_ count: Int) { text += String(repeating: " ", count: count) }

    private mutating func block(_ string: String, indent: Int) {
        text += string.hasSuffix("\n\n") ? "|+\n" : string.hasSuffix("\n") ? "|\n" : "|-\n"
        var lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        if string.hasSuffix("\n") { lines.removeLast() }
        for line in lines {
            if !line.isEmpty { pad(indent) }
            text += line + "\n"
        }
    }

    /// Text of several lines that a literal block gives back unchanged.
    private static func isBlock(_ string: String) -> Bool {
        guard let first = string.utf8.first, first != 10, first != 32, first != 9, string.utf8.contains(10) else { return false }
        return string.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
            && string.utf8.contains { $0 != 10 && $0 != 32 && $0 != 9 }
    }

    /// What YAML 1.1 takes for printable and not for a line break.
    private static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static func scalar(_ string: String) -> String { isPlain(string) ? string : quoted(string) }

    private static func isPlain(_ string: String) -> Bool {
        let bytes = Array(string.utf8)
        guard let first = bytes.first, let last = bytes.last, last != 32, last != UInt8(ascii: ":"), bytes.count <= 1024 else { return false }
        let indicators = Array(",[]{}#&*!|>'\"%@`=? ".utf8)
        if indicators.contains(first) { return false }
        if (first == UInt8(ascii: "-") || first == UInt8(ascii: ":")) && (bytes.count == 1 || bytes[1] == 32) { return false }
        if string.hasPrefix("---") || string.hasPrefix("...") || string == "<<" || looksTyped(bytes) { return false }
        for (index, byte) in bytes.enumerated() where index > 0 {
            if byte == 32, bytes[index - 1] == UInt8(ascii: ":") { return false }
            if byte == UInt8(ascii: "#"), bytes[index - 1] == 32 { return false }
        }
        return YAMLScalar.resolve(string) == .string(string) && string.unicodeScalars.allSatisfy(isPrintable)
    }

    /// Sexagesimal numbers and dates, which other YAML readers do not take for strings.
    private static func looksTyped(_ bytes: [UInt8]) -> Bool {
        let digits = bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes[...]
        guard let first = digits.first, first >= 48, first <= 57 else { return false }
        return digits.allSatisfy { byte in
            (48...57).contains(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "T") || byte == UInt8(ascii: "Z") || byte == UInt8(ascii: "+")
                || byte == 32
        }
    }

    private static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let hex = String(scalar.value, radix: 16)
                    let width = scalar.value < 256 ? 2 : scalar.value < 65536 ? 4 : 8
                    result += (width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U") + String(repeating: "0", count: width - hex.count) + hex
                }
            }
        }
        return result + "\""
    }
}
