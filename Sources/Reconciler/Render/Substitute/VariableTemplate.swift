/// A text with variables: `${NAME}`, `${NAME:-default}`, `${NAME:=default}`; `$$` stands for one `$`.
///
/// Of drone's envsubst, which Flux uses, what can be told from a shell's own syntax at a glance; its other forms are
/// refused by name, so that nothing comes out silently different.
struct VariableTemplate {
    struct Failure: Error, Sendable {
        var message: String
    }

    /// Defaults within defaults.
    private static let depthMax = 8
    /// Longest text that may come out, in bytes: what an object of the API can hold, and some.
    static let sizeMax = 2 * 1024 * 1024

    private let bytes: [UInt8]
    private var position = 0
    private let substitution: Substitution
    /// The variables that the text came to use.
    private(set) var used: Set<String> = []
    /// Within a default that is not needed: what it names need not be there.
    private var isSkipping = false

    private init(_ text: String, _ substitution: Substitution) {
        bytes = Array(text.utf8)
        self.substitution = substitution
    }

    /// The text with its values put in, and the names of those; nil when there is nothing to put in.
    static func expand(_ text: String, with substitution: Substitution) throws(Failure) -> (text: String, used: Set<String>)? {
        guard text.utf8.contains(dollar) else { return nil }
        var template = VariableTemplate(text, substitution)
        let expanded = try template.run(untilBrace: false, depth: 0)
        return (String(decoding: expanded, as: UTF8.self), template.used)
    }

    /// Letters, digits and `_`, not beginning with a digit.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy(isNamePart)
    }

    private static let dollar = UInt8(ascii: "$")
    private static let open = UInt8(ascii: "{")
    private static let close = UInt8(ascii: "}")

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        bytes.indices.contains(position + offset) ? bytes[position + offset] : nil
    }

    /// - Parameter untilBrace: a default ends at the first `}` that is not a nested variable's.
    private mutating func run(untilBrace: Bool, depth: Int) throws(Failure) -> [UInt8] {
        guard depth <= Self.depthMax else {
            throw Failure(message: "defaults stand within defaults more than \(Self.depthMax) deep; flatten them")
        }
        var result: [UInt8] = []
        while let byte = peek() {
            if untilBrace, byte == Self.close { break }
            if byte == Self.dollar, peek(1) == Self.open {
                result += try variable(depth: depth)
            } else {
                // Within a default `$$` is two characters, as envsubst has it.
                if byte == Self.dollar, peek(1) == Self.dollar, !untilBrace { position += 1 }
                result.append(byte)
                position += 1
            }
            guard result.count <= Self.sizeMax else {
                throw Failure(message: "the variables make a text of more than \(Self.sizeMax.byteCount); shorten their values")
            }
        }
        return result
    }

    private mutating func variable(depth: Int) throws(Failure) -> [UInt8] {
        let start = position
        position += 2
        let nameStart = position
        while let byte = peek(), Self.isNamePart(byte) { position += 1 }
        let name = String(decoding: bytes[nameStart..<position], as: UTF8.self)
        guard Self.isName(name) else { throw unsupported(from: start) }
        let hasColon = peek() == UInt8(ascii: ":")
        switch (hasColon ? peek(1) : peek(), hasColon) {
        case (Self.close, false):
            position += 1
            if isSkipping { return [] }
            used.insert(name)
            guard let value = substitution.values[name] else {
                throw Failure(
                    message:
                        "the variable \(name) is not set; set it in the Application's spec.substitute, give it a default with ${\(name):-value}, or write $${\(name)} to keep the text as it is"
                )
            }
            return Array(value.utf8)
        case (UInt8(ascii: "-"), true), (UInt8(ascii: "="), _):
            position += hasColon ? 2 : 1
            let value = substitution.values[name] ?? ""
            let wasSkipping = isSkipping
            isSkipping = wasSkipping || !value.isEmpty
            let fallback = try run(untilBrace: true, depth: depth + 1)
            isSkipping = wasSkipping
            guard peek() == Self.close else {
                throw Failure(message: "\(excerpt(from: start)) has no closing }; add it, or write $$ for a $ of its own")
            }
            position += 1
            if value.isEmpty || isSkipping { return fallback }
            used.insert(name)
            return Array(value.utf8)
        default: throw unsupported(from: start)
        }
    }

    private func unsupported(from start: Int) -> Failure {
        let text = excerpt(from: start)
        guard bytes[start...].contains(Self.close) else {
            return Failure(message: "\(text) has no closing }; add it, or write $$ for a $ of its own")
        }
        return Failure(
            message:
                "\(text) is not supported: variables are ${NAME}, ${NAME:-default} and ${NAME:=default}; write $\(text) to keep the text as it is, or annotate the object \(Substitution.annotation): disabled"
        )
    }

    /// To the closing brace, or the first few characters.
    private func excerpt(from start: Int) -> String {
        let end = bytes[start...].firstIndex(of: Self.close).map { $0 + 1 } ?? bytes.count
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        return text.count > 60 ? text.prefix(57) + "…" : text
    }
}
