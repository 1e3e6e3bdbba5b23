import Logging
import Synchronization
import Testing

@testable import APIMachinery

/// A ResourceClient whose answers are a script: what an informer does with lists, events, broken and
/// expired watches. (The real server is tested in ClusterTests; here the order of faults is the input.)
private final class ScriptedClient: ResourceClient {
    enum Step: Sendable {
        case list([Object], version: String)
        case listFails(APIStatus)
        case watch([WatchEvent], error: APIStatus?)
        case watchFails(APIStatus)
        /// Stays open.
        case quiet
    }

    private let steps: Mutex<[Step]>
    let watchedFrom = Mutex<[String]>([])
    let isDone = Signal()

    init(_ steps: [Step]) { self.steps = Mutex(steps) }

    private func next() -> Step {
        steps.withLock { steps in
            if steps.count == 1 { isDone.fire() }
            return steps.isEmpty ? .quiet : steps.removeFirst()
        }
    }

    private func unexpected(_ step: Step) -> APIStatus { .internalError("the script says \(step)") }

    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        switch next() {
        case .list(let items, let version): return ObjectList(items: items, resourceVersion: version)
        case .listFails(let error): throw error
        case let step: throw unexpected(step)
        }
    }

    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        watchedFrom.withLock { $0.append(options.resourceVersion) }
        switch next() {
        case .watch(let events, let error):
            let (stream, continuation) = AsyncThrowingStream<WatchEvent, any Error>.makeStream()
            for event in events { continuation.yield(event) }
            continuation.finish(throwing: error)
            return WatchStream(stream)
        case .quiet: return WatchStream(AsyncThrowingStream { _ in })
        case .watchFails(let error): throw error
        case let step: throw unexpected(step)
        }
    }

    func impersonating(_ user: UserInfo) -> any ResourceClient { self }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { [] }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object { throw .notFound(key.type, name: key.name) }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object { throw .notFound(key.type, name: key.name) }
    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object { object }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object { object }
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        throw .notFound(key.type, name: key.name)
    }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object { throw .notFound(key.type, name: key.name) }
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus) -> Object { body }
}

@Suite(.timeLimit(.minutes(1)))
struct InformerTests {
    private static func pod(_ name: String, _ version: Int, uid: String = "", owner: String? = nil) -> Object {
        var pod = Object(.pods, namespace: "default", name: name)
        if !uid.isEmpty { pod.uid = uid }
        pod.resourceVersion = String(version)
        if let owner { pod.ownerReferences = [OwnerReference(apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: owner, isController: true, blocksOwnerDeletion: true)] }
        return pod
    }

    /// Runs the script to its last step on a clock that jumps to each deadline.
    private func changes(_ steps: [ScriptedClient.Step]) async -> (changes: [String], informer: Informer, watchedFrom: [String], elapsed: Duration) {
        let client = ScriptedClient(steps)
        let start = Timestamp(seconds: 1_800_000_000)
        let clock = VirtualClock(now: start)
        let informer = Informer(.pods, client: client, clock: clock, logger: Logger(label: "test"))
        let seen = Mutex<[String]>([])
        informer.onChange { change in
            seen.withLock { seen in
                switch change {
                case .added(let object): seen.append("+\(object.name)@\(object.resourceVersion)")
                case .updated(let old, let new): seen.append("~\(new.name)@\(old.resourceVersion)>\(new.resourceVersion)")
                case .deleted(let object): seen.append("-\(object.name)@\(object.resourceVersion)")
                }
            }
        }
        let run = Task { try await informer.run() }
        let driver = Task {
            while !Task.isCancelled {
                if let deadline = clock.nextDeadline { clock.advance(to: deadline) }
                await Task.yield()
            }
        }
        await client.isDone.wait()
        // The last step is a quiet watch: once it is asked for, all before it has been delivered.
        run.cancel()
        driver.cancel()
        // Ends by cancellation, which is how it always ends.
        _ = await run.result
        return (seen.withLock { $0 }, informer, client.watchedFrom.withLock { $0 }, clock.now - start)
    }

    @Test("A list and events become changes, dependents are found by owner")
    func follows() async {
        let result = await changes([
            .list([Self.pod("a", 1, owner: "u")], version: "5"),
            .watch([.added(Self.pod("b", 6, owner: "u")), .modified(Self.pod("a", 7)), .deleted(Self.pod("b", 8)), .bookmark(resourceVersion: "9", endsInitialEvents: false)], error: nil),
            .quiet,
        ])
        #expect(result.changes == ["+a@1", "+b@6", "~a@1>7", "-b@8"])
        #expect(result.watchedFrom == ["5", "9"])
        #expect(result.informer.dependents(ofOwner: "u").isEmpty && result.informer.list(namespace: "default").map(\.name) == ["a"])
        #expect(result.informer.get(namespace: "default", name: "a")?.resourceVersion == "7" && result.informer.isSynced)
    }

    @Test("A broken watch resumes where it was; an expired one lists again and delivers the difference")
    func resumes() async {
        let result = await changes([
            .listFails(APIStatus(.serviceUnavailable, "down")),
            .list([Self.pod("a", 1), Self.pod("b", 2)], version: "5"),
            .watchFails(APIStatus(.serviceUnavailable, "down")),
            .watch([.modified(Self.pod("a", 6))], error: APIStatus(.serviceUnavailable, "broken")),
            .watch([], error: .expired("too old")),
            .list([Self.pod("a", 6), Self.pod("c", 9)], version: "10"),
            .watch([], error: nil),
            .quiet,
        ])
        #expect(result.changes == ["+a@1", "+b@2", "~a@1>6", "-b@2", "+c@9"])
        #expect(result.watchedFrom == ["5", "5", "6", "10", "10"])
    }

    @Test("An object replaced unseen by another of its name goes, and the other comes")
    func replaced() async {
        let result = await changes([
            .list([Self.pod("a", 1, uid: "old", owner: "u")], version: "5"),
            .watch([], error: .expired("too old")),
            .list([Self.pod("a", 9, uid: "new")], version: "10"),
            .watch([.modified(Self.pod("a", 11, uid: "newer"))], error: nil),
            .quiet,
        ])
        #expect(result.changes == ["+a@1", "-a@1", "+a@9", "-a@9", "+a@11"])
        #expect(result.informer.dependents(ofOwner: "u").isEmpty && result.informer.list().count == 1)
    }

    @Test("A server whose lists are expired at once is not asked in a tight loop")
    func expiring() async {
        var steps: [ScriptedClient.Step] = []
        for version in 1...6 { steps += [.list([], version: "\(version)"), .watchFails(.expired("too old"))] }
        let result = await changes(steps + [.list([], version: "7"), .quiet])
        // The first is answered at once; five more wait 50, 100, 200, 400 and 800 ms.
        #expect(result.elapsed >= .milliseconds(1550))
    }
}
