import APIMachinery

/// Judges from an Application's status how far a deploy is. Pure.
package struct Rollout: Sendable {
    package enum State: Sendable, Hashable {
        case waiting(String)
        /// The cluster has the commit, and something in it is broken. It may mend.
        case degraded(String)
        case failed(String)
        /// The commit that is live.
        case healthy(String)
    }

    /// The commit to wait for; nil is whatever the source's revision names.
    package var commit: String?
    /// The sync that must have been acted upon; nil asks for none.
    package var syncRequest: String?

    package init(commit: String? = nil, syncRequest: String? = nil) {
        self.commit = commit
        self.syncRequest = syncRequest
    }

    package func judge(_ application: Object) -> State {
        let status = application.status
        let observed = status["observedRevision"]?.string ?? ""
        let attempted = status["lastAttemptedRevision"]?.string ?? ""
        func condition(_ type: String) -> JSON? { status["conditions"]?.array?.first { $0["type"]?.string == type } }
        guard (status["observedGeneration"]?.int ?? 0) >= application.generation else { return .waiting("waiting for the reconciler") }
        if let syncRequest, status["lastHandledSync"]?.string != syncRequest { return .waiting("waiting for the reconciler") }
        let synced = condition("Synced")
        // Its verdict is about this spec and this commit, not an older one.
        let isCurrent = (synced?["observedGeneration"]?.int ?? 0) >= application.generation && (commit == nil || attempted == commit)
        if isCurrent, synced?["status"]?.string == "False" {
            return .failed(synced?["message"]?.string ?? "the sync failed")
        }
        guard isCurrent, synced?["status"]?.string == "True", !observed.isEmpty, commit == nil || observed == commit else {
            // What a sync waits for between its steps is said in the condition.
            if isCurrent, let reason = synced?["reason"]?.string, ["Syncing", "DependencyNotReady"].contains(reason), let message = synced?["message"]?.string {
                return .waiting(message)
            }
            return .waiting(commit.map { "applying \($0.prefix(12))" } ?? "applying")
        }
        let message = condition("Healthy")?["message"]?.string ?? status["summary"]?.string ?? ""
        switch status["health"]?.string {
        case "Healthy": return .healthy(observed)
        case "Degraded": return .degraded(message)
        default: return .waiting(message.isEmpty ? "rolling out" : message)
        }
    }
}
