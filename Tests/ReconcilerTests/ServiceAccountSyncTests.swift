import APIMachinery
@testable import Cluster
import TestSupport
import Testing

@testable import Reconciler

@Suite("Sync as a ServiceAccount: no more than its rights", .timeLimit(.minutes(1)))
struct ServiceAccountSyncTests {
    private static let spec: JSONObject = ["serviceAccountName": "deployer"]
    private static let needs =
        "; ServiceAccount gitctl-system/deployer, which spec.serviceAccountName names, needs get, list, watch, create, patch and delete of what the Application holds: bind a Role with these rights to it"

    /// A reconciler on a server that asks its authorizer.
    private func with(_ body: @escaping @Sendable (RunningReconciler) async throws -> Void) async throws {
        let cluster = try await TestCluster()
        let authorizer = Access(store: cluster.registry.store).authorizer
        cluster.registry.guards.authorizer = authorizer
        let client = LocalClient(registry: cluster.registry, user: .component("gitctl"), authorizer: authorizer)
        try await RunningReconciler.with(cluster: cluster, client: client, body)
    }

    private func grant(_ verbs: [String], in cluster: TestCluster) async throws {
        let rules: JSON = [["apiGroups": [""], "resources": ["configmaps"], "verbs": JSON(verbs)]]
        _ = try await cluster.client.create(.roles, Object(.roles, namespace: "default", name: "deployer", ["rules": rules]))
        _ = try await cluster.client.create(
            .roleBindings,
            Object(
                .roleBindings, namespace: "default", name: "deployer",
                [
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"],
                    "subjects": [["kind": "ServiceAccount", "name": "deployer", "namespace": "gitctl-system"]],
                ]))
    }

    @Test("without the rights nothing is planned or written, and the pusher and the condition say who lacks what")
    func refused() async throws {
        try await with { running in
            try await running.cluster.createApplication("shop", source: ["repository": "shop"], spec: Self.spec)
            let repository = try await PushedRepository(in: running)
            let outcome = try await repository.push(["a.yaml": SyncTests.configMap("a")])
            let refusal = "configmaps \"a\" is forbidden: User \"system:serviceaccount:gitctl-system:deployer\" cannot get resource \"configmaps\" in API group \"\" in the namespace \"default\""
            #expect(outcome.lines.first == "a.yaml:1:1: ConfigMap default/a: \(refusal)\(Self.needs)")
            #expect(try await !running.cluster.exists(.configMaps, "a"))
            try await repository.work.push(to: repository.bare)
            try await running.cluster.client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: "shop"), .merge(["metadata": ["annotations": ["gitctl.dev/sync": "1"]]]))
            let application = try await running.cluster.application("shop", synced: "Forbidden", at: outcome.commit)
            #expect(application.status.condition("Synced")?.message == "a.yaml:1:1: ConfigMap default/a: \(refusal)\(Self.needs)")
        }
    }

    @Test("what the account may is done, in its name, and what it may not is refused")
    func granted() async throws {
        try await with { running in
            try await grant(["get", "list", "watch", "create", "patch"], in: running.cluster)
            try await running.cluster.createApplication("shop", source: ["repository": "shop"], spec: Self.spec)
            let repository = try await PushedRepository(in: running)
            let first = try await repository.push(["a.yaml": SyncTests.configMap("a"), "b.yaml": SyncTests.configMap("b")])
            #expect(first.isHealthy, "\(first.text)")

            // A kind that was not granted.
            let secret = try await repository.push(["s.yaml": "{apiVersion: v1, kind: Secret, metadata: {name: s}}\n"])
            #expect(secret.lines.first?.hasPrefix("s.yaml:1:1: Secret default/s: secrets \"s\" is forbidden: User \"system:serviceaccount:gitctl-system:deployer\" cannot get") == true, "\(secret.text)")

            // An edit by hand is put back with the account's rights, too.
            let key = ObjectKey(.configMaps, namespace: "default", name: "a")
            _ = try await running.cluster.client(as: "jane").patch(key, .merge(["data": ["value": "x"]]))
            try await running.cluster.wait(for: .configMaps, "a") { $0?.json[path: ["data", "value"]] == "1" }

            // Deletion was not granted: the object stays, and the status says so.
            let pruned = try await repository.push(["s.yaml": nil, "b.yaml": nil])
            #expect(pruned.isHealthy, "\(pruned.text)")
            let application = try await running.cluster.application("shop", synced: "Synced", at: pruned.commit)
            let message = application.status.condition("Synced")?.message ?? ""
            #expect(message.contains("ConfigMap default/b could not be deleted: configmaps \"b\" is forbidden: User \"system:serviceaccount:gitctl-system:deployer\" cannot delete"), "\(message)")
            #expect(try await running.cluster.exists(.configMaps, "b"))
        }
    }

    @Test("a name that can be none is refused")
    func badName() throws {
        let object = Object(.applications, namespace: "n", name: "a", ["spec": ["source": ["repository": "a"], "serviceAccountName": "a\r\nb"]])
        let error = #expect(throws: InvalidApplication.self) { try Application(object) }
        #expect(error?.description == "spec.serviceAccountName \"a\\r\\nb\" is no name of a ServiceAccount; names are of lower-case letters, digits, - and .")
    }
}
