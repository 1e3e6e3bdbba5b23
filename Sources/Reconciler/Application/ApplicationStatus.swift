import APIMachinery

/// An object that an Application put into the cluster.
package struct InventoryEntry: Sendable, Hashable, Comparable {
    package var group: String
    package var version: String
    package var kind: String
    /// Empty for cluster-scoped objects.
    package var namespace: String
    package var name: String
    package var uid: String

    package init(_ key: ObjectKey, uid: String) {
        group = key.type.group
        version = key.type.version
        kind = key.type.kind
        namespace = key.namespace ?? ""
        name = key.name
        self.uid = uid
    }

    init?(_ json: JSON) {
        guard let kind = json["kind"]?.string, let name = json["name"]?.string else { return nil }
        group = json["group"]?.string ?? ""
        version = json["version"]?.string ?? ""
        self.kind = kind
        namespace = json["namespace"]?.string ?? ""
        self.name = name
        uid = json["uid"]?.string ?? ""
    }

    var json: JSON {
        .object([
            "group": .string(group), "version": .string(version), "kind": .string(kind), "namespace": .string(namespace),
            "name": .string(name), "uid": .string(uid),
        ])
    }

    /// What identifies the object whatever its version and uid.
    package var identity: ObjectIdentity { ObjectIdentity(group: group, kind: kind, namespace: namespace, name: name) }

    package static func < (a: Self, b: Self) -> Bool { a.identity < b.identity }
}

/// An object by group, kind, namespace and name: the same whatever version it is read in.
package struct ObjectIdentity: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var group: String
    package var kind: String
    package var namespace: String
    package var name: String

    package init(group: String, kind: String, namespace: String, name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    package init(_ key: ObjectKey) {
        self.init(group: key.type.group, kind: key.type.kind, namespace: key.namespace ?? "", name: key.name)
    }

    /// `Deployment default/web`.
    package var description: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }

    package static func < (a: Self, b: Self) -> Bool {
        (a.namespace, a.kind, a.name, a.group) < (b.namespace, b.kind, b.name, b.group)
    }
}

/// One sync in an Application's history.
package struct HistoryEntry: Sendable, Hashable {
    package var revision: String
    package var message: String
    package var author: String
    /// When it was applied, RFC 3339.
    package var time: String
    /// `Synced`, or why not.
    package var result: String

    package init(revision: String, message: String, author: String, time: String, result: String) {
        self.revision = revision
        self.message = message
        self.author = author
        self.time = time
        self.result = result
    }

    init(_ json: JSON) {
        self.init(
            revision: json["revision"]?.string ?? "", message: json["message"]?.string ?? "", author: json["author"]?.string ?? "",
            time: json["time"]?.string ?? "", result: json["result"]?.string ?? "")
    }

    var json: JSON {
        .object([
            "revision": .string(revision), "message": .string(message), "author": .string(author), "time": .string(time),
            "result": .string(result),
        ])
    }
}

/// Kubernetes' condition. Source: API reference, meta/v1 Condition.
package struct Condition: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable {
        case isTrue = "True"
        case isFalse = "False"
        case unknown = "Unknown"
    }

    package var type: String
    package var status: Status
    /// One word in CamelCase.
    package var reason: String
    package var message: String
    package var lastTransitionTime: String
    package var observedGeneration: Int64

    package init(_ type: String, _ status: Status, reason: String, message: String = "") {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        lastTransitionTime = ""
        observedGeneration = 0
    }

    init?(_ json: JSON) {
        guard let type = json["type"]?.string else { return nil }
        self.init(
            type, Status(rawValue: json["status"]?.string ?? "") ?? .unknown, reason: json["reason"]?.string ?? "",
            message: json["message"]?.string ?? "")
        lastTransitionTime = json["lastTransitionTime"]?.string ?? ""
        observedGeneration = json["observedGeneration"]?.int ?? 0
    }

    var json: JSON {
        .object([
            "type": .string(type), "status": .string(status.rawValue), "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": .string(lastTransitionTime), "observedGeneration": .int(observedGeneration),
        ])
    }
}

/// What the reconciler says of an Application: read at start, changed in memory, written when it differs.
package struct ApplicationStatus: Sendable, Hashable {
    package static let historyMax = 20
    /// Longest message of a condition, in bytes (Kubernetes' limit is 32768).
    package static let messageSizeMax = 4096

    package var conditions: [Condition] = []
    package var observedGeneration: Int64 = 0
    /// The commit that the cluster was last brought to.
    package var observedRevision = ""
    /// The commit last tried, whatever came of it.
    package var lastAttemptedRevision = ""
    /// The value of the annotation `gitctl.dev/sync` that was last acted upon.
    package var lastHandledSync = ""
    package var health = ""
    /// One line: how many objects, what is amiss.
    package var summary = ""
    package var inventory: [InventoryEntry] = []
    /// Newest first.
    package var history: [HistoryEntry] = []

    package init() {}

    package init(_ json: JSON) {
        conditions = (json["conditions"]?.array ?? []).compactMap(Condition.init)
        observedGeneration = json["observedGeneration"]?.int ?? 0
        observedRevision = json["observedRevision"]?.string ?? ""
        lastAttemptedRevision = json["lastAttemptedRevision"]?.string ?? ""
        lastHandledSync = json["lastHandledSync"]?.string ?? ""
        health = json["health"]?.string ?? ""
        summary = json["summary"]?.string ?? ""
        inventory = (json["inventory"]?.array ?? []).compactMap(InventoryEntry.init)
        history = (json["history"]?.array ?? []).map(HistoryEntry.init)
    }

    package var json: JSON {
        .object([
            "conditions": .array(conditions.map(\.json)),
            "observedGeneration": .int(observedGeneration),
            "observedRevision": .string(observedRevision),
            "lastAttemptedRevision": .string(lastAttemptedRevision),
            "lastHandledSync": .string(lastHandledSync),
            "health": .string(health),
            "summary": .string(summary),
            "inventory": .array(inventory.sorted().map(\.json)),
            "history": .array(history.map(\.json)),
        ])
    }

    package func condition(_ type: String) -> Condition? { conditions.first { $0.type == type } }

    /// Sets a condition; its transition time moves only when its status does.
    package mutating func set(_ condition: Condition, generation: Int64, now: Timestamp) {
        var condition = condition
        if condition.message.utf8.count > Self.messageSizeMax {
            condition.message = String(decoding: condition.message.utf8.prefix(Self.messageSizeMax - 3), as: UTF8.self) + "…"
        }
        condition.observedGeneration = generation
        let old = self.condition(condition.type)
        condition.lastTransitionTime = old?.status == condition.status ? old?.lastTransitionTime ?? now.description : now.description
        conditions.removeAll { $0.type == condition.type }
        conditions.append(condition)
        conditions.sort { $0.type < $1.type }
    }

    /// What programs branch on, without the sentences for people.
    var withoutWording: ApplicationStatus {
        var status = self
        status.summary = ""
        for index in status.conditions.indices { status.conditions[index].message = "" }
        return status
    }

    package mutating func record(_ entry: HistoryEntry) {
        if let first = history.first, first.revision == entry.revision, first.result == entry.result { return }
        history.insert(entry, at: 0)
        if history.count > Self.historyMax { history.removeLast(history.count - Self.historyMax) }
    }
}
