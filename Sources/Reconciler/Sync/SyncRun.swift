import APIMachinery
import Logging
import Synchronization

/// One plan being carried out, step by step; each step is waited for where the next depends on it.
final class SyncRun: Sendable {
    struct Outcome: Sendable {
        /// The objects written, as they are now.
        var written: [ObjectIdentity: Applied.Record] = [:]
        /// Hooks that ran and are still in the cluster, with their uids.
        var hooks: [ObjectIdentity: String] = [:]
        var pruned = Applier.Pruned()
    }

    /// It ended before it was through.
    struct Interrupted: Error {
        /// A `SyncFailure`, a `CancellationError`, or what the server could not answer.
        var cause: any Error
        var written: [ObjectIdentity: Applied.Record]
    }

    private let worker: ApplicationWorker
    private let application: Application
    private let resolved: Sources.Resolved
    private let plan: Plan
    private let outcome = Mutex(Outcome())

    private var revision: String { resolved.commit.id.description }
    private var applier: Applier { Applier(client: application.acting(worker.client), clock: worker.clock, logger: worker.logger) }

    init(worker: ApplicationWorker, application: Application, resolved: Sources.Resolved, plan: Plan) {
        self.worker = worker
        self.application = application
        self.resolved = resolved
        self.plan = plan
    }

    func carryOut() async throws -> Outcome {
        let steps = SyncStep.steps(of: plan)
        do {
            for step in steps.beforePrune { try await carryOut(step) }
            try await keep(plan.changes.filter { $0.action == .deleted })
            let pruned = try await applier.prune(plan)
            outcome.withLock { $0.pruned = pruned }
            for step in steps.afterPrune { try await carryOut(step) }
            return outcome.withLock { $0 }
        } catch {
            if !Task.isCancelled, !(error is CancellationError) { await runFailureHooks() }
            throw Interrupted(cause: error, written: outcome.withLock { $0.written })
        }
    }

    /// Keeps what is deleted or replaced next: not before, since what fails on the way deletes nothing.
    private func keep(_ changes: [PlannedChange]) async throws {
        do { try await worker.sync.tombstones.keep(Plan(revision: plan.revision, changes: changes), of: application) } catch {
            var failure = error
            failure.commit = resolved.commit
            failure.hasBegun = outcome.withLock { !$0.written.isEmpty || !$0.hooks.isEmpty }
            throw failure
        }
    }

    private func runFailureHooks() async {
        for step in SyncStep.onFailure(of: plan) {
            do { try await carryOut(step) } catch {
                worker.logger.warning("a SyncFail hook failed", metadata: ["revision": "\(resolved.commit.id.short)", "error": "\(error)"])
            }
        }
    }

    // MARK: One step

    private func carryOut(_ step: SyncStep) async throws {
        try Task.checkCancellation()
        if !step.writes.isEmpty {
            try await keep(step.writes.filter { $0.action == .replaced })
            let failures = try await applier.apply(step.writes, application: application) { [self] rendered, object in
                let record = Applied.Record(rendered, live: object)
                outcome.withLock { $0.written[rendered.identity] = record }
            }
            guard failures.isEmpty else { throw await refusal(failures) }
        }
        var running: [Applied.Record] = []
        for hook in step.hooks { running.append(try await start(hook)) }
        let awaited = step.awaited.compactMap(record)
        guard !awaited.isEmpty || !running.isEmpty else { return }
        var health: [ObjectIdentity: Health] = [:]
        do {
            try await wait(for: awaited + running, of: step, health: &health)
        } catch {
            if !Task.isCancelled { try await clean(step.hooks, health) }
            throw error
        }
        try await clean(step.hooks, health)
    }

    private func refusal(_ failures: [PlanFailure]) async -> SyncFailure {
        var failure = SyncFailure("ApplyFailed", await worker.sync.lines(failures, of: application, in: resolved.repository), commit: resolved.commit)
        failure.hasBegun = true
        return failure
    }

