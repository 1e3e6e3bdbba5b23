import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Fields left to others: plan, apply and drift", .timeLimit(.minutes(1)))
struct IgnoredDifferenceTests {
    /// The daemon's repository `shop`, a work tree for it, and its Application.
    struct Shop {
        let running: RunningReconciler
        let work: GitRepositoryFixture
        let bare: String

        static let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")

        init(_ running: RunningReconciler, spec: JSONObject = [:]) async throws {
            self.running = running
            bare = try await running.reconciler.ensureRepository(name: "shop")
            work = try await GitRepositoryFixture()
            try await running.cluster.createApplication("shop", source: ["repository": "shop"], spec: spec)
        }

        /// Commits, pushes, and waits until that is what the cluster was brought to.
        func deploy() async throws {
            let commit = try await work.commit()
            try await work.push(to: bare)
            try await running.cluster.client.patch(Self.key, .merge(["metadata": ["annotations": ["gitctl.dev/sync": .string(commit)]]]))
            try await running.cluster.application("shop", synced: "Synced", at: commit)
        }

        /// The lines of a dry run of what is committed.
        func plan() async throws -> [String] {
            let lines = Lines()
            let commit = try await work.commit()
            try await work.push(to: bare)
            _ = try await running.reconciler.sync(application: Self.key, revision: commit, isDryRun: true, report: lines.report)
            return lines.all
        }

        /// As another program writes.
        func change(_ key: ObjectKey, _ patch: JSON, subresource: String? = nil, by manager: String = "other") async throws {
            _ = try await running.cluster.client(as: manager).patch(
                key, .merge(patch), subresource: subresource, options: WriteOptions(fieldManager: manager))
        }
    }

    private static let settings = ObjectKey(.configMaps, namespace: "default", name: "settings")
    private static let web = ObjectKey(.deployments, namespace: "default", name: "web")

    private static func settings(_ a: String, _ b: String, annotation: String = "") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  annotations: {team/a: \"\(a)\"\(annotation)}\ndata: {c: \"\(b)\"}\n"
    }

