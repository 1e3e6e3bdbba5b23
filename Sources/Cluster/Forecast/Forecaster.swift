import APIMachinery

/// Says what writes would lead to, by doing them on a fork of the cluster. Bounded in number and in time.
package final class Forecaster: Sendable {
    /// Forecasts at a time; others wait for as long as their own budget allows.
    static let concurrencyMax = 2

    private let certificateAuthority: String
    private let clock: any WallClock
    private let turnstile = Turnstile(places: concurrencyMax)

    /// - Parameters:
    ///   - certificateAuthority: the PEM that pods are to trust.
    ///   - clock: what budgets are measured by; the forks' own time is another.
    package init(certificateAuthority: String, clock: any WallClock = SystemClock()) {
        self.certificateAuthority = certificateAuthority
        self.clock = clock
    }

    /// Tries `spec` on a fork of what `live` serves now, as `user`.
    func answer(_ spec: ForecastSpec, user: UserInfo, on live: Registry) async -> ForecastStatus {
        let end = clock.now + spec.budget
        guard await turnstile.enter(until: end, clock: clock) else {
            return ForecastStatus(isSettled: false, notTried: ["anything: other forecasts took the time"])
        }
        defer { turnstile.leave() }
        let fork = ClusterFork(of: live, trying: spec, user: user, certificateAuthority: certificateAuthority)
        let outcome = await fork.run(until: end, clock: clock)
        return ForecastStatus(
            consequences: outcome.record.map { Comparison($0).consequences } ?? [], isSettled: outcome.isSettled && outcome.record != nil,
            duration: outcome.duration, notTried: Self.notTried(spec, live))
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
