import APIMachinery
import Logging

/// The end of a sync: what is in the cluster now, and what the Application says of it.
extension ApplicationWorker {
    /// - Parameter plan: nil where there was nothing to plan.
    func finish(_ applied: Applied, _ outcome: SyncRun.Outcome, application: Application, plan: Plan?, duration: Duration) async {
        let revision = applied.commit.id.description
        let inventory = plan.map { self.inventory(of: applied, $0, outcome, application) }
        let now = clock.now
        // What was known without a look is seen to by the watch.
        let looked = plan?.changes.filter { $0.rendered != nil && ($0.action != .unchanged || $0.live != nil) }.map(\.identity) ?? []
        state.withLock { state in
            state.brought(to: applied, written: outcome.written.keys, looked: looked)
            state.followRollout(of: applied.commit, now: now)
            if let inventory, state.status.inventory != inventory { state.status.inventory = inventory }
            state.status.observedRevision = revision
            state.status.lastAttemptedRevision = revision
            state.status.observedGeneration = application.generation
            if let plan { state.status.observedHooks = plan.hooksDigest }
            if let request = application.syncRequest { state.status.lastHandledSync = request }
            var notes = outcome.pruned.failures
            if let plan { notes += plan.changes.filter { $0.action == .kept }.map { "\($0.key) kept: \($0.note)" } + plan.warnings }
            state.status.set(
                Condition("Synced", .isTrue, reason: "Synced", message: (["commit \(applied.commit.id.short)"] + notes).joined(separator: "; ")),
                generation: application.generation, now: now)
            state.status.record(
                HistoryEntry(
                    revision: revision, message: applied.commit.summary, author: applied.commit.author, time: now.description,
                    result: HistoryEntry.synced))
        }
        let count = outcome.written.count
        logger.info(
            "synced",
            metadata: [
                "revision": "\(applied.commit.id.short)", "written": "\(count)", "deleted": "\(outcome.pruned.deleted.count)",
                "milliseconds": "\(duration.nanoseconds / 1_000_000)",
            ])
        sync.journal.synced(
            application, applied.commit, written: count, deleted: outcome.pruned.deleted, duration: duration, isUntouched: plan == nil)
        publish(.applied(revision: revision, objects: count, deleted: outcome.pruned.deleted.count, duration: duration))
        await live.require(applied.scopes, by: ObjectIdentifier(self))
        noticeDrift(of: looked + state.withLock { $0.differing })
        await judge()
    }

    /// A sync is deaf to what becomes of the objects that it looks at and writes.
    private func noticeDrift(of identities: some Sequence<ObjectIdentity>) {
        state.withLock { state in
            for identity in identities {
                guard let record = state.applied?.records[identity], !live.isBehind(record.rendered.key, resourceVersion: record.resourceVersion)
                else { continue }
                state.observe(identity, live.get(record.rendered.key))
            }
        }
    }

    /// What is in the cluster now, sorted: what is applied, hooks that stay, and what could not be deleted or is kept by request.
    private func inventory(of applied: Applied, _ plan: Plan, _ outcome: SyncRun.Outcome, _ application: Application) -> [ObjectIdentity] {
        let known = application.status.inventory
        let hasSameObjects = known.count == applied.records.count && plan.changes.allSatisfy { $0.action == .unchanged || $0.action == .changed && !$0.takesOver(for: application) }
        if hasSameObjects, plan.hooks.isEmpty { return known }
        var entries = applied.records.values.map(\.rendered.identity)
        // What became another's is no longer on the books.
        for change in plan.changes where change.action == .kept || change.action == .deleted && !outcome.pruned.deleted.contains(change.identity) {
            if change.live?.annotations[Application.annotation] == application.reference { entries.append(change.identity) }
        }
        let earlier = Set(known)
        entries += plan.hooks.lazy.filter { $0.runs ? outcome.hooks[$0.identity] != nil : earlier.contains($0.identity) }.map(\.identity)
        return entries.sorted()
    }
}
