import APIMachinery
import TestSupport
import Testing

@testable import Cluster

/// `/scale` as autoscalers and kubectl use it. Source: Kubernetes, pkg/registry/apps/deployment/storage; KEP-555, "Scale subresource".
@Suite(.timeLimit(.minutes(1))) struct ScaleTests {
    private static let scale: JSON = ["apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "web"]]

    private static func scale(_ replicas: Int64?) -> JSON {
        var scale = Self.scale
        if let replicas { scale.set(.int(replicas), at: ["spec", "replicas"]) }
        return scale
    }

    private static func deployment(_ replicas: Int64) -> Object {
        var deployment = MinimalObjects.of(.deployments, name: "web")
        deployment["spec", "replicas"] = .int(replicas)
        return deployment
    }

    /// The managers of `spec.replicas`, with operation and subresource.
    private static func owners(_ object: Object) -> [String] {
        (object["metadata", "managedFields"]?.array ?? []).filter { $0["fieldsV1"]?["f:spec"]?["f:replicas"] != nil }
            .map { "\($0["manager"]?.string ?? "") \($0["operation"]?.string ?? "") \($0["subresource"]?.string ?? "")" }
    }

    @Test("an apply of a Scale owns the replicas, and conflicts with whoever owns them with another number") func apply() async throws {
        let fixture = try await RegistryFixture()
        let key = fixture.key(.deployments, "web")
        let deployment = Self.deployment(1)
        _ = try await fixture.client.patch(key, .apply(deployment.json), subresource: nil, options: WriteOptions(fieldManager: "owner"))
        func apply(_ replicas: Int64?, _ manager: String, force: Bool = false) async throws(APIStatus) -> Object {
            try await fixture.client.patch(
                key, .apply(Self.scale(replicas)), subresource: "scale", options: WriteOptions(fieldManager: manager, force: force))
        }
        let conflict = try await fixture.failure { _ = try await apply(5, "autoscaler") }
        #expect(conflict.code == 409 && conflict.message == "Apply failed with 1 conflict: conflict with \"owner\": .spec.replicas")
        #expect(conflict.causes.first?.field == ".spec.replicas")
        // The same number is shared.
        #expect(try await apply(1, "autoscaler")["spec", "replicas"] == 1)
        #expect(Self.owners(try fixture.get(.deployments, "web")) == ["autoscaler Apply scale", "owner Apply "])
        let forced = try await apply(5, "autoscaler", force: true)
        #expect(forced.kind == "Scale" && forced["spec", "replicas"] == 5 && forced["metadata", "managedFields"] == nil)
        #expect(Self.owners(try fixture.get(.deployments, "web")) == ["autoscaler Apply scale"])
        // The owner that states another number is told who scaled.
        let owner = try await fixture.failure {
            _ = try await fixture.client.patch(key, .apply(deployment.json), subresource: nil, options: WriteOptions(fieldManager: "owner"))
        }
        #expect(owner.message == "Apply failed with 1 conflict: conflict with \"autoscaler\" with subresource \"scale\": .spec.replicas")
        for (configuration, code, text) in [
            (Self.scale(-1), 422, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
            (deployment.json, 400, "the applied configuration must have apiVersion autoscaling/v1 and kind Scale, found apps/v1 and Deployment"),
            (["apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "other"]], 400, "does not match the name on the URL (web)"),
        ] as [(JSON, Int, String)] {
            let status = try await fixture.failure {
                _ = try await fixture.client.patch(key, .apply(configuration), subresource: "scale", options: WriteOptions(fieldManager: "a"))
            }
            #expect(status.code == code && status.message.contains(text), "\(status.message)")
        }
    }

    @Test("a Scale is a table of its own") func table() async throws {
        try await ServerUnderTest.with { server in
            _ = try await server.client.create(.deployments, Self.deployment(3))
            let table = try await server.get(ResourceType.deployments.path("web", "scale"), accept: ServerUnderTest.tableType).json
            #expect(table["columnDefinitions"]?.array?.compactMap { $0["name"]?.string } == ["Name", "Desired", "Available", "Age"])
            #expect(table["rows"]?.array?.first?["cells"]?.array?.prefix(3) == ["web", 3, 0])
        }
    }
}
