import APIMachinery
import FoundationEssentials

/// What a Secret holds to reach a repository with; the keys are Flux's.
///
/// Its description shows nothing, so that no message or log line can.
struct SourceCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `Secret gitctl-system/site-auth`, for messages.
    var name: String
    var username: String?
    var password: String?
    var bearerToken: String?
    /// Certificates of authorities, PEM.
    var authorities: String?
    /// A private key, PEM or OpenSSH's; `password` opens it.
    var identity: String?
    var knownHosts: String?

    static let keys = ["username", "password", "bearerToken", "ca.crt", "caFile", "identity", "known_hosts"]

    var description: String { "the credentials of \(name)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// - Throws: what is missing or does not go together, for this URL.
    init(_ secret: Object, for url: RemoteURL) throws(GitError) {
        let name = "Secret \(secret.namespace)/\(secret.name)"
        self.name = name
        func text(_ key: String) throws(GitError) -> String? {
            guard let encoded = secret.fields["data"]?[key]?.string, !encoded.isEmpty else { return nil }
            guard let bytes = Data(base64Encoded: encoded), let text = String(validating: bytes, as: UTF8.self),
                !text.utf8.contains(0)
            else {
                throw GitError(
                    .unauthorized, "\(name): \(key) is no text",
                    remedy: "write it again, for example with kubectl create secret generic --from-file=\(key)=FILE")
            }
            return text
        }
        // An editor's or echo's line end is no part of a password.
        func word(_ key: String) throws(GitError) -> String? {
            guard var word = try text(key) else { return nil }
            while let last = word.last, last.isNewline { word.removeLast() }
            guard !word.contains(where: { $0.isNewline }) else {
                throw GitError(.unauthorized, "\(name): \(key) has more than one line", remedy: "write it again on one line")
            }
            return word
        }
        username = try word("username")
        bearerToken = try word("bearerToken")
        password = try word("password")
        authorities = try text("ca.crt")
        if authorities == nil { authorities = try text("caFile") }
        identity = try text("identity")
        knownHosts = try text("known_hosts")
        try check(for: url)
    }

    private func check(for url: RemoteURL) throws(GitError) {
        func missing(_ what: String) -> GitError {
            GitError(
                .unauthorized, "\(name) has no \(what), which \(url.scheme) needs",
                remedy: "it may have \(Self.keys.dropLast().joined(separator: ", ")) and \(Self.keys[Self.keys.count - 1])")
        }
        switch url.scheme {
        case "ssh":
            guard identity != nil || password != nil else { throw missing("identity (a private key)") }
            guard knownHosts != nil else { throw missing("known_hosts (the server's host keys, as ssh-keyscan prints them)") }
        case "https", "http":
            guard bearerToken != nil || username != nil || password != nil || authorities != nil else {
                throw missing("username and password, bearerToken, or ca.crt")
            }
            guard bearerToken == nil || password == nil else {
                throw GitError(.unauthorized, "\(name) has both bearerToken and password", remedy: "keep one")
            }
            guard bearerToken == nil || url.user == nil else {
                throw GitError(.unauthorized, "\(name) has a bearerToken, and spec.source.url a user", remedy: "keep one")
            }
        default:
            throw GitError(
                .invalid, "spec.source.secretRef is of no use with \(url.scheme)", remedy: "remove it, or use an https or ssh URL")
        }
    }
}
