import APIMachinery

/// Prints JSON as go-yaml version 2 does, which is how kustomize prints: sorted members, lists at the indentation of their key,
/// long text folded after 80 columns, quotes only where a plain scalar would be something else.
///
/// Source: the emitter of go-yaml v2 (a port of libyaml's), whose decisions these are.
struct YAMLPrinter {
    private static let widthBest = 80
    private static let indentStep = 2
    /// A longer key is written after a `?`.
    private static let keyBytesMax = 128

    private var out: [UInt8] = []
    private var column = 0
    private var indent = -1
    private var isAfterSpace = true
    private var isAtIndentation = true

    /// One document, without `---`, with the last line's end.
    static func document(_ value: JSON) -> [UInt8] {
        var printer = YAMLPrinter()
        printer.node(value, inMapping: false)
        printer.indent = -1
        printer.startLine()
        return printer.out
    }

    private mutating func node(_ value: JSON, inMapping: Bool) {
        switch value {
        case .object(let members):
            if members.isEmpty { return empty("{", "}") }
            mapping(members)
        case .array(let elements):
            if elements.isEmpty { return empty("[", "]") }
            sequence(elements, inMapping: inMapping)
        default: scalar(ScalarText(value), isKey: false)
        }
    }

    private mutating func empty(_ open: Unicode.Scalar, _ close: Unicode.Scalar) {
        indicator(UInt8(ascii: open), needsSpace: true, isSpace: true)
        indicator(UInt8(ascii: close))
    }

    private mutating func mapping(_ members: JSONObject) {
        let outer = indent
        indent = indent < 0 ? 0 : indent + Self.indentStep
        for member in members.sorted(by: { NaturalOrder.precedes($0.key, $1.key) }) {
            startLine()
            let key = ScalarText(.string(member.key))
            if key.bytes.count <= Self.keyBytesMax, !key.isMultiline {
                scalar(key, isKey: true)
                indicator(UInt8(ascii: ":"))
            } else {
                indicator(UInt8(ascii: "?"), needsSpace: true, isIndentation: true)
                scalar(key, isKey: false)
                startLine()
                indicator(UInt8(ascii: ":"), needsSpace: true, isIndentation: true)
            }
            node(member.value, inMapping: true)
        }
        indent = outer
    }

    private mutating func sequence(_ elements: [JSON], inMapping: Bool) {
        let outer = indent
        if indent < 0 { indent = 0 } else if !(inMapping && !isAtIndentation) { indent += Self.indentStep }
        for element in elements {
            startLine()
            indicator(UInt8(ascii: "-"), needsSpace: true, isIndentation: true)
            node(element, inMapping: false)
        }
        indent = outer
    }

    // MARK: Scalars

    private mutating func scalar(_ text: ScalarText, isKey: Bool) {
        let outer = indent
        indent = indent < 0 ? Self.indentStep : indent + Self.indentStep
        switch text.style(isKey: isKey) {
        case .plain: plain(text.bytes, mayFold: !isKey)
        case .single: single(text.bytes, mayFold: !isKey)
        case .double: double(text.bytes, mayFold: !isKey)
        case .literal: literal(text.bytes)
        }
        indent = outer
    }

    private mutating func plain(_ bytes: [UInt8], mayFold: Bool) {
        if !isAfterSpace { put(UInt8(ascii: " ")) }
        var wasSpace = false
        for (index, byte) in bytes.enumerated() {
            if byte == 32 {
                let isNextSpace = index + 1 < bytes.count && bytes[index + 1] == 32
                if mayFold, !wasSpace, column > Self.widthBest, !isNextSpace { startLine() } else { put(byte) }
                wasSpace = true
            } else {
                put(byte)
                isAtIndentation = false
                wasSpace = false
            }
        }
        isAfterSpace = false
        isAtIndentation = false
    }

