/// Parses the string form of label selectors by recursive descent.
struct SelectorParser {
    /// Longest selector accepted, in bytes.
    static let lengthBytesMax = 64 * 1024

    private let text: String
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    private func failure(_ expected: String) -> APIStatus {
        .badRequest("unable to parse requirement: \(expected) at offset \(position) of selector '\(text.prefix(256))'")
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == 9 { position += 1 }
    }

    private mutating func take(_ token: String) -> Bool {
        skipSpace()
        guard bytes[position...].starts(with: token.utf8) else { return false }
        position += token.utf8.count
        return true
    }

    /// A word of label characters; empty when there is none.
    private mutating func word() -> String {
        skipSpace()
        let start = position
        while position < bytes.count, !Self.terminators.contains(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static let terminators = Set(" \t,()=!<>".utf8)

    mutating func labelRequirements() throws(APIStatus) -> [LabelSelector.Requirement] {
        guard bytes.count <= Self.lengthBytesMax else { throw .badRequest("the selector is longer than \(Self.lengthBytesMax) bytes") }
        var requirements: [LabelSelector.Requirement] = []
        skipSpace()
        guard position < bytes.count else { return [] }
        repeat { requirements.append(try requirement()) } while take(",")
        skipSpace()
        guard position == bytes.count else { throw failure("expected ',' or the end") }
        return requirements
    }

    private mutating func requirement() throws(APIStatus) -> LabelSelector.Requirement {
        if take("!") { return .init(key: try key(), operator: .doesNotExist) }
        let key = try key()
        if take("==") || take("=") { return .init(key: key, operator: .in, values: [word()]) }
        if take("!=") { return .init(key: key, operator: .notIn, values: [word()]) }
        if take(">") { return .init(key: key, operator: .greaterThan, values: [try number()]) }
        if take("<") { return .init(key: key, operator: .lessThan, values: [try number()]) }
        let start = position
        switch word() {
        case "in": return .init(key: key, operator: .in, values: try set())
        case "notin": return .init(key: key, operator: .notIn, values: try set())
        case "": return .init(key: key, operator: .exists)
        default:
            position = start
            throw failure("expected one of '=', '!=', 'in', 'notin', '>', '<'")
        }
    }

    private mutating func key() throws(APIStatus) -> String {
        let key = word()
        guard !key.isEmpty else { throw failure("expected a label key") }
        return key
    }

    private mutating func number() throws(APIStatus) -> String {
        let text = word()
        guard Int64(text) != nil else { throw failure("expected an integer") }
        return text
    }

    private mutating func set() throws(APIStatus) -> [String] {
        guard take("(") else { throw failure("expected '('") }
        var values = [word()]
        while take(",") { values.append(word()) }
        guard take(")") else { throw failure("expected ')'") }
        return values
    }
}
