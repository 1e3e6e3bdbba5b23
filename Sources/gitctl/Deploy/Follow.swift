import APIMachinery
import Synchronization

/// Follows a rollout on the watch until it is healthy, broken for good, or out of time.
struct Follow: Sendable {
    let application: ApplicationName
    let rollout: Rollout
    let timeout: Duration
    let progress: Progress
    /// How long something may be broken before that is the verdict: a container that fails its
    /// first start, because what it needs comes up beside it, mends within this.
    var degradedTimeMax = Duration.seconds(30)

    /// Shorter pauses do not count as mended: a container in back-off is tried again now and then.
    static let calmTimeMin = Duration.seconds(5)

    private enum End: Sendable {
        case healthy(String)
        case failed(String)
        case outOfTime
    }

    /// Returns the commit that is live and healthy.
    func run(_ view: LiveView) async throws -> String {
        let watch = Watch()
        let end = try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask { try await self.wait(view, watch) }
            group.addTask {
                try await Task.sleep(for: self.timeout)
                return .outOfTime
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .outOfTime
        }
        switch end {
        case .healthy(let commit): return commit
        case .failed(let reason): throw failure("\(application) is not healthy: \(reason)", view)
        case .outOfTime: throw failure("\(application) was not healthy within \(age(timeout)): \(watch.last)", view)
        }
    }

    /// What was last seen, for the message when time runs out.
    private final class Watch: Sendable {
        private let text = Mutex("nothing was reported")
        var last: String {
            get { text.withLock { $0 } }
            set { text.withLock { $0 = newValue } }
        }
    }

    private func wait(_ view: LiveView, _ watch: Watch) async throws -> End {
        let clock = SystemClock()
        var degradedUntil: Timestamp?
        var calmAt: Timestamp?
        while true {
            try Task.checkCancellation()
            guard let object = view.get(.applications, namespace: application.namespace, name: application.name) else {
                return .failed("the Application was deleted")
            }
            let rows = view.workloads(object).map { workload in
                ProgressText.Row(
                    "\(workload.kind) \(workload.name)", workload.ready + (workload.reason.isEmpty ? "" : "  \(workload.reason)"),
                    isDone: workload.isReady)
            }
            switch rollout.judge(object) {
            case .healthy(let commit):
                progress.show("healthy", rows)
                return .healthy(commit)
            case .failed(let reason): return .failed(reason)
            case .degraded(let reason):
                let limit = degradedUntil ?? clock.now + degradedTimeMax
                if clock.now >= limit { return .failed(reason) }
                degradedUntil = limit
                calmAt = nil
                watch.last = reason
                progress.show(reason, rows)
            case .waiting(let what):
                calmAt = calmAt ?? clock.now + Self.calmTimeMin
                if let calm = calmAt, clock.now >= calm { degradedUntil = nil }
                watch.last = what
                progress.show(what, rows)
            }
            let due = degradedUntil == nil ? nil : calmAt ?? degradedUntil
            await view.changes.wait(until: due, clock: clock)
        }
    }

    private func failure(_ message: String, _ view: LiveView) -> Failure {
        let object = view.get(.applications, namespace: application.namespace, name: application.name)
        let reasons = (object.map(view.workloads) ?? []).filter { !$0.isReady && !$0.reason.isEmpty && !message.contains($0.reason) }
            .map { "\($0.kind) \($0.namespace)/\($0.name): \($0.reason)" }
        // Beside the gravest, which the message names.
        let others = reasons.map { "\n  " + $0 }.joined()
        return Failure(message + others, hints: ["`gitctl status \(application)` shows every object; the last good commit keeps running"])
    }
}
