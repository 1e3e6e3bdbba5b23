import APIMachinery
import Testing

@testable import Reconciler

@Suite("Worker state", .timeLimit(.minutes(1)))
struct WorkerStateTests {
    private static func state(now: Timestamp) -> WorkerState {
        var state = WorkerState(application: Application(namespace: "n", name: "a", origin: .repository("r")), specError: nil)
        // The first sync, and the judgement after it.
        _ = state.next(now: now)
        return state
    }

    @Test("events are asked for only once something has waited for a while, and then at once")
    func eventsAreLate() {
        let start = Timestamp(seconds: 100)
        var state = Self.state(now: start)
        #expect(state.dueEvents(["x"], now: start) == [])
        guard case .wait(let until) = state.next(now: start) else { return #expect(Bool(false), "health has nothing new to say") }
        #expect(until == start + WorkerState.eventsDelay)
        let due = start + WorkerState.eventsDelay
        #expect(state.dueEvents(["x", "y"], now: start + .milliseconds(500)) == [])
        guard case .health = state.next(now: due) else { return #expect(Bool(false), "x is due") }
        #expect(state.dueEvents(["x", "y"], now: due) == ["x"])
        guard case .wait(let other) = state.next(now: due) else { return #expect(Bool(false), "y is not due") }
        #expect(other == start + .milliseconds(500) + WorkerState.eventsDelay)
    }

    @Test("what no longer waits begins anew the next time")
    func eventsAreForgotten() {
        let start = Timestamp(seconds: 100)
        var state = Self.state(now: start)
        _ = state.dueEvents(["x"], now: start)
        _ = state.dueEvents([], now: start + .milliseconds(400))
        guard case .wait(nil) = state.next(now: start + .milliseconds(400)) else { return #expect(Bool(false), "nothing is waited for") }
        #expect(state.dueEvents(["x"], now: start + .seconds(5)) == [])
    }

    @Test("a source that moves before a sync has found it is looked at once more")
    func earlyMove() throws {
        var state = Self.state(now: Timestamp(seconds: 100))
        let (old, new) = (try #require(ObjectID(String(repeating: "a", count: 40))), try #require(ObjectID(String(repeating: "b", count: 40))))
        state.begins(WorkerState.Request())
        let early = state.isElsewhere(new)
        #expect(!early, "not known yet")
        let isToLookAgain = state.found(old)
        #expect(isToLookAgain)
        let (isNew, isOld) = (state.isElsewhere(new), state.isElsewhere(old))
        #expect(isNew && !isOld)
        state.begins(WorkerState.Request())
        let isAsked = state.found(new)
        #expect(!isAsked, "nobody asked")
        state.begins(WorkerState.Request())
        _ = state.isElsewhere(old)
        state.ended(isDone: true)
        guard case .sync = state.next(now: Timestamp(seconds: 100)) else { return #expect(Bool(false), "a sync that failed before looks again") }
    }

    @Test("what is judged is taken: a change meanwhile is judged again, and what cannot be judged yet is given back")
    func judgement() throws {
        var state = Self.state(now: Timestamp(seconds: 100))
        func record(_ type: ResourceType, _ name: String) -> Applied.Record {
            let object = Object(type, namespace: "d", name: name)
            return Applied.Record(.generated(type, object, from: "x"), live: object)
        }
        let records = [record(.deployments, "web"), record(.configMaps, "page")]
        var applied = Applied(commit: Commit(id: .zero, tree: .zero, parents: [], author: "", authorEmail: "", time: Timestamp(seconds: 0), summary: ""), generation: 1)
        applied.keep(Dictionary(uniqueKeysWithValues: records.map { ($0.rendered.identity, $0) }))
        state.brought(to: applied, written: [], looked: [])
        let (web, page) = (records[0].rendered.identity, records[1].rendered.identity)
        func taken() -> Set<ObjectIdentity> { Set(state.takeRecordsToJudge().map(\.rendered.identity)) }
        var known = taken()
        #expect(known == [web, page], "all, the first time")
        state.observe(dependentOf: web)
        _ = state.judged([.init(identity: web, health: .progressing("")), .init(identity: page, health: .healthy)])
        known = taken()
        #expect(known == [web])
        state.giveBack([records[1]])
        known = taken()
        #expect(known == [web, page], "web is not healthy, and its pods may say why")
        _ = state.judged([.init(identity: web, health: .healthy), .init(identity: page, health: .degraded("x"))])
        known = taken()
        #expect(known == [], "of page nothing but itself counts")
        applied.generation = 2
        state.brought(to: applied, written: [], looked: [])
        known = taken()
        #expect(known == [web, page], "another spec may judge otherwise")
    }
}
