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

    /// Why a pod could not be made, of `pods "web-" is forbidden: exceeded quota: …`.
    static func ofRefusal(_ message: String) -> String {
        let reason = message.firstRange(of: " is forbidden: ").map { String(message[$0.upperBound...]) } ?? message
        if let quota = ofQuota(reason) { return quota }
        let parts = reason.rest(after: "failed quota: ").map { $0.split(separator: ": ", maxSplits: 1).map(String.init) } ?? []
        guard parts.count == 2, parts[1].hasPrefix("must specify ") else { return reason }
        return "ResourceQuota \(parts[0]) demands \(parts[1].dropFirst("must specify ".count)); set the containers' resources"
    }

    /// `ResourceQuota small is used up: pods 2 of 2 in use, 1 more requested; …`.
    private static func ofQuota(_ reason: String) -> String? {
        guard let text = reason.rest(after: "exceeded quota: "), let requested = text.firstRange(of: ", requested: "),
            let used = text.firstRange(of: ", used: "), let limited = text.firstRange(of: ", limited: "),
            requested.upperBound <= used.lowerBound, used.upperBound <= limited.lowerBound
        else { return nil }
        func amounts(_ part: Substring) -> [(name: String, amount: String)] {
            part.split(separator: ",").map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
                return (sides.first ?? "", sides.count == 2 ? sides[1] : "")
            }
        }
        let inUse = amounts(text[used.upperBound..<limited.lowerBound])
        let limits = amounts(text[limited.upperBound...])
        let parts = amounts(text[requested.upperBound..<used.lowerBound]).map { more in
            let used = inUse.first { $0.name == more.name }?.amount ?? "?"
            let limit = limits.first { $0.name == more.name }?.amount ?? "?"
            return "\(more.name) \(used) of \(limit) in use, \(more.amount) more requested"
        }
        return "ResourceQuota \(text[..<requested.lowerBound]) is used up: \(parts.joined(separator: "; ")); raise its spec.hard, or free some"
    }

    /// What a container's configuration or volumes lack: `ConfigMap site is missing; …`. nil for any other failure.
    static func ofConfiguration(_ message: String) -> String? {
        for (word, kind) in [("configmap", "ConfigMap"), ("secret", "Secret"), ("persistentvolumeclaim", "PersistentVolumeClaim")] {
            guard let start = message.firstRange(of: "\(word) \"") ?? message.firstRange(of: "\(word)s \"") else { continue }
            let rest = message[start.upperBound...]
            guard let end = rest.firstIndex(of: "\""), rest[end...].hasPrefix("\" not found") else { continue }
            return "\(kind) \(rest[..<end]) is missing; add it to the repository, or create it"
        }
        if let rest = message.rest(after: "couldn't find key "), let middle = rest.firstRange(of: " in ") {
            let object = rest[middle.upperBound...].prefix { $0 != ":" && $0 != "," }
            return "\(object) has no key \(rest[..<middle.lowerBound])"
        }
        if let rest = message.rest(after: "references non-existent key \""), let end = rest.firstRange(of: "\" of ") {
            return "\(rest[end.upperBound...]) has no key \(rest[..<end.lowerBound])"
        }
        return nil
    }

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

extension String {
    /// What follows the first `prefix`; nil without one.
    fileprivate func rest(after prefix: String) -> String? {
        firstRange(of: prefix).map { String(self[$0.upperBound...]) }
    }
}
