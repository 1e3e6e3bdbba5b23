import APIMachinery
import Logging
import Synchronization

/// Keeps one Application's objects equal to its commit: one task at a time, woken by events only.
///
/// Its tasks: the sync (here, its steps in SyncRun.swift, its end in Finish.swift), the revert of drift (Drift.swift), health and status
/// (Standing.swift), and the end (Removal.swift).
final class ApplicationWorker: Sendable {
    let reference: String
    let key: ObjectKey
    let state: Mutex<WorkerState>
    private let mailboxes = Mutex<(next: UInt64, boxes: [UInt64: Mailbox])>((0, [:]))
    private let wake = Signal()
    private let interrupt = Signal()
    /// What a sync waits for between its steps.
    let changed = Signal()
    let sync: Sync
    private let sources: Sources
    let dependencies: Dependencies
    let reversion: Reversion
    let live: LiveObjects
    let inputs = WorkerInputs()
    let client: any ResourceClient
    let clock: any WallClock
    let logger: Logger

    init(application: Application, specError: String?, sync: Sync, sources: Sources, live: LiveObjects, dependencies: Dependencies, reversion: Reversion) {
        reference = application.reference
        key = application.key
        state = Mutex(WorkerState(application: application, specError: specError))
        self.sync = sync
        self.sources = sources
        self.dependencies = dependencies
        self.reversion = reversion
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

    /// Told of a change.
    ///
    /// - Parameter held: which of the objects that it holds may be affected: the changed one itself, or those that it belongs
    ///   to. Runs on the informer's task; must not block.
    func observe(_ scope: LiveObjects.Scope, _ change: Informer.Change, affecting held: [ObjectIdentity]) {
        let object = change.object
        let identity = ObjectIdentity(group: scope.type.group, kind: scope.type.kind, namespace: object.namespace, name: object.name)
        var current: Object? = object
        if case .deleted = change { current = nil }
        state.withLock { [current] state in
            for affected in held {
                if affected == identity { state.observe(identity, current) } else { state.observe(dependentOf: affected) }
            }
        }
        if let request = inputs.request(after: change, in: scope) { self.request(request) } else { wake.fire() }
        changed.fire()
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

    func publish(_ event: Progress) {
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
            case .remove: await removeObjects()
            case .wait(let deadline): await wake.wait(until: deadline, clock: clock)
            case .stop: break loop
            }
        }
        for slot in [ObjectIdentifier(self), ObjectIdentifier(inputs)] {
            live.hold([], in: slot, for: self)
            await live.require([], by: slot)
        }
    }

