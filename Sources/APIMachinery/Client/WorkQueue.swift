import Synchronization

/// Keys waiting to be reconciled: each at most once in the queue and never in two workers.
///
/// A key added while it is being worked on is handed out again afterwards. Retries wait longer
/// each time. The same contract as client-go's rate-limited work queue.
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var core = WorkQueueCore<Key>()
        var waiting: [UInt64: CheckedContinuation<Key?, Never>] = [:]
        var order: [UInt64] = []
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())
    private let clock: any WallClock
    private let delaysChanged = Signal()

    package init(clock: any WallClock = SystemClock()) {
        self.clock = clock
    }

    package func add(_ key: Key) { deliver { $0.add(key) } }

    package func add(_ key: Key, after delay: Duration) {
        guard delay > .zero else { return add(key) }
        let now = clock.now
        deliver { $0.add(key, at: now + delay) }
        delaysChanged.fire()
    }

    /// Adds the key again after its next back-off.
    package func retry(_ key: Key) {
        let now = clock.now
        deliver { $0.retry(key, now: now) }
        delaysChanged.fire()
    }

    /// Ends the key's back-off: it succeeded.
    package func forget(_ key: Key) { state.withLock { $0.core.forget(key) } }

    /// Ends the work on a key that `next` handed out.
    package func done(_ key: Key) { deliver { $0.done(key) } }

    package var count: Int { state.withLock { $0.core.readyCount } }

    /// The next key; nil when cancelled.
    package func next() async -> Key? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Key?? in
                    // First, so that a cancelled worker does not go on with what is queued.
                    if Task.isCancelled { return .some(nil) }
                    if let key = state.core.take() { return .some(key) }
                    state.waiting[id] = continuation
                    state.order.append(id)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.order.removeAll { $0 == id }
                return state.waiting.removeValue(forKey: id)
            }
            continuation?.resume(returning: nil)
        }
    }

    /// Runs `workers` loops of `work` over the keys, and the timer of delayed keys, until cancelled.
    /// A key whose work throws is retried with back-off; `onError` sees the error.
    package func run(
        workers: Int, onError: @escaping @Sendable (Key, any Error) -> Void, _ work: @escaping @Sendable (Key) async throws -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.runTimer() }
            for _ in 0..<workers {
                group.addTask {
                    while let key = await self.next() {
                        do {
                            try await work(key)
                            self.forget(key)
                        } catch {
                            if !(error is CancellationError) { onError(key, error) }
                            self.retry(key)
                        }
                        self.done(key)
                    }
                }
            }
            await group.waitForAll()
        }
    }

    /// Moves delayed keys to the queue when they are due. Sleeps until the earliest one, or until
    /// an earlier one is added; with no delayed key it waits without waking.
    private func runTimer() async {
        while !Task.isCancelled {
            let now = clock.now
            deliver { $0.promote(now: now) }
            await delaysChanged.wait(until: state.withLock { $0.core.nextDeadline }, clock: clock)
        }
    }

    /// Applies a change and hands ready keys to waiting workers.
    private func deliver(_ change: (inout WorkQueueCore<Key>) -> Void) {
        let handed = state.withLock { state -> [(CheckedContinuation<Key?, Never>, Key)] in
            change(&state.core)
            var handed: [(CheckedContinuation<Key?, Never>, Key)] = []
            while !state.order.isEmpty, let key = state.core.take() {
                let id = state.order.removeFirst()
                if let continuation = state.waiting.removeValue(forKey: id) { handed.append((continuation, key)) }
            }
            return handed
        }
        for (continuation, key) in handed { continuation.resume(returning: key) }
    }
}

/// The queue's state machine: no clock, no waiting.
package struct WorkQueueCore<Key: Hashable & Sendable>: Sendable {
    /// First and longest back-off of a failing key.
    package static var backoff: ClosedRange<Duration> { .milliseconds(5) ... .seconds(60) }

    private var queue: [Key] = []
    private var head = 0
    private var queued: Set<Key> = []
    private var working: Set<Key> = []
    private var again: Set<Key> = []
    private var delayed: [Key: Timestamp] = [:]
    private var failures: [Key: Int] = [:]

    package init() {}

    package var readyCount: Int { queue.count - head }
    package var nextDeadline: Timestamp? { delayed.values.min() }

    package mutating func add(_ key: Key) {
        if working.contains(key) {
            again.insert(key)
        } else if queued.insert(key).inserted {
            queue.append(key)
        }
    }

    /// The earlier of two deadlines for a key holds.
    package mutating func add(_ key: Key, at deadline: Timestamp) {
        delayed[key] = min(delayed[key] ?? deadline, deadline)
    }

    package mutating func retry(_ key: Key, now: Timestamp) {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        let wait = min(Self.backoff.lowerBound * (1 << min(count, 20)), Self.backoff.upperBound)
        add(key, at: now + wait)
    }

    package mutating func forget(_ key: Key) { failures[key] = nil }

    package mutating func promote(now: Timestamp) {
        for (key, deadline) in delayed where deadline <= now {
            delayed[key] = nil
            add(key)
        }
    }

    package mutating func take() -> Key? {
        guard head < queue.count else { return nil }
        let key = queue[head]
        head += 1
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        queued.remove(key)
        working.insert(key)
        return key
    }

    package mutating func done(_ key: Key) {
        working.remove(key)
        if again.remove(key) != nil { add(key) }
    }
}
