/// The pieces of a repository's address: `https://host/path`, `ssh://user@host:port/path`, `user@host:path`, or a path of this machine.
struct RemoteURL: Sendable, Hashable {
    /// Lower case; `ssh` for scp's form, empty for a path of this machine.
    var scheme: String
    /// With a password or token, where one stands there.
    var user: String?
    /// Lower case; an IPv6 address without its brackets.
    var host: String
    var port: Int?
    var path: String
    /// Written as scp does: the path is relative to the user's home.
    private var isScp = false

    init(_ text: String) {
        if text.hasPrefix("file://") || text.hasPrefix("/") {
            (scheme, user, host, path) = ("", nil, "", text.hasPrefix("/") ? text : String(text.dropFirst("file://".count)))
            return
        }
        if let mark = text.firstRange(of: "://") {
            scheme = text[..<mark.lowerBound].lowercased()
            let rest = text[mark.upperBound...]
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            path = String(rest[slash...])
            (user, host, port) = Self.authority(rest[..<slash])
        } else {
            // scp's form has a colon before any slash.
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            scheme = "ssh"
            isScp = true
            path = String(text[colon...].dropFirst())
            (user, host, _) = Self.authority(text[..<colon])
        }
    }

    /// Whether an `@` comes after the first slash and none before: a user or password with a slash that is not written as
    /// `%2F` ends there, and what precedes the slash looks like the host.
    static func mayHideCredentials(_ text: String) -> Bool {
        guard !text.hasPrefix("file://"), let mark = text.firstRange(of: "://") else { return false }
        let rest = text[mark.upperBound...]
        guard let at = rest.firstIndex(of: "@"), let slash = rest.firstIndex(of: "/") else { return false }
        return slash < at
    }

    private static func authority(_ text: Substring) -> (user: String?, host: String, port: Int?) {
        var user: String?
        var rest = text
        if let at = text.lastIndex(of: "@") {
            user = String(text[..<at])
            rest = text[text.index(after: at)...]
        }
        var port: Int?
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]"), let number = Int(rest[rest.index(after: colon)...]) {
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        return (user, rest.lowercased(), port)
    }

    /// As it is given to libgit2.
    var text: String {
        if scheme.isEmpty { return path }
        let name = host.contains(":") ? "[\(host)]" : host
        let login = user.map { "\($0)@" } ?? ""
        return isScp ? "\(login)\(name):\(path)" : "\(scheme)://\(login)\(name)\(port.map { ":\($0)" } ?? "")\(path)"
    }

    /// A user or password as it is meant: `%2F` in a URL is a slash.
    static func decoded(_ text: String) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                result.append(UInt8(digits[0] << 4 | digits[1]))
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private var effectivePort: Int? {
        port ?? ["https": 443, "http": 80, "ssh": 22, "git": 9418][scheme]
    }

    /// How OpenSSH's known_hosts names the server. Source: sshd(8).
    var knownHostName: String { effectivePort.map { $0 == 22 ? host : "[\(host)]:\($0)" } ?? host }

    /// Same way, host and port: whoever reads the one may be handed the credentials for the other.
    func isSameServer(as other: RemoteURL) -> Bool {
        (scheme, host, effectivePort) == (other.scheme, other.host, other.effectivePort)
    }

    /// Where `.gitmodules` of the repository here says that a submodule is: relative to it with `./` or `../`, else by itself.
    /// nil when it leaves the top. Source: gitmodules(5).
    func resolving(_ text: String) -> RemoteURL? {
        guard text.hasPrefix("./") || text.hasPrefix("../") else {
            var url = RemoteURL(text)
            // One server, one login: that of the repository which names it.
            if url.user == nil, url.isSameServer(as: self) { url.user = user }
            return url
        }
        var parts = path.split(separator: "/").map(String.init)
        for part in text.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        var url = self
        url.path = (isScp && !path.hasPrefix("/") ? "" : "/") + parts.joined(separator: "/")
        return url
    }
}
