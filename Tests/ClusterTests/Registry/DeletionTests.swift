import APIMachinery
import Testing

@testable import Cluster

struct DeletionTests {
    private func options(grace: Int? = nil, _ propagation: DeleteOptions.Propagation? = nil) -> DeleteOptions {
        var options = DeleteOptions()
        options.gracePeriodSeconds = grace
        options.propagation = propagation
        return options
    }

    @Test("A pod that runs keeps its grace period, which may be shortened", .timeLimit(.minutes(1)))
    func grace() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("a", ["nodeName": "n"])
        let key = fixture.key(.pods, "a")
        var pod = try await fixture.client.delete(key)
        #expect(pod["metadata", "deletionGracePeriodSeconds"] == 30 && pod.deletionTimestamp == "2023-11-14T22:13:50Z" && pod.generation == 2)
        let again = try await fixture.client.delete(key)
        #expect(again == pod)
        pod = try await fixture.client.delete(key, options: options(grace: 5))
        #expect(pod["metadata", "deletionGracePeriodSeconds"] == 5 && pod.deletionTimestamp == "2023-11-14T22:13:25Z")
        pod = try await fixture.client.delete(key, options: options(grace: 50))
        #expect(pod["metadata", "deletionGracePeriodSeconds"] == 5)
        _ = try await fixture.client.delete(key, options: options(grace: 0))
        #expect(!fixture.exists(.pods, "a"))
    }

    @Test("Pods without a node, ended pods and those asked with grace 0 go at once", .timeLimit(.minutes(1)))
    func atOnce() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("unscheduled")
        try await fixture.pod("ended", ["nodeName": "n"])
        _ = try await fixture.client.patch(fixture.key(.pods, "ended"), .merge(["status": ["phase": "Succeeded"]]), subresource: "status")
        try await fixture.pod("hurried", ["nodeName": "n"])
        try await fixture.pod("short", ["nodeName": "n", "terminationGracePeriodSeconds": 0])
        for name in ["unscheduled", "ended", "short"] { try await fixture.client.delete(fixture.key(.pods, name)) }
        try await fixture.client.delete(fixture.key(.pods, "hurried"), options: options(grace: 0))
        for name in ["unscheduled", "ended", "hurried", "short"] { #expect(!fixture.exists(.pods, name)) }
    }

    @Test("A finalizer outlasts the grace period, and its removal ends the pod only after that", .timeLimit(.minutes(1)))
    func finalizers() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("a", ["nodeName": "n"], finalizers: ["example.com/hold"])
        let key = fixture.key(.pods, "a")
        try await fixture.client.delete(key)
        _ = try await fixture.client.patch(key, .merge(["metadata": ["finalizers": .null]]))
        #expect(fixture.exists(.pods, "a"))
        try await fixture.pod("b", ["nodeName": "n"], finalizers: ["example.com/hold"])
        let held = try await fixture.client.delete(fixture.key(.pods, "b"), options: options(grace: 0))
        #expect(held["metadata", "deletionGracePeriodSeconds"] == 0)
        let result = try await fixture.registry.patch(
            fixture.key(.pods, "b"), .merge(["metadata": ["finalizers": .null]]), options: WriteOptions(), context: fixture.context)
        #expect(result.effect == .deleted && !fixture.exists(.pods, "b"))
    }

    @Test("Propagation is a finalizer for the garbage collector", .timeLimit(.minutes(1)))
    func propagation() async throws {
        let fixture = try await RegistryFixture()
        for name in ["a", "b", "c"] { try await fixture.create(.configMaps, name) }
        let foreground = try await fixture.client.delete(fixture.key(.configMaps, "a"), options: options(.foreground))
        #expect(foreground.finalizers == ["foregroundDeletion"] && foreground.isDeleting)
        let orphan = try await fixture.client.delete(fixture.key(.configMaps, "b"), options: options(.orphan))
        #expect(orphan.finalizers == ["orphan"])
        try await fixture.client.delete(fixture.key(.configMaps, "c"), options: options(.background))
        #expect(!fixture.exists(.configMaps, "c"))
        // Asked again in another way, the first finalizer gives way to the second.
        let changed = try await fixture.client.delete(fixture.key(.configMaps, "a"), options: options(.orphan))
        #expect(changed.finalizers == ["orphan"])
    }

    @Test("A namespace waits for its content and refuses new content meanwhile", .timeLimit(.minutes(1)))
    func namespaces() async throws {
        let fixture = try await RegistryFixture()
        var status = try await fixture.failure { try await fixture.client.delete(fixture.key(.namespaces, "default")) }
        #expect(status.message == "namespaces \"default\" is forbidden: this namespace may not be deleted" && status.code == 403)
        try await fixture.create(.namespaces, "team")
        let key = fixture.key(.namespaces, "team")
        var namespace = try await fixture.client.delete(key)
        #expect(namespace["status", "phase"] == "Terminating" && namespace.isDeleting)
        status = try await fixture.failure { _ = try await fixture.client.create(.configMaps, Object(.configMaps, namespace: "team", name: "a")) }
        #expect(status.message == "configmaps \"a\" is forbidden: unable to create new content in namespace team because it is being terminated")
        #expect(status.causes.first?.reason == "NamespaceTerminating")
        try await fixture.client.delete(key)
        #expect(fixture.exists(.namespaces, "team"))
        namespace["spec", "finalizers"] = []
        namespace.resourceVersion = ""
        _ = try await fixture.client.update(.namespaces, namespace, subresource: "finalize")
        #expect(!fixture.exists(.namespaces, "team"))
    }

    @Test("Preconditions are checked and named", .timeLimit(.minutes(1)))
    func preconditions() async throws {
        let fixture = try await RegistryFixture()
        let created = try await fixture.create(.configMaps, "a")
        var wrong = DeleteOptions()
        wrong.preconditionResourceVersion = "1"
        var status = try await fixture.failure { try await fixture.client.delete(fixture.key(.configMaps, "a"), options: wrong) }
        #expect(status.message.contains("the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (\(created.resourceVersion))"))
        wrong = DeleteOptions()
        wrong.preconditionUID = "x"
        status = try await fixture.failure { try await fixture.client.delete(fixture.key(.configMaps, "a"), options: wrong) }
        #expect(status.reason == .conflict && status.message.contains("the UID in the precondition (x)"))
    }

    @Test("A collection goes as far as it is selected, durably and in few commits", .timeLimit(.minutes(1)))
    func collection() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let fixture = try await RegistryFixture(store: store)
        for number in 0..<30 { try await fixture.create(.configMaps, "n\(number)", ["metadata": ["labels": ["odd": .string("\(number % 2)")]]]) }
        var list = ListOptions()
        list.labelSelector = LabelSelector(matchLabels: ["odd": "1"])
        let deleted = try await fixture.registry.deleteCollection(
            .configMaps, namespace: "default", list: list, options: DeleteOptions(), context: fixture.context)
        #expect(deleted.items.count == 15)
        #expect(try await fixture.client.list(.configMaps, namespace: "default").items.count == 15)
        await store.close()
    }
}
