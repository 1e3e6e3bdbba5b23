import APIMachinery
import Synchronization

/// Writing: check, give a revision, make durable, show, wake, answer; in this order.
extension Store {
    /// Does `write`, or throws. When this returns the change is durable (as its type asks) and visible.
    ///
    /// A conflict with a write that is still on its way is reported only when that one is visible,
    /// so that the caller then reads what it lost to.
    func commit(_ write: Write) async throws(CommitError) -> ObjectVersion {
        let encoded = EncodedObject(write.object)
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<ObjectVersion, CommitError>, Never>) in
            submit(write, encoded) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Returns when every write accepted so far is visible; throws when one of them failed.
    func settle() async throws(CommitError) {
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<CommitError?, Never>) in
            enum Action { case done, wait, drain }
            let action = state.withLock { state -> Action in
                guard state.isDraining || !state.queue.isEmpty else { return .done }
                state.queue.append(Pending(change: nil) { continuation.resume(returning: $0) })
                return Self.startDrain(&state) ? .drain : .wait
            }
            if action == .done { continuation.resume(returning: nil) }
            if action == .drain { writer.async { self.drain() } }
        }
        if let failure { throw failure }
    }

    private static func startDrain(_ state: inout State) -> Bool {
        defer { state.isDraining = true }
        return !state.isDraining
    }

    /// As `commit`; `completion` runs on the caller's thread or the writer queue.
    func submit(_ write: Write, _ encoded: EncodedObject, completion: @escaping @Sendable (Result<ObjectVersion, CommitError>) -> Void) {
        enum Outcome {
            case failed(CommitError)
            case published(ObjectVersion, [WatchHub.Waiter])
            case queued(mustDrain: Bool)
        }
        let now = clock.now
        let outcome = state.withLock { state -> Outcome in
            if state.isClosed { return .failed(.unavailable("the store is closed")) }
            let isBusy = state.isDraining || !state.queue.isEmpty
            let current = state.head.version(write.resource, namespace: write.object.namespace, name: write.object.name)
            guard current?.revision == write.expected?.revision else {
                guard isBusy else { return .failed(.conflict(current: current)) }
                state.queue.append(Pending(change: nil) { completion(.failure($0 ?? .conflict(current: current))) })
                return .queued(mustDrain: Self.startDrain(&state))
            }
            if state.queue.count >= Self.pendingMax || isFull(state) { return .failed(.overloaded) }
            let change = self.change(write, encoded, current: current, time: now, &state)
            state.head.apply(change)
            let isImmediate = journal == nil || (change.durability != .durable && state.revision < state.reserved)
            if isImmediate, !isBusy {
                return .published(change.version, publish([change], &state))
            }
            let version = change.version
            state.queue.append(Pending(change: change) { completion($0.map(Result.failure) ?? .success(version)) })
            return .queued(mustDrain: Self.startDrain(&state))
        }
        switch outcome {
        case .failed(let error): completion(.failure(error))
        case .published(let version, let waiters):
            for waiter in waiters { waiter.resume() }
            completion(.success(version))
        case .queued(let mustDrain): if mustDrain { writer.async { self.drain() } }
        }
    }

    private func change(_ write: Write, _ encoded: EncodedObject, current: ObjectVersion?, time: Timestamp, _ state: inout State) -> Change {
        state.revision += 1
        let revision = state.revision
        let durability: Durability = write.isHeartbeat ? .volatile : .of(write.resource)
        let object = write.object
        let version = ObjectVersion(
            name: object.name, namespace: object.namespace, uid: object.uid, labels: object.metadata["labels"]?.object ?? [:], revision: revision,
            storedRevision: durability == .durable ? revision : current?.storedRevision ?? 0, bytes: encoded.filled(revision: revision),
            cache: trees)
        var tree = object
        tree.resourceVersion = String(revision)
        version.setTree(tree.fields)
        state.bytesWritten += version.bytes.count
        return Change(
            resource: write.resource, operation: write.isDeletion ? .deleted : current == nil ? .created : .updated, version: version,
            previous: current, durability: durability, author: write.author, time: time)
    }

    /// Makes changes visible and answers the watchers to wake, outside the lock. In order of revision.
    private func publish(_ changes: [Change], _ state: inout State) -> [WatchHub.Waiter] {
        var events: [GroupResource: [StoreEvent]] = [:]
        // With nothing else on its way both are the same again, and share their memory.
        let isSettled = state.queue.allSatisfy { $0.change == nil }
        if isSettled { state.visible = state.head }
        for change in changes {
            if !isSettled { state.visible.apply(change) }
            if change.durability == .lazy { postpone(change, &state) }
            let kind: StoreEvent.Kind =
                switch change.operation {
                case .created: .added
                case .updated: .modified
                case .deleted: .deleted
                }
            events[change.resource, default: []].append(StoreEvent(kind, change.version, previous: change.previous))
        }
        return events.flatMap { hub($0.key, &state).publish($0.value) }
    }

    /// Notes a change for the next flush, and an Event for its end.
    private func postpone(_ change: Change, _ state: inout State) {
        let key = Key(resource: change.resource, namespace: change.version.namespace, name: change.version.name)
        let isTimerDue = state.flushDeadline == nil || state.expiries.count >= Self.eventsMax
        if journal != nil {
            state.unflushed[key] = change
            state.flushDeadline = state.flushDeadline ?? change.time + Self.flushInterval
        }
        if change.operation != .deleted {
            state.expiries.append(Expiry(deadline: change.time + Self.eventLifetime, key: key, revision: change.version.revision))
        }
        if isTimerDue { timers.fire() }
    }

    // MARK: The writer queue

    private struct Batch {
        var pending: [Pending]
        var flushed: [Change]
        var reserve: UInt64?
        var changes: [Change] { pending.compactMap(\.change) }
    }

    /// Writes batches until none waits. On the writer queue.
    private func drain() {
        while let batch = nextBatch() {
            var failure: CommitError?
            let durable = batch.changes.filter { $0.durability == .durable } + batch.flushed
            if let journal, !durable.isEmpty || batch.reserve != nil {
                do throws(SQLiteError) { try journal.append(durable, reserve: batch.reserve, now: clock.now) } catch {
                    logger.error("a write to the database failed", metadata: ["error": "\(error)"])
                    failure = .unavailable(error.isFull ? "the disk of the database is full" : "the database cannot be written: \(error.message)")
                }
            }
            finish(batch, failure)
        }
    }

    private func nextBatch() -> Batch? {
        state.withLock { state in
            guard !state.queue.isEmpty || state.isFlushDue else {
                state.isDraining = false
                return nil
            }
            var batch = Batch(pending: state.queue, flushed: [])
            state.queue = []
            if state.isFlushDue {
                batch.flushed = state.unflushed.values.sorted { $0.version.revision < $1.version.revision }
                state.unflushed = [:]
                state.isFlushDue = false
                state.flushDeadline = nil
            }
            if state.revision + Self.reservedRevisions / 10 > state.reserved { batch.reserve = state.revision + Self.reservedRevisions }
            return batch
        }
    }

    private func finish(_ batch: Batch, _ failure: CommitError?) {
        let (waiters, failed) = state.withLock { state -> ([WatchHub.Waiter], [Pending]) in
            guard failure != nil else {
                if let reserve = batch.reserve { state.reserved = reserve }
                return (publish(batch.changes, &state), [])
            }
            // What was accepted after the failed writes may build on them: it fails with them.
            let failed = batch.pending + state.queue
            state.queue = []
            state.head = state.visible
            // The flush is tried again after the interval, unless a newer change of the object waits.
            for change in batch.flushed {
                let key = Key(resource: change.resource, namespace: change.version.namespace, name: change.version.name)
                if state.unflushed[key] == nil { state.unflushed[key] = change }
            }
            if !state.unflushed.isEmpty { state.flushDeadline = state.flushDeadline ?? clock.now + Self.flushInterval }
            return ([], failed)
        }
        for waiter in waiters { waiter.resume() }
        for pending in failure == nil ? batch.pending : failed { pending.completion(failure) }
    }

    /// Writes what waits for the next flush now.
    func flush() async throws(CommitError) {
        let mustDrain = state.withLock { state in
            state.isFlushDue = true
            return Self.startDrain(&state)
        }
        if mustDrain { writer.async { self.drain() } }
        try await settle()
    }
}
