import APIMachinery
import Testing

@testable import Cluster

@Suite("Forecasts: over HTTPS", .timeLimit(.minutes(1)))
struct ForecastRequestTests {
    private static let path = "/apis/gitctl.dev/v1alpha1/forecasts"

    @Test("a Forecast is created, answered, and nowhere to be found")
    func create() async throws {
        try await ServerUnderTest.with { server in
            try await server.makeConfigMap("owner")
            let owner = try await server.client.get(ObjectKey(.configMaps, namespace: "default", name: "owner"))
            var owned = Object(.configMaps, namespace: "default", name: "owned")
            owned.ownerReferences = [OwnerReference(controller: owner)]
            _ = try await server.client.create(.configMaps, owned)
            let answer = try await server.post(
                Self.path,
                #"{"apiVersion": "gitctl.dev/v1alpha1", "kind": "Forecast", "spec": {"steps": [{"delete": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "default", "name": "owner"}}]}}"#)
            #expect(answer.status == 201)
            #expect(
                answer.json["status"] == [
                    "settled": true, "durationSeconds": 0, "notTried": [],
                    "consequences": [
                        [
                            "type": "CascadingDeletion", "message": "ConfigMap default/owner takes along 1 ConfigMap", "names": ["ConfigMap owned"],
                            "object": ["kind": "ConfigMap", "namespace": "default", "name": "owner"],
                        ]
                    ],
                ])
            #expect(try await server.get(Self.path).status == 405)
            #expect(try await server.names("/api/v1/namespaces/default/configmaps").contains("owned"))
        }
    }

    @Test("what is no Forecast, and who may not ask, is refused")
    func refusals() async throws {
        try await ServerUnderTest.with { server in
            let unknown = try await server.post(Self.path + "?fieldValidation=Strict", #"{"spec": {"steps": [], "stepz": 1}}"#)
            #expect(unknown.status == 400 && unknown.message.contains(#"unknown field "spec.stepz""#), "\(unknown.message)")
            let empty = try await server.post(Self.path, #"{"spec": {"steps": []}}"#)
            #expect(empty.status == 422)
            #expect(empty.message == #"Forecast.gitctl.dev "" is invalid: spec.steps: Required value: nothing to try"#)
            #expect(try await server.post(Self.path, "{}", login: .anonymous).status == 403)
        }
    }
}