    private mutating func single(_ bytes: [UInt8], mayFold: Bool) {
        indicator(UInt8(ascii: "'"), needsSpace: true)
        var wasSpace = false
        var wasBreak = false
        var index = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar == " " {
                let isInside = index > 0 && index < bytes.count - 1 && bytes[index + 1] != 32
                if mayFold, !wasSpace, column > Self.widthBest, isInside { startLine() } else { put(scalar) }
                wasSpace = true
            } else if ScalarText.isBreak(scalar) {
                if !wasBreak, scalar == "\n" { lineEnd() }
                lineEnd(scalar)
                wasBreak = true
            } else {
                if wasBreak { startLine() }
                if scalar == "'" { put(scalar) }
                put(scalar)
                isAtIndentation = false
                wasSpace = false
                wasBreak = false
            }
            index += UTF8.width(scalar)
        }
        indicator(UInt8(ascii: "'"))
        isAfterSpace = false
        isAtIndentation = false
    }

    private mutating func double(_ bytes: [UInt8], mayFold: Bool) {
        indicator(UInt8(ascii: "\""), needsSpace: true)
        var wasSpace = false
        var index = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let width = UTF8.width(scalar)
            if !ScalarText.isPrintable(scalar) || ScalarText.isBreak(scalar) || scalar == "\"" || scalar == "\\" {
                escape(scalar)
                wasSpace = false
            } else if scalar == " " {
                if mayFold, !wasSpace, column > Self.widthBest, index > 0, index < bytes.count - 1 {
                    startLine()
                    if bytes[index + 1] == 32 { put(UInt8(ascii: "\\")) }
                } else {
                    put(32)
                }
                wasSpace = true
            } else {
                put(scalar)
                wasSpace = false
            }
            index += width
        }
        indicator(UInt8(ascii: "\""))
        isAfterSpace = false
        isAtIndentation = false
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        put(UInt8(ascii: "\\"))
        let short: [Unicode.Scalar: Unicode.Scalar] = [
            "\0": "0", "\u{7}": "a", "\u{8}": "b", "\t": "t", "\n": "n", "\u{b}": "v", "\u{c}": "f", "\r": "r", "\u{1b}": "e",
            "\"": "\"", "\\": "\\", "\u{85}": "N", "\u{a0}": "_", "\u{2028}": "L", "\u{2029}": "P",
        ]
        if let letter = short[scalar] { return put(UInt8(ascii: letter)) }
        let (letter, width): (Unicode.Scalar, Int) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        let hex = String(scalar.value, radix: 16, uppercase: true)
        put(UInt8(ascii: letter))
        for byte in (String(repeating: "0", count: width - hex.count) + hex).utf8 { put(byte) }
    }

    private mutating func literal(_ bytes: [UInt8]) {
        indicator(UInt8(ascii: "|"), needsSpace: true)
        if bytes[0] == 32 || bytes[0] == 10 { indicator(UInt8(ascii: "0") + UInt8(Self.indentStep)) }
        if bytes.last != 10 {
            indicator(UInt8(ascii: "-"))
        } else if bytes.count == 1 || bytes[bytes.count - 2] == 10 {
            indicator(UInt8(ascii: "+"))
        }
        lineEnd()
        isAtIndentation = true
        isAfterSpace = true
        var wasBreak = true
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if ScalarText.isBreak(scalar) {
                lineEnd(scalar)
                wasBreak = true
            } else {
                if wasBreak { startLine() }
                put(scalar)
                isAtIndentation = false
                wasBreak = false
            }
        }
    }

    // MARK: Characters

    /// Columns are characters: the following bytes of one count nothing.
    private mutating func put(_ byte: UInt8) {
        out.append(byte)
        if byte & 0xC0 != 0x80 { column += 1 }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        out.append(contentsOf: UTF8.encode(scalar)!)
        column += 1
    }

    private mutating func lineEnd() {
        out.append(10)
        column = 0
    }

    /// A line end inside a text, whichever it is.
    private mutating func lineEnd(_ scalar: Unicode.Scalar) {
        put(scalar)
        column = 0
        isAtIndentation = true
    }

    private mutating func startLine() {
        let target = max(indent, 0)
        if !isAtIndentation || column > target || column == target && !isAfterSpace { lineEnd() }
        while column < target { put(32) }
        isAfterSpace = true
        isAtIndentation = true
    }

    private mutating func indicator(_ byte: UInt8, needsSpace: Bool = false, isSpace: Bool = false, isIndentation: Bool = false) {
        if needsSpace, !isAfterSpace { put(32) }
        put(byte)
        isAfterSpace = isSpace
        isAtIndentation = isAtIndentation && isIndentation
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
        scalar.value < 0x80 ? 1 : scalar.value < 0x800 ? 2 : scalar.value < 0x10000 ? 3 : 4
    }
}
