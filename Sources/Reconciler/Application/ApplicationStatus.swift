import APIMachinery

/// One sync in an Application's history.
package struct HistoryEntry: Sendable, Hashable {
    package var revision: String
    package var message: String
    package var author: String
    /// When it was applied, RFC 3339.
    package var time: String
    /// `Synced`, or why not.
    package var result: String

    package static let synced = "Synced"

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
    /// The commit at which everything was last healthy.
    package var lastHealthyRevision = ""
    /// Names the content whose hooks have run.
    package var observedHooks = ""
    /// The value of the annotation `gitctl.dev/sync` that was last acted upon.
    package var lastHandledSync = ""
    package var health = ""
    /// One line: how many objects, what is amiss.
    package var summary = ""
    /// What the Application put into the cluster, sorted.
    package var inventory: [ObjectIdentity] = []
    /// Newest first.
    package var history: [HistoryEntry] = []

    package init() {}

    package init(_ json: JSON) {
        conditions = (json["conditions"]?.array ?? []).compactMap(Condition.init)
        observedGeneration = json["observedGeneration"]?.int ?? 0
        observedRevision = json["observedRevision"]?.string ?? ""
        lastAttemptedRevision = json["lastAttemptedRevision"]?.string ?? ""
        lastHealthyRevision = json["lastHealthyRevision"]?.string ?? ""
        observedHooks = json["observedHooks"]?.string ?? ""
        lastHandledSync = json["lastHandledSync"]?.string ?? ""
        health = json["health"]?.string ?? ""
        summary = json["summary"]?.string ?? ""
        inventory = InventoryJSON.entries(json["inventory"])
        history = (json["history"]?.array ?? []).map(HistoryEntry.init)
    }

    package var json: JSON { changes(from: nil) }

    /// The members that differ from those of `old`, all of them for nil: what a merge patch has to say.
    func changes(from old: ApplicationStatus?) -> JSON {
        var fields: JSONObject = [:]
        func note<Value: Equatable>(_ key: String, _ path: KeyPath<ApplicationStatus, Value>, _ json: (Value) -> JSON) {
            if old?[keyPath: path] != self[keyPath: path] { fields[key] = json(self[keyPath: path]) }
        }
        note("conditions", \.conditions) { .array($0.map(\.json)) }
        note("observedGeneration", \.observedGeneration) { .int($0) }
        note("observedRevision", \.observedRevision) { .string($0) }
        note("lastAttemptedRevision", \.lastAttemptedRevision) { .string($0) }
        note("lastHealthyRevision", \.lastHealthyRevision) { .string($0) }
        note("observedHooks", \.observedHooks) { .string($0) }
        note("lastHandledSync", \.lastHandledSync) { .string($0) }
        note("health", \.health) { .string($0) }
        note("summary", \.summary) { .string($0) }
        note("inventory", \.inventory) { InventoryJSON.json($0.sorted()) }
        note("history", \.history) { .array($0.map(\.json)) }
        return .object(fields)
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
