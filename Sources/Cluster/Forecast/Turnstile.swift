import APIMachinery
import Synchronization

/// Lets a number of tasks in at a time, in order of arrival; whoever waits too long goes without.
final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var nextID: UInt64 = 0
        var waiting: [(id: UInt64, turn: Signal)] = []
    }

    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(free: places)) }

    /// True when it is the caller's turn, which it must `leave`; false at `deadline`, or when it is cancelled.
    func enter(until deadline: Timestamp, clock: any WallClock) async -> Bool {
        let turn = Signal()
        let id = state.withLock { state -> UInt64? in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            state.nextID += 1
            state.waiting.append((state.nextID, turn))
            return state.nextID
        }
        guard let id else { return true }
        await turn.wait(until: deadline, clock: clock)
        // Still in the queue: nobody gave it a place.
        return state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return true }
            state.waiting.remove(at: index)
            return false
        }
    }

    func leave() {
        let next = state.withLock { state -> Signal? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().turn
        }
        next?.fire()
    }
}
