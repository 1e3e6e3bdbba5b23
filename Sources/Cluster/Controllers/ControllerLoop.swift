import APIMachinery
import Logging

/// Runs one controller: wakes keys, takes snapshots, executes plans, retries with back-off.
struct ControllerLoop<C: Controller>: Sendable {
    /// Requests of one step in flight at once.
    static var requestsMax: Int { 64 }
    /// How long a key waits for its own writes to show before it looks again unasked; only a write
    /// that a new list swallowed (created and gone in between) lets it come to that.
    static var ownWritesTimeout: Duration { .seconds(5) }

    let controller: C
    let client: any ResourceClient
    let clock: any WallClock
    let logger: Logger
    let workers: Int
    private let queue: WorkQueue<C.Key>
    private let ledger: WriteLedger<C.Key>
    private let recorder: EventRecorder

    /// Registers with the informers, which must not run yet.
    init(_ controller: C, client: any ResourceClient, clock: any WallClock, logger: Logger, workers: Int = 2) {
        self.controller = controller
        self.client = client
        self.clock = clock
        self.logger = logger
        self.workers = workers
        queue = WorkQueue(clock: clock)
        recorder = EventRecorder(client: client, component: controller.name, clock: clock, logger: logger)
        let sources = controller.sources
        ledger = WriteLedger(sources.filter(\.awaitsOwnWrites).map(\.informer))
        for source in sources { attach(source) }
    }

    /// Wakes keys for the changes of an informer, which must not run yet. Its own writes are not awaited.
    func attach(_ source: ControllerSource<C.Key>) {
        let queue = queue
        source.informer.onChange { change in source.wake(change, queue) }
    }

    /// Until cancelled.
    func run() async {
        for source in controller.sources { await source.informer.waitUntilSynced() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            group.addTask {
                await queue.run(workers: workers, onError: report) { key in try await work(key) }
            }
        }
    }

    private func report(_ key: C.Key, _ error: any Error) {
        // A lost race is the normal course of optimistic concurrency: the retry sees the newer object.
        let isConflict = (error as? APIStatus).map { $0.reason == .conflict || $0.reason == .alreadyExists } ?? false
        logger.log(
            level: isConflict ? .debug : .warning, "reconciliation failed; it is tried again",
            metadata: ["controller": "\(controller.name)", "key": "\(key)", "error": "\(error)"])
    }

    private func work(_ key: C.Key) async throws {
        guard ledger.isVisible(key) else { return queue.add(key, after: Self.ownWritesTimeout) }
        guard let snapshot = try await controller.snapshot(of: key, client: client) else { return }
        let now = clock.now
        let plan = controller.reconcile(snapshot, now: now)
        var failure: APIStatus?
        for step in plan.steps where failure == nil { failure = await execute(step, for: key) }
        // After a lost race the whole look is repeated on newer objects: nothing is to be said of this one.
        if failure?.reason != .conflict {
            for change in plan.status(failure) {
                if let error = await execute(change, for: key) { failure = failure ?? error }
            }
        }
        if let failure { throw failure }
        if let deadline = plan.deadline { queue.add(key, after: deadline - now) }
    }

    /// The first failure.
    private func execute(_ step: ControllerPlan.Step, for key: C.Key) async -> APIStatus? {
        var rest = step.changes[...]
        var width = step.isSlowStart ? 1 : Self.requestsMax
        var failure: APIStatus?
        while !rest.isEmpty, failure == nil {
            let batch = rest.prefix(width)
            rest = rest.dropFirst(batch.count)
            width = min(width * 2, Self.requestsMax)
            failure = await execute(together: batch, for: key)
        }
        return failure
    }

    private func execute(together batch: ArraySlice<ClusterChange>, for key: C.Key) async -> APIStatus? {
        if batch.count == 1, let only = batch.first { return await execute(only, for: key) }
        return await withTaskGroup(of: APIStatus?.self) { group in
            for change in batch { group.addTask { await execute(change, for: key) } }
            var failure: APIStatus?
            for await result in group { failure = failure ?? result }
            return failure
        }
    }

    private func execute(_ change: ClusterChange, for key: C.Key) async -> APIStatus? {
        do {
            for precondition in change.preconditions { try await verify(precondition) }
            let result = try await request(change.operation, for: key)
            if let note = change.success { recorder.record(note.type, note.reason, note.message(result), about: note.object) }
            return nil
        } catch {
            if isMoot(change.operation, error) { return nil }
            if let note = change.failure { recorder.record(.warning, note.reason, note.message(error), about: note.object) }
            return error
        }
    }

    private func request(_ operation: ClusterChange.Operation, for key: C.Key) async throws(APIStatus) -> Object {
        let result: Object
        switch operation {
        case .create(let type, let object):
            result = try await client.create(type, object)
            ledger.wrote(type, result, for: key)
        case .patch(let target, let patch, let subresource):
            result = try await client.patch(target, .merge(patch), subresource: subresource)
            ledger.wrote(target.type, result, for: key)
        case .update(let type, let object, let subresource):
            result = try await client.update(type, object, subresource: subresource)
            ledger.wrote(type, result, for: key)
        case .delete(let target, let options):
            result = try await client.delete(target, options: options)
            ledger.deleted(target, uid: options.preconditionUID, for: key)
        case .record: result = Object([:])
        }
        return result
    }

    private func verify(_ precondition: ClusterChange.Precondition) async throws(APIStatus) {
        switch precondition {
        case .alive(let key, let uid):
            let object = try await client.get(key)
            if object.uid != uid || object.isDeleting {
                throw .conflict(
                    key.type, name: key.name, "the object was deleted or replaced; its controller is told by its own watch")
            }
        case .absent(let key, let uid):
            if try await client.find(key)?.uid == uid {
                throw .conflict(key.type, name: key.name, "the object exists though the cache lacks it")
            }
        }
    }

    /// Errors that mean that the wish is already fulfilled or void.
    private func isMoot(_ operation: ClusterChange.Operation, _ error: APIStatus) -> Bool {
        switch operation {
        case .delete, .patch: return error.reason == .notFound
        case .create: return error.causes.contains { $0.reason == "NamespaceTerminating" }
        case .update, .record: return false
        }
    }
}

extension ResourceClient {
    /// The object, or nil when there is none.
    func find(_ key: ObjectKey) async throws(APIStatus) -> Object? {
        do throws(APIStatus) {
            let object = try await get(key)
            return object
        } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
    }
}
