import APIMachinery
import Foundation
import Logging
import Testing

@testable import Cluster

struct JournalTests {
    @Test("Everything acknowledged is there after a restart, with labels and versions", .timeLimit(.minutes(1)))
    func restart() async throws {
        let directory = try StoreDirectory()
        var store = try openStore(directory)
        try await store.put("gone")
        try await store.put("kept", data: ["a": "1"], labels: ["app": "web", "empty": ""])
        let kept = try await store.put("kept", data: ["a": "2"], labels: ["app": "web", "empty": ""])
        let last = try await store.remove("gone")
        await store.close()
        store = try openStore(directory)
        #expect(store.names() == ["kept"])
        let read = try #require(store.read("kept"))
        #expect(read.revision == kept.revision && read.bytes == kept.bytes && read.uid == "uid-kept")
        #expect(read.labels == ["app": "web", "empty": ""])
        #expect(store.revision == last.revision)
        await store.close()
    }

    @Test("A crash loses nothing acknowledged and gives out no revision twice", .timeLimit(.minutes(1)))
    func crash() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        for number in 0..<20 { try await store.put("n\(number)") }
        let lease = try await store.put("lease", type: .leases)
        let crashed = try openStore(try directory.snapshot())
        #expect(crashed.names().count == 20)
        #expect(crashed.names(.leases).isEmpty)
        #expect(crashed.revision > lease.revision)
        await crashed.close()
        await store.close()
    }

    @Test("A write torn anywhere in the log leaves a prefix of the acknowledged writes", .timeLimit(.minutes(2)))
    func tornWrites() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        for number in 100..<130 { try await store.put("n\(number)") }
        let log = try Data(contentsOf: URL(filePath: "\(directory.path)/cluster.db-wal"))
        var counts: [Int] = []
        for length in Array(stride(from: 0, to: log.count, by: log.count / 23)) + [log.count] {
            let torn = try directory.snapshot()
            var bytes = log.prefix(length)
            // What follows the tear is garbage, as a disk may leave it.
            bytes.append(Data(repeating: 0xa5, count: 777))
            try bytes.write(to: URL(filePath: "\(torn.path)/cluster.db-wal"))
            let reopened = try openStore(torn)
            let names = reopened.names()
            #expect(names == (100..<130).prefix(names.count).map { "n\($0)" })
            counts.append(names.count)
            await reopened.close()
        }
        #expect(counts == counts.sorted() && counts.last == 30)
        await store.close()
    }

    @Test("Events reach the disk with the next flush or the end, and expire", .timeLimit(.minutes(1)))
    func events() async throws {
        let directory = try StoreDirectory()
        let clock = VirtualClock(now: Timestamp(seconds: 1_700_000_000))
        let store = try openStore(directory, clock: clock)
        let size = try directory.logSize
        for number in 0..<10 { try await store.put("same", data: ["n": .int(Int64(number))], type: .events) }
        try await store.put("other", type: .events)
        #expect(try directory.logSize == size)
        clock.advance(by: .seconds(61))
        await store.tick(now: clock.now)
        #expect(try directory.logSize > size)
        let crashed = try openStore(try directory.snapshot(), clock: clock)
        #expect(crashed.names(.events) == ["other", "same"])
        #expect(crashed.read("same", type: .events)?.object["data", "n"]?.int == 9)
        // What is read from the disk expires as well.
        clock.advance(by: .seconds(3600))
        await crashed.tick(now: clock.now)
        #expect(crashed.names(.events).isEmpty)
        await crashed.close()
        try await store.put("last", type: .events)
        await store.tick(now: clock.now)
        #expect(store.names(.events) == ["last"])
        await store.close()
        let reopened = try openStore(directory, clock: clock)
        #expect(reopened.names(.events) == ["last"])
        await reopened.close()
    }

    @Test("Leases and heartbeats cost no disk write", .timeLimit(.minutes(1)))
    func heartbeats() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let node = try await store.put("node", namespace: "", type: .nodes)
        let size = try directory.logSize
        var latest = node
        for number in 0..<100 {
            try await store.put("lease", data: ["n": .int(Int64(number))], type: .leases)
            latest = try await store.commit(
                Write(resource: ResourceType.nodes.groupResource, expected: latest, object: latest.object, author: "", isHeartbeat: true))
        }
        #expect(try directory.logSize == size)
        #expect(store.read("node", namespace: "", type: .nodes)?.revision == latest.revision)
        // The next real change continues from the version on disk.
        try await store.put("node", namespace: "", data: ["a": "1"], type: .nodes)
        let history = try await store.history(.nodes, namespace: "", name: "node")
        #expect(history.count == 2 && history.last?.revision == node.revision)
        await store.close()
    }

    @Test("History tells who wrote what, also of a deleted object", .timeLimit(.minutes(1)))
    func history() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        for number in 0..<3 { try await store.put("a", data: ["n": .int(Int64(number))]) }
        try await store.remove("a")
        let history = try await store.history(.configMaps, namespace: "default", name: "a")
        #expect(history.map(\.isDeletion) == [true, false, false, false])
        #expect(history.map { $0.object["data", "n"]?.int } == [2, 2, 1, 0])
        #expect(history.allSatisfy { $0.author == "tester test" })
        await store.close()
    }

    @Test("What was replaced lately is kept across a restart, however old it was", .timeLimit(.minutes(1)))
    func historyAge() async throws {
        let directory = try StoreDirectory()
        let clock = VirtualClock(now: Timestamp(seconds: 1_700_000_000))
        let store = try openStore(directory, clock: clock)
        try await store.put("ancient", data: ["n": 0])
        try await store.put("a", data: ["n": 1])
        try await store.put("ancient", data: ["n": 1])
        clock.advance(by: Journal.historyAgeMax + .seconds(60))
        try await store.put("a", data: ["n": 2])
        try await store.remove("a")
        await store.close()
        let reopened = try openStore(directory, clock: clock)
        for number in 0..<4 { try await reopened.put("other\(number)") }
        for number in 0..<4 { try await reopened.put("other\(number)", data: ["n": 1]) }
        let history = try await reopened.history(.configMaps, namespace: "default", name: "a")
        #expect(history.map { $0.object["data", "n"]?.int } == [2, 2, 1])
        #expect(try await reopened.history(.configMaps, namespace: "default", name: "ancient").count == 1)
        await reopened.close()
    }

    @Test("A full disk refuses the write, keeps what was, and recovers", .timeLimit(.minutes(1)))
    func fullDisk() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        try await store.put("before")
        let journal = try #require(store.journal)
        try journal.limitPages(1)
        await #expect(throws: CommitError.self) { try await store.put("big", data: ["x": .string(String(repeating: "x", count: 1 << 20))]) }
        #expect(store.names() == ["before"])
        #expect(store.latest(ResourceType.configMaps.groupResource, namespace: "default", name: "big") == nil)
        try journal.limitPages(1 << 20)
        try await store.put("after")
        await store.close()
        let reopened = try openStore(directory)
        #expect(reopened.names() == ["after", "before"])
        await reopened.close()
    }

    @Test("A second instance is refused with the holder and the way out", .timeLimit(.minutes(1)))
    func locked() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let error = try #require(throws: StoreError.self) { _ = try openStore(directory) }
        #expect(error.reason == .locked)
        #expect(error.description.contains(directory.path) && error.description.contains("process \(getpid())") && error.description.contains("--data-dir"))
        await store.close()
        await (try openStore(directory)).close()
    }

    @Test("A closed store can be opened again at once, whoever inherited its descriptors", .timeLimit(.minutes(1)))
    func inheritedLock() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        // As a child between fork and exec does.
        let inherited = try (0..<1024).filter { descriptor in
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return link?.hasSuffix("\(directory.path)/cluster.lock") ?? false
        }.map { try #require(dup(Int32($0)) as Int32?) }
        #expect(inherited.count == 1)
        await store.close()
        await (try openStore(directory)).close()
        for descriptor in inherited { close(descriptor) }
    }

    @Test("A damaged database stops the start, naming the file and the way back", .timeLimit(.minutes(1)), arguments: [0, 1, 2])
    func corrupt(kind: Int) async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        for number in 0..<200 { try await store.put("n\(number)", data: ["text": .string(String(repeating: "y", count: 600))]) }
        await store.close()
        let url = URL(filePath: "\(directory.path)/cluster.db")
        var bytes = try Data(contentsOf: url)
        switch kind {
        case 0: bytes.replaceSubrange(0..<16, with: Data(repeating: 7, count: 16))
        case 1: bytes.replaceSubrange(8192..<8292, with: Data(repeating: 0xff, count: 100))
        default:
            // One letter inside an object: the pages stay well-formed, the checksum does not.
            let range = try #require(bytes.range(of: Data("yyyyyyyy".utf8)))
            bytes[range.lowerBound] = UInt8(ascii: "z")
        }
        try bytes.write(to: url)
        let error = try #require(throws: StoreError.self) { _ = try openStore(directory) }
        #expect(error.reason == .corrupt)
        #expect(error.description.contains(url.path) && error.description.contains(".recover"))
        #expect(try Data(contentsOf: url) == bytes)
    }

    @Test("A database of a newer version is left alone", .timeLimit(.minutes(1)))
    func newer() async throws {
        let directory = try StoreDirectory()
        await (try openStore(directory)).close()
        do {
            let database = try SQLiteDatabase(path: "\(directory.path)/cluster.db")
            try database.execute("PRAGMA user_version=99")
        }
        let error = try #require(throws: StoreError.self) { _ = try openStore(directory) }
        #expect(error.reason == .tooNew && error.description.contains("newer gitctl"))
    }
}

extension StoreDirectory {
    /// Bytes of the write-ahead log.
    var logSize: Int {
        get throws { try FileManager.default.attributesOfItem(atPath: "\(path)/cluster.db-wal")[.size] as? Int ?? 0 }
    }
}
