import APIMachinery
import Synchronization

/// One probe of one running container: tries on its schedule until stopped. Between tries it only sleeps.
final class ProbeRun: Sendable {
    private let executor: PodExecutor
    private let container: PodContainer
    private let id: String
    private let spec: ProbeSpec
    private let isReady: Bool
    private let isStopped = Atomic(false)
    private let wake = Signal()

    /// `isReady`: an earlier life of the agent had the container ready.
    init(executor: PodExecutor, container: PodContainer, id: String, spec: ProbeSpec, isReady: Bool) {
        self.executor = executor
        self.container = container
        self.id = id
        self.spec = spec
        self.isReady = isReady
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        wake.fire()
    }

    private var goesOn: Bool { !isStopped.load(ordering: .acquiring) && !Task.isCancelled }

    func run() async {
        let clock = executor.services.clock
        var counter = ProbeCounter(spec, verdict: isReady ? .success : nil)
        var next = clock.now + spec.initialDelay
        while goesOn {
            if next > clock.now { await wake.wait(until: next, clock: clock) }
            guard goesOn else { return }
            if next > clock.now { continue }
            let failure = await attempt()
            guard goesOn else { return }
            let outcome = counter.record(failure == nil ? .success : .failure)
            if let failure, outcome.isReported {
                executor.record(.warning, "Unhealthy", "\(spec.kind.title) probe failed: \(failure)", container: container.name)
            }
            if let change = outcome.change { executor.send(.probe(container.name, id: id, spec.kind, change)) }
            next = max(next + outcome.next, clock.now)
        }
    }

    private func attempt() async -> String? {
        // A handler of a kind that the agent does not know passes, as if there were none.
        guard let handler = spec.handler else { return nil }
        return await HookRunner(executor: executor).run(handler, container: container.name, id: id, within: spec.timeout)
    }
}
