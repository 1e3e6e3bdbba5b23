import APIMachinery

/// JSON text as Go's encoder writes it, byte for byte: the hash in a generated name is taken of it.
enum GoJSON {
    static func encoded(_ value: JSON) -> String {
        var text = ""
        append(value, to: &text)
        return text
    }

    private static func append(_ value: JSON, to text: inout String) {
        switch value {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .int(let number): text += String(number)
        case .double(let number): text += GoNumber.json(number)
        case .string(let string): append(string, to: &text)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                append(element, to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                append(member.key, to: &text)
                text += ":"
                append(member.value, to: &text)
            }
            text += "}"
        }
    }

    /// Go escapes what would be markup in HTML, and the two separators that JavaScript takes for line ends.
    private static func append(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{c}": text += "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\0"..<" ":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension GoJSON {
    /// Two spaces a level.
    static func indented(_ value: JSON) -> String {
        var text = ""
        append(value, indent: "\n", to: &text)
        return text
    }

    private static func append(_ value: JSON, indent: String, to text: inout String) {
        let inner = indent + "  "
        switch value {
        case .array(let elements) where !elements.isEmpty:
            text += "["
            for (index, element) in elements.enumerated() {
                text += (index > 0 ? "," : "") + inner
                append(element, indent: inner, to: &text)
            }
            text += indent + "]"
        case .object(let members) where !members.isEmpty:
            text += "{"
            for (index, member) in members.enumerated() {
                text += (index > 0 ? "," : "") + inner + encoded(.string(member.key)) + ": "
                append(member.value, indent: inner, to: &text)
            }
            text += indent + "}"
        default: text += encoded(value)
        }
    }
}