    private static func deployment(replicas: Int?, image: String = "nginx:1") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          \(replicas.map { "replicas: \($0)" } ?? "paused: false")
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: main, image: "\(image)"}]}

        """
    }

    private static let autoscaler =
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n"

    /// Both ways to say it: what the spec and the object's annotation hold.
    static let ways: [(rules: JSON, annotation: String)] = [
        ([["kind": "ConfigMap", "jsonPointers": ["/metadata/annotations/team~1a"]]], ""), ([], ", gitctl.dev/ignore: '/metadata/annotations/team~1a, /data/none'"),
        ([["group": "*", "kind": "*", "name": "settings", "namespace": "default", "managedFieldsManagers": ["other"]]], ""),
    ]

    @Test("an ignored field is the manifest's at creation, and then neither planned, written nor reverted", arguments: ways.indices)
    func ignored(index: Int) async throws {
        let way = Self.ways[index]
        try await RunningReconciler.with { running in
            let shop = try await Shop(running, spec: ["ignoreDifferences": way.rules])
            try shop.work.write("a.yaml", Self.settings("1", "1", annotation: way.annotation))
            try await shop.deploy()
            let made = try await running.cluster.get(.configMaps, "settings")
            #expect(made.annotations["team/a"] == "1")

            // Theirs stays; what is changed beside it is put back.
            try await shop.change(Self.settings, ["metadata": ["annotations": ["team/a": "theirs"]]])
            try await shop.change(Self.settings, ["data": ["c": "wrong"]], by: "mallory")
            let object = try await running.cluster.wait(for: .configMaps, "settings") { $0?.json[path: ["data", "c"]] == "1" }
            #expect(object?.annotations["team/a"] == "theirs")

            try shop.work.write("a.yaml", Self.settings("2", "2", annotation: way.annotation))
            #expect(try await shop.plan() == ["~ ConfigMap default/settings", "    data.c: 1 → 2", "1 changed"])
            try await shop.deploy()
            let changed = try await running.cluster.get(.configMaps, "settings")
            #expect(changed.annotations["team/a"] == "theirs" && changed.json[path: ["data", "c"]] == "2")

            // With the object gone the manifest's value is the only one.
            _ = try await running.cluster.client.delete(Self.settings)
            let new = try await running.cluster.wait(for: .configMaps, "settings") { $0 != nil }
            #expect(new?.annotations["team/a"] == "2")
        }
    }

    @Test("an autoscaler of the same commit owns the replicas from the creation on")
    func autoscaled() async throws {
        try await RunningReconciler.with { running in
            let shop = try await Shop(running)
            try shop.work.write("a.yaml", Self.deployment(replicas: 2) + "---\n" + Self.autoscaler)
            try await shop.deploy()
            #expect(try await running.cluster.get(.deployments, "web").spec["replicas"] == 2)

            try await shop.change(Self.web, ["spec": ["replicas": 7]], subresource: "scale", by: "kube-controller-manager")
            try await shop.change(Self.web, ["spec": ["paused": true, "minReadySeconds": 5]])
            try shop.work.write("a.yaml", Self.deployment(replicas: 3, image: "nginx:2") + "---\n" + Self.autoscaler)
            let plan = try await shop.plan().filter { !$0.hasPrefix("consequences ") }
            #expect(plan == ["~ Deployment default/web", "    spec.template.spec.containers[main].image: nginx:1 → nginx:2", "1 changed, 1 unchanged"])
            try await shop.deploy()
            #expect(try await running.cluster.get(.deployments, "web").spec["replicas"] == 7)

            // No longer stated at all: not the default of 1 either.
            try shop.work.write("a.yaml", Self.deployment(replicas: nil, image: "nginx:3") + "---\n" + Self.autoscaler)
            try await shop.deploy()
            #expect(try await running.cluster.get(.deployments, "web").spec["replicas"] == 7)

            // The autoscaler leaves the repository: the manifest counts again.
            try shop.work.write("a.yaml", Self.deployment(replicas: 4, image: "nginx:3"))
            try await shop.deploy()
            #expect(try await running.cluster.get(.deployments, "web").spec["replicas"] == 4)
        }
    }

    @Test("a manifest that stops to state replicas beside an autoscaler does not reset them")
    func stopsStating() async throws {
        try await RunningReconciler.with { running in
            let shop = try await Shop(running)
            try shop.work.write("a.yaml", Self.deployment(replicas: 6))
            try await shop.deploy()
            try shop.work.write("a.yaml", Self.deployment(replicas: nil) + "---\n" + Self.autoscaler)
            try await shop.deploy()
            #expect(try await running.cluster.get(.deployments, "web").spec["replicas"] == 6)
        }
    }

    @Test("an autoscaler that someone made is noticed when it scales")
    func noticed() async throws {
        try await RunningReconciler.with { running in
            let shop = try await Shop(running)
            try shop.work.write("a.yaml", Self.deployment(replicas: 2))
            try await shop.deploy()
            let autoscaler = try #require(try YAML.documents(parsing: Array(Self.autoscaler.utf8)).first?.value.object)
            var object = Object(autoscaler)
            object.namespace = "default"
            _ = try await running.cluster.client.create(.horizontalPodAutoscalers, object)
            try await shop.change(Self.web, ["spec": ["replicas": 5]], subresource: "scale", by: "kube-controller-manager")
            try await shop.change(Self.web, ["spec": ["template": ["metadata": ["labels": ["app": "web", "x": "y"]]]]])
            try await shop.change(Self.web, ["metadata": ["annotations": ["gitctl.dev/application": "x/y"]]], by: "mallory")
            let live = try await running.cluster.wait(for: .deployments, "web") { $0?.annotations["gitctl.dev/application"] == "gitctl-system/shop" }
            #expect(live?.spec["replicas"] == 5)
        }
    }

    /// Watches tell no owners of fields, and what was left to a manager counted as ours once an autoscaler came.
    @Test("what is left to a manager stays left to it when an autoscaler is noticed")
    func noticedBesideManager() async throws {
        try await RunningReconciler.with { running in
            let shop = try await Shop(running, spec: [
                "sync": ["selfHeal": false], "ignoreDifferences": [["group": "apps", "kind": "Deployment", "managedFieldsManagers": ["other"]]],
            ])
            let client = running.cluster.client
            try shop.work.write("a.yaml", Self.deployment(replicas: 2).replacing("{name: web}", with: "{name: web, annotations: {team/a: mine}}"))
            try shop.work.write("b.yaml", Self.settings("1", "1"))
            try await shop.deploy()
            // Taken over, and a sync that sees it.
            try await shop.change(Self.web, ["metadata": ["annotations": ["team/a": "theirs"]]])
            try shop.work.write("b.yaml", Self.settings("1", "2"))
            try await shop.deploy()
            let worker = try #require(running.reconciler.state.worker("gitctl-system/shop"))
            let ignored = { worker.state.withLock { $0.applied?.records[ObjectIdentity(Self.web)]?.rendered.ignored } }
            let before = ignored()
            var autoscaler = Object(try #require(try YAML.documents(parsing: Array(Self.autoscaler.utf8)).first?.value.object))
            autoscaler.namespace = "default"
            _ = try await client.create(.horizontalPodAutoscalers, autoscaler)
            try await shop.change(Self.web, ["spec": ["replicas": 5]], subresource: "scale", by: "kube-controller-manager")
            // Nothing tells that a record was replaced.
            while ignored() == before { try await Task.sleep(for: .milliseconds(5)) }
            try await shop.change(Self.web, ["metadata": ["annotations": ["team/a": "theirs again"]]])
            try await shop.change(Self.settings, ["data": ["c": "wrong"]], by: "mallory")
            let status = try await running.cluster.application("shop", synced: "OutOfSync").status
            #expect(status.condition("Synced")?.message == "ConfigMap default/settings differ from the commit; spec.sync.selfHeal is off")
        }
    }

    @Test("a server that cannot tell its autoscalers now has some; one that will not or cannot ever has none", arguments: [
        (APIStatus.Reason.serviceUnavailable, true), (.timeout, true), (.internalError, true), (.forbidden, false), (.notFound, false), (.methodNotAllowed, false),
    ])
    func unlisted(reason: APIStatus.Reason, fails: Bool) async throws {
        let client = FaultyClient(try await TestCluster().client)
        let web = Object(.deployments, namespace: "default", name: "web", ["spec": ["replicas": 1]])
        var objects = [RenderedObject.generated(.deployments, web, from: "web.yaml")]
        client.failReads(.horizontalPodAutoscalers, [APIStatus(reason, "no")])
        var failure: APIStatus?
        do throws(APIStatus) { try await Autoscalers(client: client).leaveReplicas(of: &objects, in: nil) } catch { failure = error }
        #expect(failure?.reason == (fails ? reason : nil))
    }

    @Test("drift of what is scaled is put back without its replicas, though the server does not answer at first")
    func unlistedDrift() async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(LocalClient(registry: cluster.registry, user: .component("gitctl")))
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            let shop = try await Shop(running)
            try shop.work.write("a.yaml", Self.deployment(replicas: 2))
            try await shop.deploy()
            var object = Object(try #require(try YAML.documents(parsing: Array(Self.autoscaler.utf8)).first?.value.object))
            object.namespace = "default"
            _ = try await cluster.client.create(.horizontalPodAutoscalers, object)
            client.failReads(.horizontalPodAutoscalers, [APIStatus(.serviceUnavailable, "starting")])
            try await shop.change(Self.web, ["spec": ["replicas": 5], "metadata": ["annotations": ["gitctl.dev/application": "x/y"]]], by: "mallory")
            let live = try await cluster.wait(for: .deployments, "web") { $0?.annotations["gitctl.dev/application"] == "gitctl-system/shop" }
            #expect(live?.spec["replicas"] == 5)
        }
    }

    /// Rules that cannot be used, and what is said.
    static let invalid: [(JSON, String)] = [
        ([["kind": "A", "jsonPointers": ["/a", "spec/replicas"]]], "spec.ignoreDifferences[0].jsonPointers[1]: \"spec/replicas\" does not begin with /; write /spec/replicas"),
        ([["kind": "A", "jsonPointers": ["/a/-"]]], "spec.ignoreDifferences[0].jsonPointers[0]: \"/a/-\" has -, the element after a list's last, which never exists; give an index"),
        ([["kind": "A", "jsonPointers": [""]]], "spec.ignoreDifferences[0].jsonPointers[0]: an empty pointer is the whole object; name a field, such as /spec/replicas"),
        ([["kind": "A", "jsonPointers": ["/metadata/name"]]], "spec.ignoreDifferences[0].jsonPointers[0]: \"/metadata/name\" is part of what names the object and cannot be ignored"),
        ([["kind": "A"]], "spec.ignoreDifferences[0] ignores nothing; list fields in jsonPointers, or managers in managedFieldsManagers"),
        ([["kind": "", "jsonPointers": ["/a"]]], "spec.ignoreDifferences[0].kind is missing; name the kind, or * for all"),
    ]

    @Test("a rule that cannot be used is refused with the place of the error", arguments: invalid.indices)
    func refuses(index: Int) throws {
        let (rules, message) = Self.invalid[index]
        let object = Object(.applications, namespace: "n", name: "a", ["spec": ["source": ["repository": "a"], "ignoreDifferences": rules]])
        let error = #expect(throws: InvalidApplication.self) { try Application(object) }
        #expect(error?.description == message)
    }

    @Test("a bad annotation is an error of its manifest, with file and line")
    func refusesAnnotation() async throws {
        try await RunningReconciler.with { running in
            let shop = try await Shop(running)
            try shop.work.write("a.yaml", Self.settings("1", "1", annotation: ", gitctl.dev/ignore: data"))
            let lines = try await shop.plan()
            #expect(lines == ["a.yaml:5:30: ConfigMap default/settings: annotation gitctl.dev/ignore: \"data\" does not begin with /; write /data"])
        }
    }
}
