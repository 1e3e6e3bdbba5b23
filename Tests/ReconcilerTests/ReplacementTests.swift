import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Sync: immutable fields", .timeLimit(.minutes(1)))
struct ReplacementTests {
    private typealias Shop = IgnoredDifferenceTests.Shop

    struct Case: Sendable {
        var type: ResourceType
        var manifest: String
        var old: String
        var new: String
        /// What the plan says of the replacement.
        var note: String
    }

    private static let pod = "{containers: [{name: main, image: 'busybox:OLD'}], restartPolicy: Never}"

    static let cases: [Case] = [
        Case(
            type: .jobs, manifest: "apiVersion: batch/v1\nkind: Job\nmetadata: {name: it}\nspec: {template: {spec: \(pod)}}\n", old: "busybox:OLD",
            new: "busybox:NEW", note: "± Job default/it replaced (spec.template is immutable)"),
        Case(
            type: .services, manifest: "apiVersion: v1\nkind: Service\nmetadata: {name: it}\nspec: {clusterIP: 10.43.0.50, ports: [{port: 80}]}\n",
            old: "10.43.0.50", new: "10.43.0.51", note: "± Service default/it replaced (spec.clusterIPs[0] is immutable)"),
        Case(
            type: .statefulSets,
            manifest:
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: it}\nspec: {serviceName: it, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: busybox}]}}, volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}\n",
            old: "storage: 1Gi", new: "storage: 2Gi", note: "± StatefulSet default/it replaced (spec is immutable)"),
        Case(
            type: .persistentVolumeClaims,
            manifest: "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: it}\nspec: {accessModes: [ReadWriteOnce], storageClassName: a, resources: {requests: {storage: 1Gi}}}\n",
            old: "storageClassName: a", new: "storageClassName: b", note: "± PersistentVolumeClaim default/it replaced (spec is immutable)"),
        Case(
            type: .roleBindings,
            manifest: "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: it}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one}\n",
            old: "name: one", new: "name: two", note: "± RoleBinding default/it replaced (roleRef is immutable)"),
    ]

    @Test("with spec.sync.replace an object whose immutable field changes is made anew", arguments: cases.indices)
    func replaces(index: Int) async throws {
        let item = Self.cases[index]
        try await RunningReconciler.with { running in
            let shop = try await Shop(running, spec: ["sync": ["replace": true]])
            try shop.work.write("a.yaml", item.manifest)
            try await shop.deploy()
            let before = try await running.cluster.get(item.type, "it")
            try shop.work.write("a.yaml", item.manifest.replacing(item.old, with: item.new))
            let plan = try await shop.plan()
            #expect(plan.first == item.note, "\(plan)")
            async let freed: Void = Self.freeClaim(item.type, in: running.cluster)
            try await shop.deploy()
            try await freed
            let after = try await running.cluster.get(item.type, "it")
            #expect(after.uid != before.uid && after.json.text.contains(item.new.split(separator: " ").last ?? ""))
        }
    }

    /// No pod uses the claim: its protection is taken off, as the controller would.
    private static func freeClaim(_ type: ResourceType, in cluster: TestCluster) async throws {
        guard type == .persistentVolumeClaims else { return }
        try await cluster.wait(for: type, "it") { $0?.isDeleting == true }
        _ = try await cluster.client.patch(ObjectKey(type, namespace: "default", name: "it"), .merge(["metadata": ["finalizers": .null]]))
    }

    @Test("without permission it is refused with the remedy, and an object's own annotation may forbid it")
    func refuses() async throws {
        let item = Self.cases[0]
        for (spec, annotation) in [([:], ""), (["sync": ["replace": true]] as JSONObject, ", annotations: {gitctl.dev/replace: disabled}")] {
            try await RunningReconciler.with { running in
                let shop = try await Shop(running, spec: spec)
                let manifest = item.manifest.replacing("{name: it}", with: "{name: it\(annotation)}")
                try shop.work.write("a.yaml", manifest)
                try await shop.deploy()
                try shop.work.write("a.yaml", manifest.replacing(item.old, with: item.new))
                let lines = try await shop.plan()
                #expect(
                    lines.first?.hasSuffix(
                        "field is immutable; an immutable field cannot change in place: give the object a new name, or let gitctl delete and recreate it with the annotation gitctl.dev/replace: enabled, or spec.sync.replace of the Application") == true,
                    "\(lines)")
            }
        }
    }

    @Test("an object that is invalid besides is not deleted for it")
    func keepsInvalid() async throws {
        let item = Self.cases[0]
        try await RunningReconciler.with { running in
            let shop = try await Shop(running, spec: ["sync": ["replace": true]])
            try shop.work.write("a.yaml", item.manifest)
            try await shop.deploy()
            try shop.work.write("a.yaml", item.manifest.replacing(item.old, with: item.new).replacing("spec: {template", with: "spec: {parallelism: -1, template"))
            let lines = try await shop.plan()
            #expect(lines.contains { $0.contains("spec.parallelism") } && !lines.contains { $0.contains("replaced") }, "\(lines)")
        }
    }
}
