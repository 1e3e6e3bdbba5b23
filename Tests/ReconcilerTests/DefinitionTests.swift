import APIMachinery
import Cluster
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

@Suite("Applications on a cluster that does not come with them", .timeLimit(.minutes(1)))
struct DefinitionTests {
    @Test("the definition is taken as it is, and its objects keep every field, have a status of their own and columns")
    func isAccepted() async throws {
        let cluster = try await TestCluster()
        let group = "test.example.com"
        let created = try await cluster.client.create(.customResourceDefinitions, Application.definition(group: group))
        #expect(created.condition("Established")?.status == .isTrue && created.condition("NonStructuralSchema") == nil, "\(created.status.text)")
        let type = try #require(try await cluster.client.resourceTypes().first { $0.group == group })
        #expect(type.plural == "applications" && type.shortNames == ["app"] && type.isNamespaced)
        let object = Object(type, namespace: "default", name: "shop", ["spec": ["source": ["repository": "shop"], "sync": ["prune": false]]])
        _ = try await cluster.client.create(type, object)
        let status: JSON = ["status": ["observedRevision": "abc", "inventory": [["kind": "ConfigMap", "names": ["a"]]]]]
        let written = try await cluster.client.patch(ObjectKey(type, namespace: "default", name: "shop"), .merge(status), subresource: "status")
        #expect(written.spec[path: ["sync", "prune"]] == false && written.status["inventory"] == status[path: ["status", "inventory"]])
    }

    @Test("a cluster that serves the kind is left as it is")
    func isThere() async throws {
        let cluster = try await TestCluster()
        let revision = cluster.registry.store.revision
        try await Application.define(in: cluster.client, clock: SystemClock())
        #expect(cluster.registry.store.revision == revision)
    }
}
