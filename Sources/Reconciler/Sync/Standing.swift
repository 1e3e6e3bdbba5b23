import APIMachinery
import Logging

/// How an Application stands: the health of its objects, and its status, written on every exit path.
extension ApplicationWorker {
    /// Before a status that the server did not take is written again.
    private static let statusRetryDelay: Duration = .seconds(1)

    /// Judges what changed and what was not healthy, and writes down how all stands.
    func judge() async {
        let (applied, records) = state.withLock { ($0.applied, $0.takeRecordsToJudge()) }
        guard let applied else { return await settleStatus(nil) }
        guard let items = await health(of: records, watching: applied.scopes) else { return state.withLock { $0.giveBack(records) } }
        let (summary, application) = state.withLock { state in
            let summary = state.judged(items)
            state.rolls(to: applied.commit, summary)
            return (summary, state.application)
        }
        sync.journal.judged(application, summary)
        await settleStatus(summary)
        publish(.health(revision: applied.commit.id.description, summary))
        await judgeRollout(of: applied.commit, summary)
    }

    /// How objects do. nil while the watch has still to show our own writes: what it says is of the past, and their events follow.
    func health(of records: [Applied.Record], watching scopes: Set<LiveObjects.Scope>) async -> [HealthSummary.Item]? {
        let known = state.withLock { $0.applied?.scopes ?? [] }
        let own = known.union(scopes)
        if !scopes.isSubset(of: known) { await live.require(own, by: ObjectIdentifier(self)) }
        if records.contains(where: { live.isBehind($0.rendered.key, resourceVersion: $0.resourceVersion) }) { return nil }
        var view = live.view
        view.checks = state.withLock { $0.application.healthChecks }
        var eventNamespaces: Set<String> = []
        let items = records.map { [view] record -> HealthSummary.Item in
            let key = record.rendered.key
            guard let object = live.get(key) else {
                return HealthSummary.Item(identity: record.rendered.identity, health: Health(.missing, "is not in the cluster"))
            }
            var health = HealthRules.health(of: object, type: key.type, view: view)
            if let namespace = health.wantsEventsIn { eventNamespaces.insert(namespace) }
            health.wantsEventsIn = nil
            return HealthSummary.Item(identity: record.rendered.identity, health: health)
        }
        let now = clock.now
        eventNamespaces = state.withLock { [eventNamespaces] in $0.dueEvents(eventNamespaces, now: now) }
        let events = Set(eventNamespaces.map { LiveObjects.Scope(type: .events, namespace: $0) })
        let isNew = events.contains { !live.isNeeded($0, by: ObjectIdentifier(self)) }
        await live.require(own.union(events), by: ObjectIdentifier(self))
        if isNew { state.withLock { $0.needsHealth() } }
        return items
    }

    /// A rollout that failed is undone, where the Application says so.
    private func judgeRollout(of commit: Commit, _ summary: HealthSummary) async {
        let now = clock.now
        guard let reason = state.withLock({ $0.rolloutFailure(summary, now: now) }) else { return }
        await revert(commit, because: reason)
    }

    /// Brings the Application's manifests back, in git, to the last commit that was healthy; the sync of that follows.
    func revert(_ commit: Commit, because reason: String) async {
        let application = application
        let good = application.status.lastHealthyRevision
        let revision = commit.id.description
        guard application.policy.revertsOnFailure else { return }
        func tell(_ line: String) { publish(.reverted(revision: revision, line: line)) }
        guard good != revision else { return tell("not reverted: this commit was healthy before") }
        guard !good.isEmpty else { return tell("not reverted: no earlier commit was healthy") }
        do {
            guard let made = try await reversion.revert(application, commit, good, reason) else { return tell("not reverted: the branch has moved on, or held the same before") }
            let now = clock.now
            state.withLock { state in
                state.status.record(
                    HistoryEntry(
                        revision: revision, message: commit.summary, author: commit.author, time: now.description,
                        result: "RolloutFailed: \(reason.prefix(300))"))
            }
            logger.warning("reverted a rollout that failed", metadata: ["revision": "\(commit.id.short)", "commit": "\(made.id.short)", "reason": "\(reason)"])
            sync.journal.undone(application, commit, by: made, because: reason)
            tell("reverted: commit \(made.id.short) brings back \(good.prefix(7)); take it in with git pull")
            request(WorkerState.Request())
        } catch {
            logger.warning("cannot revert a rollout that failed", metadata: ["revision": "\(commit.id.short)", "error": "\(error)"])
            tell("not reverted: \(SyncFailure(error, commit: nil).lines.first ?? "")")
        }
    }

