/// Prints a tree as it was written: block style, members in their order, lists at the indentation of their key, nothing folded.
enum YAMLTextPrinter {
    static func text(of value: YAMLValue) throws -> String {
        var text = ""
        try append(value, indent: 0, isInline: false, to: &text)
        return text
    }

    private static func append(_ value: YAMLValue, indent: Int, isInline: Bool, to text: inout String) throws {
        let pad = String(repeating: " ", count: indent)
        switch value.content {
        case .scalar(let scalar): text += try one(scalar) + "\n"
        case .sequence(let elements):
            if elements.isEmpty {
                text += "[]\n"
                return
            }
            for (index, element) in elements.enumerated() {
                text += (index == 0 && isInline ? "" : pad) + "- "
                try append(element, indent: indent + 2, isInline: true, to: &text)
            }
        case .mapping(let members):
            if members.isEmpty {
                text += "{}\n"
                return
            }
            for (index, member) in members.enumerated() {
                text += (index == 0 && isInline ? "" : pad) + (try one(member.key)) + ":"
                switch member.value.content {
                case .mapping(let inner) where !inner.isEmpty:
                    text += "\n"
                    try append(member.value, indent: indent + 2, isInline: false, to: &text)
                case .sequence(let inner) where !inner.isEmpty:
                    text += "\n"
                    try append(member.value, indent: indent, isInline: false, to: &text)
                default:
                    if member.value.isNull, member.value.text.isEmpty {
                        text += "\n"
                    } else {
                        text += " "
                        try append(member.value, indent: indent, isInline: true, to: &text)
                    }
                }
            }
        }
    }

    private static func one(_ scalar: YAMLValue.Scalar) throws -> String {
        let style = ScalarText(.string(scalar.text)).style(isKey: true)
        if scalar.isQuoted,
            !scalar.text.utf8.contains(where: { $0 < 32 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 > 126 })
        {
            return "\"\(scalar.text)\""
        }
        let isTyped = scalar.tag != .string && scalar.tag != .none
        if !scalar.isQuoted, style == .plain || isTyped { return scalar.text }
        throw KustomizeFailure("a text in it is written in a form that is not kept")
    }
}
