import APIMachinery
import Cluster
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

/// A real API server's verbs over a real store, with nothing else running: no controllers, no nodes.
struct TestCluster: Sendable {
    let client: any ResourceClient
    let registry: Registry

    init(namespaces: [String] = ["default", "gitctl-system"]) async throws {
        let store = Store.inMemory(clock: SystemClock())
        registry = try Registry(store: store, serviceCIDR: "10.43.0.0/16", clock: SystemClock())
        client = LocalClient(registry: registry, user: .component("test"))
        for name in namespaces { _ = try await client.create(.namespaces, Object(.namespaces, name: name)) }
    }

    /// As another person or program.
    func client(as name: String) -> any ResourceClient {
        LocalClient(registry: registry, user: UserInfo(name: name, groups: ["system:masters", "system:authenticated"]))
    }

    func get(_ type: ResourceType, _ name: String, in namespace: String? = "default") async throws -> Object {
        try await client.get(ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: name))
    }

    func exists(_ type: ResourceType, _ name: String, in namespace: String? = "default") async throws -> Bool {
        do {
            return try await !get(type, name, in: namespace).isDeleting
        } catch let error as APIStatus where error.reason == .notFound {
            return false
        }
    }

    /// The version of every object of these kinds: what differs later was written in between. Events come when they come.
    func versions(of types: [ResourceType] = [.applications, .namespaces, .configMaps, .secrets, .services, .deployments, .jobs]) async throws -> [String: String] {
        var versions: [String: String] = [:]
        for type in types {
            for object in try await client.list(type).items { versions["\(type.kind) \(object.namespace)/\(object.name)"] = object.resourceVersion }
        }
        return versions
    }

    /// Waits on a watch until an object (nil: its absence) is as wanted.
    @discardableResult
    func wait(
        for type: ResourceType, _ name: String, in namespace: String? = "default", until isDone: @Sendable (Object?) -> Bool
    ) async throws -> Object? {
        let scope = type.isNamespaced ? namespace : nil
        var options = ListOptions()
        options.fieldSelector = FieldSelector("metadata.name", equals: name)
        let list = try await client.list(type, namespace: scope, options: options)
        if isDone(list.items.first) { return list.items.first }
        options.resourceVersion = list.resourceVersion
        for try await event in try await client.watch(type, namespace: scope, options: options) {
            switch event {
            case .added(let object), .modified(let object): if isDone(object) { return object }
            case .deleted: if isDone(nil) { return nil }
            case .bookmark: break
            }
        }
        throw CancellationError()
    }

    /// Creates an Application in `gitctl-system`.
    func createApplication(
        _ name: String, source: JSONObject, namespace: String = "gitctl-system", spec more: JSONObject = [:], annotations: [String: String] = [:]
    ) async throws {
        var spec = more
        spec["source"] = .object(source)
        var object = Object(.applications, namespace: namespace, name: name, ["spec": .object(spec)])
        object.annotations = annotations
        _ = try await client.create(.applications, object)
    }

    /// The Application once its Synced condition has this reason for this commit (nil: any).
    @discardableResult
    func application(_ name: String, synced reason: String, at revision: String? = nil) async throws -> Application {
        let object = try await wait(for: .applications, name, in: "gitctl-system") { object in
            guard let object, let condition = ApplicationStatus(object.status).condition("Synced"), condition.reason == reason else { return false }
            return revision == nil || object.status["lastAttemptedRevision"]?.string == revision
        }
        return try Application(try #require(object))
    }
}

/// A reconciler at work on a test cluster, with a data directory of its own.
struct RunningReconciler: Sendable {
    let cluster: TestCluster
    let reconciler: Reconciler
    let data: String

    /// Runs `body` beside the reconciler, which ends with it.
    static func with(
        clock: any WallClock = SystemClock(), cluster: TestCluster? = nil, client: (any ResourceClient)? = nil, logger captured: Logger? = nil,
        _ body: @escaping @Sendable (RunningReconciler) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory("data")
        var made = cluster
        if made == nil { made = try await TestCluster() }
        let cluster = try #require(made)
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let logger = captured ?? quiet
        let reconciler = Reconciler(
            Reconciler.Configuration(dataDirectory: scratch.path, executable: "/bin/true", clock: clock, logger: logger),
            client: client ?? LocalClient(registry: cluster.registry, user: .component("gitctl")))
        let running = RunningReconciler(cluster: cluster, reconciler: reconciler, data: scratch.path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reconciler.run() }
            group.addTask { try await body(running) }
            // The body ends first, or the reconciler by an error.
            try await group.next()
            group.cancelAll()
            while let _ = try? await group.next() {}
        }
        withExtendedLifetime(scratch) {}
    }
}

/// Lines that a report receives, in order.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var report: @Sendable (String) -> Void { { line in self.lines.withLock { $0.append(line) } } }
    var all: [String] { lines.withLock { $0 } }
    var text: String { all.joined(separator: "\n") }
}
