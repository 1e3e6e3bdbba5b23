import APIMachinery
import TestSupport
import Testing

@testable import Cluster

/// metrics.k8s.io: what is made of the agent's measurements, and what is said where there are none.
@Suite(.timeLimit(.minutes(1))) struct MetricsTests {
    private static func run(_ fixture: RegistryFixture, _ name: String, phase: String = "Running", labels: [String: String] = [:]) async throws {
        var pod = Object(.pods, namespace: "default", name: name, ["spec": ["nodeName": "n", "containers": [["name": "main", "image": "busybox"]]]])
        pod.labels = labels
        _ = try await fixture.client.create(.pods, pod)
        _ = try await fixture.client.patch(fixture.key(.pods, name), .merge(["status": ["phase": .string(phase)]]), subresource: "status")
    }

    private static func fixture() async throws -> RegistryFixture {
        let fixture = try await RegistryFixture()
        _ = try await fixture.client.create(.nodes, Object(.nodes, name: "n", ["metadata": ["name": "n", "labels": ["zone": "a"]]]))
        _ = try await fixture.client.create(.nodes, Object(.nodes, name: "other"))
        try await run(fixture, "b", labels: ["app": "web"])
        try await run(fixture, "a", labels: ["app": "db"])
        try await run(fixture, "waiting", phase: "Pending", labels: ["app": "web"])
        return fixture
    }

    @Test("a running pod's metrics carry its labels, when and over what they were taken, and what each container uses")
    func pod() async throws {
        let fixture = try await Self.fixture()
        fixture.registry.nodeEndpoint = SteadyNode()
        let metrics = try await fixture.client.get(fixture.key(.podMetrics, "b"))
        #expect(metrics.apiVersion == "metrics.k8s.io/v1beta1" && metrics.kind == "PodMetrics" && metrics.namespace == "default")
        #expect(metrics.labels == ["app": "web"] && metrics.creationTimestamp == "2023-11-14T22:13:20Z")
        #expect(metrics["timestamp"] == "2023-11-14T22:13:19Z" && metrics["window"] == "1m30s")
        #expect(metrics["containers"] == [
            ["name": "main", "usage": ["cpu": "12345678n", "memory": "5Mi"]], ["name": "side", "usage": ["cpu": "1n", "memory": "1k"]],
        ])
        let cells = TableColumns.of(.podMetrics).map { $0.cell(metrics, fixture.clock.now) }
        #expect(cells == ["b", "12345679n", "5243880", "1m30s"])
    }

    @Test("lists hold what runs, sorted, selected by labels and names")
    func list() async throws {
        let fixture = try await Self.fixture()
        fixture.registry.nodeEndpoint = SteadyNode()
        func names(_ type: ResourceType, _ change: (inout ListOptions) throws -> Void = { _ in }) async throws -> [String] {
            var options = ListOptions()
            try change(&options)
            return try await fixture.client.list(type, namespace: nil, options: options).items.map(\.name)
        }
        #expect(try await names(.podMetrics) == ["a", "b"])
        #expect(try await names(.podMetrics) { $0.labelSelector = LabelSelector(matchLabels: ["app": "web"]) } == ["b"])
        #expect(try await names(.podMetrics) { $0.fieldSelector = FieldSelector("metadata.name", equals: "a") } == ["a"])
        #expect(try await names(.podMetrics) { $0.fieldSelector = FieldSelector("metadata.namespace", equals: "elsewhere") } == [])
        #expect(try await names(.nodeMetrics) == ["n"])
        #expect(try await names(.nodeMetrics) { $0.labelSelector = LabelSelector(matchLabels: ["zone": "b"]) } == [])
        let refused = try await fixture.failure { _ = try await names(.podMetrics) { $0.fieldSelector = FieldSelector("spec.nodeName", equals: "n") } }
        #expect(refused.message == #""spec.nodeName" is not a known field selector: only "metadata.name", "metadata.namespace""#)
    }

    @Test("what is not there, does not run or is not measured is not found, in metrics-server's words")
    func missing() async throws {
        let fixture = try await Self.fixture()
        fixture.registry.nodeEndpoint = SteadyNode(measured: [])
        func message(_ type: ResourceType, _ name: String) async throws -> String {
            let status = try await fixture.failure { _ = try await fixture.client.get(fixture.key(type, name)) }
            #expect(status.code == 404)
            return status.message
        }
        #expect(try await message(.podMetrics, "none") == #"pods "none" not found"#)
        #expect(try await message(.podMetrics, "waiting") == #"podmetrics.metrics.k8s.io "default/waiting" not found"#)
        #expect(try await message(.podMetrics, "a") == #"podmetrics.metrics.k8s.io "default/a" not found"#)
        #expect(try await message(.nodeMetrics, "none") == #"nodes "none" not found"#)
        #expect(try await message(.nodeMetrics, "other") == #"nodemetrics.metrics.k8s.io "other" not found"#)
        fixture.registry.nodeEndpoint = nil
        #expect(try await message(.nodeMetrics, "n") == #"nodemetrics.metrics.k8s.io "n" not found"#)
        #expect(try await fixture.client.list(.podMetrics).items.isEmpty)
    }

    @Test("a node's metrics are of the whole machine")
    func node() async throws {
        let fixture = try await Self.fixture()
        fixture.registry.nodeEndpoint = SteadyNode()
        let metrics = try await fixture.client.get(ObjectKey(.nodeMetrics, name: "n"))
        #expect(metrics.namespace.isEmpty && metrics.labels == ["zone": "a"] && metrics["window"] == "15.25s")
        #expect(metrics["usage"] == ["cpu": "1500m", "memory": "3Gi"])
        let columns = TableColumns.of(.nodeMetrics)
        #expect(columns.map(\.name) == ["Name", "cpu", "memory", "Window"])
        #expect(columns.map { $0.cell(metrics, fixture.clock.now) } == ["n", "1500m", "3Gi", "15.25s"])
    }

    @Test("the API is there without a node: found, read-only, in the reach of viewers, described")
    func server() async throws {
        try await ServerUnderTest.with { server in
            let base = "/apis/metrics.k8s.io/v1beta1"
            let resources = try await server.get(base).json["resources"]?.array ?? []
            #expect(resources.map { $0["kind"] } == ["NodeMetrics", "PodMetrics"] && resources.allSatisfy { $0["verbs"] == ["get", "list"] })
            #expect(resources.map { $0["namespaced"] } == [false, true])
            let list = try await server.get("\(base)/pods")
            #expect(list.status == 200 && list.json["kind"] == "PodMetricsList" && list.json["items"] == [])
            #expect(try await server.get("\(base)/nodes", accept: "application/json;as=Table;v=v1;g=meta.k8s.io").json["kind"] == "Table")
            #expect(try await server.get("\(base)/namespaces/default/pods/none").message == #"pods "none" not found"#)
            #expect(try await server.get("\(base)/pods?watch=true").status == 405)
            for method in ["POST", "DELETE"] {
                #expect(try await server.send(.init(rawValue: method), "\(base)/namespaces/default/pods").status == 405)
            }
            _ = try await server.client.create(
                .roleBindings,
                Object(
                    .roleBindings, namespace: "default", name: "view",
                    [
                        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"],
                        "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"]],
                    ]))
            func asAnn(_ path: String) async throws -> Int { try await server.send(.GET, base + path, headers: ["impersonate-user": "ann"]).status }
            #expect(try await asAnn("/namespaces/default/pods") == 200)
            #expect(try await asAnn("/pods") == 403)
            let document = try await server.get("/openapi/v3/apis/metrics.k8s.io/v1beta1").json
            let schema = document["components"]?["schemas"]?["io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics"]
            #expect(schema?["required"] == ["containers", "timestamp", "window"])
            #expect(document["paths"]?["\(base)/nodes"]?["get"] != nil && document["paths"]?["\(base)/nodes"]?["post"] == nil)
            #expect(try await server.get("/openapi/v2").json["definitions"]?["io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetricsList"] != nil)
        }
    }
}
