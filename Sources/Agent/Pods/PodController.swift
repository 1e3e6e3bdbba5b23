import APIMachinery
import Logging
import Synchronization

/// Keeps the runtime equal to the pods bound to this node, and their status equal to the runtime.
///
/// Events come from three sides: the API's watch, the runtime's stream, and the ends of our own
/// actions. Each goes to the pod's lifecycle, whose actions run in parallel with all others'.
package final class PodController: Sendable {
    /// The slow listing that repairs what an event stream may have lost.
    package static let relistInterval = Duration.seconds(300)
    /// How long the first listing waits for the event stream.
    static let firstListDelay = Duration.seconds(2)

    private struct State {
        var entries: [String: PodEntry] = [:]
        /// Container or sandbox id → pod uid.
        var owners: [String: String] = [:]
        var isAdopted = false
    }

    let services: PodServices
    private let pods: Informer
    private let state = Mutex(State())
    private let wakes: WorkQueue<String>
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation
    private let relistDue = Signal()

    /// `pods` lists those bound to this node; make the controller before the informer runs.
    package init(pods: Informer, services: PodServices) {
        self.pods = pods
        self.services = services
        wakes = WorkQueue(clock: services.clock)
        (jobs, jobsIn) = AsyncStream.makeStream()
        pods.onChange { [weak self] change in self?.podChanged(change) }
        services.references.onChange { [weak self] uids in
            for uid in uids { self?.send(.referencesChanged, to: uid) }
        }
    }

    /// Runs until cancelled; containers stay.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.execute() }
            group.addTask {
                await self.wakes.run(workers: 1, onError: { _, _ in }) { self.send(.wake, to: $0) }
            }
            group.addTask { await self.services.references.run() }
            group.addTask { try await self.services.runtime.run { self.runtimeEvent($0) } }
            group.addTask { try await self.relist() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Runs every action as a child task of its own.
    private func execute() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await job() }
            }
            group.cancelAll()
        }
    }

    func enqueue(_ job: @escaping @Sendable () async -> Void) { jobsIn.yield(job) }

    // MARK: Pods of the API

    private func podChanged(_ change: Informer.Change) {
        let object = change.object
        switch change {
        case .deleted: send(.gone, to: object.uid)
        case .added(let object), .updated(_, let object):
            if case .updated(let old, _) = change, old.uid != object.uid { send(.gone, to: old.uid) }
            let isKnown = state.withLock { state in
                if !state.isAdopted { return true }
                if state.entries[object.uid] != nil { return true }
                state.entries[object.uid] = PodEntry(Pod(object))
                return false
            }
            if isKnown { send(.changed(Pod(object)), to: object.uid) } else { send(.observed([], []), to: object.uid) }
        }
    }

    /// Advances a pod's lifecycle and starts what it asks for. Never waits.
    func send(_ event: PodEvent, to uid: String) {
        guard let entry = state.withLock({ $0.entries[uid] }) else { return }
        let now = services.clock.now
        services.logger.debug("pod event", metadata: ["pod": "\(entry.uid)", "event": "\(event)"])
        let (isOver, wakeAt, observers) = entry.state.withLock { state in
            state.lifecycle.handle(event, now: now)
            for action in state.lifecycle.advance(now: now) {
                services.logger.debug("pod action", metadata: ["pod": "\(entry.uid)", "action": "\(action)"])
                enqueue { await PodExecutor(entry: entry, controller: self).perform(action) }
            }
            offerStatus(entry, &state, now: now)
            return (state.lifecycle.isOver, state.lifecycle.wakeAt, state.observers)
        }
        for observer in observers { observer.signal?.fire() }
        if isOver {
            state.withLock { state in
                state.entries[uid] = nil
                state.owners = state.owners.filter { $0.value != uid }
            }
            services.references.forget(uid)
        } else if let wakeAt {
            wakes.add(uid, after: wakeAt - now)
        }
    }

    private func offerStatus(_ entry: PodEntry, _ state: inout PodEntry.State, now: Timestamp) {
        guard let status = state.lifecycle.status(hostIPs: services.hostIPs, runtime: services.runtimeName, now: now),
            status != (state.pending ?? state.written)
        else { return }
        state.pending = status
        startWriting(entry, &state)
    }

    func startWriting(_ entry: PodEntry, _ state: inout PodEntry.State) {
        guard !state.isWriting else { return }
        state.isWriting = true
        enqueue { await StatusWriter(entry: entry, controller: self).run() }
    }

    func entry(namespace: String, name: String) -> PodEntry? {
        guard let object = pods.get(namespace: namespace, name: name) else { return nil }
        return state.withLock { $0.entries[object.uid] }
    }

    var entries: [PodEntry] { state.withLock { Array($0.entries.values) } }

    // MARK: Events of the runtime

    /// Before the container is started, so that its exit finds its pod.
    func claim(_ id: String, for uid: String) { state.withLock { $0.owners[id] = uid } }
    func disclaim(_ id: String) { _ = state.withLock { $0.owners.removeValue(forKey: id) } }

    private func runtimeEvent(_ event: RuntimeEvent) {
        switch event {
        case .connected: relistDue.fire()
        case .outOfMemory: break  // the exit that follows says so
        case .exited(let id): exited(id)
        }
    }

    private func exited(_ id: String) {
        guard let entry = state.withLock({ state in state.owners[id].flatMap { state.entries[$0] } }) else { return }
        let container = entry.state.withLock { state -> String? in
            if state.lifecycle.sandboxID == id { return "" }
            if let record = state.lifecycle.containers.first(where: { $0.id == id }) { return record.name }
            state.earlyExits.insert(id)
            return nil
        }
        switch container {
        case nil: break
        case "": send(.sandboxExited(id: id), to: entry.uid)
        case let name?: enqueue { await PodExecutor(entry: entry, controller: self).reportExit(of: name, id: id) }
        }
    }

    /// Lists the runtime soon, instead of after the interval.
    func listAgain() { relistDue.fire() }

    private func relist() async throws {
        await pods.waitUntilSynced()
        var limit = Self.firstListDelay
        while true {
            await relistDue.wait(until: services.clock.now + limit, clock: services.clock)
            limit = Self.relistInterval
            try Task.checkCancellation()
            do {
                try await observe()
            } catch {
                services.logger.warning("listing the runtime failed; trying again", metadata: ["error": "\(error)"])
                try await services.clock.sleep(for: .seconds(1))
                relistDue.fire()
            }
        }
    }

    /// Tells every pod what the runtime has of it; the first time, makes the pods.
    private func observe() async throws {
        // What is made from here on may be missing in the listing.
        let known = state.withLock { Set($0.owners.keys) }
        var sandboxes = Dictionary(grouping: try await services.runtime.sandboxes(), by: \.podUID)
        for (uid, list) in sandboxes {
            for (index, sandbox) in list.enumerated() where sandbox.isReady {
                // Addresses are not in the listing; one that vanished meanwhile has none.
                sandboxes[uid]?[index].ips = (try? await services.runtime.sandbox(sandbox.id).ips) ?? []
            }
        }
        let containers = Dictionary(grouping: try await services.runtime.containers(), by: \.podUID)
        let orphans = state.withLock { state -> [String] in
            for (uid, list) in sandboxes { for sandbox in list { state.owners[sandbox.id] = uid } }
            for (uid, list) in containers { for container in list { state.owners[container.id] = uid } }
            if !state.isAdopted {
                state.isAdopted = true
                for object in pods.list() where state.entries[object.uid] == nil { state.entries[object.uid] = PodEntry(Pod(object)) }
            }
            return sandboxes.keys.filter { state.entries[$0] == nil }
        }
        for entry in entries { send(.observed(sandboxes[entry.uid] ?? [], containers[entry.uid] ?? [], asOf: known), to: entry.uid) }
        for uid in orphans {
            let list = sandboxes[uid] ?? []
            let left = containers[uid] ?? []
            enqueue { await Orphan(uid: uid, sandboxes: list, containers: left, services: self.services).remove() }
        }
    }
}
