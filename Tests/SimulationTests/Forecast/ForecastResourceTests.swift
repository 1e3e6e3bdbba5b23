import APIMachinery
import Testing

@testable import Cluster

/// Claims, quotas, rights and the API of forecasts.
@Suite("Forecasts: storage, quotas, rights", .timeLimit(.minutes(2)))
struct ForecastResourceTests {
    static func claims(_ cluster: SimulatedCluster, policy: String) async throws {
        _ = try await cluster.client.create(.persistentVolumes, ClusterBehaviorTests.volume("disk", "3Gi", policy: policy))
        _ = try await cluster.client.create(.persistentVolumeClaims, ClusterBehaviorTests.claim("data", "2Gi"))
        try await cluster.wait(.persistentVolumeClaims) { $0.first?.status["phase"] == "Bound" }
        try await cluster.wait(.persistentVolumes) { $0.first?.status["phase"] == "Bound" }
    }

    @Test("A claim that is deleted loses its data, or its hold on it", arguments: [
        ("Retain", "its volume disk keeps the data, but no claim gets it again by itself (reclaim policy Retain)"),
        ("Delete", "its volume disk is given up with the data on it (reclaim policy Delete)"),
    ])
    func claim(policy: String, fate: String) async throws {
        let cluster = try await StillCluster { try await Self.claims($0, policy: policy) }
        #expect(
            try await cluster.messages(Manifest.delete(.persistentVolumeClaims, "data"))
                == ["PersistentVolumeClaim default/data is deleted: \(fate)"])
    }

    @Test("A claim in use stays until its pods are gone")
    func claimInUse() async throws {
        let cluster = try await StillCluster { cluster in
            try await Self.claims(cluster, policy: "Retain")
            let user = ClusterBehaviorTests.pod("user", ["volumes": [["name": "data", "persistentVolumeClaim": ["claimName": "data"]]]])
            _ = try await cluster.client.create(.pods, user)
            try await cluster.wait(.pods) { $0.first?.isReady == true }
        }
        #expect(
            try await cluster.messages(Manifest.delete(.persistentVolumeClaims, "data")).contains(
                "PersistentVolumeClaim default/data stays until Pod default/user no longer uses it"))
        // With its pod it goes.
        #expect(
            try await cluster.messages(Manifest.delete(.persistentVolumeClaims, "data"), Manifest.delete(.pods, "user")) == [
                "PersistentVolumeClaim default/data is deleted: its volume disk keeps the data, but no claim gets it again by itself (reclaim policy Retain)"
            ])
    }

    @Test("Pods beyond a quota that comes with the same commit are not made")
    func quota() async throws {
        let cluster = try await StillCluster { try await ForecastTests.web($0) }
        let quota = Object(.resourceQuotas, namespace: "default", name: "small", ["spec": ["hard": ["pods": "4"]]])
        #expect(
            try await cluster.messages(.apply(quota), .apply(deployment("web", replicas: 6))) == [
                "Deployment default/web cannot make its pods: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4"
            ])
    }

    @Test("Steps are admitted as whoever asks")
    func rights() async throws {
        let cluster = try await StillCluster { cluster in
            try await ForecastTests.web(cluster)
            let rules: JSON = [
                ["apiGroups": ["gitctl.dev"], "resources": ["forecasts"], "verbs": ["create"]],
                ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "patch"]],
            ]
            _ = try await cluster.client.create(.clusterRoles, Object(.clusterRoles, name: "writer", ["rules": rules]))
            _ = try await cluster.client.create(
                .clusterRoleBindings,
                Object(
                    .clusterRoleBindings, name: "writer",
                    [
                        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "writer"],
                        "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"]],
                    ]))
        }
        let jane = UserInfo(name: "jane", groups: ["system:authenticated"])
        let settings = Object(.configMaps, namespace: "default", name: "settings")
        let status = try await cluster.forecast([.apply(settings), .apply(deployment("web", replicas: 1))], as: jane)
        #expect(
            status.consequences.map(\.message) == [
                #"Deployment default/web is refused: deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments" in API group "apps" in the namespace "default""#
            ])
        let john = UserInfo(name: "john", groups: ["system:authenticated"])
        let refusal = try await #require(throws: APIStatus.self) { _ = try await cluster.forecast([.apply(settings)], as: john) }
        #expect(refusal.message == #"forecasts.gitctl.dev is forbidden: User "john" cannot create resource "forecasts" in API group "gitctl.dev" at the cluster scope"#)
    }

    @Test("What a server says of a step is told, and the others are tried all the same")
    func refused() async throws {
        let cluster = try await StillCluster { try await ForecastTests.web($0) }
        var wrong = deployment("web", replicas: 3)
        wrong["spec", "selector", "matchLabels"] = ["app": "other"]
        let messages = try await cluster.messages(.apply(wrong), .apply(Manifest.service("web", selecting: "none")))
        #expect(messages.count == 2)
        #expect(messages.first?.hasPrefix("Deployment default/web is refused: Deployment.apps \"web\" is invalid: ") == true)
        #expect(messages.last == "Service default/web loses all ready endpoints (3 before)")
    }

    @Test("Questions that are none are refused with their place", arguments: [
        ("{}", "spec.steps: Required value"),
        (#"{"steps": []}"#, "spec.steps: Required value: nothing to try"),
        (#"{"steps": [{}]}"#, "spec.steps[0]: Required value: exactly one of apply, replace and delete, an object"),
        (#"{"steps": [{"delete": {"apiVersion": "v1", "kind": "Pod", "name": ""}}]}"#, "spec.steps[0].delete.name: Required value"),
        (#"{"steps": [{"apply": {"kind": "Pod"}}]}"#, "spec.steps[0].apply: Required value: apiVersion and kind"),
        (#"{"steps": [{"apply": {"apiVersion": "v1", "kind": "Pod"}}]}"#, "spec.fieldManager: Required value: is required for steps that apply"),
        (
            #"{"budgetMilliseconds": 0, "steps": [{"delete": {"apiVersion": "v1", "kind": "Pod", "name": "a"}}]}"#,
            "spec.budgetMilliseconds: Invalid value: 0: must be greater than 0"
        ),
    ])
    func malformed(spec: String, message: String) async throws {
        let cluster = try await StillCluster()
        let refusal = try await #require(throws: APIStatus.self) {
            _ = try await cluster.simulated.client.create(.forecasts, Object(.forecasts, name: "", ["spec": try JSON(parsing: spec)]))
        }
        #expect(refusal.message.contains(message))
    }

    @Test("Where no controllers run, a forecast is not allowed")
    func registryAlone() async throws {
        let cluster = try SimulatedCluster(seed: 1)
        let spec = ForecastSpec(steps: [Manifest.delete(.pods, "a")], fieldManager: "")
        let refusal = try await #require(throws: APIStatus.self) { _ = try await cluster.client.create(.forecasts, spec.object) }
        #expect(refusal.reason == .methodNotAllowed)
    }
}
