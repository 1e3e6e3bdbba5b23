import APIMachinery
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct EveryKindTests {
    static let served = ResourceType.builtin + [.horizontalPodAutoscalersV1, .eventsV1]

    @Test("every kind can be created, read, listed, watched, patched, applied, replaced and deleted", arguments: served)
    func verbs(type: ResourceType) async throws {
        let fixture = try await RegistryFixture()
        let client = fixture.client
        let minimal = MinimalObjects.of(type)
        let key = ObjectKey(type, namespace: type.isNamespaced ? "default" : nil, name: minimal.name)
        var strict = WriteOptions(fieldValidation: .strict)
        let created = try await client.create(type, minimal, options: strict)
        #expect(created.gvk == type.gvk && !created.uid.isEmpty && !created.resourceVersion.isEmpty)
        #expect(try await client.get(key) == created)
        #expect(try await client.list(type).items.contains(created))

        var options = ListOptions()
        options.resourceVersion = created.resourceVersion
        let watch = try fixture.registry.watch(type, namespace: key.namespace, options: options, context: fixture.context)
        let patched = try await client.patch(key, .merge(["metadata": ["labels": ["patched": "yes"]]]))
        #expect(patched.labels["patched"] == "yes" && patched.gvk == type.gvk && patched.generation == created.generation)
        let event = try #require(try await watch.next())
        #expect(event.kind == .modified && event.version.object == patched)

        var applied = minimal
        applied.labels = ["applied": "yes"]
        strict = WriteOptions(fieldManager: "applier", force: true, fieldValidation: .strict)
        let result = try await client.patch(key, .apply(applied.json), subresource: nil, options: strict)
        #expect(result.labels["applied"] == "yes" && result.labels["patched"] == "yes" && result.spec == patched.spec)
        var replaced = result
        replaced.annotations["replaced"] = "yes"
        #expect(try await client.update(type, replaced).annotations["replaced"] == "yes")
        // Defaulting what was defaulted changes nothing.
        let again = try await client.update(type, try await client.get(key))
        #expect(again == (try await client.get(key)))

        var deletion = DeleteOptions()
        deletion.propagation = .background
        let finalizers = try await client.get(key).finalizers
        let last = try await client.delete(key, options: deletion)
        #expect(last.gvk == type.gvk)
        if finalizers.isEmpty, type != .namespaces, type != .customResourceDefinitions { #expect(!fixture.exists(type, key.name)) }
    }

    @Test("every kind can be made by server-side apply", arguments: served) func applied(type: ResourceType) async throws {
        let fixture = try await RegistryFixture()
        let minimal = MinimalObjects.of(type)
        let key = ObjectKey(type, namespace: type.isNamespaced ? "default" : nil, name: minimal.name)
        let object = try await fixture.client.patch(key, .apply(minimal.json), subresource: nil, options: WriteOptions(fieldManager: "applier", fieldValidation: .strict))
        #expect(object.gvk == type.gvk)
        // Whoever states nothing owns nothing.
        guard minimal.fields.contains(where: { !["apiVersion", "kind", "metadata"].contains($0.key) }) else { return }
        #expect(object["metadata", "managedFields"]?.array?.contains { $0["operation"] == "Apply" && $0["manager"] == "applier" } == true)
    }

    @Test("what a kind cannot be is refused: an unknown field, by name", arguments: served) func unknown(type: ResourceType) async throws {
        let fixture = try await RegistryFixture()
        var object = MinimalObjects.of(type)
        object["nonsense"] = 1
        let wrong = object
        let status = try await fixture.failure { _ = try await fixture.client.create(type, wrong, options: WriteOptions(fieldValidation: .strict)) }
        #expect(status.code == 400 && status.message.contains("unknown field \"nonsense\""))
    }

    @Test("every kind has a schema, a status subresource where Kubernetes has one, and columns", arguments: served)
    func tables(type: ResourceType) throws {
        let node = try #require(Schema.builtin.node(type.gvk))
        #expect(node.fields["metadata"] != nil)
        if type.subresources.contains("status") { #expect(node.fields["status"] != nil) }
        #expect(!TableColumns.of(type).isEmpty)
    }

    @Test("a PUT creates what is not there, for the kinds of which Kubernetes allows that")
    func createOnUpdate() async throws {
        let fixture = try await RegistryFixture()
        func put(_ type: ResourceType) async throws(APIStatus) -> WriteResult.Effect {
            let object = MinimalObjects.of(type)
            let key = ObjectKey(type, namespace: type.isNamespaced ? "default" : nil, name: object.name)
            return try await fixture.registry.update(key, object, options: WriteOptions(), context: fixture.context).effect
        }
        for type in [ResourceType.services, .roles, .clusterRoleBindings, .leases, .endpointSlices, .events, .limitRanges] {
            #expect(try await put(type) == .created, "\(type)")
        }
        for type in [ResourceType.configMaps, .deployments, .ingresses, .storageClasses] {
            #expect(try await fixture.failure { _ = try await put(type) }.reason == .notFound, "\(type)")
        }
    }

    @Test("kinds whose writers race must say what they replace") func unconditional() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.create(.leases, "a", ["spec": ["holderIdentity": "me"]])
        let lease = Object(.leases, namespace: "default", name: "a", ["spec": ["holderIdentity": "you"]])
        let status = try await fixture.failure { _ = try await fixture.client.update(.leases, lease) }
        #expect(
            status.message == "leases.coordination.k8s.io \"a\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update")
    }

    @Test("a Job deleted without a policy leaves its pods, and the client is warned") func orphans() async throws {
        let fixture = try await RegistryFixture()
        let job = try await fixture.client.create(.jobs, MinimalObjects.of(.jobs))
        let context = fixture.context
        let result = try await fixture.registry.delete(fixture.key(.jobs, job.name), options: DeleteOptions(), context: context)
        #expect(result.object.finalizers == ["orphan"])
        #expect(context.warnings.all.contains { $0.hasPrefix("child pods are preserved by default when jobs are deleted") })
    }
}
