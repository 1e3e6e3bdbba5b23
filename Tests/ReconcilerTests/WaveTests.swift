import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Waves and hooks: what waits for what within an Application", .timeLimit(.minutes(2)))
struct WaveTests {
    private static func annotated(_ kind: String, _ name: String, _ annotations: String, _ rest: String) -> String {
        "{apiVersion: \(kind == "Job" ? "batch/v1" : kind == "Deployment" ? "apps/v1" : "v1"), kind: \(kind), metadata: {name: \(name), annotations: {\(annotations)}}, \(rest)}\n"
    }

    private static func job(_ name: String, _ annotations: String, image: String = "busybox") -> String {
        annotated("Job", name, annotations, "spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: \(image)}]}}}")
    }

    private static func deployment(_ name: String, _ annotations: String) -> String {
        annotated("Deployment", name, annotations, "spec: {replicas: 1, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: nginx}]}}}")
    }

    private static func order(_ annotations: [String: String]) throws -> SyncOrder? {
        var object = Object(.configMaps, namespace: "default", name: "a")
        object.annotations = annotations
        return try SyncOrder(object)
    }

    // MARK: What annotations say

    @Test("annotations say the wave and the phases, in gitctl's words or Argo CD's")
    func reads() throws {
        #expect(try Self.order(["other": "1"]) == nil)
        #expect(try Self.order(["gitctl.dev/sync-wave": "-3"])?.wave == -3)
        #expect(try Self.order(["argocd.argoproj.io/sync-wave": "7"])?.wave == 7)
        #expect(try Self.order(["gitctl.dev/sync-wave": "1", "argocd.argoproj.io/sync-wave": "7"])?.wave == 1)
        let hook = try #require(try Self.order(["argocd.argoproj.io/hook": "PreSync, SyncFail", "argocd.argoproj.io/hook-delete-policy": "HookSucceeded"])?.hook)
        #expect(hook == SyncOrder.Hook(phases: [.preSync, .syncFail], deletions: [.hookSucceeded]))
        #expect(try Self.order(["gitctl.dev/hook": "PostSync"])?.hook?.deletions == [.beforeHookCreation])
        #expect(try Self.order(["gitctl.dev/hook": "Skip"])?.isSkipped == true)
    }

    @Test(
        "what cannot be read is refused with its place",
        arguments: [
            ("gitctl.dev/sync-wave: first", "web.yaml:1:71: ConfigMap default/web: gitctl.dev/sync-wave: \"first\" is no wave; write an integer in quotes, like \"5\" or \"-1\""),
            ("gitctl.dev/hook: PresSync", "web.yaml:1:71: ConfigMap default/web: gitctl.dev/hook: \"PresSync\" is none of PreSync, Sync, PostSync, SyncFail; did you mean PreSync?"),
        ])
    func refuses(annotation: String, message: String) async throws {
        try await RunningReconciler.with { running in
            let shop = try await PushedRepository(in: running)
            try await running.cluster.createApplication("shop", source: ["repository": "shop"])
            let outcome = try await shop.push(["web.yaml": Self.annotated("ConfigMap", "web", annotation, "data: {}")])
            #expect(!outcome.isHealthy && outcome.lines.first == message, "\(outcome.text)")
        }
    }

    // MARK: Waves

    @Test("a wave begins when all of the one before is well, and what leaves goes in the reverse order")
    func waves() async throws {
        try await RunningReconciler.with { running in
            let shop = try await PushedRepository(in: running)
            try await running.cluster.createApplication("shop", source: ["repository": "shop"])
            let lines = Lines()
            async let pushed = shop.push(
                [
                    "a.yaml": Self.annotated("ConfigMap", "after", "gitctl.dev/sync-wave: '1'", "data: {}"),
                    "b.yaml": Self.deployment("db", "gitctl.dev/sync-wave: '-1'"), "c.yaml": SyncTests.configMap("plain"),
                ], watching: lines)
            try await running.cluster.wait(for: .applications, "shop", in: "gitctl-system") {
                ApplicationStatus($0?.status ?? .null).condition("Synced")?.reason == "Syncing"
            }
            let waiting = try await running.cluster.application("shop", synced: "Syncing").status.condition("Synced")
            #expect(waiting?.message == "wave -1: waiting: Deployment default/db rollout not begun")
            #expect(try await !running.cluster.exists(.configMaps, "plain"))
            #expect(try await !running.cluster.exists(.configMaps, "after"))
            try await running.cluster.rollOut("db")
            let outcome = try await pushed
            #expect(outcome.isHealthy && outcome.lines.contains("gitctl: wave -1: waiting: Deployment default/db rollout not begun"), "\(outcome.text)")
            #expect(try await running.cluster.exists(.configMaps, "plain"))
            #expect(try await running.cluster.exists(.configMaps, "after"))
        }
    }