    /// How an object of the plan was left: just now, or when it was last looked at.
    private func record(_ change: PlannedChange) -> Applied.Record? {
        if let written = outcome.withLock({ $0.written[change.identity] }) { return written }
        if let rendered = change.rendered, let live = change.live { return Applied.Record(rendered, live: live) }
        return worker.state.withLock { $0.applied?.records[change.identity] }
    }

    // MARK: Hooks

    private func start(_ hook: PlannedHook) async throws -> Applied.Record {
        do {
            let object = try await applier.run(hook, of: application)
            outcome.withLock { $0.hooks[hook.identity] = object.uid }
            return Applied.Record(hook.rendered, live: object)
        } catch let status as APIStatus {
            throw await refusal([PlanFailure(object: hook.rendered, status: status)])
        }
    }

    /// Deletes hooks that are over, where they say so.
    private func clean(_ hooks: [PlannedHook], _ health: [ObjectIdentity: Health]) async throws {
        for hook in hooks {
            let isOver = switch health[hook.identity]?.state {
            case .healthy, .suspended: hook.hook.deletions.contains(.hookSucceeded)
            case .degraded: hook.hook.deletions.contains(.hookFailed)
            default: false
            }
            guard isOver else { continue }
            do {
                try await applier.delete(hook.key, uid: outcome.withLock { $0.hooks[hook.identity] })
                outcome.withLock { $0.hooks[hook.identity] = nil }
            } catch let status as APIStatus {
                worker.logger.warning("cannot delete a hook that is over", metadata: ["object": "\(hook.key)", "error": "\(status)"])
            }
        }
    }

    // MARK: Waiting

    private func wait(for records: [Applied.Record], of step: SyncStep, health: inout [ObjectIdentity: Health]) async throws {
        let clock = worker.clock
        let hooks = Set(step.hooks.map(\.identity))
        let scopes = Applied.scopes(of: records)
        worker.live.hold(records.map(\.rendered.identity), in: ObjectIdentifier(self), for: worker)
        defer { worker.live.hold([], in: ObjectIdentifier(self), for: worker) }
        var rollout = Rollout(revision: revision, start: clock.now, timeout: application.policy.timeout)
        while true {
            try Task.checkCancellation()
            if let items = await worker.health(of: records, watching: scopes) {
                let judged = items.map { hooks.contains($0.identity) ? worker.asHook($0) : $0 }
                for item in judged { health[item.identity] = item.health }
                _ = rollout.handle(.health(revision: revision, HealthSummary(judged.filter { $0.health.state != .healthy }, total: judged.count)), now: clock.now)
            }
            let now = clock.now
            let lines = rollout.tick(now: now)
            switch rollout.outcome {
            case .healthy: return
            case .failed, .superseded:
                let reason = (lines.first ?? "failed").dropFirst(lines.first?.hasPrefix("failed: ") == true ? 8 : 0)
                var failure = SyncFailure(hooks.isEmpty ? "WaveNotHealthy" : "HookFailed", ["\(step.title): \(reason)"], commit: resolved.commit)
                failure.hasBegun = true
                failure.isHook = !hooks.isEmpty
                throw failure
            case nil:
                if !lines.isEmpty { await worker.tell(lines.map { "\(step.title): \($0)" }, at: revision) }
            }
            let deadlines = [rollout.nextDeadline, worker.state.withLock { $0.eventsDueAt }]
            await worker.changed.wait(until: deadlines.compactMap { $0 }.filter { $0 > now }.min(), clock: clock)
        }
    }
}

extension ApplicationWorker {
    /// What a hook's health means for its end: a pod that runs is not through, and what fails may be tried again by its controller.
    fileprivate func asHook(_ item: HealthSummary.Item) -> HealthSummary.Item {
        var item = item
        if item.health.state == .degraded, !item.health.isFinal { item.health.state = .progressing }
        guard item.identity.kind == "Pod", item.identity.group.isEmpty, item.health.state == .healthy else { return item }
        let phase = live.get(ObjectKey(.pods, namespace: item.identity.namespace, name: item.identity.name))?.status["phase"]?.string
        if phase != "Succeeded" { item.health = .progressing("running") }
        return item
    }
}
