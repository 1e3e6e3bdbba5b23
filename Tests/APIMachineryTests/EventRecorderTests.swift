import Logging
import Synchronization
import Testing

@testable import APIMachinery

/// Takes events, and tells when so many writes were made.
private final class EventSink: ResourceClient {
    struct State {
        var events: [String: Object] = [:]
        var writes = 0
        var awaited = Int.max
    }

    let state = Mutex(State())
    private let reached = Signal()

    func wait(forWrites count: Int) async {
        let isReached = state.withLock { state in
            state.awaited = count
            return state.writes >= count
        }
        if !isReached { await reached.wait() }
    }

    private func wrote(_ state: inout State) {
        state.writes += 1
        if state.writes >= state.awaited { reached.fire() }
    }

    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        state.withLock { state in
            state.events[object.name] = object
            wrote(&state)
        }
        return object
    }
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        let patched = state.withLock { state -> Object? in
            defer { wrote(&state) }
            guard case .merge(let patch) = patch, case .object(let fields)? = state.events[key.name].map({ MergePatch.apply(patch, to: $0.json) })
            else { return nil }
            state.events[key.name] = Object(fields)
            return Object(fields)
        }
        guard let patched else { throw .notFound(key.type, name: key.name) }
        return patched
    }

    func impersonating(_ user: UserInfo) -> any ResourceClient { self }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { [] }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object { throw .notFound(key.type, name: key.name) }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object { throw .notFound(key.type, name: key.name) }
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        ObjectList(items: [], resourceVersion: "1")
    }
    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        WatchStream(AsyncThrowingStream { _ in })
    }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object { object }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object { throw .notFound(key.type, name: key.name) }
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus) -> Object { body }
}

@Suite(.timeLimit(.minutes(1)))
struct EventRecorderTests {
    private let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))
    private let sink = EventSink()

    private static func pod(_ name: String) -> Object {
        var pod = Object(.pods, namespace: "team", name: name)
        pod.uid = "uid-\(name)"
        return pod
    }

    /// Runs the recorder around `body`, until so many writes were made.
    private func record(writes: Int, _ body: (EventRecorder) -> Void) async {
        let recorder = EventRecorder(client: sink, component: "test", host: "node-1", clock: clock, logger: Logger(label: "test"))
        body(recorder)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            await sink.wait(forWrites: writes)
            group.cancelAll()
        }
    }

    private var events: [Object] { sink.state.withLock { Array($0.events.values) } }

    @Test("Equal events are one, counted")
    func counts() async throws {
        await record(writes: 2) { recorder in
            for _ in 0..<3 { recorder.record(.normal, "Pulled", "one", about: Self.pod("a"), fieldPath: "spec.containers{web}") }
            recorder.record(.warning, "Pulled", "one", about: Self.pod("a"), fieldPath: "spec.containers{web}")
        }
        #expect(events.map { $0["count"]?.int ?? 0 }.sorted() == [1, 3])
        let normal = try #require(events.first { $0["type"] == "Normal" })
        #expect(normal.namespace == "team" && normal["involvedObject", "fieldPath"] == "spec.containers{web}")
        #expect(normal["source"] == ["component": "test", "host": "node-1"] && normal["reportingInstance"] == "node-1")
    }

    @Test("An object that causes too many is cut off, and others are not")
    func cutOff() async {
        await record(writes: EventRecorder.burst + 1) { recorder in
            for number in 0..<2 * EventRecorder.burst { recorder.record(.warning, "Failed", "\(number)", about: Self.pod("noisy")) }
            recorder.record(.normal, "Created", "fine", about: Self.pod("quiet"))
        }
        #expect(events.count == EventRecorder.burst + 1)
        #expect(events.contains { $0["message"] == "fine" })
    }

    @Test("What was cut off earns another event with time")
    func refill() async {
        let recorder = EventRecorder(client: sink, component: "test", clock: clock, logger: Logger(label: "test"))
        for number in 0..<2 * EventRecorder.burst { recorder.record(.warning, "Failed", "\(number)", about: Self.pod("noisy")) }
        clock.advance(by: EventRecorder.refill)
        for number in 100..<110 { recorder.record(.warning, "Failed", "\(number)", about: Self.pod("noisy")) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            await sink.wait(forWrites: EventRecorder.burst + 1)
            group.cancelAll()
        }
        #expect(events.count == EventRecorder.burst + 1 && events.contains { $0["message"] == "100" })
    }
}
