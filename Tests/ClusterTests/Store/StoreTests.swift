import APIMachinery
import Logging
import Testing

@testable import Cluster

struct StoreTests {
    @Test("A write gets the next revision, in its bytes, its tree and the list", .timeLimit(.minutes(1)))
    func revisions() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let first = try await store.put("a")
        let second = try await store.put("b")
        #expect(second.revision == first.revision + 1)
        #expect(second.object.resourceVersion == String(second.revision))
        #expect(try JSON(parsing: second.bytes) == second.object.json)
        #expect(store.snapshot(ResourceType.configMaps.groupResource).revision == second.revision)
    }

    @Test("A write from an old version conflicts and names the new one", .timeLimit(.minutes(1)))
    func conflicts() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let first = try await store.put("a")
        let second = try await store.put("a", data: ["x": "1"])
        do throws(CommitError) {
            _ = try await store.commit(Write(resource: ResourceType.configMaps.groupResource, expected: first, object: first.object, author: ""))
            Issue.record("the write went through")
        } catch {
            guard case .conflict(let current) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(current?.revision == second.revision)
        }
    }

    @Test("Of many writers from one version exactly one wins", .timeLimit(.minutes(1)))
    func races() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let base = try await store.put("a")
        let wins = await withTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    var object = base.object
                    object["data", "winner"] = .string(String(number))
                    let write = Write(resource: ResourceType.configMaps.groupResource, expected: base, object: object, author: "")
                    do throws(CommitError) {
                        let version = try await store.commit(write)
                        return store.read("a")?.revision == version.revision ? 1 : 100
                    } catch {
                        // The winner is visible to whoever lost to it.
                        return store.read("a")?.revision == base.revision ? 100 : 0
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wins == 1)
        await store.close()
    }

    @Test("A fork sees what was, and what is written to it stays in it", .timeLimit(.minutes(1)))
    func forks() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        try await store.put("a")
        let fork = store.fork()
        try await fork.put("b")
        try await fork.remove("a")
        try await store.put("c")
        #expect(fork.names() == ["b"])
        #expect(store.names() == ["a", "c"])
        await store.close()
        let reopened = try openStore(directory)
        #expect(reopened.names() == ["a", "c"])
        await reopened.close()
    }

    @Test("An earlier state can be read while history reaches back", .timeLimit(.minutes(1)))
    func snapshots() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let resource = ResourceType.configMaps.groupResource
        try await store.put("a", data: ["x": "1"])
        let then = try await store.put("b").revision
        try await store.put("a", data: ["x": "2"])
        try await store.remove("b")
        try await store.put("c")
        let snapshot = try #require(store.snapshot(resource, at: then))
        #expect(snapshot.versions.objects(in: nil).map(\.name) == ["a", "b"])
        #expect(snapshot.versions.version(namespace: "default", name: "a")?.object["data", "x"] == "1")
        #expect(store.snapshot(resource, at: 0) == nil)
        #expect(store.snapshot(resource, at: store.revision + 1) == nil)
    }

    @Test("Decoded trees are dropped beyond the cache's limit and made again", .timeLimit(.minutes(1)))
    func trees() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let text = JSON.string(String(repeating: "x", count: 64 << 10))
        for number in 0..<80 { try await store.put("n\(number)", data: ["text": text]) }
        #expect(store.read("n0")?.object["data", "text"] == text)
    }

    @Test("All who keep a version as it is watched keep the same tree, and one that nobody keeps goes", .timeLimit(.minutes(1)), arguments: [false, true])
    func sharedTrees(isDeleting: Bool) async throws {
        let store = Store.inMemory(clock: SystemClock())
        var object = Object(.configMaps, namespace: "default", name: "a", ["data": ["x": "1"]])
        object["metadata", "managedFields"] = [["manager": "m", "fieldsV1": ["f:data": [:]]]]
        if isDeleting { object["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z" }
        let version = try await store.commit(Write(resource: ResourceType.configMaps.groupResource, object: object, author: "tester test"))
        var first: Object? = version.watchedForm
        #expect((first?["metadata", "managedFields"] != nil) == isDeleting)
        #expect(first == version.object.watchedForm)
        weak let tree = first?.origin
        #expect(version.watchedForm.origin === tree)
        // What the cache of whole trees forgets meanwhile changes nothing.
        version.dropTree()
        #expect(version.watchedForm.origin === tree)
        first = nil
        #expect(tree == nil)
        let decoded = version.watchedForm
        #expect(decoded == version.object.watchedForm)
        #expect((decoded["metadata", "managedFields"] != nil) == isDeleting)
    }
}
