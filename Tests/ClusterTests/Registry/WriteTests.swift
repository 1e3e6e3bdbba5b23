import APIMachinery
import TestSupport
import Testing

@testable import Cluster

struct WriteTests {
    @Test("Creation sets identity, times, generation, defaults and managed fields", .timeLimit(.minutes(1)))
    func create() async throws {
        let fixture = try await RegistryFixture()
        let object = Object(
            .deployments, name: "web",
            [
                "spec": [
                    "selector": ["matchLabels": ["a": "b"]],
                    "template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]]],
                ],
                "status": ["replicas": 9],
            ])
        let web = try await fixture.registry.create(.deployments, object, namespace: "default", options: WriteOptions(), context: fixture.context).object
        #expect(web.uid.count == 36 && web.uid.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        #expect(web.creationTimestamp == "2023-11-14T22:13:20Z" && web.generation == 1)
        #expect(web["spec", "replicas"] == 1 && web["spec", "strategy", "type"] == "RollingUpdate")
        #expect(web["status", "replicas"] == nil)
        #expect(web["metadata", "managedFields"]?.array?.first?["manager"] == "kubectl")
    }

    @Test("An object that could not be read again is refused", .timeLimit(.minutes(1)))
    func depth() async throws {
        let fixture = try await RegistryFixture()
        var deep: JSON = 1
        for _ in 0..<JSON.depthMax { deep = ["a": deep] }
        let object = Object(.configMaps, namespace: "default", name: "deep", ["data": deep])
        let failure = try await fixture.failure { try fixture.registry.validate(object, old: nil, .configMaps, fixture.context) }
        #expect(failure.reason == .invalid && failure.message.contains("512 levels"))
    }

    @Test("Warnings stay short enough for a header", .timeLimit(.minutes(1)))
    func warnings() {
        let warnings = Warnings()
        for number in 0..<100 { warnings.add("\(number) " + String(repeating: "é", count: 10_000)) }
        #expect(warnings.all.count > 4 && warnings.all.allSatisfy { $0.utf8.count <= 600 })
        #expect(warnings.all.reduce(0) { $0 + $1.utf8.count } <= Warnings.bytesMax)
        let short = Warnings()
        for number in 0..<100 { short.add("\(number)") }
        #expect(short.all.count == Warnings.countMax)
    }

    @Test("A namespace gets its phase, finalizer and label", .timeLimit(.minutes(1)))
    func namespaces() async throws {
        let fixture = try await RegistryFixture()
        let namespace = try fixture.get(.namespaces, "default")
        #expect(namespace["status", "phase"] == "Active" && namespace["spec", "finalizers"] == ["kubernetes"])
        #expect(namespace.labels == ["kubernetes.io/metadata.name": "default"])
    }

    @Test("Requests that contradict themselves are refused", .timeLimit(.minutes(1)))
    func contradictions() async throws {
        let fixture = try await RegistryFixture()
        let registry = fixture.registry
        let object = Object(.configMaps, namespace: "other", name: "a")
        var status = try await fixture.failure { _ = try await registry.create(.configMaps, object, namespace: "default", options: WriteOptions(), context: fixture.context) }
        #expect(status.message == "the namespace of the provided object does not match the namespace sent on the request" && status.code == 400)
        status = try await fixture.failure { _ = try await fixture.client.create(.configMaps, object) }
        #expect(status.message == "namespaces \"other\" not found" && status.code == 404)
        var versioned = Object(.configMaps, namespace: "default", name: "a")
        versioned.resourceVersion = "5"
        status = try await fixture.failure { _ = try await fixture.client.create(.configMaps, versioned) }
        #expect(status.message == "resourceVersion should not be set on objects to be created")
        let other = Object(.configMaps, namespace: "default", name: "b")
        status = try await fixture.failure {
            _ = try await registry.update(fixture.key(.configMaps, "a"), other, options: WriteOptions(), context: fixture.context)
        }
        #expect(status.message == "the name of the object (b) does not match the name on the URL (a)")
        status = try await fixture.failure { _ = try await fixture.client.create(.configMaps, Object(.secrets, namespace: "default", name: "a")) }
        #expect(status.code == 400 && status.message.contains("Secret") && status.message.contains("ConfigMap"))
    }

