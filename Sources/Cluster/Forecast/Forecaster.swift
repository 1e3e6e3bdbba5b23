import APIMachinery

/// Says what writes would lead to, by doing them on a fork of the cluster. Bounded in number, time and memory.
package final class Forecaster: Sendable {
    /// Forecasts at a time, each of another user; others wait for as long as their own budget allows.
    static let concurrencyMax = 2
    /// Requests that wait; further ones are refused, so that they take no place from other writes.
    static let waitingMax = 8

    private let certificateAuthority: String
    private let awaitsNode: Bool
    private let clock: any WallClock
    private let turnstile = Turnstile(places: concurrencyMax, waitingMax: waitingMax)

    /// - Parameters:
    ///   - certificateAuthority: the PEM that pods are to trust.
    ///   - awaitsNode: a node is about to join; until then nothing is said of where pods run.
    ///   - clock: what budgets are measured by; the forks' own time is another.
    package init(certificateAuthority: String, awaitsNode: Bool = false, clock: any WallClock = SystemClock()) {
        self.certificateAuthority = certificateAuthority
        self.awaitsNode = awaitsNode
        self.clock = clock
    }

    /// Tries `spec` on a fork of what `live` serves now, as `user`. Throws `tooManyRequests` when too many wait.
    func answer(_ spec: ForecastSpec, user: UserInfo, on live: Registry) async throws(APIStatus) -> ForecastStatus {
        let end = clock.now + spec.budget
        switch await turnstile.enter(user.name, until: end, clock: clock) {
        case .entered: break
        case .late: return ForecastStatus(isSettled: false, notTried: ["anything: other forecasts took the time"])
        case .crowded:
            throw APIStatus(.tooManyRequests, "\(Self.waitingMax) forecasts wait for others to end; try again", retryAfterSeconds: 1)
        }
        defer { turnstile.leave(user.name) }
        // As the fork sees it: the node may join while that runs.
        let isNodeToJoin = awaitsNode && live.store.count(ResourceType.nodes.groupResource) == 0
        let fork = ClusterFork(of: live, trying: spec, user: user, certificateAuthority: certificateAuthority)
        let outcome = await fork.run(until: end, clock: clock)
        var status = ForecastStatus(
            consequences: outcome.consequences, isSettled: outcome.isSettled, duration: outcome.duration, notTried: Self.notTried(spec, live))
        if isNodeToJoin { status.consequences.removeAll { $0.kind == .podsUnschedulable } }
        if !status.isSettled {
            let bound =
                outcome.isFull
                ? "\(Store.forkChangesMax) writes of together \(Store.forkBytesMax >> 20) MiB" : "\(spec.budget.nanoseconds / 1_000_000) ms"
            status.notTried.append("what is not reached within \(bound): only what cannot be taken back is told")
        }
        return status
    }

    /// What a fork leaves out, as far as it matters here.
    private static func notTried(_ spec: ForecastSpec, _ live: Registry) -> [String] {
        var lines: [String] = []
        let webhooks = [ResourceType.mutatingWebhookConfigurations, .validatingWebhookConfigurations].reduce(0) {
            $0 + live.store.count($1.groupResource)
        }
        if webhooks > 0 { lines.append("admission webhooks (\(webhooks) configured): they are not called") }
        let applications = spec.steps.count { $0.object.gvk == ResourceType.applications.gvk }
        if applications > 0 { lines.append("what the \(applications == 1 ? "Application" : "\(applications) Applications") in it would deploy") }
        return lines
    }
}
