import APIMachinery
import Cluster
import Logging
import TestSupport
import Testing

@testable import Reconciler

@Suite("What the reconciler tells: events and metrics", .timeLimit(.minutes(2)))
struct JournalTests {
    private static func events(_ running: RunningReconciler, reason: String, count: Int = 1) async throws -> [String] {
        try await running.cluster.eventMessages(reason: reason, count: count)
    }

    @Test("a sync, what it pruned, a refusal and a revert are each told once as events about the Application")
    func events() async throws {
        try await RunningReconciler.with { running in
            let work = try await GitRepositoryFixture()
            try work.write("a.yaml", SyncTests.configMap("a", "1"))
            try work.write("b.yaml", SyncTests.configMap("b"))
            let first = try await work.commit("First")
            try await running.cluster.createApplication("web", source: ["url": .string(work.path)])
            try await running.cluster.application("web", synced: "Synced", at: first)
            let synced = try await Self.events(running, reason: "Synced")
            #expect(synced.count == 1 && synced[0].hasPrefix("commit \(first.prefix(7)) First: 2 written, 0 deleted in "), "\(synced)")

            try work.write("a.yaml", "kind: [")
            let broken = try await work.commit("Broken")
            for token in ["1", "2"] {
                try await Self.sync(running, token)
                try await running.cluster.wait(for: .applications, "web", in: "gitctl-system") { $0?.status["lastHandledSync"]?.string == token }
            }
            try work.write("a.yaml", SyncTests.configMap("a", "1"))
            try work.remove("b.yaml")
            let second = try await work.commit("Second")
            try await Self.sync(running, "3")
            try await running.cluster.application("web", synced: "Synced", at: second)
            // A retry of the broken one may have found it first: the sync that was asked for would take the drift for its own work.
            try await running.cluster.wait(for: .applications, "web", in: "gitctl-system") { $0?.status["lastHandledSync"]?.string == "3" }
            #expect(try await Self.events(running, reason: "Pruned") == ["commit \(second.prefix(7)) holds them no more: ConfigMap default/b"])
            let failed = try await Self.events(running, reason: "SyncFailed")
            #expect(failed.count == 1 && failed[0].hasPrefix("commit \(broken.prefix(7)): InvalidManifests: a.yaml:"), "\(failed)")

            _ = try await running.cluster.client(as: "eve").patch(ObjectKey(.configMaps, namespace: "default", name: "a"), .merge(["data": ["value": "9"]]))
            #expect(try await Self.events(running, reason: "DriftReverted") == ["put back as commit \(second.prefix(7)) has them: ConfigMap default/a"])
            // Nothing changes, nothing is told.
            try await Self.sync(running, "4")
            try await running.cluster.wait(for: .applications, "web", in: "gitctl-system") { $0?.status["lastHandledSync"]?.string == "4" }
            #expect(try await Self.events(running, reason: "Synced", count: 2).count == 2)
        }
    }

    private static func sync(_ running: RunningReconciler, _ token: String) async throws {
        _ = try await running.cluster.client.patch(
            ObjectKey(.applications, namespace: "gitctl-system", name: "web"), .merge(["metadata": ["annotations": [Application.syncAnnotation: .string(token)]]]))
    }

