import APIMachinery
import Logging
import Synchronization

/// Keeps one Application's objects equal to its commit: one task at a time, woken by events only.
final class ApplicationWorker: Sendable {
    let reference: String
    let key: ObjectKey
    private let state: Mutex<WorkerState>
    private let mailboxes = Mutex<(next: UInt64, boxes: [UInt64: Mailbox])>((0, [:]))
    private let wake = Signal()
    private let interrupt = Signal()
    private let sync: Sync
    private let sources: Sources
    private let live: LiveObjects
    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger

    init(application: Application, specError: String?, sync: Sync, sources: Sources, live: LiveObjects) {
        reference = application.reference
        key = application.key
        state = Mutex(WorkerState(application: application, specError: specError))
        self.sync = sync
        self.sources = sources
        self.live = live
        client = sync.client
        clock = sync.clock
        var logger = sync.logger
        logger[metadataKey: "application"] = "\(application.reference)"
        self.logger = logger
    }

    // MARK: What others tell it

    var application: Application {
        state.withLock { state in
            var application = state.application
            application.status = state.status
            return application
        }
    }

    func update(_ new: Application, specError: String?) {
        // A changed spec goes before the sync of the old one.
        if state.withLock({ $0.update(new, specError: specError) }) { interruptAndWake() }
    }

    /// Asks for a sync; one that is under way gives way at its next step.
    func request(_ request: WorkerState.Request) {
        state.withLock { $0.request(request) }
        interruptAndWake()
    }

    private func interruptAndWake() {
        if state.withLock({ $0.isSyncing }) { interrupt.fire() }
        wake.fire()
    }

    func observe(_ scope: LiveObjects.Scope, _ change: Informer.Change) {
        let object = change.object
        let identity = ObjectIdentity(group: scope.type.group, kind: scope.type.kind, namespace: object.namespace, name: object.name)
        var current: Object? = object
        if case .deleted = change { current = nil }
        state.withLock { $0.observe(identity, current) }
        wake.fire()
    }

    func stop() {
        state.withLock { $0.stop() }
        interruptAndWake()
    }

    /// Runs `body` with a box that receives this worker's progress.
    func following<Value>(_ body: (Mailbox) async -> Value) async -> Value {
        let box = Mailbox()
        let id = mailboxes.withLock { state in
            state.next += 1
            state.boxes[state.next] = box
            return state.next
        }
        defer { _ = mailboxes.withLock { $0.boxes.removeValue(forKey: id) } }
        return await body(box)
    }

    private func publish(_ event: Progress) {
        for box in mailboxes.withLock({ Array($0.boxes.values) }) { box.put(event) }
    }

    // MARK: Its loop

    func run() async {
        loop: while !Task.isCancelled {
            let now = clock.now
            switch state.withLock({ $0.next(now: now) }) {
            case .sync(let request): await runSync(request)
            case .revert(let identities): await revert(identities)
            case .health: await judge()
            case .wait(let deadline): await wake.wait(until: deadline, clock: clock)
            case .stop: break loop
            }
        }
        await live.require([], by: reference)
    }