    @Test("namespaces and kinds come before every hook and wave")
    func ground() throws {
        func change(_ type: ResourceType, _ name: String, wave: String? = nil, hook: Bool = false) throws -> RenderedObject {
            var object = Object(type, namespace: type.isNamespaced ? "team" : nil, name: name)
            if let wave { object.annotations["gitctl.dev/sync-wave"] = wave }
            if hook { object.annotations["gitctl.dev/hook"] = "PreSync" }
            let origin = ManifestOrigin(path: "a", blob: .zero, document: 0, place: FieldPath(), line: 1, column: 1)
            return RenderedObject(
                key: ObjectKey(type, namespace: type.isNamespaced ? "team" : nil, name: name), object: object, origin: origin, order: try SyncOrder(object))
        }
        func created(_ rendered: RenderedObject) -> PlannedChange {
            var change = PlannedChange(key: rendered.key, action: .created)
            change.rendered = rendered
            return change
        }
        let hook = try change(.jobs, "migrate", hook: true)
        var plan = Plan(
            revision: "a",
            changes: [
                created(try change(.configMaps, "early", wave: "-1")), created(try change(.namespaces, "team")), created(try change(.configMaps, "plain")),
            ])
        plan.hooks = [PlannedHook(key: hook.key, hook: try #require(hook.order?.hook), wave: 0, runs: true, rendered: hook)]
        let steps = SyncStep.steps(of: plan)
        #expect(steps.beforePrune.map { $0.writes.map(\.key.name) + $0.hooks.map(\.key.name) } == [["team"], ["migrate"], ["early"], ["plain"]])
        #expect(steps.afterPrune.isEmpty)
    }

    @Test("a wave that fails stops the sync, and the next commit takes over at once")
    func preempts() async throws {
        try await RunningReconciler.with { running in
            let shop = try await PushedRepository(in: running)
            try await running.cluster.createApplication("shop", source: ["repository": "shop"])
            async let first = shop.push(
                ["a.yaml": Self.annotated("ConfigMap", "after", "gitctl.dev/sync-wave: '1'", "data: {}"), "b.yaml": Self.deployment("db", "gitctl.dev/sync-wave: '0'")])
            try await running.cluster.application("shop", synced: "Syncing")
            let second = try await shop.push(["b.yaml": nil, "d.yaml": SyncTests.configMap("fix")], "Fix")
            #expect(second.isHealthy, "\(second.text)")
            #expect(try await first.lines.last?.contains("superseded by \(second.commit.prefix(7))") == true)
            #expect(try await !running.cluster.exists(.deployments, "db"), "what the first commit had begun is pruned by the second")
            #expect(try await running.cluster.exists(.configMaps, "after"))
        }
    }

    // MARK: Hooks

    @Test("hooks run once for each content: before and after the objects, and are deleted as they say")
    func hooks() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"])
            async let pushed = shop.push([
                "pre.yaml": Self.job("migrate", "gitctl.dev/hook: PreSync"),
                "post.yaml": Self.job("smoke", "gitctl.dev/hook: PostSync, gitctl.dev/hook-delete-policy: HookSucceeded"),
                "a.yaml": SyncTests.configMap("a"),
            ])
            try await cluster.application("shop", synced: "Syncing")
            #expect(try await !cluster.exists(.configMaps, "a"))
            let first = try await cluster.endJob("migrate")
            try await cluster.wait(for: .jobs, "smoke") { $0 != nil }
            #expect(try await cluster.exists(.configMaps, "a"))
            try await cluster.endJob("smoke")
            let outcome = try await pushed
            #expect(outcome.isHealthy, "\(outcome.text)")
            #expect(outcome.lines.filter { $0.hasPrefix("  ") } == [
                "  + ConfigMap default/a", "  > Job default/smoke runs (PostSync)", "  > Job default/migrate runs (PreSync)", "  1 created, 2 to run",
            ])
            #expect(outcome.lines.contains("gitctl: PreSync: waiting: Job default/migrate 0/1 completed"))
            try await cluster.wait(for: .jobs, "smoke") { $0 == nil }
            let status = try await cluster.application("shop", synced: "Synced", at: outcome.commit).status
            #expect(status.inventory.map(\.description) == ["ConfigMap default/a", "Job default/migrate"])

            // The same content again: nothing runs.
            let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")
            let before = try await cluster.versions(of: [.jobs, .configMaps])
            #expect(try await running.reconciler.sync(application: key, revision: nil, isDryRun: false) { _ in }.isSuccess)
            #expect(try await cluster.versions(of: [.jobs, .configMaps]) == before)

            // Another content: the Job of before makes room.
            async let again = shop.push(["a.yaml": SyncTests.configMap("a", "2")])
            let second = try await cluster.endJob("migrate", after: first)
            #expect(second != first)
            try await cluster.endJob("smoke")
            #expect(try await again.isHealthy)