    @Test("health is told when it goes wrong and when that is over, not while a rollout is under way")
    func health() async throws {
        let cluster = try await TestCluster()
        let journal = Journal(client: cluster.client, clock: SystemClock(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var application = Application(namespace: "gitctl-system", name: "web", origin: .repository("web"))
        application.uid = "u"
        let identity = ObjectIdentity(group: "apps", kind: "Deployment", namespace: "default", name: "web")
        func judged(_ health: Health) { journal.judged(application, HealthSummary([HealthSummary.Item(identity: identity, health: health)], total: 1)) }
        judged(.progressing("0/1 ready"))
        judged(.healthy)
        for _ in 0..<3 {
            judged(.degraded("0/1 ready — pod web-x"))
            judged(.progressing("0/1 ready"))
        }
        judged(.healthy)
        judged(.progressing("1/2 ready"))
        judged(.healthy)
        let writer = Task { await journal.run() }
        let messages = try await cluster.eventMessages(reason: "HealthChanged", count: 2)
        writer.cancel()
        #expect(messages == ["Healthy → Degraded: Deployment default/web 0/1 ready — pod web-x", "Degraded → Healthy"])
    }

    @Test("metrics count syncs, failures, reverts and the cache, stand as promtool has it, and end with their Application")
    func metrics() async throws {
        try await RunningReconciler.with { running in
            let work = try await GitRepositoryFixture()
            try work.write("a.yaml", SyncTests.configMap("a", "1"))
            let first = try await work.commit("First")
            try await running.cluster.createApplication("web", source: ["url": .string(work.path)])
            try await running.cluster.application("web", synced: "Synced", at: first)
            _ = try await running.cluster.client(as: "eve").patch(ObjectKey(.configMaps, namespace: "default", name: "a"), .merge(["data": ["value": "9"]]))
            _ = try await Self.events(running, reason: "DriftReverted")
            try work.write("a.yaml", "kind: [")
            let broken = try await work.commit("Broken")
            try await Self.sync(running, "1")
            try await running.cluster.application("web", synced: "InvalidManifests", at: broken)

            let text = MetricFamily.text(running.reconciler.metrics)
            #expect(MetricsLint.problems(text) == [])
            for line in [
                #"gitctl_syncs_total{application="gitctl-system/web",result="success"} 1"#, #"gitctl_syncs_total{application="gitctl-system/web",result="failure"} 1"#,
                #"gitctl_drift_reverted_total{application="gitctl-system/web"} 1"#, #"gitctl_sync_duration_seconds_count 1"#,
                #"gitctl_application_synced{application="gitctl-system/web"} 0"#, #"gitctl_application_health{application="gitctl-system/web",state="Healthy"} 1"#,
                #"gitctl_application_info{application="gitctl-system/web",source="\#(work.path)",path=".",revision="\#(first)"} 1"#,
                #"gitctl_objects{application="gitctl-system/web"} 1"#, "gitctl_fetch_duration_seconds_count 0",
            ] { #expect(text.split(separator: "\n").contains(Substring(line)), "\(line) in \(text)") }
            #expect(text.contains(/gitctl_render_cache_misses_total [1-9]/) && text.contains(/gitctl_render_cache_bytes [1-9]/))

            try await running.cluster.client.delete(ObjectKey(.applications, namespace: "gitctl-system", name: "web"))
            try await running.untilForgotten()
            #expect(!MetricFamily.text(running.reconciler.metrics).contains("gitctl-system/web"))
        }
    }

    @Test("a label's value is escaped, and Applications beyond the bound are counted together")
    func bounds() {
        var family = MetricFamily("x_total", "Help.", .counter)
        family.add(1, ["a": "\"\\\n"])
        #expect(MetricFamily.text([family]) == "# HELP x_total Help.\n# TYPE x_total counter\nx_total{a=\"\\\"\\\\\\n\"} 1\n")
        #expect(MetricsLint.problems(MetricFamily.text([family])) == [])
        let metrics = SyncMetrics()
        for number in 0..<(SyncMetrics.applicationsMax + 50) { metrics.synced("n/\(number)", isSuccess: true, duration: .seconds(number)) }
        let text = MetricFamily.text(metrics.families())
        #expect(text.contains(#"gitctl_syncs_total{application="other",result="success"} 50"#))
        #expect(MetricsLint.problems(text) == [])
    }

    @Test("the check finds what promtool finds")
    func lint() {
        #expect(MetricsLint.problems("# TYPE a gauge\na 1\n") == ["a: no HELP before its TYPE"])
        #expect(MetricsLint.problems("# HELP a x\n# TYPE a counter\na 1\n") == ["a: counters, and they alone, end in _total"])
        #expect(MetricsLint.problems("# HELP a x\n# TYPE a gauge\na{b=\"c\"d} 1\n") == ["a: its labels cannot be read: b=\"c\"d"])
        #expect(MetricsLint.problems("# HELP a x\n# TYPE a gauge\na 1\na 1\n") == ["a: the same series twice: "])
        #expect(MetricsLint.problems("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_sum 1\na_count 2\n") == ["a{}: no bucket +Inf"])
    }
}

extension TestCluster {
    /// The messages of the events of a reason, once there are so many: they are written beside the syncs.
    fileprivate func eventMessages(reason: String, count: Int) async throws -> [String] {
        let list = try await client.list(.events, namespace: "gitctl-system")
        var found = list.items.filter { $0.fields["reason"]?.string == reason }
        var options = ListOptions()
        options.resourceVersion = list.resourceVersion
        if found.count < count {
            for try await event in try await client.watch(.events, namespace: "gitctl-system", options: options) {
                if case .added(let object) = event, object.fields["reason"]?.string == reason { found.append(object) }
                if found.count >= count { break }
            }
        }
        for event in found {
            #expect(event.fields["involvedObject"]?["kind"] == "Application" && event.fields["involvedObject"]?["uid"]?.string?.isEmpty == false)
            #expect(event.fields["source"]?["component"] == "gitctl")
        }
        return found.sorted { (Int($0.resourceVersion) ?? 0) < (Int($1.resourceVersion) ?? 0) }.compactMap { $0.fields["message"]?.string }
    }
}

extension RunningReconciler {
    /// Waits until the reconciler has seen that its Applications are gone: the next one comes after that.
    fileprivate func untilForgotten() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("z.yaml", SyncTests.configMap("z"))
        let tip = try await work.commit("Next")
        try await cluster.createApplication("next", source: ["url": .string(work.path)])
        try await cluster.application("next", synced: "Synced", at: tip)
    }
}
