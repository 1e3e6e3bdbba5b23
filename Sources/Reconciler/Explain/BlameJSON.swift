import APIMachinery

/// How a blame travels from the daemon to the command, and what `-o json` prints.
extension Blame {
    /// `{"object", "application", "revision", "omitted", "fields": [{"path", "value", "commit": {"id", "author", "email",
    /// "time", "subject", "isBefore"}} or with "manager": {"name", "operation", "time", "subresource"}, or "default": true]}`.
    package var json: JSON {
        [
            "object": .string(object), "application": .string(application), "revision": .string(revision), "omitted": JSON(omitted),
            "fields": .array(
                lines.map { line in
                    var fields: JSONObject = ["path": .string(line.path), "value": .string(line.value)]
                    switch line.origin {
                    case .commit(let commit, let isBefore):
                        fields["commit"] = [
                            "id": .string(commit.id.description), "author": .string(commit.author), "email": .string(commit.authorEmail),
                            "time": .string(commit.time.description), "subject": .string(commit.summary), "isBefore": .bool(isBefore),
                        ]
                    case .manager(let manager):
                        fields["manager"] = [
                            "name": .string(manager.name), "operation": .string(manager.operation), "time": .string(manager.time),
                            "subresource": .string(manager.subresource),
                        ]
                    case .standard: fields["default"] = true
                    }
                    return .object(fields)
                }),
        ]
    }

    /// From the daemon's answer; nil when it is no such thing.
    package init?(json: JSON) {
        guard let object = json["object"]?.string, let fields = json["fields"]?.array else { return nil }
        self.init(
            object: object, application: json["application"]?.string ?? "", revision: json["revision"]?.string ?? "",
            lines: fields.compactMap { field in
                Self.origin(field).map { Line(path: field["path"]?.string ?? "", value: field["value"]?.string ?? "", origin: $0) }
            }, omitted: Int(clamping: json["omitted"]?.int ?? 0))
    }

    private static func origin(_ field: JSON) -> Origin? {
        if let commit = field["commit"], let id = ObjectID(commit["id"]?.string ?? "") {
            let made = Commit(
                id: id, tree: .zero, parents: [], author: commit["author"]?.string ?? "", authorEmail: commit["email"]?.string ?? "",
                time: Timestamp(commit["time"]?.string ?? "") ?? Timestamp(seconds: 0), summary: commit["subject"]?.string ?? "")
            return .commit(made, isBefore: commit["isBefore"]?.bool ?? false)
        }
        if let manager = field["manager"] {
            return .manager(
                FieldManager(
                    name: manager["name"]?.string ?? "", operation: manager["operation"]?.string ?? "", time: manager["time"]?.string ?? "",
                    subresource: manager["subresource"]?.string ?? ""))
        }
        return field["default"]?.bool == true ? .standard : nil
    }
}

extension Reconciler {
    /// Who gave each field of an object its value.
    package func blame(group: String, kind: String, namespace: String, name: String, field: String) async throws -> Blame {
        guard let type = try await client.resourceTypes().first(where: { $0.group == group && $0.kind == kind }) else {
            throw SyncFailure("NoKind", ["the cluster serves no kind \(kind) of group \"\(group)\""])
        }
        let key = ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: name)
        let live = try await client.get(key)
        let blamer = Blamer(client: client, renderer: sync.renderer)
        guard let application = try await blamer.owner(of: live) else { return try await blamer.blame(key, live: live, field: field, source: nil) }
        let revision = application.status.observedRevision
        let source = revision.isEmpty ? nil : try await sources.resolve(application, revision: revision, fetches: false)
        return try await blamer.blame(key, live: live, field: field, source: source.map { (application, $0.repository) })
    }
}
