import APIMachinery

/// What git's hooks ask: may this push come in, and how does its rollout go.
extension Reconciler {
    /// How long a push is followed before its rollout counts as failed; it goes on all the same.
    package static let rolloutTimeout: Duration = .seconds(300)
    /// How long an Application may take to be seen on the watch.
    static let seenTimeout: Duration = .seconds(30)
    /// Lines of a plan shown to a pusher.
    static let planLinesMax = 80

    /// pre-receive: shows what the push would change; false refuses it, with nothing changed.
    package func review(_ push: Push, report: @escaping @Sendable (String) -> Void) async -> Bool {
        do {
            let repository = try repository(of: push)
            let head = try await headBranch(after: push, in: repository)
            for update in push.updates {
                let deployed = try await applications(deploying: update, of: push, head: head)
                if update.isDeletion {
                    if let application = deployed.first {
                        report(
                            "gitctl: \(update.ref) is deployed by Application \(application.reference) and cannot be deleted; delete the Application first, or set its spec.source.revision to another branch")
                        return false
                    }
                    continue
                }
                for application in deployed {
                    guard try await review(update, for: application, in: repository, report: report) else { return false }
                }
            }
            return true
        } catch {
            for line in SyncFailure(error, commit: nil).lines { report("gitctl: \(line)") }
            report("gitctl: refused; nothing was changed")
            return false
        }
    }

    private func review(
        _ update: Push.RefUpdate, for application: Application, in repository: Repository, report: @Sendable (String) -> Void
    ) async throws -> Bool {
        do {
            let commit = try await repository.commit(at: update.new)
            let prepared = try await prepare(Sources.Resolved(repository: repository, commit: commit), for: application)
            report("gitctl: plan for \(application.reference) at \(commit.id.short)\(application.isSuspended ? " (suspended: it will not be applied now)" : "")")
            for line in PlanText(linesMax: Self.planLinesMax).lines(prepared.plan) { report("  \(line)") }
            return true
        } catch {
            let failure = SyncFailure(error, commit: nil)
            for line in failure.lines { report(line) }
            let count = failure.lines.count
            report("gitctl: refused: \(count) \(count == 1 ? "error" : "errors") in \(update.new.prefix(7)); nothing was changed")
            return false
        }
    }

    /// What a sync would change. The worker knows what is in the cluster; of an Application just made there may be none yet.
    func prepare(_ resolved: Sources.Resolved, for application: Application) async throws -> Sync.Prepared {
        if let worker = state.worker(application.reference) { return try await worker.prepare(resolved, for: application) }
        return try await sync.prepare(resolved, for: application)
    }

    /// post-receive: brings the cluster to the pushed commit and streams how it goes, until it is
    /// healthy (true), or failed or not healthy in time (false).
    package func deploy(_ push: Push, report: @escaping @Sendable (String) -> Void) async -> Bool {
        do {
            let repository = try repository(of: push)
            let head = try await headBranch(after: push, in: repository)
            if let head, try await repository.headBranch() != head { try await repository.setHead(branch: head) }
            var targets: [(application: Application, revision: String)] = []
            for update in push.updates where !update.isDeletion {
                for application in try await applications(deploying: update, of: push, head: head) {
                    let commit = try await repository.commit(at: update.new)
                    targets.append((application, commit.id.description))
                }
            }
            guard !targets.isEmpty else {
                report("gitctl: stored; no Application deploys \(push.updates.map(\.ref).joined(separator: ", "))")
                return true
            }
            let isSingle = targets.count == 1
            let outcomes = try await concurrentMap(targets, limit: 16) { [self] application, revision in
                let prefix = isSingle ? "gitctl: " : "gitctl: \(application.name): "
                return await roll(application.key, to: revision, request: WorkerState.Request()) { report(prefix + $0) }
            }
            return outcomes.allSatisfy { $0 != .failed }
        } catch {
            for line in SyncFailure(error, commit: nil).lines { report("gitctl: \(line)") }
            return false
        }
    }

    /// Asks an Application's worker for a commit and follows it.
    func roll(
        _ key: ObjectKey, to revision: String, request: WorkerState.Request, timeout: Duration = rolloutTimeout,
        report: @escaping @Sendable (String) -> Void
    ) async -> Rollout.Outcome {
        let clock = configuration.clock
        let found = await withTaskGroup(of: ApplicationWorker?.self) { group in
            group.addTask { await self.worker(for: key) }
            group.addTask {
                // Cancellation ends both waits.
                try? await clock.sleep(for: Self.seenTimeout)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let worker = found else {
            report("Application \(key.namespace ?? "")/\(key.name) is gone, or the reconciler does not run")
            return .failed
        }
        return await worker.following { box in
            worker.request(request)
            var rollout = Rollout(revision: revision, start: clock.now, timeout: timeout)
            while !Task.isCancelled {
                for event in box.take() {
                    for line in rollout.handle(event, now: clock.now) { report(line) }
                }
                for line in rollout.tick(now: clock.now) { report(line) }
                if let outcome = rollout.outcome { return outcome }
                await box.signal.wait(until: rollout.nextDeadline, clock: clock)
            }
            return .failed
        }
    }

    // MARK: Which Applications a push concerns

    private func repository(of push: Push) throws -> Repository {
        let bare = try repositories[push.repository]
        // The path comes over a socket: objects are only read from inside the repository itself.
        if let quarantine = push.quarantinePath, !Repository.contains(quarantine, in: bare.path) {
            throw GitError(.invalid, "the push's objects are in \(quarantine), outside of \(bare.path)")
        }
        return Repository(path: bare.path, quarantinePath: push.quarantinePath)
    }

    /// The branch that HEAD names once the push is in: a first push brings its own.
    private func headBranch(after push: Push, in repository: Repository) async throws -> String? {
        let head = try await repository.headBranch()
        let pushed = push.updates.filter { !$0.isDeletion }.compactMap(\.branch)
        guard let head else { return nil }
        if pushed.contains(head) || pushed.isEmpty { return head }
        return try await repository.branchExists(head) ? head : pushed[0]
    }

    private func applications(deploying update: Push.RefUpdate, of push: Push, head: String?) async throws -> [Application] {
        // Unreadable specs deploy nothing; their own condition says why.
        try await client.list(.applications).items.compactMap { try? Application($0) }.filter { application in
            guard application.origin == .repository(push.repository) else { return false }
            let revision = application.revision ?? head ?? ""
            return update.ref == "refs/heads/\(revision)" || update.ref == "refs/tags/\(revision)" || update.ref == revision
        }
    }
}
