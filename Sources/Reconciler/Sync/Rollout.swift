import APIMachinery

/// Follows one commit from push to healthy: progress in, lines and an outcome out. Pure.
///
/// Prints a state once, and at most one line per object and interval: the last state counts. What comes
/// and goes (a container that is tried again) is not news the second time.
struct Rollout: Sendable {
    enum Outcome: Sendable, Hashable {
        case healthy
        case failed
        /// A newer commit took over.
        case superseded
    }

    /// How long something may be degraded before that is the answer: a first start may fail and succeed.
    static let degradedGrace: Duration = .seconds(10)
    /// Shorter pauses do not count as mended: what fails is tried again now and then.
    static let calmTimeMin: Duration = .seconds(5)
    static let lineInterval: Duration = .milliseconds(500)

    let revision: String
    let start: Timestamp
    let timeout: Duration

    /// How long after a failure its undoing is waited for, where that is to be expected.
    static let reversionTime: Duration = .seconds(10)

    /// A failure is followed by a commit that undoes it.
    var awaitsReversion = false
    /// How the objects were before the commit was applied once more is no answer.
    var awaitsApplied = false
    private(set) var isApplied = false
    private var failedAt: Timestamp?
    private var summary: HealthSummary?
    private var degradedSince: [ObjectIdentity: Timestamp] = [:]
    private var calmSince: [ObjectIdentity: Timestamp] = [:]
    private var printed: [ObjectIdentity: Set<String>] = [:]
    private var lastLine: Timestamp?
    private(set) var outcome: Outcome?

    init(revision: String, start: Timestamp, timeout: Duration) {
        self.revision = revision
        self.start = start
        self.timeout = timeout
    }

    /// Takes in an event; returns what to print at once.
    mutating func handle(_ event: Progress, now: Timestamp) -> [String] {
        guard outcome == nil else { return [] }
        switch event {
        case .syncing(let other):
            guard other != revision, isApplied else { return [] }
            outcome = .superseded
            return ["superseded by \(other.prefix(7))"]
        case .waiting(let other, let line):
            return other == revision ? [line] : []
        case .reverted(let other, let line):
            guard other == revision else { return [] }
            outcome = .failed
            return [line]
        case .applied(let other, let objects, let deleted, let duration):
            guard other == revision else {
                outcome = .superseded
                return ["superseded by \(other.prefix(7))"]
            }
            isApplied = true
            // What is well before the first line is due is never seen waiting.
            lastLine = now
            let pruned = deleted > 0 ? ", deleted \(deleted)" : ""
            return ["applied \(objects) \(objects == 1 ? "object" : "objects")\(pruned) in \(duration.brief)"]
        case .refused(let other, let lines, let isToBeReverted):
            // Without a revision: it could not even be found.
            guard other == revision || other.isEmpty else { return [] }
            if isToBeReverted { failedAt = now } else { outcome = .failed }
            return lines
        case .health(let other, let summary):
            guard other == revision, isApplied || !awaitsApplied else { return [] }
            isApplied = true
            self.summary = summary
            noteDegraded(summary, now: now)
            return []
        }
    }

    private mutating func fail(now: Timestamp) {
        if awaitsReversion, isApplied { failedAt = now } else { outcome = .failed }
    }

    private mutating func noteDegraded(_ summary: HealthSummary, now: Timestamp) {
        let degraded = Set(summary.unhealthy.filter { $0.health.state == .degraded }.map(\.identity))
        for identity in degraded {
            if let calm = calmSince.removeValue(forKey: identity), now - calm >= Self.calmTimeMin { degradedSince[identity] = nil }
            degradedSince[identity] = degradedSince[identity] ?? now
        }
        for identity in degradedSince.keys where !degraded.contains(identity) { calmSince[identity] = calmSince[identity] ?? now }
    }

    /// What time alone brings: lines whose turn it is, and the outcome.
    mutating func tick(now: Timestamp) -> [String] {
        guard outcome == nil else { return [] }
        if let failedAt {
            // Nothing can be undone, or it takes too long to be waited for.
            if now - failedAt >= Self.reversionTime { outcome = .failed }
            return []
        }
        if let summary, isApplied {
            if summary.isSettled {
                outcome = .healthy
                return ["healthy in \((now - start).brief)"]
            }
            if let final = summary.unhealthy.first(where: { item in
                item.health.state == .degraded
                    && (item.health.isFinal || (degradedSince[item.identity].map { now - $0 >= Self.degradedGrace } ?? false))
            }) {
                fail(now: now)
                return ["failed: \(final.identity) \(final.health.reason)"]
            }
        }
        if now - start >= timeout {
            fail(now: now)
            let reason = summary.map(\.reason) ?? "the sync has not finished"
            return ["failed: not healthy within \(timeout.brief): \(reason)"]
        }
        return waitingLines(now: now)
    }

    private mutating func waitingLines(now: Timestamp) -> [String] {
        guard let summary, lastLine.map({ now - $0 >= Self.lineInterval }) ?? true else { return [] }
        var lines: [String] = []
        for item in summary.unhealthy where printed[item.identity, default: []].insert(item.health.reason).inserted {
            lines.append("waiting: \(item.identity) \(item.health.reason)")
        }
        if !lines.isEmpty { lastLine = now }
        return lines
    }

    /// When `tick` is worth calling again without an event.
    var nextDeadline: Timestamp? {
        if let failedAt { return failedAt + Self.reversionTime }
        var deadlines = [start + timeout]
        if let oldest = degradedSince.filter({ calmSince[$0.key] == nil }).values.min() { deadlines.append(oldest + Self.degradedGrace) }
        if let summary, let lastLine, summary.unhealthy.contains(where: { printed[$0.identity]?.contains($0.health.reason) != true }) {
            deadlines.append(lastLine + Self.lineInterval)
        }
        return deadlines.min()
    }
}

extension Duration {
    /// `41 ms`, `1.2 s`, `5 min`.
    var brief: String {
        let milliseconds = nanoseconds / 1_000_000
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        if milliseconds < 60_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
        let seconds = milliseconds / 1000
        return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
    }
}
