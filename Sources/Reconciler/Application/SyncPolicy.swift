import APIMachinery

/// How patiently an Application is brought up, after which others, and what becomes of a failure and of its end.
package struct SyncPolicy: Sendable, Hashable {
    /// After a sync that failed.
    package struct Retry: Sendable, Hashable {
        /// Attempts after the first; nil is no end.
        package var limit: Int?
        /// The wait before the first of them; each later one is `factor` times as long.
        package var first: Duration = .seconds(1)
        package var factor = 2
        package var longest: Duration = .seconds(300)

        /// The wait after so many failures in a row; nil when they were enough.
        func wait(afterFailures count: Int) -> Duration? {
            if let limit, count > limit { return nil }
            var wait = first
            for _ in 1..<max(1, count) where wait < longest { wait *= factor }
            return min(wait, longest)
        }
    }

    /// Applications that must be ready first, as `namespace/name`.
    package var dependsOn: [String] = []
    package var retry = Retry()
    /// Whether `spec.sync.retry` is set: then what a hook did is tried again, too.
    package var retriesHooks = false
    /// How long a wave, a hook or a rollout may take.
    package var timeout: Duration = .seconds(300)
    /// A rollout that fails is undone by a commit.
    package var revertsOnFailure = false
    /// The destination's Namespace is one of the Application's objects.
    package var createsNamespace = false
    /// The objects go with the Application.
    package var deletesObjects = false
    package var discovery: Discovery?

    package init() {}

    /// - Parameter reference: of the Application, which cannot depend on itself.
    init(_ spec: JSON, namespace: String, reference: String) throws(InvalidApplication) {
        for entry in spec["dependsOn"]?.array ?? [] {
            let dependency = "\(entry["namespace"]?.string ?? namespace)/\(entry["name"]?.string ?? "")"
            guard dependency != reference else {
                throw InvalidApplication(description: "spec.dependsOn names the Application itself; remove it")
            }
            if !dependsOn.contains(dependency) { dependsOn.append(dependency) }
        }
        let sync = spec["sync"] ?? .null
        if let retry = sync["retry"] { self.retry = try Self.retry(retry) }
        retriesHooks = sync["retry"] != nil
        if let timeout = try Self.duration(sync["timeout"], "spec.sync.timeout") { self.timeout = timeout }
        revertsOnFailure = sync["onFailure"]?.string == "revert"
        createsNamespace = spec[path: ["destination", "createNamespace"]]?.bool ?? false
        deletesObjects = spec["deletionPolicy"]?.string == "Delete"
        if let discovery = spec["discovery"] { self.discovery = try Discovery(discovery) }
    }

    private static func retry(_ json: JSON) throws(InvalidApplication) -> Retry {
        var retry = Retry()
        retry.limit = json["limit"]?.int.flatMap { $0 < 0 ? nil : Int(clamping: $0) }
        let backoff = json["backoff"] ?? .null
        if let first = try duration(backoff["duration"], "spec.sync.retry.backoff.duration") { retry.first = max(first, .milliseconds(100)) }
        if let longest = try duration(backoff["maxDuration"], "spec.sync.retry.backoff.maxDuration") { retry.longest = max(longest, retry.first) }
        if let factor = backoff["factor"]?.int { retry.factor = Int(min(max(factor, 1), 100)) }
        return retry
    }

    private static func duration(_ json: JSON?, _ field: String) throws(InvalidApplication) -> Duration? {
        guard let text = json?.string else { return nil }
        guard let duration = Duration(goText: text) else {
            throw InvalidApplication(description: "\(field) \"\(text)\" is no duration; write it like 30s, 5m or 1h30m")
        }
        return duration
    }
}
