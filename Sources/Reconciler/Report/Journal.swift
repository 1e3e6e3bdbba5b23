import APIMachinery
import Logging
import Synchronization

/// What is told of the reconciler's doing beside the status: Kubernetes Events about each Application, and counts for Prometheus.
///
/// Few events: one for what happened, none for what stayed as it was. Nothing here makes a sync wait.
final class Journal: Sendable {
    /// What was last told of an Application, so that it is told once.
    private struct Told {
        var failure: String?
        var health: Health.State?
    }

    /// Names of objects in one message.
    private static let namesMax = 5

    private let recorder: EventRecorder
    let metrics = SyncMetrics()
    private let told = Mutex<[String: Told]>([:])

    init(client: any ResourceClient, clock: any WallClock, logger: Logger) {
        recorder = EventRecorder(client: client, component: "gitctl", clock: clock, logger: logger)
    }

    /// Writes events until cancelled.
    func run() async { await recorder.run() }

    /// A commit is in the cluster. - Parameter application: as it was before.
    /// - Parameter isUntouched: the commit holds nothing new of the Application, which of a thousand is no news.
    func synced(
        _ application: Application, _ commit: Commit, written: Int, deleted: Set<ObjectIdentity>, duration: Duration, isUntouched: Bool
    ) {
        metrics.synced(application.reference, isSuccess: true, duration: duration)
        let hadFailed = told.withLock { told in
            defer { told[application.reference, default: Told()].failure = nil }
            return told[application.reference]?.failure != nil
        }
        let isNews = written > 0 || !deleted.isEmpty || hadFailed || !isUntouched && application.status.observedRevision != commit.id.description
        guard isNews else { return }
        record(.normal, "Synced", "commit \(commit.id.short) \(commit.summary): \(written) written, \(deleted.count) deleted in \(duration.brief)", application)
        if !deleted.isEmpty { record(.normal, "Pruned", "commit \(commit.id.short) holds them no more: \(Self.names(deleted))", application) }
    }

    func failed(_ application: Application, _ failure: SyncFailure) {
        metrics.synced(application.reference, isSuccess: false, duration: nil)
        let commit = failure.commit.map { "commit \($0.id.short): " } ?? ""
        let text = "\(commit)\(failure.reason): \(failure.lines.first ?? "")" + (failure.lines.count > 1 ? " (and \(failure.lines.count - 1) more lines)" : "")
        let isNews = told.withLock { told in
            defer { told[application.reference, default: Told()].failure = text }
            return told[application.reference]?.failure != text
        }
        if isNews { record(.warning, "SyncFailed", text, application) }
    }

    func reverted(_ application: Application, _ commit: Commit, _ objects: [ObjectIdentity]) {
        guard !objects.isEmpty else { return }
        metrics.reverted(application.reference, count: objects.count)
        record(.normal, "DriftReverted", "put back as commit \(commit.id.short) has them: \(Self.names(objects))", application)
    }

    /// Told when it goes wrong, and when that is over: a rollout under way is no news.
    func judged(_ application: Application, _ summary: HealthSummary) {
        let state = summary.state
        guard state != .progressing else { return }
        let before = told.withLock { told in
            defer { told[application.reference, default: Told()].health = state }
            return told[application.reference]?.health
        }
        guard before != state else { return }
        let isWell = summary.isSettled
        if isWell, before == nil || before == .healthy || before == .suspended { return }
        record(
            isWell ? .normal : .warning, "HealthChanged",
            "\(before.map { "\($0.rawValue) → " } ?? "")\(state.rawValue)\(isWell ? "" : ": \(summary.reason)")", application)
    }

    func rolledBack(_ application: Application, to target: Commit, as commit: Commit, by author: String) {
        record(.normal, "RolledBack", "to \(target.id.short) \(target.summary), as commit \(commit.id.short) by \(author)", application)
    }

    /// A rollout that failed was undone.
    func undone(_ application: Application, _ failed: Commit, by commit: Commit, because reason: String) {
        record(.warning, "RolledBack", "commit \(commit.id.short) undoes \(failed.id.short) \(failed.summary), whose rollout failed: \(reason)", application)
    }

    func fetched(_ duration: Duration) { metrics.fetched(duration) }

    /// The Application is gone.
    func forget(_ reference: String) {
        told.withLock { $0[reference] = nil }
        metrics.forget(reference)
    }

    private func record(_ kind: EventRecorder.Kind, _ reason: String, _ message: String, _ application: Application) {
        var object = Object(.applications, namespace: application.namespace, name: application.name)
        object.uid = application.uid
        recorder.record(kind, reason, message.printable, about: object)
    }

    private static func names(_ objects: some Collection<ObjectIdentity>) -> String {
        objects.sorted().prefix(namesMax).map(\.description).joined(separator: ", ") + (objects.count > namesMax ? " (and \(objects.count - namesMax) more)" : "")
    }
}
