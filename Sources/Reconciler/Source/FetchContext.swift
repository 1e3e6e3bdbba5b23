import Clibgit2
import Crypto
import FoundationEssentials

/// What libgit2's callbacks of one fetch know and note down. Stays on the fetch thread.
///
/// A class, because libgit2 hands its address back to C functions.
final class FetchContext {
    let url: RemoteURL
    /// The URL as it may be shown.
    let display: String
    /// Instead of what the daemon's user has.
    let credentials: SourceCredentials?
    private let authority: PrivateAuthority?
    /// Why a callback ended the fetch, in better words than libgit2's.
    private(set) var failure: GitError?
    /// Branches and tags that moved, came or went.
    private(set) var movedRefs = 0
    private var attempts = CredentialAttempts()

    init(url: RemoteURL, display: String, credentials: SourceCredentials?) throws(GitError) {
        self.url = url
        self.display = display
        self.credentials = credentials
        authority = try credentials?.authorities.map { pem throws(GitError) in
            try PrivateAuthority(pem: pem, from: credentials?.name ?? "")
        }
    }

    /// An error without the URL's login and the Secret's values, should a message of libgit2 or of the server repeat them.
    func shown(_ error: GitError, url text: String) -> GitError {
        var error = error.replacing(text, with: display)
        // What libssh2 says of a key that it cannot open comes as a failed connection.
        if attempts.hasTriedSecret, let credentials, url.scheme == "ssh", failure == nil, error.message.contains("authenticate") {
            error = GitError(
                .unauthorized, error.message, remedy: "check identity of \(credentials.name), and the passphrase in its password")
        }
        var hidden = [credentials?.password, credentials?.bearerToken]
        if let user = url.user, user.contains(":") || url.scheme != "ssh" {
            let part = user.split(separator: ":", maxSplits: 1).last.map(String.init)
            hidden += [part, part.map(RemoteURL.decoded)]
        }
        for case let value? in hidden where !value.isEmpty { error = error.replacing(value, with: SecretMask.hidden) }
        return error
    }

    /// For `Authorization: Bearer`, which libgit2 has no credential for.
    var headers: [String] { credentials?.bearerToken.map { ["Authorization: Bearer \($0)"] } ?? [] }

    /// Whoever carries credentials goes to no other server because one says so.
    var redirects: git_remote_redirect_t {
        credentials?.bearerToken != nil || credentials?.password != nil || url.user != nil && url.scheme != "ssh"
            ? GIT_REMOTE_REDIRECT_NONE : GIT_REMOTE_REDIRECT_INITIAL
    }

    func install(in callbacks: inout git_remote_callbacks) {
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.credentials = { out, _, user, allowed, payload in
            FetchContext.of(payload)?.authenticate(out, user: user.map { String(cString: $0) }, allowed: allowed)
                ?? GIT_EAUTH.rawValue
        }
        callbacks.certificate_check = { certificate, isValid, host, payload in
            guard let certificate, let host, let context = FetchContext.of(payload) else { return GIT_ECERTIFICATE.rawValue }
            return context.check(certificate, isValid: isValid != 0, host: String(cString: host))
        }
        callbacks.update_tips = { _, _, _, payload in
            FetchContext.of(payload)?.movedRefs += 1
            return 0
        }
    }

