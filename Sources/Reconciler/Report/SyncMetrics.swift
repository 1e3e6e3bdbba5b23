import APIMachinery
import Synchronization

/// What the reconciler counts for Prometheus. What merely stands (health, objects) is looked up when somebody asks.
final class SyncMetrics: Sendable {
    /// Applications with series of their own; further ones are counted together.
    static let applicationsMax = 2_000
    private static let others = "other"

    private struct Counts {
        var succeeded: UInt64 = 0
        var failed: UInt64 = 0
        var reverted: UInt64 = 0
    }

    private struct State {
        var counts: [String: Counts] = [:]
        var syncs = Histogram()
        var fetches = Histogram()

        mutating func count(_ application: String, _ change: (inout Counts) -> Void) {
            let name = counts[application] != nil || counts.count < applicationsMax ? application : others
            change(&counts[name, default: Counts()])
        }
    }

    private let state = Mutex(State())

    func synced(_ application: String, isSuccess: Bool, duration: Duration?) {
        state.withLock { state in
            state.count(application) { if isSuccess { $0.succeeded += 1 } else { $0.failed += 1 } }
            if let duration { state.syncs.observe(duration) }
        }
    }

    func reverted(_ application: String, count: Int) { state.withLock { $0.count(application) { $0.reverted += UInt64(count) } } }
    func fetched(_ duration: Duration) { state.withLock { $0.fetches.observe(duration) } }
    func forget(_ application: String) { state.withLock { _ = $0.counts.removeValue(forKey: application) } }

    func families() -> [MetricFamily] {
        let state = state.withLock { $0 }
        var syncs = MetricFamily("gitctl_syncs_total", "Syncs that ended, by Application and result.", .counter)
        var reverts = MetricFamily("gitctl_drift_reverted_total", "Objects that others had changed or deleted and that were put back.", .counter)
        for (application, counts) in state.counts.sorted(by: { $0.key < $1.key }) {
            syncs.add(Double(counts.succeeded), ["application": application, "result": "success"])
            syncs.add(Double(counts.failed), ["application": application, "result": "failure"])
            reverts.add(Double(counts.reverted), ["application": application])
        }
        var durations = MetricFamily("gitctl_sync_duration_seconds", "Time of a sync that succeeded, from its commit to the last write.", .histogram)
        durations.add(state.syncs)
        var fetches = MetricFamily("gitctl_fetch_duration_seconds", "Time of a fetch of a remote repository.", .histogram)
        fetches.add(state.fetches)
        return [syncs, reverts, durations, fetches]
    }
}

extension Reconciler {
    /// For Prometheus: what was done, and how all Applications stand at this moment.
    package var metrics: [MetricFamily] {
        let applications = state.applications.sorted { $0.reference < $1.reference }.prefix(SyncMetrics.applicationsMax)
        let cache = sync.renderer.cache.usage
        var hits = MetricFamily("gitctl_render_cache_hits_total", "Trees, files and renderings that were known already.", .counter)
        hits.add(Double(cache.hits))
        var misses = MetricFamily("gitctl_render_cache_misses_total", "Trees and files that had to be read from git.", .counter)
        misses.add(Double(cache.misses))
        return journal.metrics.families() + Self.standing(applications) + [
            hits, misses, MetricFamily("gitctl_render_cache_bytes", "Bytes of the sources that the render cache stands for.", .gauge, Double(cache.bytes)),
        ]
    }

    private static func standing(_ applications: some Collection<Application>) -> [MetricFamily] {
        var info = MetricFamily("gitctl_application_info", "An Application: what it deploys, and the commit in the cluster. Always 1.")
        var synced = MetricFamily("gitctl_application_synced", "Whether the Application's commit is in the cluster: 1, else 0.")
        var health = MetricFamily("gitctl_application_health", "1 for the state in which the Application's objects are.")
        var objects = MetricFamily("gitctl_objects", "Objects that an Application has in the cluster.")
        for application in applications {
            let name = application.reference
            let status = application.status
            let source =
                switch application.origin {
                case .repository(let repository): repository
                case .url(let url): RemoteMirror.withoutCredentials(url)
                }
            info.add(1, ["application": name, "source": source, "path": application.path, "revision": status.observedRevision])
            synced.add(status.condition("Synced")?.status == .isTrue ? 1 : 0, ["application": name])
            health.add(1, ["application": name, "state": status.health.isEmpty ? "Unknown" : status.health])
            objects.add(Double(status.inventory.count), ["application": name])
        }
        return [info, synced, health, objects]
    }
}