    /// A sync that a newer request can interrupt between its steps.
    private func runSync(_ request: WorkerState.Request) async {
        state.withLock { $0.begins(request) }
        let isDone = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.attempt(request) }
            group.addTask {
                await self.awaitInterruption()
                return false
            }
            // Whichever ends first ends the other; the sync's own answer is the one that counts.
            let first = await group.next() ?? false
            group.cancelAll()
            let second = await group.next() ?? false
            return first || second
        }
        state.withLock { $0.ended(isDone: isDone) }
    }

    /// Returns when the sync under way has to give way: to what somebody asks for, or to another commit.
    private func awaitInterruption() async {
        while !Task.isCancelled {
            // A remote is looked at now and then, also while a step waits.
            let (application, isRemote) = state.withLock { ($0.application, !$0.application.isFromOwnRepository) }
            let due = isRemote ? clock.now + application.interval : nil
            await interrupt.wait(until: due, clock: clock)
            guard !Task.isCancelled, !state.withLock({ $0.isToGiveWay }) else { return }
            // A source that cannot be read now is no reason.
            let isDue = due.map { $0 <= clock.now } ?? false
            guard let found = try? await sources.resolve(application, fetches: isDue, age: application.interval) else { continue }
            if state.withLock({ $0.isElsewhere(found.commit.id) }) {
                state.withLock { $0.request(WorkerState.Request()) }
                return
            }
        }
    }

    /// A ref of the source has moved: which, is for the worker to find out.
    func lookAgain() {
        let isSyncing = state.withLock { state in
            if !state.isSyncing { state.request(WorkerState.Request()) }
            return state.isSyncing
        }
        if isSyncing { interrupt.fire() } else { wake.fire() }
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
        } catch is GivenUp {
            let now = clock.now
            let message = state.withLock { state in
                state.leftAlone(now: now)
                return state.status.condition("Synced")?.message ?? ""
            }
            publish(.refused(revision: commit?.id.description ?? "", lines: ["\(message)\nnot tried again until another commit, or: gitctl sync \(reference)"]))
            return true
        } catch {
            if Task.isCancelled { return false }
            await report(SyncFailure(error, commit: commit))
            return true
        }
    }

    // MARK: Sync

    /// The commit failed before, and nobody has asked for another attempt.
    private struct GivenUp: Error {}

    /// An Application that this one may depend on has changed.
    func dependencyChanged() {
        guard state.withLock({ $0.awaitsDependencies }) else { return }
        request(WorkerState.Request(isForced: true))
    }

    private func awaitDependencies(of application: Application, at commit: Commit, isPinned: Bool) throws {
        guard !application.policy.dependsOn.isEmpty else { return }
        // Said before they are looked at: a change from now on wakes the worker.
        state.withLock { $0.awaitsDependencies = true }
        if let reason = try dependencies.reasonToWait(for: application, at: isPinned ? nil : commit) {
            var failure = SyncFailure("DependencyNotReady", [reason], commit: commit)
            failure.isWaiting = true
            throw failure
        }
        state.withLock { $0.awaitsDependencies = false }
    }

    private func bringTo(_ request: WorkerState.Request, commit: inout Commit?) async throws {
        let (specError, pin) = state.withLock { ($0.specError, $0.pin) }
        let application = application
        if let specError { throw InvalidApplication(description: specError) }
        if application.policy.deletesObjects != application.hasFinalizer { try await setFinalizer(application.policy.deletesObjects) }
        guard !application.isSuspended || request.revision != nil else { return await reportSuspended() }
        await inputs.follow(application, live: live, for: self)
        var resolved = try await sources.resolve(
            application, fetches: request.fetches, age: request.isRoutine ? application.interval : .zero)
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
        if state.withLock({ [id = resolved.commit.id] in $0.found(id) }) { interrupt.fire() }
        if !request.isForced, state.withLock({ $0.hasGivenUp(resolved.commit) }) { throw GivenUp() }
        if !request.isForced, let applied = state.withLock({ $0.applied }), applied.isWhole, applied.commit.id == resolved.commit.id,
            applied.generation == application.generation, application.status.condition("Synced")?.status == .isTrue
        {
            state.withLock { $0.needsHealth() }
            return
        }
        try awaitDependencies(of: application, at: resolved.commit, isPinned: state.withLock { $0.pin != nil })
        if !request.isForced, try await isUntouched(application, by: resolved) { return await move(application, to: resolved.commit) }
        try await bring(application, to: resolved, verifies: request.isForced)
    }

    /// Whether a commit holds of the Application what is in the cluster already.
    private func isUntouched(_ application: Application, by resolved: Sources.Resolved) async throws -> Bool {
        guard let footprint = state.withLock({ $0.restingFootprint(of: application) }) else { return false }
        let reader = sync.renderer.reader(resolved)
        return try await resolved.repository.read { repository throws(GitError) in try footprint.isSame(in: reader, repository) }
    }

    /// Takes over a commit that changes nothing here.
    private func move(_ application: Application, to commit: Commit) async {
        guard var applied = state.withLock({ $0.applied }) else { return }
        publish(.syncing(revision: commit.id.description))
        applied.commit = commit
        await finish(applied, SyncRun.Outcome(), application: application, plan: nil, duration: .zero)
    }

    /// - Parameter verifies: looks at each object, unless the watches have shown no change since that was last done.
    private func bring(_ application: Application, to resolved: Sources.Resolved, verifies: Bool) async throws {
        let revision = resolved.commit.id.description
        let start = clock.now
        publish(.syncing(revision: revision))
        let applied = state.withLock { $0.applied }
        let moment = verifies ? applied.flatMap { live.moment(of: $0.ownScopes) } : nil
        let prepared = try await sync.turns.take {
            try await sync.prepare(resolved, for: application, known: known(verifies: verifies && !isVerified(at: moment)))
        }
        try Task.checkCancellation()
        let plan = prepared.plan
        if plan.changes.contains(where: { $0.action == .created || $0.takesOver(for: application) }) || plan.hooks.contains(where: \.runs) { try await foresee(plan) }
        let outcome: SyncRun.Outcome
        do {
            outcome = try await SyncRun(worker: self, application: application, resolved: resolved, plan: plan).carryOut()
        } catch let interruption as SyncRun.Interrupted {
            // What was written counts as ours all the same.
            state.withLock { $0.brought(inPart: interruption.written) }
            if let kept = state.withLock({ $0.applied }) { live.hold(kept.records.keys, in: ObjectIdentifier(self), for: self) }
            throw interruption.cause
        }
        var now = Applied(commit: resolved.commit, generation: application.generation, from: applied)
        now.update(by: plan, written: outcome.written)
        now.objects = prepared.rendered.withoutHooks.kept.objects
        // Else they are the same as before.
        if plan.untouched == 0 { live.hold(now.records.keys, in: ObjectIdentifier(self), for: self) }
        let isWhole = plan.warnings.isEmpty && outcome.pruned.failures.isEmpty && !plan.changes.contains { $0.action == .kept }
        now.footprint = isWhole ? prepared.rendered.footprint : nil
        if plan.untouched == now.objects.count { now.verified = moment }
        await finish(now, outcome, application: application, plan: plan, duration: clock.now - start)
    }

    /// Whether each object was looked at before, and none has changed until `moment`.
    private func isVerified(at moment: LiveObjects.Moment?) -> Bool {
        guard let moment, let verified = state.withLock({ $0.applied?.verified }) else { return false }
        return moment.isSame(as: verified)
    }

    /// What is in the cluster as the last sync left it.
    private func known(verifies: Bool = false) -> KnownObjects {
        let (applied, differing) = state.withLock { ($0.applied, $0.differing) }
        guard let applied else { return KnownObjects() }
        return KnownObjects(objects: applied.objects, differing: differing, verifies: verifies) { [live] object in
            guard let record = applied.records[object.identity],
                record.rendered === object || record.rendered.object == object.object && record.rendered.ignored == object.ignored,
                let current = live.get(object.key)
            else { return false }
            return record.matches(current) && !current.isDeleting
        }
    }

    /// What a sync of `application`, which may be newer than the worker has seen, to `resolved` would change now.
    func prepare(_ resolved: Sources.Resolved, for application: Application) async throws -> Sync.Prepared {
        try await sync.prepare(resolved, for: withStatus(application), known: known())
    }

    func preview(_ application: Application, at resolved: Sources.Resolved) async throws -> Preview {
        try await Preview(of: withStatus(application), at: resolved, renderer: sync.renderer, client: client, known: known())
    }

    /// With the status that is to be, which the server may not have yet.
    private func withStatus(_ application: Application) -> Application {
        var application = application
        application.status = state.withLock { $0.status }
        return application
    }

    /// Writes down what is about to be created, so that a crash in between leaves no object that
    /// nobody remembers.
    private func foresee(_ plan: Plan) async throws {
        let coming = plan.changes.filter { $0.rendered != nil }.map(\.identity) + plan.hooks.filter(\.runs).map(\.identity)
        state.withLock { state in
            // Whatever comes of them, what ran before them counts no more.
            if plan.hooks.contains(where: \.runs) { state.status.observedHooks = "" }
            let known = Set(state.status.inventory)
            state.status.inventory += coming.filter { !known.contains($0) }
            state.status.inventory.sort()
        }
        try await writeStatus()
    }
}
