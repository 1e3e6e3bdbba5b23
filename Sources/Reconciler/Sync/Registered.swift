import APIMachinery
import Synchronization

/// The workers by Application, and those who wait for one to appear.
final class Registered: Sendable {
    private struct State {
        var workers: [String: ApplicationWorker] = [:]
        var waits: [UInt64: (reference: String, continuation: CheckedContinuation<ApplicationWorker?, Never>)] = [:]
        var nextWait: UInt64 = 0
        var hasEnded = false
        /// By what they depend on.
        var dependents: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    var workers: [ApplicationWorker] { state.withLock { Array($0.workers.values) } }

    /// Writes down what an Application depends on.
    func note(dependencies: [String], of reference: String) {
        state.withLock { state in
            for dependency in state.dependents.keys where !dependencies.contains(dependency) {
                state.dependents[dependency]?.remove(reference)
                if state.dependents[dependency]?.isEmpty == true { state.dependents[dependency] = nil }
            }
            for dependency in dependencies { state.dependents[dependency, default: []].insert(reference) }
        }
    }

    /// The workers of the Applications that depend on one.
    func dependents(of reference: String) -> [ApplicationWorker] {
        state.withLock { state in state.dependents[reference]?.compactMap { state.workers[$0] } ?? [] }
    }

    func worker(_ reference: String) -> ApplicationWorker? { state.withLock { $0.workers[reference] } }

    var applications: [Application] { workers.map(\.application) }

    func add(_ worker: ApplicationWorker) {
        let waiting = state.withLock { state in
            state.workers[worker.reference] = worker
            let ids = state.waits.filter { $0.value.reference == worker.reference }.keys
            return ids.compactMap { state.waits.removeValue(forKey: $0)?.continuation }
        }
        for continuation in waiting { continuation.resume(returning: worker) }
    }

    func remove(_ reference: String) -> ApplicationWorker? { state.withLock { $0.workers.removeValue(forKey: reference) } }

    /// The worker, now or when its Application is seen; nil when cancelled or at the end.
    func awaitWorker(_ reference: String) async -> ApplicationWorker? {
        let id = state.withLock { state in
            state.nextWait += 1
            return state.nextWait
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> ApplicationWorker?? in
                    if let worker = state.workers[reference] { return .some(worker) }
                    if state.hasEnded || Task.isCancelled { return .some(nil) }
                    state.waits[id] = (reference, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waits.removeValue(forKey: id) }?.continuation.resume(returning: nil)
        }
    }

    func abandonWaits() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waits = [:] }
            return state.waits.values.map(\.continuation)
        }
        for continuation in waiting { continuation.resume(returning: nil) }
    }

    /// Has the Applications of a source look again, but for one.
    func lookAgain(at origin: Application.Origin, except served: ApplicationWorker? = nil) {
        for worker in workers where worker !== served && worker.application.origin == origin { worker.lookAgain() }
    }

    /// Has the Applications of a remote look again, but those that were served by the fetch.
    func lookAgain(at remote: Sources.Remote, except served: Set<String>) {
        for worker in workers where !served.contains(worker.reference) {
            if worker.state.withLock({ Sources.remote(of: $0.application) }) == remote { worker.lookAgain() }
        }
    }
}
