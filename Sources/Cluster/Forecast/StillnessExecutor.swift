import Dispatch
import Synchronization

/// Runs tasks one after the other on a thread of its own, and knows when none of them can go on.
///
/// Stillness is what lets a virtual clock jump: every job that could run has run, so nothing happens
/// until a deadline comes. One queue in order of arrival also makes a simulation the same each time.
/// The thread is none of the cooperative pool's, and behind all that serves somebody, so that whatever runs here holds up
/// nobody else.
package final class StillnessExecutor: TaskExecutor {
    private struct Waiter {
        var minimum: UInt64
        var continuation: CheckedContinuation<UInt64, Never>
    }

    private struct State {
        /// Jobs that wait or run.
        var outstanding = 0
        /// Jobs begun so far.
        var total: UInt64 = 0
        var waiters: [Waiter] = []
        var isClosed = false
    }

    private let queue = DispatchQueue(label: "gitctl.stillness", qos: .utility)
    private let state = Mutex(State())

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        state.withLock { state in
            state.outstanding += 1
            state.total += 1
        }
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            self.resume { $0.outstanding -= 1 }
        }
    }

    /// Returns when no task can go on and more than `minimum` jobs have begun, with their number;
    /// at once after `close`.
    ///
    /// To be called from outside the executor's own tasks: a waiter among them would never be still.
    package func stillness(after minimum: UInt64 = 0) async -> UInt64 {
        await withCheckedContinuation { continuation in
            resume { $0.waiters.append(Waiter(minimum: minimum, continuation: continuation)) }
        }
    }

    /// Waits for nothing any more.
    package func close() { resume { $0.isClosed = true } }

    /// Changes the state, then resumes whoever waited for what it now is.
    private func resume(_ change: (inout State) -> Void) {
        let (ready, total) = state.withLock { state -> ([Waiter], UInt64) in
            change(&state)
            guard state.outstanding == 0 || state.isClosed else { return ([], 0) }
            let ready = state.waiters.filter { state.isClosed || state.total > $0.minimum }
            state.waiters.removeAll { state.isClosed || state.total > $0.minimum }
            return (ready, state.total)
        }
        for waiter in ready { waiter.continuation.resume(returning: total) }
    }
}
