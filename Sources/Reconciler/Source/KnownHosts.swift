import APIMachinery
import Crypto
import FoundationEssentials

/// The host keys that are trusted, as OpenSSH's `known_hosts` lists them. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
///
/// Lines with `@cert-authority` do not count: host certificates are not checked by libssh2.
struct KnownHosts: Sendable {
    /// A key as the server shows it.
    struct Key: Sendable, Hashable {
        /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, …
        var type: String
        /// SHA-256 of the key.
        var hash: [UInt8]
        /// The key itself, where it is known.
        var bytes: [UInt8]?

        /// `ssh-ed25519 SHA256:…`, as `ssh-keygen -l` shows it.
        var fingerprint: String { "\(type) SHA256:\(Data(hash).base64EncodedString().prefix { $0 != "=" })" }

        init(type: String, hash: [UInt8], bytes: [UInt8]? = nil) {
            self.type = type
            self.hash = hash
            self.bytes = bytes
        }

        /// From the key's own bytes, which begin with its type.
        init?(_ bytes: [UInt8]) {
            guard bytes.count > 4 else { return nil }
            let count = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
            guard count > 0, count <= bytes.count - 4, count < 64 else { return nil }
            self.init(
                type: String(decoding: bytes[4..<4 + count], as: UTF8.self), hash: Array(SHA256.hash(data: bytes)), bytes: bytes)
        }
    }

    enum Verdict: Sendable, Hashable {
        case known
        /// Nothing is known of the host, or only keys of these other types.
        case unknown(otherTypes: [String])
        /// Another key of the same type is known.
        case changed(known: String)
        case revoked
    }

    private struct Line: Sendable {
        var hosts: Substring
        var isRevoked: Bool
        var key: Key
    }

    private let lines: [Line]

    init(_ text: String) {
        lines = text.split(whereSeparator: \.isNewline).compactMap { line in
            var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })[...]
            guard let first = words.first, !first.hasPrefix("#") else { return nil }
            let isRevoked = first == "@revoked"
            if first.hasPrefix("@") {
                guard isRevoked else { return nil }
                words.removeFirst()
            }
            guard words.count >= 3, let bytes = Data(base64Encoded: String(words[words.startIndex + 2])),
                let key = Key(Array(bytes)),
                key.type == words[words.startIndex + 1]
            else { return nil }
            return Line(hosts: words[words.startIndex], isRevoked: isRevoked, key: key)
        }
    }

    func verdict(on key: Key, of host: String) -> Verdict {
        let own = lines.filter { Self.matches($0.hosts, host) }
        func isSame(_ line: Line) -> Bool { line.key.type == key.type && line.key.hash == key.hash }
        if own.contains(where: { $0.isRevoked && isSame($0) }) { return .revoked }
        let trusted = own.filter { !$0.isRevoked }
        if trusted.contains(where: isSame) { return .known }
        if let other = trusted.first(where: { $0.key.type == key.type }) { return .changed(known: other.key.fingerprint) }
        return .unknown(otherTypes: Set(trusted.map(\.key.type)).sorted())
    }

    /// A list of names with `*`, `?` and `!`, or one hashed name.
    private static func matches(_ hosts: Substring, _ host: String) -> Bool {
        if hosts.hasPrefix("|1|") {
            let parts = hosts.split(separator: "|")
            guard parts.count == 3, let salt = Data(base64Encoded: String(parts[1])),
                let hash = Data(base64Encoded: String(parts[2]))
            else { return false }
            return HMAC<Insecure.SHA1>.isValidAuthenticationCode(
                hash, authenticating: Data(host.utf8), using: SymmetricKey(data: salt))
        }
        var isMatched = false
        for pattern in hosts.split(separator: ",") {
            let isNegated = pattern.hasPrefix("!")
            guard wildcard(Array((isNegated ? pattern.dropFirst() : pattern).lowercased().utf8), Array(host.utf8)) else { continue }
            if isNegated { return false }
            isMatched = true
        }
        return isMatched
    }

    /// `*` and `?` alone: brackets stand around names with a port.
    private static func wildcard(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (part, byte) = (0, 0)
        var retry: (part: Int, byte: Int)?
        while byte < name.count {
            if part < pattern.count, pattern[part] == UInt8(ascii: "*") {
                retry = (part + 1, byte)
                part += 1
            } else if part < pattern.count, pattern[part] == UInt8(ascii: "?") || pattern[part] == name[byte] {
                part += 1
                byte += 1
            } else {
                guard let back = retry else { return false }
                retry?.byte += 1
                (part, byte) = (back.part, back.byte + 1)
            }
        }
        return pattern[part...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
