extension Validation {
    /// The textual formats of names, keys and values, each with Kubernetes' complaint.
    ///
    /// Source: apimachinery, util/validation.
    enum NameFormat: Sendable {
        case dnsLabel, dnsSubdomain, dns1035Label, labelKey, labelValue, configKey, environmentName, portName
        /// Anything that can stand alone in a path.
        case pathSegment

        /// What is wrong with `text`; empty when nothing is.
        func problems(of text: String) -> [String] {
            let bytes = Array(text.utf8)
            switch self {
            case .dnsLabel:
                return length(bytes, 63) + (Self.isLabel(bytes[...]) ? [] : [Self.dnsLabelMessage])
            case .dnsSubdomain:
                let isValid = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(Self.isLabel)
                return length(bytes, 253) + (isValid ? [] : [Self.dnsSubdomainMessage])
            case .dns1035Label:
                let isValid = Self.isLabel(bytes[...]) && bytes.first.map(Self.isLower) == true
                return length(bytes, 63) + (isValid ? [] : [Self.dns1035Message])
            case .labelKey: return Self.labelKeyProblems(text)
            case .labelValue:
                return length(bytes, 63) + (bytes.isEmpty || Self.isQualified(bytes[...]) ? [] : [Self.labelValueMessage])
            case .configKey: return Self.configKeyProblems(bytes)
            case .environmentName:
                if bytes.isEmpty { return ["environment variable name must be non-empty"] }
                return bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "=") }
                    ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
            case .portName: return Self.portNameProblems(bytes)
            case .pathSegment:
                if text == "." || text == ".." { return ["may not be '\(text)'"] }
                return ["/", "%"].filter(text.contains).map { "may not contain '\($0)'" }
            }
        }

        private func length(_ bytes: [UInt8], _ max: Int) -> [String] {
            bytes.count > max ? ["must be no more than \(max) bytes"] : []
        }

        private static func isLower(_ byte: UInt8) -> Bool { byte >= 97 && byte <= 122 }
        private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
        private static func isUpper(_ byte: UInt8) -> Bool { byte >= 65 && byte <= 90 }
        private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) || isUpper(byte) }

        /// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
        private static func isLabel(_ bytes: ArraySlice<UInt8>) -> Bool {
            guard let first = bytes.first, let last = bytes.last, first != 45, last != 45 else { return false }
            return bytes.allSatisfy { isLower($0) || isDigit($0) || $0 == 45 }
        }

        /// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
        private static func isQualified(_ bytes: ArraySlice<UInt8>) -> Bool {
            guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
            return bytes.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
        }

        private static func labelKeyProblems(_ text: String) -> [String] {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            var problems: [String] = []
            switch parts.count {
            case 1: break
            case 2:
                if parts[0].isEmpty {
                    problems.append("prefix part must be non-empty")
                } else {
                    problems += NameFormat.dnsSubdomain.problems(of: parts[0]).map { "prefix part \($0)" }
                }
            default:
                return [
                    "a qualified name \(qualifiedMessage) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
                ]
            }
            let name = Array(parts[parts.count - 1].utf8)
            if name.isEmpty { problems.append("name part must be non-empty") }
            if name.count > 63 { problems.append("name part must be no more than 63 bytes") }
            if !isQualified(name[...]) { problems.append("name part \(qualifiedMessage)") }
            return problems
        }

        private static func configKeyProblems(_ bytes: [UInt8]) -> [String] {
            var problems: [String] = []
            if bytes.count > 253 { problems.append("must be no more than 253 bytes") }
            let isValid = !bytes.isEmpty && bytes.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
            if !isValid { problems.append(configKeyMessage) }
            if bytes == Array(".".utf8) { problems.append("must not be '.'") }
            if bytes == Array("..".utf8) {
                problems.append("must not be '..'")
            } else if bytes.starts(with: "..".utf8) {
                problems.append("must not start with '..'")
            }
            return problems
        }

        private static func portNameProblems(_ bytes: [UInt8]) -> [String] {
            var problems: [String] = []
            if bytes.count > 15 { problems.append("must be no more than 15 bytes") }
            if !bytes.allSatisfy({ isLower($0) || isDigit($0) || $0 == 45 }) {
                problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
            }
            if !bytes.contains(where: isLower) { problems.append("must contain at least one letter (a-z)") }
            if zip(bytes, bytes.dropFirst()).contains(where: { $0 == 45 && $1 == 45 }) {
                problems.append("must not contain consecutive hyphens")
            }
            if bytes.first == 45 || bytes.last == 45 { problems.append("must not begin or end with a hyphen") }
            return problems
        }

        private static let dnsLabelMessage =
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        private static let dnsSubdomainMessage =
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        private static let dns1035Message =
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        private static let labelValueMessage =
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        private static let qualifiedMessage =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        private static let configKeyMessage =
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    }
}