    private static func of(_ payload: UnsafeMutableRawPointer?) -> FetchContext? {
        payload.map { Unmanaged<FetchContext>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Who we are

    private func authenticate(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, user: String?, allowed: UInt32
    ) -> Int32 {
        guard let out else { return GIT_EAUTH.rawValue }
        guard let credentials else { return attempts.next(out, user: user ?? "git", allowed: allowed) }
        func refuse(_ message: String, _ remedy: String) -> Int32 {
            failure = GitError(.unauthorized, "\(display): \(message)", remedy: remedy)
            return GIT_EAUTH.rawValue
        }
        let name = credentials.username ?? user ?? "git"
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 { return git_credential_username_new(out, name) }
        guard !attempts.hasTriedSecret else {
            return refuse(
                "the server refuses the credentials of \(credentials.name)", "correct that Secret, or what its user may read")
        }
        attempts.hasTriedSecret = true
        if url.scheme == "ssh", let identity = credentials.identity {
            guard allowed & GIT_CREDENTIAL_SSH_MEMORY.rawValue != 0 else {
                return refuse("the server takes no SSH keys", "put a password into \(credentials.name), without identity")
            }
            return git_credential_ssh_key_memory_new(out, name, nil, identity, credentials.password)
        }
        if credentials.bearerToken != nil {
            return refuse(
                "the server refuses the bearerToken of \(credentials.name)", "correct that Secret, or what its user may read")
        }
        guard let password = credentials.password, allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0 else {
            return refuse(
                "the server asks for more than \(credentials.name) holds", "put username and password, or bearerToken, into it")
        }
        return git_credential_userpass_plaintext_new(out, name, password)
    }

    // MARK: Who the server is

    private func check(_ certificate: UnsafeMutablePointer<git_cert>, isValid: Bool, host: String) -> Int32 {
        let verdict: GitError?
        switch certificate.pointee.cert_type {
        case GIT_CERT_X509:
            verdict =
                isValid ? nil : certificate.withMemoryRebound(to: git_cert_x509.self, capacity: 1) { check($0.pointee, host: host) }
        case GIT_CERT_HOSTKEY_LIBSSH2:
            verdict = certificate.withMemoryRebound(to: git_cert_hostkey.self, capacity: 1) { check($0.pointee) }
        default: verdict = GitError(.unauthorized, "\(display): the server shows neither a certificate nor a host key")
        }
        failure = verdict ?? failure
        return verdict == nil ? 0 : GIT_ECERTIFICATE.rawValue
    }

    private func check(_ certificate: git_cert_x509, host: String) -> GitError? {
        let encoded = certificate.data.map { Array(UnsafeRawBufferPointer(start: $0, count: certificate.len)) } ?? []
        if authority?.vouches(for: encoded, host: host) ?? false { return nil }
        let shown = PrivateAuthority.summary(of: encoded).map { " (\($0))" } ?? ""
        let remedy =
            authority == nil
            ? "put the certificate of its authority into ca.crt of a Secret and name that in spec.source.secretRef, or add it to the machine's CA certificates"
            : "it must be valid now, for \(host), and issued by an authority in ca.crt of \(credentials?.name ?? ""), those between included"
        return GitError(.unauthorized, "\(display): the certificate of \(host)\(shown) is not trusted", remedy: remedy)
    }

    private func check(_ certificate: git_cert_hostkey) -> GitError? {
        guard let key = Self.key(certificate) else {
            return GitError(.unauthorized, "\(display): the server's host key cannot be read")
        }
        let host = url.knownHostName
        let (known, place) = knownHosts()
        switch known.verdict(on: key, of: host) {
        case .known: return nil
        case .revoked:
            return GitError(
                .unauthorized, "\(display): the host key \(key.fingerprint) of \(host) is marked as revoked in \(place)",
                remedy: "find out whose server answers")
        case .changed(let old):
            return GitError(
                .unauthorized,
                "\(display): the host key of \(host) is \(key.fingerprint), and \(place) has \(old): another server may be answering",
                remedy: "if the server has a new key, replace the line in \(place)")
        case .unknown(let types):
            let only = types.isEmpty ? "" : " (it has other types: \(types.joined(separator: ", ")))"
            let line = key.bytes.map { "\(host) \(key.type) \(Data($0).base64EncodedString())" }
            return GitError(
                .unauthorized, "\(display): the host key \(key.fingerprint) of \(host) is not in \(place)\(only)",
                remedy:
                    "if the server's administrator confirms it, add the line\(line.map { ": \($0)" } ?? " that ssh-keyscan prints")"
            )
        }
    }

    private func knownHosts() -> (KnownHosts, place: String) {
        if let credentials { return (KnownHosts(credentials.knownHosts ?? ""), "known_hosts of \(credentials.name)") }
        let file = "\(CredentialAttempts.home)/.ssh/known_hosts"
        let bytes = FileManager.default.contents(atPath: file) ?? Data()
        return (KnownHosts(String(decoding: bytes, as: UTF8.self)), file)
    }

    private static func key(_ certificate: git_cert_hostkey) -> KnownHosts.Key? {
        if certificate.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let bytes = certificate.hostkey {
            return KnownHosts.Key(Array(UnsafeRawBufferPointer(start: bytes, count: certificate.hostkey_len)))
        }
        return nil
    }
}
