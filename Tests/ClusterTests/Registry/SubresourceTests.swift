import APIMachinery
import Testing

@testable import Cluster

struct SubresourceTests {
    @Test("A pod is bound once", .timeLimit(.minutes(1)))
    func binding() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("a")
        let key = fixture.key(.pods, "a")
        func bind(_ node: String) async throws -> Object {
            try await fixture.client.createSubresource(
                key, "binding", Object(["metadata": ["name": "a"], "target": ["kind": "Node", "name": .string(node)]]), options: WriteOptions())
        }
        let answer = try await bind("n1")
        #expect(answer["status"] == "Success" && answer["code"] == 201)
        let pod = try fixture.get(.pods, "a")
        #expect(pod["spec", "nodeName"] == "n1")
        #expect(pod["status", "conditions"]?.array?.first?["type"] == "PodScheduled")
        let status = try await fixture.failure { _ = try await bind("n2") }
        #expect(status.message == "Operation cannot be fulfilled on pods/binding \"a\": pod a is already assigned to node \"n1\"" && status.code == 409)
    }

    @Test("An eviction deletes with the grace that it asks for", .timeLimit(.minutes(1)))
    func eviction() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("a", ["nodeName": "n"])
        _ = try await fixture.client.createSubresource(
            fixture.key(.pods, "a"), "eviction", Object(["deleteOptions": ["gracePeriodSeconds": 7]]), options: WriteOptions())
        #expect(try fixture.get(.pods, "a")["metadata", "deletionGracePeriodSeconds"] == 7)
    }

    private struct Issuer: TokenIssuer {
        func issue(serviceAccount: Object, spec: JSON) async throws(APIStatus) -> (token: String, expiration: Timestamp) {
            ("token of \(serviceAccount.name) for \(spec["boundObjectRef"]?["uid"]?.string ?? "nobody")", Timestamp(seconds: 1_700_003_600))
        }
    }

    @Test("A token request is answered, bound to what exists", .timeLimit(.minutes(1)))
    func tokens() async throws {
        let fixture = try await RegistryFixture()
        let key = fixture.key(.serviceAccounts, "default")
        var status = try await fixture.failure { _ = try await fixture.client.createSubresource(key, "token", Object([:]), options: WriteOptions()) }
        #expect(status.reason == .serviceUnavailable)
        fixture.registry.tokenIssuer = Issuer()
        let pod = try await fixture.pod("a")
        let request = Object(["spec": ["audiences": ["x"], "boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": "a"]]])
        let answer = try await fixture.client.createSubresource(key, "token", request, options: WriteOptions())
        #expect(answer["status", "token"]?.string == "token of default for \(pod.uid)")
        #expect(answer["status", "expirationTimestamp"] == "2023-11-14T23:13:20Z" && answer["spec", "expirationSeconds"] == 3600)
        status = try await fixture.failure {
            _ = try await fixture.client.createSubresource(key, "token", Object(["spec": ["expirationSeconds": 5]]), options: WriteOptions())
        }
        #expect(status.message.contains("may not specify a duration less than 10 minutes"))
    }

    @Test("A scale is read, replaced, patched and checked", .timeLimit(.minutes(1)))
    func scale() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.create(
            .deployments, "web",
            [
                "spec": [
                    "selector": ["matchLabels": ["a": "b"]],
                    "template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]]],
                ]
            ])
        let key = fixture.key(.deployments, "web")
        var scale = try fixture.registry.get(key, subresource: "scale", context: fixture.context).object
        #expect(scale["spec", "replicas"] == 1 && scale["status", "selector"] == "a=b" && scale.apiVersion == "autoscaling/v1")
        scale["spec", "replicas"] = 3
        let result = try await fixture.registry.update(key, scale, subresource: "scale", options: WriteOptions(), context: fixture.context)
        #expect(result.object["spec", "replicas"] == 3 && result.object.kind == "Scale")
        #expect(try fixture.get(.deployments, "web").generation == 2)
        var status = try await fixture.failure {
            _ = try await fixture.registry.update(key, scale, subresource: "scale", options: WriteOptions(), context: fixture.context)
        }
        #expect(status.reason == .conflict)
        status = try await fixture.failure { try await fixture.client.patch(key, .merge(["spec": ["replicas": -1]]), subresource: "scale") }
        #expect(status.message == "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0")
        status = try await fixture.failure { _ = try fixture.registry.get(fixture.key(.pods, "a"), subresource: "scale", context: fixture.context) }
        #expect(status.code == 404)
    }
}
