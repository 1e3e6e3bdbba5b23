import Synchronization
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct WorkQueueTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    @Test("A key waits once, and again after the work during which it was added")
    func once() {
        var core = WorkQueueCore<String>()
        core.add("a")
        core.add("a")
        core.add("b")
        #expect(core.take() == "a")
        core.add("a")
        #expect(core.take() == "b" && core.take() == nil)
        core.done("a")
        #expect(core.readyCount == 1 && core.take() == "a")
        core.done("a")
        core.done("b")
        #expect(core.take() == nil)
    }

    @Test("Retries wait longer each time, to a limit, and success ends that")
    func backoff() {
        var core = WorkQueueCore<String>()
        var waits: [Duration] = []
        for _ in 0..<30 {
            core.retry("a", now: start)
            waits.append((core.nextDeadline ?? start) - start)
            core.promote(now: start + .seconds(100))
            _ = core.take()
            core.done("a")
        }
        #expect(waits.prefix(3) == [.milliseconds(5), .milliseconds(10), .milliseconds(20)] && waits.last == .seconds(60))
        core.forget("a")
        core.retry("a", now: start)
        #expect(core.nextDeadline == start + .milliseconds(5))
    }

    @Test("The earlier of two deadlines holds")
    func deadlines() {
        var core = WorkQueueCore<String>()
        core.add("a", at: start + .seconds(5))
        core.add("a", at: start + .seconds(9))
        core.promote(now: start + .seconds(4))
        #expect(core.take() == nil)
        core.promote(now: start + .seconds(5))
        #expect(core.take() == "a" && core.nextDeadline == nil)
    }

    @Test("The queue keeps its order and its memory over many keys")
    func many() {
        var core = WorkQueueCore<Int>()
        for round in 0..<10 {
            for key in 0..<200 { core.add(round * 1000 + key) }
            for key in 0..<200 {
                #expect(core.take() == round * 1000 + key)
                core.done(round * 1000 + key)
            }
        }
        #expect(core.readyCount == 0)
    }

    @Test("Workers run each key alone, retry failures at their time, and end when cancelled")
    func run() async {
        let clock = VirtualClock(now: start)
        let queue = WorkQueue<Int>(clock: clock)
        let attempts = Mutex<[Int: Int]>([:])
        let working = Mutex<Set<Int>>([])
        let finished = Signal()
        struct Failure: Error {}
        for key in 0..<50 { queue.add(key) }
        let task = Task {
            await queue.run(workers: 4, onError: { _, _ in }) { key in
                let isAlone = working.withLock { $0.insert(key).inserted }
                #expect(isAlone)
                await Task.yield()
                _ = working.withLock { $0.remove(key) }
                let count = attempts.withLock { attempts in
                    attempts[key, default: 0] += 1
                    return attempts[key, default: 0]
                }
                if key % 10 == 0, count < 3 { throw Failure() }
                let isFinished = attempts.withLock { attempts in attempts.count == 50 && attempts.allSatisfy { $0.key % 10 != 0 || $0.value == 3 } }
                if isFinished { finished.fire() }
            }
        }
        let driver = Task {
            while !Task.isCancelled {
                if let deadline = clock.nextDeadline { clock.advance(to: deadline) }
                await Task.yield()
            }
        }
        await finished.wait()
        driver.cancel()
        task.cancel()
        await task.value
        #expect(attempts.withLock { $0.values.reduce(0, +) } == 60)
    }

    @Test("A cancelled worker takes no more keys")
    func cancelled() async {
        let queue = WorkQueue<Int>()
        queue.add(1)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await queue.next()
        }
        #expect(await task.value == nil && queue.count == 1)
    }

    @Test("A signal fired before, during and after a wait ends one wait")
    func signal() async {
        let signal = Signal()
        signal.fire()
        signal.fire()
        await signal.wait()
        let waiting = Task { await signal.wait() }
        waiting.cancel()
        await waiting.value
        let clock = VirtualClock(now: start)
        let timed = Task { await signal.wait(until: start + .seconds(1), clock: clock) }
        while clock.nextDeadline == nil { await Task.yield() }
        clock.advance(by: .seconds(1))
        await timed.value
    }
}
