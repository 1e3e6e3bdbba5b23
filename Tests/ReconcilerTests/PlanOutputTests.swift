import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Plans in all their forms, as files", .timeLimit(.minutes(2)))
struct PlanOutputTests {
    /// What lies between two commits of a repository, of which the first is in the cluster.
    private struct Scenario: Sendable {
        var report: PlanReport
        /// Without a cluster: one commit against the other.
        var revisions: PlanReport
        var plan: Plan
    }

    private static let first = [
        "frozen.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: frozen, annotations: {gitctl.dev/replace: enabled}}, immutable: true, data: {a: '1'}}",
        "gone.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: gone}, data: {a: '1'}}",
        "kept.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept, annotations: {gitctl.dev/prune: disabled}}, data: {a: '1'}}",
        "same.yaml": "{apiVersion: v1, kind: ServiceAccount, metadata: {name: same}}",
        "secret.yaml": "{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {same: hunter1, password: hunter2}}",
        "settings.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {page: \"one\\ntwo\\nthree\\n\", port: '80'}}",
        "z.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: z}, data: {a: '1'}}",
    ]

    private static let second = [
        "crd.yaml": """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.example.org}
            spec:
              group: example.org
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget}
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
            ---
            {apiVersion: example.org/v1, kind: Widget, metadata: {name: first}, spec: {size: 3}}
            """,
        "frozen.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: frozen, annotations: {gitctl.dev/replace: enabled}}, immutable: true, data: {a: '2'}}",
        "same.yaml": "{apiVersion: v1, kind: ServiceAccount, metadata: {name: same}}",
        "secret.yaml": "{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {same: hunter1, password: hunter3, more: hunter4}}",
        "settings.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {page: \"one\\n2\\nthree\\n\", port: '80', host: example.org}}",
        "shop.yaml": "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: stock, namespace: shop}, data: {a: '```'}}",
        "taken.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: taken}, data: {a: '1'}}",
        "web.yaml": """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template: {metadata: {labels: {app: web}}, spec: {containers: [{name: nginx, image: 'nginx:1.27'}]}}
            """,
    ]

    /// What the server refuses: of the Secret no value may be shown.
    private static let third = [
        "frozen.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: frozen}, immutable: true, data: {a: '2'}}",
        "same.yaml": "{apiVersion: v1, kind: ServiceAccount, metadata: {name: same}}",
        "secret.yaml": "{apiVersion: v1, kind: Secret, metadata: {name: token}, type: hunter5, stringData: {same: hunter1}}",
        "z.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: z}, data: {a b: '1'}}",
    ]

    private static func write(_ files: [String: String], to work: GitRepositoryFixture, instead: [String: String] = [:]) throws {
        for name in instead.keys { try work.remove(name) }
        for (name, text) in files { try work.write(name, text) }
    }

    private static func with(_ next: [String: String], _ body: @escaping @Sendable (Scenario) throws -> Void) async throws {
        try await RunningReconciler.with { running in
            let client = running.cluster.client
            let work = try await GitRepositoryFixture()
            try write(first, to: work)
            let one = try await work.commit("First")
            _ = try await client.create(.configMaps, Object(.configMaps, namespace: "default", name: "taken", ["data": ["a": "1"]]))
            try await running.cluster.createApplication("site", source: ["url": .string(work.path)], spec: ["suspend": false])
            _ = try await running.cluster.application("site", synced: "Synced", at: one)
            // Nobody is to apply what comes next.
            _ = try await client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: "site"), .merge(["spec": ["suspend": true]]))
            let application = try await running.cluster.application("site", synced: "Suspended")
            try write(next, to: work, instead: first)
            let two = try await work.commit("Second")

