import Dispatch
import Synchronization

/// The reads of one repository: those that wait together share one opening of it, which costs more than most reads.
final class RepositoryReads: Sendable {
    struct Job: Sendable {
        var perform: @Sendable (borrowing OpenRepository) -> Void
        var fail: @Sendable (GitError) -> Void
    }

    /// Threads that read at a time, and jobs that one of them takes at once.
    private static let threadsMax = 2
    private static let batchMax = 8

    private struct State {
        var jobs: [Job] = []
        /// Without work.
        var idle: [DispatchQueue]
    }

    private let path: String
    private let alternates: [String]
    /// Serial queues, which have threads of their own however busy the others are.
    private let state = Mutex(State(idle: (0..<threadsMax).map { _ in DispatchQueue(label: "gitctl.git") }))

    init(path: String, alternates: [String]) {
        self.path = path
        self.alternates = alternates
    }

    func add(_ job: Job) {
        let queue = state.withLock { state in
            state.jobs.append(job)
            return state.idle.popLast()
        }
        if let queue { queue.async { [self] in work(on: queue) } }
    }

    private func work(on queue: DispatchQueue) {
        while let jobs = take(queue) {
            // Opened after the last of them was asked for: what was written before is seen.
            do throws(GitError) {
                let repository = try OpenRepository.open(path: path, alternates: alternates)
                for job in jobs { job.perform(repository) }
            } catch {
                for job in jobs { job.fail(error) }
            }
        }
    }

    /// nil when there is no more, and the queue is idle.
    private func take(_ queue: DispatchQueue) -> [Job]? {
        state.withLock { state in
            guard !state.jobs.isEmpty else {
                state.idle.append(queue)
                return nil
            }
            // Half of them: the other thread may be free.
            let jobs = Array(state.jobs.prefix(min(Self.batchMax, (state.jobs.count + Self.threadsMax - 1) / Self.threadsMax)))
            state.jobs.removeFirst(jobs.count)
            return jobs
        }
    }
}
