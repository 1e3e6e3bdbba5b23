import APIMachinery
import Cluster
import Glibc

/// What a kubeconfig's context says about a cluster and how to log in to it.
///
/// Source: Kubernetes documentation, client.authentication and clientcmd v1 Config. Credential
/// plugins are refused: they run programs that this process knows nothing of.
struct KubeconfigFile: Sendable {
    /// A kubeconfig that cannot be used; `description` is a whole message for the user.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    enum Login: Sendable {
        case none
        case certificate(certificatePEM: String, keyPEM: String)
        case token(String)
        /// Read again for each request: its owner replaces it before it ends.
        case tokenFile(path: String)
        case password(user: String, password: String)
    }

    /// Without a trailing slash.
    let server: String
    /// nil: the system's authorities.
    let authorityPEM: String?
    let skipsVerification: Bool
    /// The name that the server's certificate must carry, where it is not the URL's host.
    let serverName: String?
    let login: Login
    /// Of the context; nil: `default`.
    let namespace: String?

    /// - Parameter context: nil takes the file's `current-context`.
    init(path: String, context: String?) throws {
        func fail(_ message: String) -> Failure { Failure(description: "\(path): \(message)") }
        guard let bytes = try PrivateFile.read(path) else {
            throw fail("there is no such file; 'gitctl kubeconfig' prints where a running gitctl keeps its own")
        }
        let documents: [YAMLDocument]
        do throws(YAMLError) { documents = try YAML.documents(parsing: bytes) } catch {
            throw fail("line \(error.line), column \(error.column): \(error.message)")
        }
        guard documents.count == 1, documents[0].value.object != nil else { throw fail("expected one YAML object of kind Config") }
        let config = documents[0].value

        func entry(_ list: String, _ name: String, _ member: String) throws -> JSON {
            guard let found = config[list]?.array?.first(where: { $0["name"]?.string == name }) else {
                let known = (config[list]?.array ?? []).compactMap { $0["name"]?.string }
                throw fail("\(list) has no entry named \"\(name)\"; it has: \(known.isEmpty ? "none" : known.joined(separator: ", "))")
            }
            return found[member] ?? [:]
        }
        let name = context ?? config["current-context"]?.string ?? ""
        guard !name.isEmpty else { throw fail("no current-context is set; name one with --context") }
        let selected = try entry("contexts", name, "context")
        let cluster = try entry("clusters", selected["cluster"]?.string ?? "", "cluster")
        let user = selected["user"]?.string?.isEmpty == false ? try entry("users", selected["user"]?.string ?? "", "user") : [:]

        guard var server = cluster["server"]?.string, server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw fail("the cluster of context \"\(name)\" has no server; expected server: https://HOST:PORT")
        }
        while server.hasSuffix("/") { server.removeLast() }
        guard cluster["proxy-url"]?.string?.isEmpty != false else { throw fail("proxy-url is not supported; remove it, or reach the server directly") }
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."

        /// The text of `KEY-data` (base64), else of the file that `KEY` names.
        func pem(_ object: JSON, _ key: String) throws -> String? {
            if let data = object["\(key)-data"]?.string, !data.isEmpty {
                guard let bytes = Base64.decode(data) else { throw fail("\(key)-data is not base64") }
                return String(decoding: bytes, as: UTF8.self)
            }
            guard let file = object[key]?.string, !file.isEmpty else { return nil }
            let full = file.hasPrefix("/") ? file : "\(directory)/\(file)"
            guard let bytes = try PrivateFile.read(full) else { throw fail("\(key) names \(full), which does not exist") }
            return String(decoding: bytes, as: UTF8.self)
        }

        self.server = server
        authorityPEM = try pem(cluster, "certificate-authority")
        skipsVerification = cluster["insecure-skip-tls-verify"]?.bool ?? false
        serverName = cluster["tls-server-name"]?.string
        namespace = selected["namespace"]?.string
        for plugin in ["exec", "auth-provider"] where user[plugin]?.object != nil {
            throw fail(
                "the user of context \"\(name)\" logs in by \(plugin), which gitctl does not run; make a token ('kubectl create token NAME') and put it into the user as token: instead")
        }
        if let certificate = try pem(user, "client-certificate") {
            guard let key = try pem(user, "client-key") else { throw fail("the user of context \"\(name)\" has a client-certificate but no client-key") }
            login = .certificate(certificatePEM: certificate, keyPEM: key)
        } else if let token = user["token"]?.string, !token.isEmpty {
            login = .token(token)
        } else if let file = user["tokenFile"]?.string, !file.isEmpty {
            login = .tokenFile(path: file.hasPrefix("/") ? file : "\(directory)/\(file)")
        } else if let name = user["username"]?.string, let password = user["password"]?.string {
            login = .password(user: name, password: password)
        } else {
            login = .none
        }
    }
}

extension KubeconfigFile {
    /// The text of a kubeconfig that means the same from anywhere: one context chosen, paths absolute.
    ///
    /// - Parameter context: nil keeps the file's own.
    static func portable(_ path: String, context: String?) throws -> String {
        guard let bytes = try PrivateFile.read(path), let config = try YAML.documents(parsing: bytes).first?.value, var fields = config.object else {
            throw Failure(description: "\(path): expected one YAML object of kind Config")
        }
        if let context { fields["current-context"] = .string(context) }
        let directory = absolute(path, in: currentDirectory()).split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        func absolutePaths(_ list: String, _ member: String, _ keys: [String]) {
            fields[list] = .array(
                (fields[list]?.array ?? []).map { entry in
                    var object = Object(entry.object ?? [:])
                    for key in keys {
                        if let file = object[member, key]?.string, !file.isEmpty { object.set(.string(absolute(file, in: directory)), at: [member, key]) }
                    }
                    return object.json
                })
        }
        absolutePaths("clusters", "cluster", ["certificate-authority"])
        absolutePaths("users", "user", ["client-certificate", "client-key", "tokenFile"])
        return JSON.object(fields).text + "\n"
    }

    private static func absolute(_ path: String, in directory: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }
}
