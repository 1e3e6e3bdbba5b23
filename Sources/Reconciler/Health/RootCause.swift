/// What a container runtime says of a failure, without the calls that it passed through.
///
/// containerd and runc wrap an error once per layer (`failed to pull and unpack image "…": failed to
/// resolve reference "…": failed to do request: Head "https://…": dial tcp: …`): the reason is at the end.
enum RootCause {
    /// Layers that say nothing to the owner of the manifest. Text in quotes after them goes too.
    private static let layers = [
        "failed to pull and unpack image", "failed to pull image", "failed to resolve reference",
        "failed to resolve image", "failed to copy", "failed to do request", "failed to fetch", "Error response from daemon",
        "failed to create containerd task", "failed to start containerd task", "failed to create shim task", "failed to create shim",
        "failed to start container", "OCI runtime create failed", "runc create failed", "unable to start container process",
        "container_linux.go", "starting container process caused",
    ]

    /// `registry-1.docker.io does not answer: network is unreachable`.
    static func ofPull(_ message: String) -> String {
        let parts = stripped(message)
        // A request that had no answer: `Head "https://HOST/…"`, then each step of the attempt, then why.
        if parts.count > 1, let host = host(of: parts[0]) { return "\(host) does not answer: \(parts[parts.count - 1])" }
        return parts.joined(separator: ": ")
    }

    /// `exec: "serve": executable file not found in $PATH`.
    static func ofStart(_ message: String) -> String { stripped(message).joined(separator: ": ") }

    /// The parts between `: ` from the first that is no layer; all of them when nothing else is left.
    private static func stripped(_ message: String) -> [String] {
        var all: [String] = []
        // gRPC's own words come first: `rpc error: code = NotFound desc = …`.
        var rest = message.hasPrefix("rpc error: ") ? message.firstRange(of: " desc = ").map { message[$0.upperBound...] } ?? message[...] : message[...]
        while let end = rest.firstRange(of: ": ") {
            all.append(String(rest[..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        all.append(String(rest))
        if all.count > 1, all.last == "unknown" { all.removeLast() }
        let first = all.dropLast().firstIndex { part in !layers.contains { part.hasPrefix($0) } } ?? all.count - 1
        return Array(all[first...])
    }

    /// `HOST` of `Head "https://HOST/v2/…"`.
    private static func host(of request: String) -> String? {
        guard let start = request.firstRange(of: "\"http"), let scheme = request[start.lowerBound...].firstRange(of: "://") else { return nil }
        let host = request[scheme.upperBound...].prefix { $0 != "/" && $0 != "\"" }
        return host.isEmpty ? nil : String(host)
    }
}
