/// A place in a JSON document: `/spec/template/spec/containers/0/image`. Source: RFC 6901.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with a text that is no pointer, to follow its quotation in a message.
    package struct Malformed: Error, Sendable, Hashable {
        package var problem: String
    }

    /// Names of members and indices of lists, unescaped; none for the whole document.
    package let tokens: [String]

    package init(tokens: [String]) { self.tokens = tokens }

    package init(_ text: String) throws(Malformed) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { throw Malformed(problem: "does not begin with /; write /\(text)") }
        var tokens: [String] = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(part) else {
                throw Malformed(problem: "has a ~ that is neither ~0 (for ~) nor ~1 (for /)")
            }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    private static func unescaped(_ part: Substring.UTF8View.SubSequence) -> String? {
        guard part.contains(UInt8(ascii: "~")) else { return String(part) }
        var bytes: [UInt8] = []
        var rest = part
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package var description: String {
        tokens.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}
