import APIMachinery

/// A probe of a container's spec. Source: API reference, core/v1 Probe.
package struct ProbeSpec: Sendable, Hashable {
    package enum Kind: Sendable, Hashable, CaseIterable {
        case startup, readiness, liveness

        package var field: String {
            switch self {
            case .startup: "startupProbe"
            case .readiness: "readinessProbe"
            case .liveness: "livenessProbe"
            }
        }
        /// As events spell it: `Readiness probe failed: …`.
        package var title: String {
            switch self {
            case .startup: "Startup"
            case .readiness: "Readiness"
            case .liveness: "Liveness"
            }
        }
    }

    package let kind: Kind
    /// nil for a handler the agent does not know (gRPC): such a probe always succeeds, with a warning.
    package let handler: HookHandler?
    package let initialDelay: Duration
    package let timeout: Duration
    package let period: Duration
    package let successThreshold: Int
    package let failureThreshold: Int
    /// Overrides the pod's when the probe kills the container.
    package let gracePeriod: Duration?

    package init(_ kind: Kind, _ json: JSON) {
        self.kind = kind
        handler = HookHandler(json)
        initialDelay = .seconds(max(0, json["initialDelaySeconds"]?.int ?? 0))
        timeout = .seconds(max(1, json["timeoutSeconds"]?.int ?? 1))
        period = .seconds(max(1, json["periodSeconds"]?.int ?? 10))
        successThreshold = kind == .readiness ? Int(max(1, json["successThreshold"]?.int ?? 1)) : 1
        failureThreshold = Int(max(1, json["failureThreshold"]?.int ?? 3))
        gracePeriod = json["terminationGracePeriodSeconds"]?.int.map { .seconds($0) }
    }
}

/// Counts a probe's results: pure.
///
/// Until the first success of a readiness or startup probe the next try comes sooner than
/// `period`: early tries cannot change the outcome for the worse (they count no failure), and a
/// server that listens 80 ms after its start is ready 100 ms after it, not a whole period later.
package struct ProbeCounter: Sendable {
    package enum Verdict: Sendable, Hashable { case success, failure }

    package struct Outcome: Sendable, Hashable {
        /// Set when the probe's verdict changed.
        package var change: Verdict?
        /// How long after this try's start the next one starts.
        package var next: Duration
        /// Whether a failure is worth an event: an early try's is not.
        package var isReported: Bool
    }

    /// The first early try's delay; doubled each time, within the first period.
    package static let earlyDelay = Duration.milliseconds(25)

    private let spec: ProbeSpec
    /// What the thresholds made of the results so far; nil before any was reached.
    package private(set) var verdict: Verdict?
    private var last: Verdict?
    private var streak = 0
    /// The next early delay; nil once there are no more early tries.
    private var earlyDelay: Duration?
    private var sinceRegularTry = Duration.zero
    private var isEarlyTry = false

    /// `verdict` is what an earlier life of the agent knew.
    package init(_ spec: ProbeSpec, verdict: Verdict? = nil) {
        self.spec = spec
        self.verdict = verdict
        earlyDelay = spec.kind == .liveness || verdict != nil ? nil : Self.earlyDelay
    }

    package mutating func record(_ result: Verdict) -> Outcome {
        let isEarly = isEarlyTry
        let next = result == .failure ? delayAfterFailure() : spec.period
        if result == .success { earlyDelay = nil }
        if isEarly && result == .failure { return Outcome(change: nil, next: next, isReported: false) }
        streak = result == last ? streak + 1 : 1
        last = result
        let threshold = result == .success ? spec.successThreshold : spec.failureThreshold
        guard streak >= threshold, verdict != result else { return Outcome(change: nil, next: next, isReported: true) }
        verdict = result
        return Outcome(change: result, next: next, isReported: true)
    }

    private mutating func delayAfterFailure() -> Duration {
        isEarlyTry = false
        guard let delay = earlyDelay else { return spec.period }
        let left = spec.period - sinceRegularTry
        if delay < left {
            earlyDelay = delay * 2
            sinceRegularTry += delay
            isEarlyTry = true
            return delay
        }
        earlyDelay = nil
        return left
    }
}
