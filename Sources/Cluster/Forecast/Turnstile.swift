import APIMachinery
import Synchronization

/// Lets a number of tasks in at a time, one of each user, in order of arrival; whoever waits too long goes without, and
/// whoever finds too many waiting does not wait.
final class Turnstile: Sendable {
    enum Entry: Sendable {
        /// To be given back with `leave`.
        case entered
        /// The deadline came first, or the end of the task.
        case late
        /// As many wait as may.
        case crowded
    }

    private struct State {
        var free: Int
        /// Who is in.
        var users: Set<String> = []
        var nextID: UInt64 = 0
        var waiting: [(id: UInt64, user: String, turn: Signal)] = []

        mutating func admit(_ user: String) -> Bool {
            guard free > 0, users.insert(user).inserted else { return false }
            free -= 1
            return true
        }
    }

    private let waitingMax: Int
    private let state: Mutex<State>

    init(places: Int, waitingMax: Int) {
        self.waitingMax = waitingMax
        state = Mutex(State(free: places))
    }

    func enter(_ user: String, until deadline: Timestamp, clock: any WallClock) async -> Entry {
        let turn = Signal()
        let (entry, id) = state.withLock { state -> (Entry?, UInt64) in
            if state.admit(user) { return (.entered, 0) }
            guard state.waiting.count < waitingMax else { return (.crowded, 0) }
            state.nextID += 1
            state.waiting.append((state.nextID, user, turn))
            return (nil, state.nextID)
        }
        if let entry { return entry }
        await turn.wait(until: deadline, clock: clock)
        // Still in the queue: nobody gave it a place.
        return state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return .entered }
            state.waiting.remove(at: index)
            return .late
        }
    }

    func leave(_ user: String) {
        let next = state.withLock { state -> Signal? in
            state.free += 1
            state.users.remove(user)
            for (index, waiter) in state.waiting.enumerated() where state.admit(waiter.user) {
                state.waiting.remove(at: index)
                return waiter.turn
            }
            return nil
        }
        next?.fire()
    }
}