    @Test("An unknown field is refused, warned of or dropped, in Kubernetes' words", .timeLimit(.minutes(1)))
    func fieldValidation() async throws {
        let fixture = try await RegistryFixture()
        let object = Object(.configMaps, namespace: "default", name: "a", ["dataa": [:], "data": ["x": "y"]])
        let status = try await fixture.failure {
            _ = try await fixture.registry.create(.configMaps, object, options: WriteOptions(fieldValidation: .strict), context: fixture.context)
        }
        #expect(status.message.hasPrefix("ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"dataa\""))
        let context = fixture.context
        let created = try await fixture.registry.create(.configMaps, object, options: WriteOptions(fieldValidation: .warn), context: context)
        #expect(context.warnings.all.map { $0.hasPrefix("unknown field \"dataa\"") } == [true] && created.object["dataa"] == nil)
    }

    @Test("Conflicts say what to do", .timeLimit(.minutes(1)))
    func conflicts() async throws {
        let fixture = try await RegistryFixture()
        let first = try await fixture.create(.configMaps, "a")
        var second = first
        second["data"] = ["x": "1"]
        _ = try await fixture.client.update(.configMaps, second)
        var status = try await fixture.failure { _ = try await fixture.client.update(.configMaps, second) }
        #expect(
            status.message
                == "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again")
        status = try await fixture.failure {
            try await fixture.client.patch(fixture.key(.configMaps, "a"), .merge(["metadata": ["resourceVersion": .string(first.resourceVersion)]]))
        }
        #expect(status.reason == .conflict)
        second.resourceVersion = ""
        second.uid = "another"
        status = try await fixture.failure { _ = try await fixture.client.update(.configMaps, second) }
        #expect(status.message.contains("Precondition failed: UID in precondition: another, UID in object meta: \(first.uid)"))
    }

    @Test("Patches that race all take effect", .timeLimit(.minutes(1)))
    func races() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let fixture = try await RegistryFixture(store: store)
        try await fixture.create(.configMaps, "a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask { try await fixture.client.patch(fixture.key(.configMaps, "a"), .merge(["data": .object(["k\(number)": "x"])])) }
            }
            try await group.waitForAll()
        }
        #expect(try fixture.get(.configMaps, "a")["data"]?.object?.count == 40)
        await store.close()
    }

    @Test("Generation counts changes to the spec alone", .timeLimit(.minutes(1)))
    func generation() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("a")
        let key = fixture.key(.pods, "a")
        var pod = try await fixture.client.patch(key, .merge(["metadata": ["labels": ["a": "b"]]]))
        #expect(pod.generation == 1)
        pod = try await fixture.client.patch(key, .merge(["status": ["phase": "Running"]]), subresource: "status")
        #expect(pod.generation == 1 && pod["status", "phase"] == "Running" && pod["status", "qosClass"] == "BestEffort")
        pod = try await fixture.client.patch(key, .merge(["spec": ["activeDeadlineSeconds": 60], "status": ["phase": "Failed"]]))
        #expect(pod.generation == 2 && pod["status", "phase"] == "Running")
    }

    @Test("Empty maps and lists are left out, as Kubernetes' encoder does, and nobody owns them", .timeLimit(.minutes(1)))
    func empties() async throws {
        let fixture = try await RegistryFixture()
        let made = try await fixture.create(.configMaps, "a", ["data": [:], "metadata": ["labels": [:], "finalizers": []]])
        #expect(made["data"] == nil && made["metadata", "labels"] == nil && made["metadata", "finalizers"] == nil)
        let key = fixture.key(.deployments, "web")
        var deployment = MinimalObjects.of(.deployments, name: "web")
        deployment["spec", "template", "spec", "nodeSelector"] = ["disk": "ssd"]
        deployment["spec", "template", "spec", "securityContext"] = [:]
        let configuration = deployment
        func apply() async throws -> Object {
            try await fixture.client.patch(key, .apply(configuration.json), subresource: nil, options: WriteOptions(fieldManager: "owner"))
        }
        #expect(try await apply()["spec", "template", "spec", "securityContext"] == [:])
        // Who takes the last member out of an atomic map owns nothing of it: the next apply puts it back without a conflict.
        let emptied = try await fixture.client.patch(key, .merge(["spec": ["template": ["spec": ["nodeSelector": ["disk": .null]]]]]))
        #expect(emptied["spec", "template", "spec", "nodeSelector"] == nil)
        #expect(try await apply()["spec", "template", "spec", "nodeSelector"] == ["disk": "ssd"])
        // A map that is stated empty is owned, and makes no version of its own.
        let empty: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "b"], "data": [:]]
        let first = try await fixture.client.patch(fixture.key(.configMaps, "b"), .apply(empty), subresource: nil, options: WriteOptions(fieldManager: "owner"))
        let again = try await fixture.client.patch(fixture.key(.configMaps, "b"), .apply(empty), subresource: nil, options: WriteOptions(fieldManager: "owner"))
        #expect(first["data"] == nil && again.resourceVersion == first.resourceVersion)
    }

    @Test("Metadata of the server cannot be written", .timeLimit(.minutes(1)))
    func immutable() async throws {
        let fixture = try await RegistryFixture()
        let created = try await fixture.create(.configMaps, "a")
        let patched = try await fixture.client.patch(
            fixture.key(.configMaps, "a"),
            .merge(["metadata": ["creationTimestamp": "2001-01-01T00:00:00Z", "generation": 7, "deletionTimestamp": "2001-01-01T00:00:00Z"]]))
        #expect(patched == created)
        let status = try await fixture.failure { try await fixture.client.patch(fixture.key(.configMaps, "a"), .merge(["metadata": ["name": "b"]])) }
        #expect(status.reason == .badRequest)
    }

    @Test("A write that changes nothing makes neither version nor event", .timeLimit(.minutes(1)))
    func unchanged() async throws {
        let fixture = try await RegistryFixture()
        let created = try await fixture.create(.configMaps, "a", ["data": ["x": "1"]])
        let before = fixture.registry.store.revision
        fixture.clock.advance(by: .seconds(100))
        let result = try await fixture.registry.patch(
            fixture.key(.configMaps, "a"), .apply(Object(.configMaps, namespace: "default", name: "a", ["data": ["x": "1"]]).json),
            options: WriteOptions(fieldManager: "gitctl", force: true), context: fixture.context)
        #expect(result.effect == .updated)
        fixture.clock.advance(by: .seconds(100))
        let again = try await fixture.registry.patch(
            fixture.key(.configMaps, "a"), .apply(Object(.configMaps, namespace: "default", name: "a", ["data": ["x": "1"]]).json),
            options: WriteOptions(fieldManager: "gitctl", force: true), context: fixture.context)
        #expect(again.effect == .unchanged && again.version.revision == result.version.revision)
        #expect(fixture.registry.store.revision == before + 1 && created.uid == again.version.uid)
    }

    @Test("Heartbeats of a node stay in memory, its other changes do not", .timeLimit(.minutes(1)))
    func heartbeats() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let fixture = try await RegistryFixture(store: store)
        func conditions(_ time: String, _ status: String) -> JSON {
            ["status": ["conditions": [["type": "Ready", "status": .string(status), "lastHeartbeatTime": .string(time), "lastTransitionTime": "2026-01-01T00:00:00Z"]]]]
        }
        try await fixture.create(.nodes, "n")
        _ = try await fixture.client.patch(fixture.key(.nodes, "n"), .merge(conditions("2026-01-01T00:00:00Z", "True")), subresource: "status")
        let size = try directory.logSize
        let beat = try await fixture.client.patch(fixture.key(.nodes, "n"), .merge(conditions("2026-01-01T00:05:00Z", "True")), subresource: "status")
        #expect(try directory.logSize == size)
        #expect(try fixture.get(.nodes, "n") == beat)
        _ = try await fixture.client.patch(fixture.key(.nodes, "n"), .merge(conditions("2026-01-01T00:06:00Z", "False")), subresource: "status")
        #expect(try directory.logSize > size)
        await store.close()
    }

    @Test("A secret's stringData becomes data", .timeLimit(.minutes(1)))
    func stringData() async throws {
        let fixture = try await RegistryFixture()
        let secret = try await fixture.create(.secrets, "s", ["stringData": ["a": "héllo", "b": "", "c": "ab"], "data": ["a": "b3RoZXI="]])
        #expect(secret["data"] == ["a": "aMOpbGxv", "b": "", "c": "YWI="] && secret["stringData"] == nil)
        let patched = try await fixture.client.patch(fixture.key(.secrets, "s"), .merge(["stringData": ["d": "x"]]))
        #expect(patched["data", "d"] == "eA==" && patched["stringData"] == nil)
    }
}
