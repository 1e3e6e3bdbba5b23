import APIMachinery
import Testing

@testable import Cluster

/// A registry in memory with the namespace `default` and its account.
struct RegistryFixture {
    let registry: Registry
    let clock: VirtualClock
    let client: LocalClient

    init(store: Store? = nil) async throws {
        clock = VirtualClock(now: Timestamp(seconds: 1_700_000_000))
        registry = try Registry(store: store ?? .inMemory(clock: clock), serviceCIDR: "10.43.0.0/16", clock: clock, seed: 1)
        client = LocalClient(registry: registry, user: .component("tester"))
        _ = try await client.create(.namespaces, Object(.namespaces, name: "default"))
        _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "default"))
    }

    /// The registry of a store that was opened again.
    init(reopening store: Store, _ earlier: RegistryFixture) throws {
        clock = earlier.clock
        registry = try Registry(store: store, serviceCIDR: "10.43.0.0/16", clock: clock, seed: 2)
        client = LocalClient(registry: registry, user: .component("tester"))
    }

    func key(_ type: ResourceType, _ name: String) -> ObjectKey {
        ObjectKey(type, namespace: type.isNamespaced ? "default" : nil, name: name)
    }

    func get(_ type: ResourceType, _ name: String) throws -> Object {
        try registry.get(key(type, name), context: context).object
    }

    func exists(_ type: ResourceType, _ name: String) -> Bool { (try? get(type, name)) != nil }

    var context: RequestContext { RequestContext(user: UserInfo(name: "alice"), userAgent: "kubectl/v1.32.0") }

    @discardableResult
    func create(_ type: ResourceType, _ name: String, _ fields: JSONObject = [:]) async throws -> Object {
        try await client.create(type, Object(type, namespace: type.isNamespaced ? "default" : nil, name: name, fields))
    }

    /// A pod of one container; `spec` members are added to it.
    @discardableResult
    func pod(_ name: String, _ spec: JSONObject = [:], finalizers: [String] = []) async throws -> Object {
        var pod = Object(.pods, namespace: "default", name: name, ["spec": ["containers": [["name": "main", "image": "busybox"]]]])
        for member in spec { pod["spec", member.key] = member.value }
        pod.finalizers = finalizers
        return try await client.create(.pods, pod)
    }

    @discardableResult
    func service(_ name: String, _ spec: JSONObject = [:]) async throws -> Object {
        var service = Object(.services, namespace: "default", name: name, ["spec": ["selector": ["app": "web"], "ports": [["port": 80]]]])
        for member in spec { service["spec", member.key] = member.value }
        return try await client.create(.services, service)
    }

    /// Runs `body`, which is to fail, and answers the status.
    func failure(_ body: () async throws -> Void) async throws -> APIStatus {
        try #require(await #expect(throws: APIStatus.self) { try await body() })
    }
}
