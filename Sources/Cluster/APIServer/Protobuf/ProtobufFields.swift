import APIMachinery
import Synchronization

/// The field numbers of the built-in types: which member of an object a number on the wire is.
final class ProtobufFields: Sendable {
    struct Field: Sendable {
        /// The member's name in JSON, or of an embedded type (`core.v1.VolumeSource`).
        var name: String
        var isEmbedded: Bool
        /// Go writes fields that are not pointers even when they are zero: JSON leaves them out.
        var isZeroAbsent: Bool
    }

    static let builtin = ProtobufFields(protobufTable)

    private let lines: [Substring: Substring]
    private let parsed = Mutex<[String: [Int: Field]]>([:])

    private init(_ text: StaticString) {
        var lines: [Substring: Substring] = [:]
        for line in text.description.split(separator: "\n") {
            guard let bar = line.firstIndex(of: "|") else { continue }
            lines[line[..<bar]] = line[line.index(after: bar)...]
        }
        self.lines = lines
    }

    /// - Parameter name: a definition's, with or without the schema's prefixes.
    func fields(of name: String) -> [Int: Field]? {
        let short = Self.short(name)
        if let fields = parsed.withLock({ $0[short] }) { return fields }
        guard let line = lines[short[...]] else { return nil }
        var fields: [Int: Field] = [:]
        for part in line.split(separator: " ") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let isEmbedded = part.first == "^"
            let isZeroAbsent = part.last == "?"
            let number = part[part.index(after: equals)...].prefix { $0 != "?" }
            if let number = Int(number) {
                fields[number] = Field(name: String(part[..<equals].drop { $0 == "^" }), isEmbedded: isEmbedded, isZeroAbsent: isZeroAbsent)
            }
        }
        parsed.withLock { $0[short] = fields }
        return fields
    }

    private static func short(_ name: String) -> String {
        if name.hasPrefix("io.k8s.api.") { return String(name.dropFirst("io.k8s.api.".count)) }
        if name.hasPrefix("io.k8s.apimachinery.pkg.apis.") { return String(name.dropFirst("io.k8s.apimachinery.pkg.apis.".count)) }
        return name
    }
}