            let repository = Repository(path: work.path)
            let renderer = Renderer()
            func render(_ revision: String) async throws -> Rendered {
                try await renderer.render(
                    repository, commit: try await repository.commit(at: revision), path: ".", destination: "default", client: client)
            }
            var plan = try await Planner(client: client).plan(desired: try await render(two), application: application)
            plan.warnings = ["vendor is left out"]
            let refusals = await renderer.diagnose(plan.failures, in: repository).lines
            let title = "\(two.prefix(12)) Second"
            try body(
                Scenario(
                    report: PlanReport([
                        .init(application: "empty", title: title, plan: Plan(revision: two, changes: [])),
                        .init(application: "site", title: title, plan: plan, refusals: refusals),
                    ]),
                    revisions: PlanReport([.init(application: "site", title: title, plan: Plan(from: try await render(one), to: try await render(two)))]),
                    plan: plan))
        }
    }

    @Test("created, changed, replaced, deleted, kept, taken over, unchanged; a namespace and a kind that come with the commit")
    func all() async throws {
        try await Self.with(Self.second) { scenario in
            let texts = [
                "plan.txt": scenario.report.text(PlanText()), "plan-colored.txt": scenario.report.text(PlanText(hasColor: true)),
                "plan-unified.txt": scenario.report.text(PlanText(isUnified: true)), "plan.json": scenario.report.json.text,
                "plan.md": scenario.report.markdown, "plan-revisions.txt": scenario.revisions.text(PlanText()),
                "plan-revisions-unified.txt": scenario.revisions.text(PlanText(isUnified: true)),
                "plan-truncated.txt": PlanText(linesMax: 5).lines(scenario.plan).joined(separator: "\n"),
            ]
            for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
                expectGolden(text + "\n", name)
                for secret in ["hunter1", "hunter2", "hunter3", "hunter4"] {
                    #expect(!text.contains(secret) && !text.contains(Base64.encode(secret.utf8)), "\(name) shows a Secret's value")
                }
            }
            #expect(scenario.report.hasChanges && !scenario.report.isRefused)
        }
    }

    @Test("what the server refuses is told with its place, and of a Secret without its value")
    func refused() async throws {
        try await Self.with(Self.third) { scenario in
            #expect(scenario.report.isRefused)
            for (name, text) in [
                "plan-refused.txt": scenario.report.text(PlanText()), "plan-refused.md": scenario.report.markdown,
                "plan-refused.json": scenario.report.json.text,
            ] {
                expectGolden(text + "\n", name)
                #expect(!text.contains("hunter"), "\(name) shows a Secret's value")
            }
        }
    }

    @Test("of many Applications those in which nothing changes share a line")
    func quiet() {
        let change = PlannedChange(key: ObjectKey(.configMaps, namespace: "default", name: "c"), action: .created)
        var entries = (0..<7).map { PlanReport.Entry(application: "a\($0)", title: "1a2b3c", plan: Plan(revision: "abcdef0123", changes: [])) }
        #expect(PlanReport(entries).text(PlanText()) == "no changes in a0, a1, a2, a3, a4 (and 2 more)")
        entries[1].plan.changes = [change]
        #expect(PlanReport(entries).text(PlanText()) == "a1 at 1a2b3c\n+ ConfigMap default/c\n1 created\n\nno changes in a0, a2, a3, a4, a5 (and 1 more)")
        #expect(PlanReport(entries).markdown == "### a1\n\n**1 created** at `abcdef0`\n\n#### created: ConfigMap default/c\n\nno changes in a0, a2, a3, a4, a5 (and 1 more)\n")
        #expect(PlanReport([entries[0]]).text(PlanText()) == "a0 at 1a2b3c\nno changes (0 objects)")
    }

    @Test("markdown is cut before it is too long for a comment, and counts what is left out")
    func long() {
        let changes = (0..<100).map { number in
            PlannedChange(
                key: ObjectKey(.configMaps, namespace: "default", name: "c\(number)"), action: .created,
                after: Object(.configMaps, namespace: "default", name: "c\(number)", ["data": ["a": .string(String(repeating: "x", count: 1000))]]))
        }
        let text = PlanReport([.init(application: "site", title: "", plan: Plan(revision: "abcdef0123", changes: changes))]).markdown
        #expect(text.utf8.count < PlanReport.markdownMax + 100)
        #expect(text.hasPrefix("### site\n\n**100 created** at `abcdef0`\n") && text.hasSuffix(" more objects; see `gitctl diff`\n"), "\(text.suffix(200))")
    }
}
