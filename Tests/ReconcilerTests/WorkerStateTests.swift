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
}
