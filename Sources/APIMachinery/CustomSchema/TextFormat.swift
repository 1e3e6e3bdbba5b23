/// The `format`s of strings that a server checks; others are remarks for the reader.
/// Source: kube-openapi, pkg/validation/strfmt.
enum TextFormat {
    /// nil for a format that is not checked.
    static func holds(_ text: String, _ format: String) -> Bool? {
        switch format {
        case "date-time", "datetime": Timestamp(text) != nil
        case "date": text.utf8.count == 10 && Timestamp(text + "T00:00:00Z") != nil
        case "byte": Base64.isValid(text)
        case "ipv4": isIPv4(text)
        case "ipv6": isIPv6(text)
        case "ip": isIPv4(text) || isIPv6(text)
        case "cidr": isCIDR(text)
        case "mac": matches(mac, text)
        case "hostname": text.utf8.count <= 253 && matches(hostname, text)
        case "email": matches(email, text)
        case "uri": matches(uri, text)
        case "uuid", "uuid3", "uuid4", "uuid5": matches(uuid, text)
        case "duration": matches(duration, text)
        default: nil
        }
    }

    private static func expression(_ pattern: String) -> RegularExpression? {
        // Our own patterns: a test runs each of them.
        try? RegularExpression(pattern)
    }

    private static let mac = expression("^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$")
    private static let hostname = expression("^([a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)(\\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*\\.?$")
    private static let email = expression("^[^@\\s<>]+@[^@\\s<>]+$")
    private static let uri = expression("^[a-zA-Z][a-zA-Z0-9+.-]*:[^\\s]+$|^/[^\\s]*$")
    private static let uuid = expression("^(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
    private static let duration = expression("^[-+]?(0|([0-9]+(\\.[0-9]*)?|\\.[0-9]+)\\s?(ns|us|µs|μs|ms|s|m|h|d|w)+)+$")

    private static func matches(_ expression: RegularExpression?, _ text: String) -> Bool { expression?.matches(text) ?? false }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (48...57).contains($0) } && UInt8(part) != nil && (part == "0" || part.first != "0")
            }
    }

    private static func isIPv6(_ text: String) -> Bool {
        guard text.contains(":"), !text.contains("%") else { return false }
        var groups = 0
        var text = text[...]
        if let colon = text.lastIndex(of: ":"), text[colon...].contains(".") {
            guard isIPv4(String(text[text.index(after: colon)...])) else { return false }
            groups = 2
            text = text[...colon]
            if text.hasSuffix("::") == false { text = text.dropLast() }
        }
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return false }
        for half in halves where !half.isEmpty {
            for group in half.split(separator: ":", omittingEmptySubsequences: false) {
                guard (1...4).contains(group.utf8.count), group.utf8.allSatisfy(isHexDigit) else { return false }
                groups += 1
            }
        }
        return halves.count == 2 ? groups < 8 : groups == 8
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    private static func isCIDR(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let bits = UInt8(parts[1]) else { return false }
        return isIPv4(parts[0]) && bits <= 32 || isIPv6(parts[0]) && bits <= 128
    }
}
