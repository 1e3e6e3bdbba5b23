import APIMachinery
import TestSupport
import Testing

@testable import Cluster
@testable import Reconciler

@Suite("Plans say what they lead to", .timeLimit(.minutes(2)))
struct ForesightTests {
    private static let web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: nginx}]}}

        """
    private static let settings = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}\n"
    private static let unschedulable = "2 pods of Deployment default/web cannot be scheduled: no nodes available to schedule pods"

    /// A push's review, on a cluster that makes forecasts or none.
    private func review(_ files: [String: String], forecasts: Bool) async throws -> [String] {
        let cluster = try await TestCluster()
        if forecasts { cluster.registry.forecasts = Forecaster(certificateAuthority: "PEM", clock: VirtualClock(now: Timestamp(seconds: 0))) }
        let lines = Lines()
        try await RunningReconciler.with(cluster: cluster) { running in
            let shop = try await PushedRepository(in: running)
            try await cluster.createApplication("shop", source: ["repository": "shop"])
            let commit = try await shop.commit(files)
            let quarantine = try await shop.work.quarantine(in: shop.bare)
            let update = Push.RefUpdate(old: ObjectID.zero.description, new: commit, ref: "refs/heads/main")
            #expect(await running.reconciler.review(Push(repository: "shop", updates: [update], quarantinePath: quarantine), report: lines.report))
        }
        return Array(lines.all.dropFirst())
    }

    @Test("a push shows what it leads to below its plan")
    func push() async throws {
        let lines = try await review(["web.yaml": Self.web, "settings.yaml": Self.settings], forecasts: true)
        #expect(
            lines == [
                "  + ConfigMap default/settings", "  + Deployment default/web", "  2 created", "  consequences:", "    \(Self.unschedulable)",
            ])
    }

    @Test("a push to another cluster says what consequences need")
    func elsewhere() async throws {
        #expect(
            try await review(["web.yaml": Self.web], forecasts: false) == [
                "  + Deployment default/web", "  1 created", "  consequences need the embedded cluster; this server makes no forecasts",
            ])
    }

    @Test("nobody asks what leads to nothing", arguments: [true, false])
    func nothing(forecasts: Bool) async throws {
        #expect(try await review(["settings.yaml": Self.settings], forecasts: forecasts) == ["  + ConfigMap default/settings", "  1 created"])
    }

    @Test("a hundred Applications in one push wait no longer than one")
    func shared() async throws {
        let cluster = try await TestCluster()
        cluster.registry.forecasts = Forecaster(certificateAuthority: "PEM")
        let (plan, application) = try await Self.plan(["web.yaml": Self.web], on: cluster)
        let foresight = PushForesight(client: cluster.client)
        let start = ContinuousClock.now
        var last: PlanConsequences?
        while last?.problem == nil, start.duration(to: .now) < .seconds(60) { last = await foresight.consequences(of: plan, for: application) }
        #expect(last?.problem == "are not looked for: other Applications of this push took the time; see gitctl diff")
    }

    private static func plan(_ files: [String: String], on cluster: TestCluster) async throws -> (Plan, Application) {
        let work = try await GitRepositoryFixture()
        for (path, text) in files { try work.write(path, text) }
        let repository = Repository(path: work.path)
        let commit = try await repository.commit(at: try await work.commit())
        let rendered = try await Renderer().render(repository, commit: commit, path: ".", destination: "default", client: cluster.client)
        let application = Application(namespace: "gitctl-system", name: "shop", origin: .repository("shop"))
        return (try await Planner(client: cluster.client).plan(desired: rendered, application: application), application)
    }

    @Test("what a sync leaves to others is left to them in the forecast; what is made anew begins with what the manifest says")
    func leftToOthers() async throws {
        let cluster = try await TestCluster()
        let spec: JSON = [
            "replicas": 7, "selector": ["matchLabels": ["app": "web"]],
            "template": ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "main", "image": "nginx:0"]]]],
        ]
        _ = try await cluster.client.create(.deployments, Object(.deployments, namespace: "default", name: "web", ["spec": spec]))
        let manifest = Self.web.replacing("metadata: {name: web}", with: "metadata: {name: web, annotations: {gitctl.dev/ignore: /spec/replicas}}")
        var (plan, application) = try await Self.plan(["web.yaml": manifest], on: cluster)
        try #require(plan.changes.map(\.action) == [.changed])
        guard case .apply(let applied)? = Foresight.steps(of: plan, for: application).first else { throw CancellationError() }
        #expect(applied.spec["replicas"] != 2 && applied.annotations[Application.annotation] == application.reference)
        plan.changes[0].action = .replaced
        guard case .replace(let replaced)? = Foresight.steps(of: plan, for: application).first else { throw CancellationError() }
        #expect(replaced.spec["replicas"] == 2 && replaced.annotations[Application.annotation] == application.reference)
    }

    @Test("a diff has them as text, as JSON and as markdown")
    func formats() async throws {
        let cluster = try await TestCluster()
        cluster.registry.forecasts = Forecaster(certificateAuthority: "PEM", clock: VirtualClock(now: Timestamp(seconds: 0)))
        var (plan, application) = try await Self.plan(["web.yaml": Self.web], on: cluster)
        plan.consequences = await Foresight(client: cluster.client).consequences(of: plan, for: application, budget: .seconds(10))
        #expect(PlanText().lines(plan).suffix(3) == ["1 created", "consequences:", "  \(Self.unschedulable)"])
        #expect(
            plan.json["consequences"] == [
                "settled": true, "notes": [],
                "items": [
                    [
                        "type": "PodsUnschedulable", "message": .string(Self.unschedulable),
                        "object": ["group": "apps", "kind": "Deployment", "namespace": "default", "name": "web"],
                    ]
                ],
            ])
        #expect(plan.markdownTail.hasSuffix("\n#### consequences\n\n- \(Self.unschedulable)\n"))
    }

    @Test("what is not known is said in one line, in each form")
    func problems() async throws {
        let cluster = try await TestCluster()
        var (plan, application) = try await Self.plan(["web.yaml": Self.web], on: cluster)
        let foresight = Foresight(client: cluster.client)
        plan.consequences = await foresight.consequences(of: plan, for: application)
        let problem = "consequences need the embedded cluster; this server makes no forecasts"
        #expect(PlanText().lines(plan).last == problem)
        #expect(plan.json["consequences"] == ["problem": .string(problem)])
        #expect(plan.markdownTail.hasSuffix("\n> \(problem)\n"))
        let limited = await foresight.consequences(of: plan, for: application, writesMax: 0)
        #expect(PlanText().lines(limited) == ["consequences are not looked for in more than 0 writes (1); gitctl diff takes the time"])
        let stranger = LocalClient(
            registry: cluster.registry, user: UserInfo(name: "jane", groups: ["system:authenticated"]),
            authorizer: Access(store: cluster.registry.store).authorizer)
        #expect(
            PlanText().lines(await Foresight(client: stranger).consequences(of: plan, for: application)) == [
                #"consequences are not known: forecasts.gitctl.dev is forbidden: User "jane" cannot create resource "forecasts" in API group "gitctl.dev" at the cluster scope"#
            ])
    }

    @Test("an Application with a ServiceAccount has no forecast that this one may not ask for, nor do its steps have more rights")
    func serviceAccount() async throws {
        let cluster = try await TestCluster()
        let access = Access(store: cluster.registry.store)
        cluster.registry.forecasts = Forecaster(certificateAuthority: "PEM", clock: VirtualClock(now: Timestamp(seconds: 0)))
        cluster.registry.guards.authorizer = access.authorizer
        let client = LocalClient(registry: cluster.registry, user: .component("gitctl"), authorizer: access.authorizer)
        var (plan, application) = try await Self.plan(["web.yaml": Self.web], on: cluster)
        application.serviceAccountName = "robot"
        let foresight = Foresight(client: client)
        plan.consequences = await foresight.consequences(of: plan, for: application)
        let account = "system:serviceaccount:gitctl-system:robot"
        #expect(
            PlanText().lines(plan).last
                == "consequences are not known: forecasts.gitctl.dev is forbidden: User \"\(account)\" cannot create resource \"forecasts\" in API group \"gitctl.dev\" at the cluster scope"
        )
        let rules: JSON = [["apiGroups": ["gitctl.dev"], "resources": ["forecasts"], "verbs": ["create"]]]
        _ = try await cluster.client.create(.clusterRoles, Object(.clusterRoles, name: "forecaster", ["rules": rules]))
        let binding: JSONObject = [
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "forecaster"],
            "subjects": [["kind": "ServiceAccount", "name": "robot", "namespace": "gitctl-system"]],
        ]
        _ = try await cluster.client.create(.clusterRoleBindings, Object(.clusterRoleBindings, name: "forecaster", binding))
        plan.consequences = await foresight.consequences(of: plan, for: application)
        #expect(PlanText().lines(plan).last?.contains("Deployment default/web is refused: deployments.apps \"web\" is forbidden: User \"\(account)\"") == true)
    }

    @Test("the worst are red, notes come last, and of many the rest is counted")
    func text() {
        let web = ObjectIdentity(group: "apps", kind: "Deployment", namespace: "default", name: "web")
        var consequences = PlanConsequences(
            status: ForecastStatus(
                consequences: [Consequence(.podsRefused, web, "Deployment default/web cannot make its pods: \u{1B}[2J"), Consequence(.podsRestarted, web, "restarts 1 pod of Deployment default/web")],
                isSettled: true, notTried: ["admission webhooks (1 configured): they are not called"]))
        #expect(
            PlanText(hasColor: true).lines(consequences) == [
                "consequences:", "\u{1B}[31m  Deployment default/web cannot make its pods: \u{FFFD}[2J\u{1B}[0m",
                "\u{1B}[33m  restarts 1 pod of Deployment default/web\u{1B}[0m",
                "  (not tried: admission webhooks (1 configured): they are not called)",
            ])
        consequences = PlanConsequences(status: ForecastStatus(consequences: Array(repeating: consequences.known[1], count: 32), isSettled: true))
        #expect(PlanText().lines(consequences).count == 32)
        #expect(PlanText().lines(consequences).last == "  … 2 more; see gitctl diff -o json")
        #expect(PlanText().lines(PlanConsequences(status: ForecastStatus(isSettled: true))) == [])
    }
}
