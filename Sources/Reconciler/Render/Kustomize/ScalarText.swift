import APIMachinery

/// The text of a scalar to be printed, and in which styles it may stand.
struct ScalarText {
    enum Style { case plain, single, double, literal }

    let bytes: [UInt8]
    private var wish: Style
    private(set) var isMultiline = false
    private var isPlainAllowed = true
    private var isSingleAllowed = true
    private var isBlockAllowed = true

    init(_ value: JSON) {
        switch value {
        case .string(let string):
            bytes = Array(string.utf8)
            wish = bytes.contains(10) ? .literal : PlainScalar.needsQuotes(string) ? .double : .plain
            analyze(string)
        case .double(let number):
            // As JSON first, which has no float without a fraction.
            let text = GoNumber.json(number)
            let isWhole = Int64(text) != nil || UInt64(text) != nil
            bytes = Array((isWhole ? (text == "-0" ? "0" : text) : GoNumber.general(number)).utf8)
            wish = .plain
        default:
            bytes = Array(value.text.utf8)
            wish = .plain
        }
    }

    func style(isKey: Bool) -> Style {
        if isKey, isMultiline { return .double }
        switch wish {
        case .plain where isPlainAllowed: return .plain
        case .plain, .single: return isSingleAllowed ? .single : .double
        case .literal where isBlockAllowed && !isKey: return .literal
        case .literal, .double: return .double
        }
    }

    private mutating func analyze(_ string: String) {
        guard !bytes.isEmpty else {
            isBlockAllowed = false
            return
        }
        var hasIndicator = string.hasPrefix("---") || string.hasPrefix("...")
        var isSpecial = false
        var (leadingSpace, leadingBreak, trailingSpace, trailingBreak) = (false, false, false, false)
        var (breakSpace, spaceBreak) = (false, false)
        var (wasSpace, wasBreak) = (false, false)
        var isAfterBlank = true
        let scalars = Array(string.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let isLast = index == scalars.count - 1
            let isBeforeBlank = isLast || scalars[index + 1] == " " || scalars[index + 1] == "\t"
            if index == 0 {
                switch scalar {
                case "#", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": hasIndicator = true
                case "?", ":", "-": if isBeforeBlank { hasIndicator = true }
                default: break
                }
            } else if scalar == ":" && isBeforeBlank || scalar == "#" && isAfterBlank {
                hasIndicator = true
            }
            if !Self.isPrintable(scalar) { isSpecial = true }
            if scalar == " " {
                if index == 0 { leadingSpace = true }
                if isLast { trailingSpace = true }
                if wasBreak { breakSpace = true }
                (wasSpace, wasBreak) = (true, false)
            } else if Self.isBreak(scalar) {
                isMultiline = true
                if index == 0 { leadingBreak = true }
                if isLast { trailingBreak = true }
                if wasSpace { spaceBreak = true }
                (wasSpace, wasBreak) = (false, true)
            } else {
                (wasSpace, wasBreak) = (false, false)
            }
            isAfterBlank = scalar == " " || scalar == "\t" || Self.isBreak(scalar)
        }
        if leadingSpace || leadingBreak || trailingSpace || trailingBreak || breakSpace || isMultiline || hasIndicator {
            isPlainAllowed = false
        }
        if trailingSpace { isBlockAllowed = false }
        if breakSpace { isSingleAllowed = false }
        if spaceBreak || isSpecial {
            isPlainAllowed = false
            isSingleAllowed = false
            isBlockAllowed = false
        }
    }

    static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    /// The emitter's table ends with the basic plane: a character beyond it is escaped.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
        default: false
        }
    }
}
