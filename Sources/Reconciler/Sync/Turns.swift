import Dispatch
import Synchronization

/// Lets a number of tasks at something at a time, in the order in which they come: a thousand at once would all be
/// through at the very end, the first as late as the last.
final class Turns: Sendable {
    private struct State {
        var free: Int
        var nextID: UInt64 = 0
        /// In order.
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    /// After which one who still is at it lets the next begin: what hangs at a server or a remote holds up nobody else.
    private static let holdMax: DispatchTimeInterval = .seconds(1)

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Runs `body` when it is its turn; `CancellationError` when the task is cancelled before.
    func take<Value>(_ body: () async throws -> Value) async throws -> Value {
        guard await begin() else { throw CancellationError() }
        let turn = Turn()
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.holdMax) { [self] in if turn.ends() { end() } }
        defer { if turn.ends() { end() } }
        return try await body()
    }

    /// Given back once.
    private final class Turn: Sendable {
        private let hasEnded = Mutex(false)

        func ends() -> Bool {
            hasEnded.withLock { hasEnded in
                defer { hasEnded = true }
                return !hasEnded
            }
        }
    }

    /// False when the task is cancelled first.
    private func begin() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            waiter?.resume(returning: false)
        }
    }

    private func end() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
