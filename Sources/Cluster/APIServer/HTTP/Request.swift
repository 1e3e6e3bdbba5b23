import APIMachinery
import NIOCore
import NIOHTTP1

/// One whole HTTP request: a value, whatever the HTTP version.
package struct Request: Sendable {
    package var method: HTTPMethod
    /// Percent-decoded, without the query.
    package var path: String
    package var query: Query
    package var headers: HTTPHeaders
    package var body: ByteBuffer
    /// The subject of the connection's verified client certificate.
    package var certificateIdentity: UserInfo?
    /// For messages and audit: the client's address.
    package var remoteAddress: String
    /// Who asks what, once that is known and allowed.
    var admitted: Admitted?

    struct Admitted: Sendable {
        var user: UserInfo
        var route: Route
    }

    /// nil when the target is not a valid path and query.
    package init?(
        method: HTTPMethod, target: String, headers: HTTPHeaders, body: ByteBuffer = ByteBuffer(), certificateIdentity: UserInfo? = nil,
        remoteAddress: String = ""
    ) {
        guard let target = Self.originForm(target) else { return nil }
        let end = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.utf8.endIndex
        guard let path = PercentEncoding.decode(target[..<end].utf8, plusIsSpace: false),
            let query = Query(end == target.utf8.endIndex ? "" : target[target.utf8.index(after: end)...])
        else { return nil }
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.certificateIdentity = certificateIdentity
        self.remoteAddress = remoteAddress
    }

    /// Without the scheme and authority that a client may put before the path (RFC 9112 §3.2.2).
    private static func originForm(_ target: String) -> Substring? {
        if target.utf8.first == UInt8(ascii: "/") { return target[...] }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            return rest.firstIndex(of: "/").map { rest[$0...] }
        }
        return nil
    }

    package var userAgent: String { headers.first(name: "user-agent") ?? "" }
}

/// The parameters of a URL's query, in order.
package struct Query: Sendable, Hashable {
    private var items: [(name: String, value: String)]

    /// nil for an invalid percent escape.
    package init?(_ text: some StringProtocol) {
        items = []
        for part in text.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let valueStart = equals == part.endIndex ? equals : part.index(after: equals)
            guard let name = PercentEncoding.decode(part[..<equals], plusIsSpace: true),
                let value = PercentEncoding.decode(part[valueStart...], plusIsSpace: true)
            else { return nil }
            items.append((name, value))
        }
    }

    /// The first value of the parameter; nil when absent.
    package subscript(name: String) -> String? { items.first { $0.name == name }?.value }
    package func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    package static func == (a: Query, b: Query) -> Bool { a.items.elementsEqual(b.items, by: ==) }
    package func hash(into hasher: inout Hasher) {
        for item in items {
            hasher.combine(item.name)
            hasher.combine(item.value)
        }
    }

    /// Reads `1`, `true`, `0`, `false` and their like as Go's ParseBool; throws `badRequest` for others.
    package func bool(_ name: String) throws(APIStatus) -> Bool? {
        guard let text = self[name] else { return nil }
        switch text {
        case "1", "t", "T", "true", "TRUE", "True", "": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw .badRequest("invalid query parameter \(name)=\(text): expected true or false")
        }
    }

    /// Throws `badRequest` for what is no integer.
    package func integer(_ name: String) throws(APIStatus) -> Int? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let value = Int(text) else { throw .badRequest("invalid query parameter \(name)=\(text): expected a whole number") }
        return value
    }

    /// Throws `badRequest` for what is no integer, or a negative one.
    package func count(_ name: String) throws(APIStatus) -> Int? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let value = Int(text), value >= 0 else { throw .badRequest("invalid query parameter \(name)=\(text): expected a whole number, zero or more") }
        return value
    }
}

package enum PercentEncoding {
    /// nil for a broken escape, a NUL, or bytes that are not UTF-8.
    package static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        func digit() -> UInt8? {
            guard index != bytes.endIndex else { return nil }
            defer { index = bytes.index(after: index) }
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): return bytes[index] - 48
            case UInt8(ascii: "a")...UInt8(ascii: "f"): return bytes[index] - 87
            case UInt8(ascii: "A")...UInt8(ascii: "F"): return bytes[index] - 55
            default: return nil
            }
        }
        while index != bytes.endIndex {
            let byte = bytes[index]
            index = bytes.index(after: index)
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = digit(), let low = digit(), high << 4 | low != 0 else { return nil }
                output.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: output.append(32)
            case 0: return nil
            default: output.append(byte)
            }
        }
        return String(validating: output, as: UTF8.self)
    }

    /// Escapes all but RFC 3986's unreserved characters.
    package static func encode(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                output.append(byte)
            default:
                output.append(UInt8(ascii: "%"))
                output.append(hex[Int(byte >> 4)])
                output.append(hex[Int(byte & 15)])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
