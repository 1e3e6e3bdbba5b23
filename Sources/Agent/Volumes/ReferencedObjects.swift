import APIMachinery
import Logging
import Synchronization

/// Watches exactly the objects that the node's pods refer to, each once however many pods do.
package final class ReferencedObjects: Sendable {
    private struct Watched {
        var pods: Set<String>
        var stop: Signal
    }
    private struct State {
        var watched: [ObjectKey: Watched] = [:]
        var handler: @Sendable ([String]) -> Void = { _ in }
    }

    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation

    package init(client: any ResourceClient, clock: any WallClock, logger: Logger) {
        self.client = client
        self.clock = clock
        self.logger = logger
        (jobs, jobsIn) = AsyncStream.makeStream()
    }

    /// `handler` is told the uids of the pods that refer to an object which appeared, changed or went.
    package func onChange(_ handler: @escaping @Sendable ([String]) -> Void) { state.withLock { $0.handler = handler } }

    /// Runs the watches until cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    /// Makes `keys` what the pod refers to.
    package func watch(_ keys: [ObjectKey], for pod: String) {
        let wanted = Set(keys)
        let (started, stopped) = state.withLock { state in
            var stopped: [Signal] = []
            for (key, var watched) in state.watched where !wanted.contains(key) && watched.pods.contains(pod) {
                watched.pods.remove(pod)
                if watched.pods.isEmpty { stopped.append(watched.stop) }
                state.watched[key] = watched.pods.isEmpty ? nil : watched
            }
            var started: [(ObjectKey, Signal)] = []
            for key in wanted {
                if state.watched[key] == nil {
                    let stop = Signal()
                    state.watched[key] = Watched(pods: [], stop: stop)
                    started.append((key, stop))
                }
                state.watched[key]?.pods.insert(pod)
            }
            return (started, stopped)
        }
        for signal in stopped { signal.fire() }
        for (key, stop) in started { jobsIn.yield { await self.follow(key, until: stop) } }
    }

    package func forget(_ pod: String) { watch([], for: pod) }

    private func follow(_ key: ObjectKey, until stop: Signal) async {
        var options = ListOptions()
        options.fieldSelector = FieldSelector("metadata.name", equals: key.name)
        let informer = Informer(key.type, client: client, namespace: key.namespace, options: options, clock: clock, logger: logger)
        informer.onChange { [weak self] _ in self?.changed(key) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await stop.wait() }
            group.addTask {
                // It ends by cancellation alone.
                try? await informer.run()
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func changed(_ key: ObjectKey) {
        let (pods, handler) = state.withLock { (Array($0.watched[key]?.pods ?? []), $0.handler) }
        handler(pods)
    }
}
