import APIMachinery
import Reconciler
import TestSupport
import Testing

@testable import gitctl

@Suite("Status, read from a cluster", .timeLimit(.minutes(1)))
struct StatusReportTests {
    /// An Application with a Deployment, its ReplicaSet and pod, a ConfigMap and one that is not there.
    private func prepare(_ client: HTTPSClient, healthy: Bool) async throws {
        // The server has made them all when this returns; there is no controller that would.
        _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "default"))
        let template: JSON = ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "c", "image": "i"]]]]
        let spec: JSON = ["replicas": 1, "selector": ["matchLabels": ["app": "web"]], "template": template]
        let deployment = try await client.create(.deployments, Object(.deployments, namespace: "default", name: "web", ["spec": spec]))
        var set = Object(.replicaSets, namespace: "default", name: "web-1", ["spec": spec])
        set.ownerReferences = [OwnerReference(controller: deployment)]
        set = try await client.create(.replicaSets, set)
        var pod = Object(.pods, namespace: "default", name: "web-1-abcde", ["spec": template["spec"] ?? .null])
        pod.labels = ["app": "web"]
        pod.ownerReferences = [OwnerReference(controller: set)]
        _ = try await client.create(.pods, pod)
        _ = try await client.create(.configMaps, Object(.configMaps, namespace: "default", name: "here"))
        _ = try await client.create(
            .applications, Object(.applications, namespace: "gitctl-system", name: "site", ["spec": ["source": ["repository": "site"]]]))
        var status = ApplicationStatus()
        status.observedRevision = "f73cbf1a8f26"
        status.health = healthy ? "Healthy" : "Degraded"
        status.inventory = [
            ObjectIdentity(group: "", kind: "ConfigMap", namespace: "default", name: "gone"), ObjectIdentity(group: "", kind: "ConfigMap", namespace: "default", name: "here"),
            ObjectIdentity(group: "apps", kind: "Deployment", namespace: "default", name: "web"),
        ]
        status.set(Condition("Synced", .isTrue, reason: "Synced"), generation: 1, now: Timestamp(seconds: 0))
        status.set(Condition("Healthy", healthy ? .isTrue : .isFalse, reason: status.health, message: "ConfigMap default/gone is not in the cluster"), generation: 1, now: Timestamp(seconds: 0))
        _ = try await client.patch(
            ObjectKey(.applications, namespace: "gitctl-system", name: "site"), .merge(["status": status.json]), subresource: "status", options: WriteOptions())
    }

    private func report(_ client: HTTPSClient) async throws -> StatusReport {
        let types = StatusReport.types(try await client.list(.applications).items, only: nil, served: try await client.resourceTypes())
        return try await LiveView(client: client, types: types).during { StatusReport($0, only: nil) }
    }

    @Test("of an Application that is not well every object is looked at, down to the pods that ReplicaSets made")
    func unwell() async throws {
        try await ServedCluster.with { cluster in
            let client = try cluster.admin
            try await prepare(client, healthy: false)
            let entry = try #require(try await report(client).entries.first)
            #expect(entry.items.map(\.name) == ["gone", "here", "web"])
            #expect(entry.items[0].health == "Missing" && entry.items[0].reason == "not in the cluster")
            #expect(entry.items[1].health == "Healthy")
            #expect(entry.items[2].health == "Progressing" && entry.items[2].ready == "0/1")
            #expect(entry.items[2].pods.map(\.name) == ["web-1-abcde"] && entry.items[2].pods.map(\.ready) == ["Pending"])
        }
    }

    @Test("of one that is well only what runs something is read")
    func well() async throws {
        try await ServedCluster.with { cluster in
            let client = try cluster.admin
            try await prepare(client, healthy: true)
            let types = StatusReport.types(try await client.list(.applications).items, only: nil, served: try await client.resourceTypes())
            #expect(!types.contains(.configMaps))
            let entry = try #require(try await report(client).entries.first)
            #expect(entry.items.map(\.health) == ["Healthy", "Healthy", "Progressing"])
        }
    }

    @Sendable private static func event(_ kind: String, _ namespace: String, _ name: String) -> Object {
        Object(.events, namespace: namespace, name: name, ["involvedObject": ["kind": .string(kind), "namespace": .string(namespace), "name": .string(name)]])
    }

    @Test("events are of the Application, its objects, and what those made; logs of their pods")
    func subjects() async throws {
        try await ServedCluster.with { cluster in
            let client = try cluster.admin
            try await prepare(client, healthy: true)
            try await LiveView(client: client, types: LiveView.workloadTypes).during { view in
                let subjects = EventSubjects(view, only: ApplicationName(name: "site"))
                for (kind, namespace, name) in [
                    ("Application", "gitctl-system", "site"), ("ConfigMap", "default", "gone"), ("Deployment", "default", "web"),
                    ("ReplicaSet", "default", "web-1"), ("Pod", "default", "web-1-abcde"), ("Pod", "default", "web-1-zzzzz"),
                ] { #expect(subjects.contains(Self.event(kind, namespace, name)), "\(kind) \(name)") }
                for (kind, namespace, name) in [("Pod", "default", "web-2-abcde"), ("Pod", "other", "web-1-abcde"), ("Application", "gitctl-system", "other")] {
                    #expect(!subjects.contains(Self.event(kind, namespace, name)), "\(kind) \(name)")
                }
                #expect(!EventSubjects(view, only: ApplicationName(name: "other")).contains(Self.event("Deployment", "default", "web")))

                let all = LogSelection(application: ApplicationName(name: "site"), object: nil)
                #expect(all.pods(view).map(\.name) == ["web-1-abcde"])
                let one = LogSelection(application: ApplicationName(name: "site"), object: (.pods, "web-1-abcde"))
                try one.check(view)
                #expect(one.pods(view).map(\.name) == ["web-1-abcde"])
                let none = LogSelection(application: ApplicationName(name: "site"), object: (.jobs, "web"))
                #expect(throws: Failure("Application site has no Job web with pods", hints: ["it has: deployment/web, pod/web-1-abcde"])) { try none.check(view) }
            }
        }
    }

    @Test("kinds that the user may not read are left out, and nobody waits for them")
    func restricted() async throws {
        try await ServedCluster.with { cluster in
            let admin = try cluster.admin
            try await prepare(admin, healthy: true)
            _ = try await admin.create(
                .clusterRoles,
                Object(.clusterRoles, name: "viewer", ["rules": [["apiGroups": ["gitctl.dev", "apps"], "resources": ["applications", "deployments"], "verbs": ["list", "watch"]]]]))
            _ = try await admin.create(
                .clusterRoleBindings,
                Object(
                    .clusterRoleBindings, name: "viewer",
                    [
                        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "viewer"],
                        "subjects": [["kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"]],
                    ]))
            try await LiveView(client: cluster.client(as: UserInfo(name: "viewer", groups: ["system:authenticated"]))).during { view in
                #expect(view.list(.deployments).count == 1 && view.list(.pods).isEmpty && view.type(group: "", kind: "Pod") == nil)
            }
        }
    }
}