            // A hook that leaves the repository leaves the cluster.
            let last = Task { try await shop.push(["pre.yaml": nil]) }
            try await cluster.endJob("smoke")
            #expect(try await last.value.isHealthy)
            #expect(try await !cluster.exists(.jobs, "migrate"))
        }
    }

    @Test("a hook that fails stops the sync with its cause, runs the SyncFail hooks, and is not run again unasked")
    func failingHook() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"])
            async let pushed = shop.push([
                "pre.yaml": Self.job("migrate", "gitctl.dev/hook: PreSync"), "fail.yaml": Self.job("page", "gitctl.dev/hook: SyncFail"),
                "a.yaml": SyncTests.configMap("a"),
            ])
            let first = try await cluster.endJob("migrate", failing: true)
            try await cluster.endJob("page")
            let outcome = try await pushed
            let cause = "PreSync: Job default/migrate BackoffLimitExceeded: told by the test"
            #expect(!outcome.isHealthy && outcome.lines.last == "gitctl: \(cause)", "\(outcome.text)")
            let status = try await cluster.application("shop", synced: "HookFailed", at: outcome.commit).status
            #expect(status.condition("Synced")?.message == cause && status.observedRevision.isEmpty)
            #expect(try await !cluster.exists(.configMaps, "a"))
            #expect(try await cluster.get(.jobs, "migrate").uid == first)

            // Asked for, it runs again.
            let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")
            async let synced = running.reconciler.sync(application: key, revision: nil, isDryRun: false) { _ in }
            try await cluster.endJob("migrate", after: first)
            #expect(try await synced.isSuccess)
            #expect(try await cluster.exists(.configMaps, "a"))
        }
    }

    @Test("a hook that failed stays as it is when the source is only looked at again; another commit runs it")
    func givenUp() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"])
            async let pushed = shop.push(["pre.yaml": Self.job("migrate", "gitctl.dev/hook: PreSync"), "a.yaml": SyncTests.configMap("a")])
            let first = try await cluster.endJob("migrate", failing: true)
            let failed = try await pushed
            let worker = try #require(running.reconciler.state.worker("gitctl-system/shop"))
            for _ in 0..<3 {
                // As a fetch does that finds nothing new.
                let lines = Lines()
                let outcome = await running.reconciler.roll(worker.key, to: failed.commit, request: WorkerState.Request(isRoutine: true), report: lines.report)
                #expect(outcome == .failed && lines.text.hasSuffix("not tried again until another commit, or: gitctl sync gitctl-system/shop"), "\(lines.text)")
            }
            #expect(try await cluster.get(.jobs, "migrate").uid == first)
            async let next = shop.push(["a.yaml": SyncTests.configMap("a", "2")])
            try await cluster.endJob("migrate", after: first)
            #expect(try await next.isHealthy)
        }
    }

    @Test("a hook under way goes on while other refs of its source move")
    func otherRefs() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"])
            async let pushed = shop.push(["pre.yaml": Self.job("migrate", "gitctl.dev/hook: PreSync"), "a.yaml": SyncTests.configMap("a")])
            try await cluster.application("shop", synced: "Syncing")
            let uid = try await cluster.get(.jobs, "migrate").uid
            let worker = try #require(running.reconciler.state.worker("gitctl-system/shop"))
            for _ in 0..<3 { worker.lookAgain() }
            #expect(try await cluster.endJob("migrate") == uid)
            #expect(try await pushed.isHealthy)
        }
    }

    @Test("what a sync wrote before it failed is watched by the next one")
    func watchesWhatIsKept() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            try await cluster.createApplication("shop", source: ["repository": "shop"])
            #expect(try await shop.push(["a.yaml": SyncTests.configMap("a")]).isHealthy)
            async let failing = shop.push(["b.yaml": Self.deployment("db", "gitctl.dev/sync-wave: '1'"), "c.yaml": Self.job("work", "gitctl.dev/sync-wave: '2'"), "d.yaml": Self.annotated("ConfigMap", "last", "gitctl.dev/sync-wave: '3'", "data: {}")])
            try await cluster.rollOut("db")
            try await cluster.endJob("work", failing: true)
            #expect(try await !failing.isHealthy)
            let next = try await shop.push(["c.yaml": nil])
            #expect(next.isHealthy, "\(next.text)")
        }
    }

    @Test("a hook never deletes what somebody else made under its name")
    func foreignHook() async throws {
        try await RunningReconciler.with { running in
            let (shop, cluster) = (try await PushedRepository(in: running), running.cluster)
            let job = Object(.jobs, namespace: "default", name: "migrate", ["spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [["name": "main", "image": "other"]]]]]])
            let uid = try await cluster.client.create(.jobs, job).uid
            try await cluster.createApplication("shop", source: ["repository": "shop"])
            for policy in ["BeforeHookCreation", "HookSucceeded"] {
                let hook = Self.job("migrate", "gitctl.dev/hook: PreSync, gitctl.dev/hook-delete-policy: \(policy)", image: "other")
                let outcome = try await shop.push(["pre.yaml": hook, "a.yaml": SyncTests.configMap("a")])
                #expect(outcome.lines == [
                    "pre.yaml:1:1: Job default/migrate: exists and is not Application gitctl-system/shop's; delete it, or give the hook another name",
                    "gitctl: refused: 1 error in \(outcome.commit.prefix(7)); nothing was changed",
                ])
            }
            let left = try await cluster.get(.jobs, "migrate")
            #expect(left.uid == uid && left.annotations[Application.annotation] == nil)
        }
    }
}
