import APIMachinery
import Testing

@testable import Cluster

/// Controllers beside a real server, each with no more rights than its role gives: what they do for kinds that come and go.
@Suite(.timeLimit(.minutes(2))) struct CustomControllerTests {
    private static func with(_ body: @escaping @Sendable (any ResourceClient) async throws -> Void) async throws {
        try await ServerUnderTest.with { server in
            let cluster = server.cluster
            let controllers = Controllers(
                client: { cluster.client(as: Cluster.user(ofController: $0), component: $0) }, logger: ServerUnderTest.logger, certificateAuthority: "none")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try? await controllers.run() }
                do { try await body(server.client) } catch {
                    group.cancelAll()
                    throw error
                }
                group.cancelAll()
            }
        }
    }

    /// Returns when there is no such object.
    private static func waitUntilGone(_ key: ObjectKey, _ client: any ResourceClient) async throws {
        var options = ListOptions()
        options.fieldSelector = FieldSelector("metadata.name", equals: key.name)
        let list = try await client.list(key.type, namespace: key.namespace, options: options)
        if list.items.isEmpty { return }
        options.resourceVersion = list.resourceVersion
        for try await event in try await client.watch(key.type, namespace: key.namespace, options: options) {
            if case .deleted = event { return }
        }
    }

    private static let definition = ObjectKey(.customResourceDefinitions, name: "widgets.example.com")

    @Test("a definition that is deleted takes its objects with it, those that finalizers hold last") func cleanup() async throws {
        try await Self.with { client in
            _ = try await client.create(.customResourceDefinitions, WidgetDefinition.definition())
            for index in 0..<5 { _ = try await client.create(WidgetDefinition.type, WidgetDefinition.widget("w\(index)")) }
            var held = WidgetDefinition.widget("held")
            held.finalizers = ["example.com/hold"]
            _ = try await client.create(WidgetDefinition.type, held)
            try await client.delete(Self.definition, options: DeleteOptions())
            for index in 0..<5 { try await Self.waitUntilGone(ObjectKey(WidgetDefinition.type, namespace: "default", name: "w\(index)"), client) }
            #expect(try await client.get(Self.definition).isDeleting)
            let key = ObjectKey(WidgetDefinition.type, namespace: "default", name: "held")
            _ = try await client.patch(key, .merge(["metadata": ["finalizers": .null]]), subresource: nil, options: WriteOptions())
            try await Self.waitUntilGone(Self.definition, client)
            #expect(try await client.resourceTypes().contains { $0.group == "example.com" } == false)
            // The name is free, and nothing of the old kind is left.
            _ = try await client.create(.customResourceDefinitions, WidgetDefinition.definition())
            #expect(try await client.list(WidgetDefinition.type, namespace: nil, options: ListOptions()).items.isEmpty)
        }
    }

    @Test("what a custom resource owns goes with it") func owned() async throws {
        try await Self.with { client in
            _ = try await client.create(.customResourceDefinitions, WidgetDefinition.definition())
            let owner = try await client.create(WidgetDefinition.type, WidgetDefinition.widget("owner"))
            var dependent = Object(.configMaps, namespace: "default", name: "dependent")
            dependent.ownerReferences = [OwnerReference(controller: owner)]
            _ = try await client.create(.configMaps, dependent)
            try await client.delete(ObjectKey(WidgetDefinition.type, namespace: "default", name: "owner"), options: DeleteOptions())
            try await Self.waitUntilGone(ObjectKey(.configMaps, namespace: "default", name: "dependent"), client)
        }
    }

    @Test("a namespace that is deleted takes its custom resources with it") func namespace() async throws {
        try await Self.with { client in
            _ = try await client.create(.customResourceDefinitions, WidgetDefinition.definition())
            _ = try await client.create(.namespaces, Object(.namespaces, name: "away"))
            var widget = WidgetDefinition.widget("w")
            widget.namespace = "away"
            _ = try await client.create(WidgetDefinition.type, widget)
            try await client.delete(ObjectKey(.namespaces, name: "away"), options: DeleteOptions())
            try await Self.waitUntilGone(ObjectKey(.namespaces, name: "away"), client)
            #expect(try await client.list(WidgetDefinition.type, namespace: nil, options: ListOptions()).items.isEmpty)
        }
    }
}
