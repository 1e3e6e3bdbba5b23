import Foundation

/// A certificate authority of a test, made by openssl.
package struct TestAuthority: Sendable {
    /// The authority's certificate, PEM.
    package let certificate: String
    fileprivate let server: String
    fileprivate let serverKey: String

    /// - Parameters:
    ///   - directory: where its files go.
    ///   - name: whom the server's certificate is for, as a subjectAltName.
    package init(in directory: String, name: String = "IP:127.0.0.1", days: Int = 30) async throws {
        let script = """
            set -e
            new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "$@"; }
            new -x509 -keyout ca.key -out ca.crt -days 30 -subj /CN=test-authority -addext basicConstraints=critical,CA:TRUE
            new -keyout server.key -out server.csr -subj /CN=test-server
            printf 'subjectAltName=%s\\n' "\(name)" >names
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days \(days) -out server.crt -extfile names
            """
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let outcome = try await CommandRunner(directory: directory).run(["sh", "-c", script])
        guard outcome.isSuccess else { throw CommandRunner.Failure(description: "openssl, which scripts/setup --test installs:\n\(outcome)") }
        certificate = try String(contentsOfFile: "\(directory)/ca.crt", encoding: .utf8)
        server = "\(directory)/server.crt"
        serverKey = "\(directory)/server.key"
    }
}

/// `git http-backend` behind a small HTTPS server on loopback, until it is stopped.
package final class GitHTTPServer: Sendable {
    package let port: Int
    private let process: LoggedProcess

    /// - Parameters:
    ///   - root: the directory of the repositories; `/moved/X` is answered with a redirect to `/X`.
    ///   - authorization: the headers that are let in, nil for everybody.
    ///   - elsewhere: where `/elsewhere/X` redirects to, another server.
    package init(root: String, authority: TestAuthority, authorization: [String]? = nil, elsewhere: String = "", log: String) async throws {
        process = try LoggedProcess(
            ["python3", "-c", Self.script, root, authority.server, authority.serverKey, elsewhere] + (authorization ?? ["*"]), namespace: nil, log: log)
        let line = try await process.line(within: .seconds(20)) { $0.hasPrefix("ready ") }
        port = Int(line.dropFirst("ready ".count)) ?? 0
    }

    package func url(_ path: String, user: String = "") -> String { "https://\(user)127.0.0.1:\(port)/\(path)" }

    /// The first lines of requests, with the code of the answer.
    package var requests: [String] { process.output.split(separator: "\n").filter { $0.hasPrefix("request ") }.map { String($0.dropFirst(8)) } }

    /// How often somebody asked for the references of a repository and was let in.
    package var fetches: Int { requests.filter { $0.contains("/info/refs") && $0.hasSuffix(" 200") }.count }

    // A server that has ended by itself needs no signal.
    deinit { try? process.handle.signal(SIGKILL) }

    private static let script = """
        import http.server, os, ssl, subprocess, sys
        root, certificate, key, elsewhere = sys.argv[1:5]
        allowed = sys.argv[5:]

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def body(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                data = b""
                while True:
                    size = int(self.rfile.readline().split(b";")[0], 16)
                    data += self.rfile.read(size)
                    self.rfile.readline()
                    if size == 0:
                        return data

            def reply(self, code, headers, data=b""):
                print("request", self.command, self.path, code, flush=True)
                self.send_response(code)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def answer(self):
                data = self.body()
                for prefix, target in (("/moved/", "/"), ("/elsewhere/", elsewhere + "/")):
                    if self.path.startswith(prefix):
                        return self.reply(302, [("Location", target + self.path[len(prefix):])])
                if "*" not in allowed and self.headers.get("Authorization") not in allowed:
                    return self.reply(401, [("WWW-Authenticate", 'Basic realm="git"')])
                path, _, query = self.path.partition("?")
                environment = dict(os.environ, GIT_PROJECT_ROOT=root, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
                    REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""), REMOTE_ADDR="127.0.0.1",
                    CONTENT_LENGTH=str(len(data)), HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
                    GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
                output = subprocess.run(["git", "http-backend"], input=data, env=environment, stdout=subprocess.PIPE).stdout
                head, _, data = output.partition(b"\\r\\n\\r\\n")
                headers = [tuple(line.decode().split(": ", 1)) for line in head.split(b"\\r\\n") if line]
                code = int(dict(headers).get("Status", "200").split()[0])
                self.reply(code, [header for header in headers if header[0] != "Status"], data)

            do_GET = do_POST = answer

            def log_message(self, *ignored):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake belongs to the connection's own thread: one client that goes away must not end the server.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print("ready", server.server_address[1], flush=True)
        server.serve_forever()
        """
}

/// OpenSSH's server on loopback, until it is stopped: one process for each connection.
package final class SSHServer: Sendable {
    package let port: Int
    /// `ssh-ed25519 AAAA…` of the server itself.
    package let hostKey: String
    private let process: LoggedProcess

    /// - Parameters:
    ///   - directory: where its files go.
    ///   - authorizedKeys: public keys of those who may log in.
    package init(in directory: String, authorizedKeys: [String]) async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let host = try await SSHKey(in: directory, name: "host")
        hostKey = host.publicKey.split(separator: " ").prefix(2).joined(separator: " ")
        try authorizedKeys.joined(separator: "\n").appending("\n").write(toFile: "\(directory)/authorized_keys", atomically: true, encoding: .utf8)
        let configuration = """
            HostKey \(directory)/host
            AuthorizedKeysFile \(directory)/authorized_keys
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
            LogLevel VERBOSE
            """
        try configuration.write(toFile: "\(directory)/sshd_config", atomically: true, encoding: .utf8)
        process = try LoggedProcess(["python3", "-c", Self.script, "\(directory)/sshd_config"], namespace: nil, log: "\(directory)/log")
        let line = try await process.line(within: .seconds(20)) { $0.hasPrefix("ready ") }
        port = Int(line.dropFirst("ready ".count)) ?? 0
    }

    /// The line of known_hosts that trusts the server.
    package var knownHostsLine: String { "[127.0.0.1]:\(port) \(hostKey)" }
    package func url(_ path: String) -> String { "ssh://\(NSUserName())@127.0.0.1:\(port)\(path)" }
    package var log: String { process.output }

    // A server that has ended by itself needs no signal.
    deinit { try? process.handle.signal(SIGKILL) }

    private static let script = """
        import os, socket, subprocess, sys
        server = "/usr/sbin/sshd"
        if not os.path.exists(server):
            sys.exit("sshd is not installed; run scripts/setup --test")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        listener = socket.create_server(("127.0.0.1", 0))
        print("ready", listener.getsockname()[1], flush=True)
        children = []
        while True:
            connection, _ = listener.accept()
            children = [child for child in children if child.poll() is None]
            children.append(subprocess.Popen([server, "-i", "-e", "-f", sys.argv[1]], stdin=connection, stdout=connection))
            connection.close()
        """
}

/// A key pair made by ssh-keygen.
package struct SSHKey: Sendable {
    package let privateKey: String
    package let publicKey: String

    package init(in directory: String, name: String, type: String = "ed25519", passphrase: String = "") async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let file = "\(directory)/\(name)"
        let outcome = try await CommandRunner().run(["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", name, "-f", file])
        guard outcome.isSuccess else { throw CommandRunner.Failure(description: "\(outcome)") }
        privateKey = try String(contentsOfFile: file, encoding: .utf8)
        publicKey = try String(contentsOfFile: file + ".pub", encoding: .utf8).trimmingCharacters(in: .newlines)
    }
}
