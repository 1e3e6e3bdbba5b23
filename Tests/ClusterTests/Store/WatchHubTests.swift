import APIMachinery
import Testing

@testable import Cluster

struct WatchHubTests {
    private func watch(_ store: Store, after revision: UInt64?, _ filter: VersionFilter = VersionFilter(), deadline: Timestamp? = nil, bookmarks: Bool = false) throws -> Watch {
        try store.watch(.configMaps, filter: filter, after: revision, deadline: deadline, wantsBookmarks: bookmarks)
    }

    @Test("A watch resumes from any revision that history holds", .timeLimit(.minutes(1)))
    func resume() async throws {
        let store = Store.inMemory(clock: SystemClock())
        var revisions: [UInt64] = []
        for number in 0..<10 { revisions.append(try await store.put("n\(number)").revision) }
        for start in [0, 3, 8] {
            let events = try watch(store, after: revisions[start])
            for number in (start + 1)..<10 { #expect(try await events.next()?.version.name == "n\(number)") }
        }
    }

    @Test("A revision older than history is expired, with both versions in the message", .timeLimit(.minutes(1)))
    func expired() async throws {
        let store = Store.inMemory(history: .init(countMax: 50), clock: SystemClock())
        for number in 0..<100 { try await store.put("n\(number)") }
        let status = try #require(throws: APIStatus.self) { _ = try watch(store, after: 2) }
        #expect(status.reason == .expired && status.code == 410)
        #expect(status.message.hasPrefix("too old resource version: 2 ("))
    }

    @Test("A watcher slower than history is closed with expired", .timeLimit(.minutes(1)))
    func slow() async throws {
        let store = Store.inMemory(history: .init(countMax: 50), clock: SystemClock())
        let events = try watch(store, after: store.revision)
        for number in 0..<100 { try await store.put("n\(number)") }
        let status = await #expect(throws: APIStatus.self) { _ = try await events.next() }
        #expect(status?.reason == .expired)
    }

    @Test("Watchers of one change share one event and its frame", .timeLimit(.minutes(1)))
    func frames() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let first = try watch(store, after: store.revision)
        let second = try watch(store, after: store.revision)
        try await store.put("a", data: ["x": "é\n"])
        let event = try #require(try await first.next())
        #expect(try await second.next() === event)
        #expect(event.frame.last == UInt8(ascii: "\n"))
        let frame = try JSON(parsing: event.frame)
        #expect(frame["type"] == "ADDED" && frame["object"] == event.version.object.json)
    }

    @Test("History is bounded in bytes too, and shrinks when there is time", .timeLimit(.minutes(1)))
    func bytes() async throws {
        let clock = VirtualClock(now: Timestamp(seconds: 1_700_000_000))
        let store = Store.inMemory(history: .init(bytesMax: 40_000, restingBytesMax: 5_000), clock: clock)
        let text = JSON.string(String(repeating: "x", count: 1000))
        for number in 0..<100 { try await store.put("n\(number)", data: ["text": text]) }
        #expect(throws: APIStatus.self) { _ = try watch(store, after: store.revision - 50) }
        let recent = store.revision - 20
        _ = try watch(store, after: recent)
        for _ in 0..<2 {
            store.state.withLock { $0.bookmarkDeadline = clock.now }
            await store.tick(now: clock.now)
        }
        #expect(throws: APIStatus.self) { _ = try watch(store, after: recent) }
        _ = try watch(store, after: store.revision - 2)
    }

    @Test("A thousand watchers each get every change of theirs", .timeLimit(.minutes(1)))
    func many() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<1000 {
                let filter = number % 2 == 0 ? VersionFilter() : VersionFilter(fields: FieldSelector("metadata.name", equals: "n\(number % 20)"))
                let events = try watch(store, after: store.revision, filter)
                let count = number % 2 == 0 ? 20 : 1
                group.addTask {
                    var seen = 0
                    while seen < count, try await events.next() != nil { seen += 1 }
                    return seen
                }
            }
            for number in 0..<20 { try await store.put("n\(number)") }
            return try await group.reduce(0, +)
        }
        #expect(total == 500 * 20 + 500)
    }

    @Test("A watcher that selects nothing of what happens is neither woken nor expired", .timeLimit(.minutes(1)))
    func uninterested() async throws {
        let store = Store.inMemory(history: .init(countMax: 50), clock: SystemClock())
        let events = try watch(store, after: store.revision, VersionFilter(fields: FieldSelector("metadata.name", equals: "last")))
        async let next = events.next()
        // Parked before the flood: the hub then moves it along.
        while store.state.withLock({ $0.hubs[ResourceType.configMaps.groupResource]?.waitingCount }) != 1 { await Task.yield() }
        for number in 0..<100 { try await store.put("n\(number)") }
        try await store.put("last")
        #expect(try await next?.version.name == "last")
    }

    @Test("Bookmarks and timeouts come by the clock, and only to those who asked", .timeLimit(.minutes(1)))
    func clock() async throws {
        let clock = VirtualClock(now: Timestamp(seconds: 1_700_000_000))
        let store = Store.inMemory(clock: clock)
        let filter = VersionFilter(fields: FieldSelector("metadata.name", equals: "nothing"))
        let start = store.revision
        let marked = try watch(store, after: start, filter, bookmarks: true)
        let timed = try watch(store, after: start, filter, deadline: clock.now + .seconds(90))
        try await store.put("other")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            while clock.nextDeadline == nil { await Task.yield() }
            clock.advance(by: .seconds(61))
            let bookmark = try await marked.next()
            #expect(bookmark?.kind == .bookmark && bookmark?.revision == store.revision)
            #expect(try bookmark.map { try JSON(parsing: $0.frame)["object"]?["kind"] } == "ConfigMap")
            while clock.nextDeadline == nil { await Task.yield() }
            clock.advance(by: .seconds(61))
            #expect(try await timed.next() == nil)
            group.cancelAll()
        }
    }

    @Test("A bookmark never leads back behind an event already delivered", .timeLimit(.minutes(1)))
    func bookmarkOrder() async throws {
        let clock = VirtualClock(now: Timestamp(seconds: 1_700_000_000))
        let store = Store.inMemory(clock: clock)
        let events = try watch(store, after: store.revision, bookmarks: true)
        try await store.put("before")
        // Marked while the watcher is busy; more happens before it looks.
        store.state.withLock { $0.bookmarkDeadline = clock.now }
        await store.tick(now: clock.now)
        try await store.put("after")
        var seen: [UInt64] = []
        for _ in 0..<3 { seen.append(try #require(try await events.next()).revision) }
        #expect(seen == seen.sorted() && seen.last == store.revision)
    }

    @Test("A dropped watch leaves its hub", .timeLimit(.minutes(1)))
    func dropped() async throws {
        let store = Store.inMemory(clock: SystemClock())
        var events: Watch? = try watch(store, after: store.revision)
        let hub = try #require(store.state.withLock { $0.hubs[ResourceType.configMaps.groupResource] })
        #expect(hub.followerCount == 1 && events != nil)
        events = nil
        #expect(hub.followerCount == 0)
    }

    @Test("Closing the store ends its watches", .timeLimit(.minutes(1)))
    func closed() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let events = try watch(store, after: store.revision)
        async let next = events.next()
        await store.close()
        #expect(try await next == nil)
        await #expect(throws: CommitError.self) { try await store.put("late") }
    }
}