    /// A sync that a newer request can interrupt between its steps.
    private func runSync(_ request: WorkerState.Request) async {
        state.withLock { $0.isSyncing = true }
        let isDone = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.attempt(request) }
            group.addTask {
                await self.interrupt.wait()
                return false
            }
            // Whichever ends first ends the other; the sync's own answer is the one that counts.
            let first = await group.next() ?? false
            group.cancelAll()
            let second = await group.next() ?? false
            return first || second
        }
        state.withLock { state in
            state.isSyncing = false
            // Interrupted with nothing else to do: a wake-up that came late.
            if !isDone, !state.hasPendingSync { state.request(request) }
        }
    }

    /// False when it was interrupted.
    private func attempt(_ request: WorkerState.Request) async -> Bool {
        var commit: Commit?
        do {
            try await bringTo(request, commit: &commit)
            let now = clock.now
            state.withLock { $0.succeeded(now: now) }
            return true
        } catch is CancellationError {
            return false
        } catch {
            if Task.isCancelled { return false }
            await report(SyncFailure(error, commit: commit))
            return true
        }
    }

    // MARK: Sync

    private func bringTo(_ request: WorkerState.Request, commit: inout Commit?) async throws {
        let (specError, pin) = state.withLock { ($0.specError, $0.pin) }
        let application = application
        if let specError { throw InvalidApplication(description: specError) }
        guard !application.isSuspended || request.revision != nil else { return await reportSuspended() }
        var resolved = try await sources.resolve(application, fetches: request.fetches)
        if let revision = request.revision {
            let tip = resolved.commit.id
            resolved = try await sources.resolve(application, revision: revision, fetches: false)
            state.withLock { $0.pin = (revision, tip) }
        } else if let pin {
            // A revision asked for by hand stays until the Application's own moves on.
            if pin.tip == resolved.commit.id {
                resolved = try await sources.resolve(application, revision: pin.revision, fetches: false)
            } else {
                state.withLock { $0.pin = nil }
            }
        }
        commit = resolved.commit
        if !request.isForced, let applied = state.withLock({ $0.applied }), applied.commit.id == resolved.commit.id,
            applied.generation == application.generation, application.status.condition("Synced")?.status == .isTrue
        {
            state.withLock { $0.needsHealth() }
            return
        }
        try await bring(application, to: resolved)
    }

    private func bring(_ application: Application, to resolved: Sources.Resolved) async throws {
        let revision = resolved.commit.id.description
        let start = clock.now
        publish(.syncing(revision: revision))
        let applied = state.withLock { $0.applied }
        let prepared = try await sync.prepare(resolved, for: application) { [live] object in
            guard let record = applied?.records[object.identity], record.rendered.object == object.object,
                let current = live.get(object.key)
            else { return false }
            return record.matches(current) && !current.isDeleting
        }
        try Task.checkCancellation()
        let plan = prepared.plan
        if plan.changes.contains(where: { $0.action == .created }) { try await foresee(prepared) }

        let records = Mutex<[ObjectIdentity: Applied.Record]>([:])
        let result: Applier.Result
        do {
            result = try await sync.apply(plan, for: application) { rendered, object in
                let record = Applied.Record(rendered, application: application, live: object)
                records.withLock { $0[rendered.identity] = record }
            }
        } catch {
            // Interrupted: what was written counts as ours all the same.
            state.withLock { state in
                for (identity, record) in records.withLock({ $0 }) { state.applied?.records[identity] = record }
            }
            throw error
        }
        var now = Applied(commit: resolved.commit, generation: application.generation)
        for change in plan.changes {
            guard let rendered = change.rendered else { continue }
            if let record = records.withLock({ $0[change.identity] }) {
                now.records[change.identity] = record
            } else if let seen = change.live {
                now.records[change.identity] = Applied.Record(rendered, application: application, live: seen)
            } else if let record = applied?.records[change.identity] {
                now.records[change.identity] = record
            }
        }
        if !result.failures.isEmpty {
            state.withLock { state in
                for (identity, record) in records.withLock({ $0 }) { state.applied?.records[identity] = record }
            }
            throw SyncFailure("ApplyFailed", await sync.lines(result.failures, in: resolved.repository), commit: resolved.commit)
        }
        await finish(now, application: application, plan: plan, result: result, duration: clock.now - start)
    }

    /// Writes down what is about to be created, so that a crash in between leaves no object that
    /// nobody remembers.
    private func foresee(_ prepared: Sync.Prepared) async throws {
        let coming = prepared.rendered.objects
        state.withLock { state in
            let known = Set(state.status.inventory.map(\.identity))
            state.status.inventory += coming.filter { !known.contains($0.identity) }.map { InventoryEntry($0.key, uid: "") }
            state.status.inventory.sort()
        }
        try await writeStatus()
    }

    private func finish(_ applied: Applied, application: Application, plan: Plan, result: Applier.Result, duration: Duration) async {
        let revision = applied.commit.id.description
        var inventory = applied.records.values.map { InventoryEntry($0.rendered.key, uid: $0.uid) }
        // What could not be deleted, or is kept by request, stays on the books; what became another's does not.
        for change in plan.changes where change.action == .kept || change.action == .deleted && !result.deleted.contains(change.identity) {
            if change.live?.annotations[Application.annotation] == application.reference {
                inventory.append(InventoryEntry(change.key, uid: change.live?.uid ?? ""))
            }
        }
        let now = clock.now
        state.withLock { state in
            state.applied = applied
            state.status.inventory = inventory.sorted()
            state.status.observedRevision = revision
            state.status.lastAttemptedRevision = revision
            state.status.observedGeneration = application.generation
            if let request = application.syncRequest { state.status.lastHandledSync = request }
            let kept = plan.changes.filter { $0.action == .kept }.map { "\($0.key) kept: \($0.note)" }
            let notes = result.pruneFailures + kept + plan.warnings
            state.status.set(
                Condition("Synced", .isTrue, reason: "Synced", message: (["commit \(applied.commit.id.short)"] + notes).joined(separator: "; ")),
                generation: application.generation, now: now)
            state.status.record(
                HistoryEntry(
                    revision: revision, message: applied.commit.summary, author: applied.commit.author, time: now.description,
                    result: "Synced"))
            state.needsHealth()
        }
        let written = plan.changes.count { $0.rendered != nil && $0.action != .unchanged }
        logger.info(
            "synced",
            metadata: [
                "revision": "\(applied.commit.id.short)", "written": "\(written)", "deleted": "\(result.deleted.count)",
                "milliseconds": "\(duration.nanoseconds / 1_000_000)",
            ])
        publish(.applied(revision: revision, objects: written, deleted: result.deleted.count, duration: duration))
        await live.require(scopes(of: applied, eventsIn: []), by: reference)
        await judge()
    }

    private func scopes(of applied: Applied, eventsIn namespaces: Set<String>) -> Set<LiveObjects.Scope> {
        var scopes: Set<LiveObjects.Scope> = []
        for record in applied.records.values {
            let key = record.rendered.key
            scopes.insert(LiveObjects.Scope(type: key.type, namespace: key.namespace))
            for type in HealthRules.lookedAt[key.type] ?? [] { scopes.insert(LiveObjects.Scope(type: type, namespace: key.namespace)) }
        }
        for namespace in namespaces { scopes.insert(LiveObjects.Scope(type: .events, namespace: namespace)) }
        return scopes
    }

    // MARK: Drift

    /// Applies again what others changed or deleted, layer by layer.
    private func revert(_ identities: Set<ObjectIdentity>) async {
        let (application, applied) = state.withLock { ($0.application, $0.applied) }
        guard let applied else { return }
        // Looked at again: our own write may have been taken for another's before its answer came.
        let drifted = identities.compactMap { applied.records[$0] }.filter { record in
            guard let current = live.get(record.rendered.key) else { return true }
            return !record.matches(current) && !record.isNewer(than: current) && !current.isDeleting
        }
        guard !drifted.isEmpty else { return }
        guard application.selfHeals, !application.isSuspended else { return await reportDrift(drifted.map(\.rendered.identity)) }
        let applier = Applier(client: client, clock: clock, logger: logger)
        for layer in Layer.allCases {
            for record in drifted where Layer.of(record.rendered.key.type) == layer {
                let identity = record.rendered.identity
                let now = clock.now
                if let later = state.withLock({ $0.allowRevert(of: identity, now: now) }) {
                    state.withLock { $0.revertLater(identity, at: later) }
                    logger.warning(
                        "someone keeps changing a managed object; waiting before the next revert",
                        metadata: ["object": "\(identity)", "manager": "\(lastManager(of: live.get(record.rendered.key)))"])
                    continue
                }
                do {
                    let object = try await applier.apply(record.rendered, application: application)
                    let new = Applied.Record(record.rendered, application: application, live: object)
                    state.withLock { $0.applied?.records[identity] = new }
                    logger.info("reverted drift", metadata: ["object": "\(identity)", "revision": "\(applied.commit.id.short)"])
                } catch {
                    if error is CancellationError { return }
                    state.withLock { $0.revertLater(identity, at: now + .seconds(1)) }
                    logger.warning("cannot revert drift", metadata: ["object": "\(identity)", "error": "\(error)"])
                }
            }
        }
        state.withLock { state in
            // Objects that were deleted came back with another uid.
            guard let records = state.applied?.records else { return }
            for index in state.status.inventory.indices {
                if let uid = records[state.status.inventory[index].identity]?.uid { state.status.inventory[index].uid = uid }
            }
            state.needsHealth()
        }
    }

    private func lastManager(of object: Object?) -> String {
        let entries = object?.metadata["managedFields"]?.array ?? []
        let others = entries.filter { $0["manager"]?.string != Application.fieldManager && ($0["subresource"]?.string ?? "").isEmpty }
        return others.max { ($0["time"]?.string ?? "") < ($1["time"]?.string ?? "") }?["manager"]?.string ?? "unknown"
    }

    private func reportDrift(_ identities: [ObjectIdentity]) async {
        let now = clock.now
        let names = identities.sorted().prefix(5).map(\.description).joined(separator: ", ")
        state.withLock { state in
            let why = state.application.isSuspended ? "the Application is suspended" : "spec.sync.selfHeal is off"
            state.status.set(
                Condition("Synced", .isFalse, reason: "OutOfSync", message: "\(names) differ from the commit; \(why)"),
                generation: state.application.generation, now: now)
            state.needsHealth()
        }
    }

    // MARK: Health and status

    /// Judges every object and writes down what changed.
    private func judge() async {
        guard let applied = state.withLock({ $0.applied }) else { return await settleStatus(nil) }
        let view = live.view
        var eventNamespaces: Set<String> = []
        let items = applied.records.values.map { record -> HealthSummary.Item in
            let key = record.rendered.key
            guard let object = live.get(key) else {
                return HealthSummary.Item(identity: record.rendered.identity, health: Health(.missing, "is not in the cluster"))
            }
            // The watch has not shown our own write yet: what it says of health is of the past.
            var health = record.isNewer(than: object) ? .progressing("applied") : HealthRules.health(of: object, type: key.type, view: view)
            if let namespace = health.wantsEventsIn { eventNamespaces.insert(namespace) }
            health.wantsEventsIn = nil
            return HealthSummary.Item(identity: record.rendered.identity, health: health)
        }
        let events = Set(eventNamespaces.map { LiveObjects.Scope(type: .events, namespace: $0) })
        let isNew = events.contains { !live.isNeeded($0, by: reference) }
        await live.require(scopes(of: applied, eventsIn: eventNamespaces), by: reference)
        if isNew { state.withLock { $0.needsHealth() } }
        let summary = HealthSummary(items)
        await settleStatus(summary)
        publish(.health(revision: applied.commit.id.description, summary))
    }

    /// Derives Healthy, Ready and the one-line summary, and writes the status if it differs.
    private func settleStatus(_ summary: HealthSummary?) async {
        let now = clock.now
        state.withLock { state in
            let generation = state.application.generation
            if let summary {
                state.status.health = summary.state.rawValue
                state.status.set(
                    Condition(
                        "Healthy", summary.isSettled ? .isTrue : .isFalse, reason: summary.state.rawValue,
                        message: summary.isSettled ? "\(summary.total) objects" : summary.reason),
                    generation: generation, now: now)
            } else if state.status.condition("Healthy") == nil {
                state.status.set(Condition("Healthy", .unknown, reason: "NothingApplied"), generation: generation, now: now)
            }
            let synced = state.status.condition("Synced")
            let healthy = state.status.condition("Healthy")
            let ready: Condition =
                if synced?.status == .isTrue, healthy?.status == .isTrue {
                    Condition("Ready", .isTrue, reason: "Ready", message: synced?.message ?? "")
                } else if let synced, synced.status != .isTrue {
                    Condition("Ready", synced.status == .unknown ? .unknown : .isFalse, reason: synced.reason, message: synced.message)
                } else {
                    Condition("Ready", .isFalse, reason: healthy?.reason ?? "Progressing", message: healthy?.message ?? "")
                }
            state.status.set(ready, generation: generation, now: now)
            let count = state.status.inventory.count
            state.status.summary =
                ready.status == .isTrue
                ? "\(count) objects, all healthy"
                : "\(count) objects; \(String(ready.message.split(separator: "\n").first ?? Substring(ready.reason)))"
        }
        do { try await writeStatus() } catch {
            guard !(error is CancellationError) else { return }
            logger.warning("cannot write the status", metadata: ["error": "\(error)"])
        }
    }

    private func writeStatus() async throws {
        let status = state.withLock { $0.status == $0.written ? nil : $0.status }
        guard let status else { return }
        do throws(APIStatus) {
            let options = WriteOptions(fieldManager: Application.fieldManager)
            _ = try await client.patch(key, .merge(.object(["status": status.json])), subresource: "status", options: options)
        } catch {
            // Deleted meanwhile: its worker is about to hear of it.
            guard error.reason == .notFound else { throw error }
        }
        state.withLock { $0.written = status }
    }

    private func report(_ failure: SyncFailure) async {
        let now = clock.now
        let revision = failure.commit?.id.description ?? ""
        state.withLock { state in
            state.failed(now: now, isWaiting: failure.isWaiting)
            let generation = state.application.generation
            state.status.observedGeneration = generation
            if let request = state.application.syncRequest { state.status.lastHandledSync = request }
            var message = failure.lines.joined(separator: "\n")
            if !state.status.observedRevision.isEmpty, !failure.isWaiting {
                message += "\ncommit \(state.status.observedRevision.prefix(7)) stays in the cluster"
            }
            state.status.set(
                Condition("Synced", failure.isWaiting ? .unknown : .isFalse, reason: failure.reason, message: message),
                generation: generation, now: now)
            if let commit = failure.commit {
                state.status.lastAttemptedRevision = revision
                let first = failure.lines.first ?? failure.reason
                state.status.record(
                    HistoryEntry(
                        revision: revision, message: commit.summary, author: commit.author, time: now.description,
                        result: "\(failure.reason): \(first.prefix(300))"))
            }
        }
        if !failure.isWaiting {
            logger.warning("not synced", metadata: ["revision": "\(revision.prefix(7))", "reason": "\(failure.reason)", "error": "\(failure.lines.first ?? "")"])
        }
        await settleStatus(nil)
        publish(.refused(revision: revision, lines: failure.lines))
    }

    private func reportSuspended() async {
        let now = clock.now
        state.withLock { state in
            state.status.observedGeneration = state.application.generation
            state.status.set(
                Condition("Synced", .unknown, reason: "Suspended", message: "suspended (spec.suspend); the cluster stays as it is"),
                generation: state.application.generation, now: now)
        }
        await settleStatus(nil)
        publish(.refused(revision: "", lines: ["\(reference) is suspended; gitctl resume \(key.name) lets it sync again"]))
    }
}
