import APIMachinery
import Reconciler

/// What a command or a git hook asks of the daemon over its socket: one line of JSON.
package enum ControlRequest: Sendable {
    /// Answered with `{"url": …, "process": …, "version": …}`.
    case ping
    /// Makes the bare repository and its hooks; answered with its path.
    case ensureRepository(name: String)
    /// May the push be accepted? Answered with true or false, after lines for the pusher.
    case preReceive(Push)
    /// Deploys what was pushed; answered with true when healthy, after lines for the pusher.
    case postReceive(Push)
    /// Applies an Application's commit, or `revision`, now; answered with the commit.
    case sync(namespace: String, name: String, revision: String?, isDryRun: Bool)
    /// Commits an Application's manifests as they were in `revision`, or before the present commit, and
    /// deploys that; answered with the commit.
    case rollBack(namespace: String, name: String, revision: String?, author: Restoration.Author)
    /// Who gave each field of an object its value; answered with a `Blame`.
    case blame(group: String, kind: String, namespace: String, name: String, field: String)
    /// Compares a commit of a work tree on this machine; answered with a `DiffAnswer`, after its text in pieces.
    case diff(DiffRequest)
    /// Ends the daemon; answered at once. What the daemon ran is the caller's to tear down.
    case stop

    /// Longer requests and replies end the connection.
    package static let lineBytesMax = 1 << 20
}

/// What the daemon answers: any number of lines, then one result or error.
package enum ControlReply: Sendable, Hashable {
    case line(String)
    case result(JSON)
    case error(Failure)
}

extension ControlRequest {
    package var json: JSON {
        switch self {
        case .ping: ["request": "ping"]
        case .ensureRepository(let name): ["request": "ensure-repository", "name": .string(name)]
        case .preReceive(let push): ["request": "pre-receive", "push": push.json]
        case .postReceive(let push): ["request": "post-receive", "push": push.json]
        case .sync(let namespace, let name, let revision, let isDryRun):
            [
                "request": "sync", "namespace": .string(namespace), "name": .string(name),
                "revision": revision.map(JSON.string) ?? .null, "dryRun": .bool(isDryRun),
            ]
        case .rollBack(let namespace, let name, let revision, let author):
            [
                "request": "roll-back", "namespace": .string(namespace), "name": .string(name),
                "revision": revision.map(JSON.string) ?? .null, "author": .string(author.name), "email": .string(author.email),
            ]
        case .blame(let group, let kind, let namespace, let name, let field):
            [
                "request": "blame", "group": .string(group), "kind": .string(kind), "namespace": .string(namespace), "name": .string(name),
                "field": .string(field),
            ]
        case .diff(let request): ["request": "diff", "diff": request.json]
        case .stop: ["request": "stop"]
        }
    }

    /// nil when a field is missing, mistyped, or the request unknown.
    package init?(json: JSON) {
        switch json["request"]?.string {
        case "ping": self = .ping
        case "ensure-repository":
            guard let name = json["name"]?.string else { return nil }
            self = .ensureRepository(name: name)
        case "pre-receive":
            guard let push = Push(json: json["push"] ?? .null) else { return nil }
            self = .preReceive(push)
        case "post-receive":
            guard let push = Push(json: json["push"] ?? .null) else { return nil }
            self = .postReceive(push)
        case "sync":
            guard let namespace = json["namespace"]?.string, let name = json["name"]?.string else { return nil }
            self = .sync(
                namespace: namespace, name: name, revision: json["revision"]?.string, isDryRun: json["dryRun"]?.bool ?? false)
        case "roll-back":
            guard let namespace = json["namespace"]?.string, let name = json["name"]?.string, let author = json["author"]?.string,
                let email = json["email"]?.string
            else { return nil }
            self = .rollBack(
                namespace: namespace, name: name, revision: json["revision"]?.string, author: Restoration.Author(name: author, email: email))
        case "blame":
            guard let group = json["group"]?.string, let kind = json["kind"]?.string, let namespace = json["namespace"]?.string,
                let name = json["name"]?.string
            else { return nil }
            self = .blame(group: group, kind: kind, namespace: namespace, name: name, field: json["field"]?.string ?? "")
        case "diff":
            guard let request = DiffRequest(json: json["diff"] ?? .null) else { return nil }
            self = .diff(request)
        case "stop": self = .stop
        default: return nil
        }
    }
}

extension ControlReply {
    package var json: JSON {
        switch self {
        case .line(let text): ["line": .string(text)]
        case .result(let value): ["result": value]
        case .error(let failure):
            ["error": .string(failure.message), "hints": JSON(failure.hints), "exitCode": JSON(Int(failure.exitCode))]
        }
    }

    package init?(json: JSON) {
        if let text = json["line"]?.string {
            self = .line(text)
        } else if let value = json["result"] {
            self = .result(value)
        } else if let message = json["error"]?.string {
            self = .error(
                Failure(
                    message, hints: json["hints"]?.array?.compactMap(\.string) ?? [],
                    exitCode: Int32(clamping: json["exitCode"]?.int ?? 1)))
        } else {
            return nil
        }
    }
}

extension Push {
    var json: JSON {
        [
            "repository": .string(repository),
            "updates": .array(updates.map { ["old": .string($0.old), "new": .string($0.new), "ref": .string($0.ref)] }),
            "quarantinePath": quarantinePath.map(JSON.string) ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let repository = json["repository"]?.string, let list = json["updates"]?.array else { return nil }
        var updates: [Push.RefUpdate] = []
        for entry in list {
            guard let old = entry["old"]?.string, let new = entry["new"]?.string, let ref = entry["ref"]?.string else { return nil }
            updates.append(Push.RefUpdate(old: old, new: new, ref: ref))
        }
        self.init(repository: repository, updates: updates, quarantinePath: json["quarantinePath"]?.string)
    }
}