    /// Says what a sync waits for, to its followers and in the status.
    func tell(_ lines: [String], at revision: String) async {
        let now = clock.now
        state.withLock { state in
            state.status.lastAttemptedRevision = revision
            state.status.set(
                Condition("Synced", .unknown, reason: "Syncing", message: lines.joined(separator: "\n")), generation: state.application.generation,
                now: now)
        }
        for line in lines { publish(.waiting(revision: revision, line: line)) }
        await settleStatus(nil)
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
        // A rollout changes its one-line reason many times a second; a change of state goes out at once.
        if let later = state.withLock({ $0.statusDelay(now: now) }) {
            state.withLock { $0.judgeLater(at: later) }
            return
        }
        do { try await writeStatus() } catch {
            // Whoever interrupted this writes it, too.
            guard !(error is CancellationError) else { return }
            logger.warning("cannot write the status; trying again", metadata: ["error": "\(error)"])
            state.withLock { $0.judgeLater(at: now + Self.statusRetryDelay) }
        }
    }

    func writeStatus() async throws {
        let (status, written) = state.withLock { ($0.status, $0.written) }
        guard status != written else { return }
        do throws(APIStatus) {
            let options = WriteOptions(fieldManager: Application.fieldManager)
            let changes = status.changes(from: written)
            _ = try await client.patch(key, .merge(.object(["status": changes])), subresource: "status", options: options)
        } catch {
            // Deleted meanwhile: its worker is about to hear of it.
            guard error.reason == .notFound else { throw error }
        }
        let now = clock.now
        state.withLock { $0.wrote(status, now: now) }
    }

    func report(_ failure: SyncFailure) async {
        let now = clock.now
        let revision = failure.commit?.id.description ?? ""
        state.withLock { state in
            state.failed(
                now: now, isWaiting: failure.isWaiting, revision: revision, isRetried: !failure.isHook || state.application.policy.retriesHooks)
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
            if let commit = failure.commit, !failure.isWaiting {
                state.status.lastAttemptedRevision = revision
                let first = failure.lines.first ?? failure.reason
                state.status.record(
                    HistoryEntry(
                        revision: revision, message: commit.summary, author: commit.author, time: now.description,
                        result: "\(failure.reason): \(first.prefix(300))"))
            }
        }
        if !failure.isWaiting {
            sync.journal.failed(state.withLock { $0.application }, failure)
            logger.warning("not synced", metadata: ["revision": "\(revision.prefix(7))", "reason": "\(failure.reason)", "error": "\(failure.lines.first ?? "")"])
        }
        await settleStatus(nil)
        if failure.isWaiting, failure.commit != nil {
            for line in failure.lines { publish(.waiting(revision: revision, line: "waiting: \(line)")) }
        } else {
            let isToBeReverted = failure.hasBegun && application.policy.revertsOnFailure
            publish(.refused(revision: revision, lines: failure.lines, isToBeReverted: isToBeReverted))
            if isToBeReverted, let commit = failure.commit { await revert(commit, because: failure.lines.first ?? failure.reason) }
        }
    }

    func reportSuspended() async {
        let now = clock.now
        state.withLock { state in
            state.status.observedGeneration = state.application.generation
            if let request = state.application.syncRequest { state.status.lastHandledSync = request }
            state.status.set(
                Condition("Synced", .unknown, reason: "Suspended", message: "suspended (spec.suspend); the cluster stays as it is"),
                generation: state.application.generation, now: now)
        }
        await settleStatus(nil)
        publish(.refused(revision: "", lines: [
            "\(reference) is suspended; to let it sync again: gitctl resume \(reference)"
        ]))
    }
}
