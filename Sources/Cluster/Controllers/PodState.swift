import APIMachinery

/// What controllers ask of a pod.
struct PodState {
    let pod: Object

    init(_ pod: Object) { self.pod = pod }

    var phase: String { pod.status["phase"]?.string ?? "Pending" }
    var isTerminal: Bool { phase == "Succeeded" || phase == "Failed" }
    /// Neither finished nor going.
    var isActive: Bool { !isTerminal && !pod.isDeleting }
    var nodeName: String { pod.spec["nodeName"]?.string ?? "" }
    var ip: String { pod.status["podIP"]?.string ?? "" }

    func condition(_ type: String) -> JSON? { pod.condition(type) }
    var isReady: Bool { condition("Ready")?["status"]?.string == "True" }

    /// Since when the pod is ready; nil when it is not.
    var readySince: Timestamp? {
        guard isReady else { return nil }
        return condition("Ready")?["lastTransitionTime"]?.string.flatMap(Timestamp.init) ?? Timestamp(seconds: 0)
    }

    func isAvailable(minReadySeconds: Int64, now: Timestamp) -> Bool {
        guard let readySince else { return false }
        return minReadySeconds == 0 || readySince + .seconds(minReadySeconds) <= now
    }

    /// When a ready pod that is not available yet becomes so.
    func availableAt(minReadySeconds: Int64, now: Timestamp) -> Timestamp? {
        guard let readySince, minReadySeconds > 0 else { return nil }
        let time = readySince + .seconds(minReadySeconds)
        return time > now ? time : nil
    }

    var restartCount: Int64 {
        (pod.status["containerStatuses"]?.array ?? []).reduce(0) { $0 + ($1["restartCount"]?.int ?? 0) }
    }
}

extension Object {
    /// An entry of `status.conditions`.
    func condition(_ type: String) -> JSON? {
        status["conditions"]?.array?.first { $0["type"]?.string == type }
    }

    var createdAt: Timestamp { Timestamp(creationTimestamp) ?? Timestamp(seconds: 0) }
}

/// `status.conditions` as controllers write them.
struct Conditions: Equatable {
    private(set) var list: [JSON]

    init(_ object: Object) { list = object.status["conditions"]?.array ?? [] }

    subscript(type: String) -> JSON? { list.first { $0["type"]?.string == type } }

    /// Sets a condition. The transition time moves with the status alone; nothing changes when
    /// status and reason are what they were, unless `isRefreshed`.
    mutating func set(
        _ type: String, _ status: Bool, _ reason: String, _ message: String, now: Timestamp, updateTime: Bool = false,
        isRefreshed: Bool = false
    ) {
        set(type, status ? "True" : "False", reason, message, now: now, updateTime: updateTime, isRefreshed: isRefreshed)
    }

    /// The same with `Unknown` as a third status.
    mutating func set(
        _ type: String, _ word: String, _ reason: String, _ message: String, now: Timestamp, updateTime: Bool = true,
        isRefreshed: Bool = false
    ) {
        let current = self[type]
        let isSameStatus = current?["status"]?.string == word
        if isSameStatus, current?["reason"]?.string == reason, !isRefreshed { return }
        var condition: JSONObject = [
            "type": .string(type), "status": .string(word), "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": isSameStatus
                ? current?["lastTransitionTime"] ?? .string(now.description) : .string(now.description),
        ]
        if updateTime { condition["lastUpdateTime"] = .string(now.description) }
        remove(type)
        list.append(.object(condition))
    }

    mutating func remove(_ type: String) { list.removeAll { $0["type"]?.string == type } }

    var json: JSON { .array(list) }
}
