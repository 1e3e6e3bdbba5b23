/// Cuts an expression into tokens. Source: cel-spec, langdef, "Syntax".
struct CELLexer {
    enum Token: Sendable {
        case identifier(String)
        case literal(CELValue)
        /// An integer that only its sign makes fit.
        case minimum
        case symbol(String)
        case end
    }

    private let source: String
    private let scalars: [Unicode.Scalar]
    private(set) var position = 0

    init(_ source: String) {
        self.source = source
        scalars = Array(source.unicodeScalars)
    }

    /// Names that the language keeps for later.
    static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var",
        "void", "while",
    ]
    /// Longest first.
    private static let symbols = [
        "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}",
    ].map { (text: $0, scalars: Array($0.unicodeScalars)) }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }
    private func peek(_ offset: Int) -> Unicode.Scalar? { position + offset < scalars.count ? scalars[position + offset] : nil }

    func failure(at offset: Int, _ message: String) -> CELSyntaxError { CELSyntaxError(offset: offset, in: source, message) }

    /// The next token and where it begins.
    mutating func next() throws(CELSyntaxError) -> (token: Token, offset: Int) {
        skipSpace()
        let start = position
        guard let first = current else { return (.end, start) }
        if Self.isDigit(first) || first == "." && (peek(1).map(Self.isDigit) ?? false) { return (try number(), start) }
        if let token = try text() { return (token, start) }
        if Self.isLetter(first) { return (word(), start) }
        if first == "`" { return (try quotedIdentifier(), start) }
        for symbol in Self.symbols where scalars[start...].starts(with: symbol.scalars) {
            position += symbol.scalars.count
            return (.symbol(symbol.text), start)
        }
        throw failure(at: start, "unexpected character \(JSON.string(String(first)).text)")
    }

    private mutating func skipSpace() {
        while let scalar = current {
            if scalar == "/", peek(1) == "/" {
                while position < scalars.count, scalars[position] != "\n" { position += 1 }
            } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{c}" {
                position += 1
            } else {
                return
            }
        }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar >= "a" && scalar <= "z" || scalar >= "A" && scalar <= "Z" || scalar == "_"
    }
    private static func isHexadecimal(_ scalar: Unicode.Scalar) -> Bool {
        isDigit(scalar) || scalar >= "a" && scalar <= "f" || scalar >= "A" && scalar <= "F"
    }

    private mutating func take(while isPart: (Unicode.Scalar) -> Bool) -> String {
        let start = position
        while let scalar = current, isPart(scalar) { position += 1 }
        return Self.string(scalars[start..<position])
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private mutating func word() -> Token {
        let name = take { Self.isLetter($0) || Self.isDigit($0) }
        switch name {
        case "true": return .literal(.bool(true))
        case "false": return .literal(.bool(false))
        case "null": return .literal(.null)
        case "in": return .symbol("in")
        default: return .identifier(name)
        }
    }

    /// `` `app.kubernetes.io/name` ``: a field that is no plain name.
    private mutating func quotedIdentifier() throws(CELSyntaxError) -> Token {
        let start = position
        position += 1
        let name = take { $0 != "`" && $0 != "\n" }
        guard current == "`", !name.isEmpty else { throw failure(at: start, "a name in backticks does not end") }
        position += 1
        return .identifier(name)
    }

    private mutating func number() throws(CELSyntaxError) -> Token {
        let start = position
        if current == "0", peek(1) == "x" || peek(1) == "X" {
            position += 2
            let digits = take(while: Self.isHexadecimal)
            return try integer(digits, radix: 16, start)
        }
        var text = take(while: Self.isDigit)
        var isDouble = false
        if current == ".", peek(1).map(Self.isDigit) ?? false {
            isDouble = true
            position += 1
            text += "." + take(while: Self.isDigit)
        }
        if current == "e" || current == "E" {
            let signs = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if peek(1 + signs).map(Self.isDigit) ?? false {
                isDouble = true
                text += "e" + (signs == 1 ? String(scalars[position + 1]) : "")
                position += 1 + signs
                text += take(while: Self.isDigit)
            }
        }
        guard isDouble else { return try integer(text, radix: 10, start) }
        guard let value = Double(text.hasPrefix(".") ? "0" + text : text) else { throw failure(at: start, "\(text) is no number") }
        return .literal(.double(value))
    }

    private mutating func integer(_ digits: String, radix: Int, _ start: Int) throws(CELSyntaxError) -> Token {
        if current == "u" || current == "U" {
            position += 1
            guard let value = UInt64(digits, radix: radix) else { throw failure(at: start, "\(digits)u is beyond the range of uint") }
            return .literal(.uint(value))
        }
        if let value = Int64(digits, radix: radix) { return .literal(.int(value)) }
        guard Int64("-" + digits, radix: radix) != nil else { throw failure(at: start, "\(digits.isEmpty ? "0x" : digits) is beyond the range of int") }
        return .minimum
    }

    // MARK: Texts

    /// A string or bytes literal; nil when there is none here.
    private mutating func text() throws(CELSyntaxError) -> Token? {
        let start = position
        var (isRaw, isBytes) = (false, false)
        var offset = 0
        while let prefix = peek(offset), offset < 2 {
            if prefix == "r" || prefix == "R", !isRaw { isRaw = true } else if prefix == "b" || prefix == "B", !isBytes { isBytes = true } else { break }
            offset += 1
        }
        guard let quote = peek(offset), quote == "\"" || quote == "'" else { return nil }
        position += offset
        let isLong = peek(1) == quote && peek(2) == quote
        position += isLong ? 3 : 1
        var bytes: [UInt8] = []
        while true {
            guard let scalar = current else { throw failure(at: start, "a text does not end; close it with \(isLong ? String(repeating: String(quote), count: 3) : String(quote))") }
            if scalar == quote, !isLong || peek(1) == quote && peek(2) == quote {
                position += isLong ? 3 : 1
                break
            }
            if !isLong, scalar == "\n" || scalar == "\r" { throw failure(at: start, "a text does not end on its line; close it with \(quote)") }
            position += 1
            if scalar == "\\", !isRaw { try escape(&bytes, isBytes: isBytes) } else { bytes.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
        }
        return .literal(isBytes ? .bytes(bytes) : .string(String(decoding: bytes, as: UTF8.self)))
    }

    private static let escapes: [Unicode.Scalar: UInt8] = [
        "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "?": 63, "\"": 34, "'": 39, "`": 96,
    ]

    private mutating func escape(_ bytes: inout [UInt8], isBytes: Bool) throws(CELSyntaxError) {
        let start = position - 1
        guard let kind = current else { throw failure(at: start, "a text ends in \\") }
        position += 1
        if let byte = Self.escapes[kind] { return bytes.append(byte) }
        let count: Int
        let radix: Int
        switch kind {
        case "x", "X": (count, radix) = (2, 16)
        case "u" where !isBytes: (count, radix) = (4, 16)
        case "U" where !isBytes: (count, radix) = (8, 16)
        case "0"..."3":
            (count, radix) = (3, 8)
            position -= 1
        default: throw failure(at: start, "\\\(kind) is no escape")
        }
        let end = min(position + count, scalars.count)
        let digits = Self.string(scalars[position..<end])
        guard digits.unicodeScalars.count == count, digits.unicodeScalars.allSatisfy(Self.isHexadecimal), let value = UInt32(digits, radix: radix) else {
            throw failure(at: start, "\\\(kind) needs \(count) digits")
        }
        position = end
        if isBytes { return bytes.append(UInt8(truncatingIfNeeded: value)) }
        guard let scalar = Unicode.Scalar(value) else { throw failure(at: start, "\\\(kind)\(digits) is no character") }
        bytes.append(contentsOf: UTF8.encode(scalar) ?? .init())
    }
}
