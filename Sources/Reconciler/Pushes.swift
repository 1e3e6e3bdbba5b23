import APIMachinery
import Synchronization

/// What git's hooks ask: may this push come in, and how does its rollout go.
extension Reconciler {
    /// How long an Application may take to be seen on the watch.
    static let seenTimeout: Duration = .seconds(30)
    /// Lines of a plan shown to a pusher.
    static let planLinesMax = 80

    /// pre-receive: shows what the push would change; false refuses it, with nothing changed.
    package func review(_ push: Push, report: @escaping @Sendable (String) -> Void) async -> Bool {
        do {
            let repository = try repository(of: push)
            let refs = try await refs(after: push, in: repository)
            let foresight = PushForesight(client: client)
            for update in push.updates {
                let deployed = try await applications(deploying: update, of: push, refs)
                if update.isDeletion {
                    if let application = deployed.first {
                        report(
                            "gitctl: \(update.ref) is deployed by Application \(application.reference) and cannot be deleted; delete the Application first, or set its spec.source.revision to another branch")
                        return false
                    }
                    continue
                }
                guard try await review(update, of: push, for: deployed, refs, in: repository, foresight: foresight, report: report)
                else { return false }
            }
            return true
        } catch {
            for line in SyncFailure(error, commit: nil).lines { report("gitctl: \(line)") }
            report("gitctl: refused; nothing was changed")
            return false
        }
    }

    /// Reviews the Applications that deploy an update, and those that it brings or changes; not those that it takes away.
    private func review(
        _ update: Push.RefUpdate, of push: Push, for deployed: [Application], _ refs: PushedRefs, in repository: Repository,
        foresight: PushForesight, report: @Sendable (String) -> Void
    ) async throws -> Bool {
        // What one makes of others comes first.
        var open = deployed.sorted { ($0.policy.discovery == nil ? 1 : 0, $0.reference) < ($1.policy.discovery == nil ? 1 : 0, $1.reference) }
        var reviewed: Set<String> = []
        let isSingle = open.count == 1
        var unchanged = 0
        let commit = try await repository.commit(at: update.new)
        var untouched = isSingle ? [] : try await untouched(by: commit, in: repository, among: deployed)
        while !open.isEmpty {
            let application = open.removeFirst()
            guard reviewed.insert(application.reference).inserted else { continue }
            guard !untouched.contains(application.reference) else {
                unchanged += 1
                continue
            }
            guard let plan = try await plan(commit, for: application, in: repository, report: report) else { return false }
            if isSingle || plan.isNews {
                report("gitctl: plan for \(application.reference) at \(commit.id.short)\(application.isSuspended ? " (suspended: it will not be applied now)" : "")")
                let text = PlanText(linesMax: Self.planLinesMax)
                for line in text.lines(plan) { report("  \(line)") }
                for line in text.lines(await foresight.consequences(of: plan, for: application)) { report("  \(line)") }
            } else {
                unchanged += 1
            }
            for change in plan.changes where change.key.type == .applications {
                let reference = "\(change.key.namespace ?? "")/\(change.key.name)"
                guard let object = change.rendered?.object else {
                    if change.action == .deleted { open.removeAll { $0.reference == reference } }
                    continue
                }
                // What its spec will say counts; one that cannot be read is refused by the plan.
                guard change.action != .unchanged, var coming = try? Application(object), isDeployed(coming, by: update, of: push, refs) else { continue }
                untouched.remove(reference)
                coming.status = open.first { $0.reference == reference }?.status ?? ApplicationStatus()
                open.removeAll { $0.reference == reference }
                open.append(coming)
            }
        }
        if unchanged > 0 {
            report("gitctl: nothing changes in \(unchanged) \(unchanged < reviewed.count ? "other " : "")\(unchanged == 1 ? "Application" : "Applications")")
        }
        return true
    }

    /// The Applications of which a commit holds what is in the cluster already: nothing is to be planned for them.
    private func untouched(by commit: Commit, in repository: Repository, among applications: [Application]) async throws -> Set<String> {
        let resting = applications.compactMap { application -> (reference: String, footprint: RenderFootprint)? in
            guard !application.source.readsSubmodules, let worker = state.worker(application.reference) else { return nil }
            return worker.state.withLock { $0.restingFootprint(of: application) }.map { (application.reference, $0) }
        }
        guard !resting.isEmpty else { return [] }
        let reader = sync.renderer.reader(Sources.Resolved(repository: repository, commit: commit))
        return try await repository.read { repository throws(GitError) in
            var untouched: Set<String> = []
            for (reference, footprint) in resting where try footprint.isSame(in: reader, repository) { untouched.insert(reference) }
            return untouched
        }
    }

    /// nil when the commit was refused for it, with lines that say why.
    private func plan(
        _ commit: Commit, for application: Application, in repository: Repository, report: @Sendable (String) -> Void
    ) async throws -> Plan? {
        do {
            let resolved = try await sources.complete(Sources.Resolved(repository: repository, commit: commit), for: application)
            return try await prepare(resolved, for: application).plan
        } catch {
            let failure = SyncFailure(error, commit: nil)
            for line in failure.lines { report(line) }
            let count = failure.lines.count
            report("gitctl: refused: \(count) \(count == 1 ? "error" : "errors") in \(commit.id.short); nothing was changed")
            return nil
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
            let refs = try await refs(after: push, in: repository)
            if let head = refs.head, try await repository.headBranch() != head { try await repository.setHead(branch: head) }
            // Those that make others of the commit come first: what they take away is not asked for it any more.
            let makers = try await targets(of: push, refs, in: repository).filter { $0.application.policy.discovery != nil }
            _ = try await concurrentMap(makers, limit: makers.count) { [self] application, revision in
                await roll(application.key, to: revision, request: WorkerState.Request(), isFollowed: false, report: { _ in })
            }
            let targets = try await changedFirst(targets(of: push, refs, in: repository), in: repository)
            guard !targets.isEmpty else {
                report("gitctl: stored; no Application deploys \(push.updates.map(\.ref).joined(separator: ", "))")
                return true
            }
            let isSingle = targets.count == 1
            let unchanged = Mutex(0)
            // All at once: one may wait for any other.
            let outcomes = try await concurrentMap(targets, limit: targets.count) { [self] application, revision in
                let lines = RolloutLines(of: isSingle ? nil : application.name, report: report)
                let outcome = await roll(application.key, to: revision, request: WorkerState.Request(), report: lines.report)
                if !lines.hasNews { unchanged.withLock { $0 += 1 } }
                return outcome
            }
            let count = unchanged.withLock { $0 }
            if count > 0 { report("gitctl: \(count) \(count < targets.count ? "other " : "")\(count == 1 ? "Application is" : "Applications are") healthy and unchanged") }
            return outcomes.allSatisfy { $0 != .failed }
        } catch {
            // git has the commit: whoever deploys it tries until it is in the cluster.
            state.lookAgain(at: .repository(push.repository))
            for line in SyncFailure(error, commit: nil).lines { report("gitctl: \(line)") }
            report("gitctl: stored; it is deployed as soon as that is mended")
            return false
        }
    }

    /// Who waits for a push waits for what it changes.
    private func changedFirst(_ targets: [(application: Application, revision: String)], in repository: Repository) async throws
        -> [(application: Application, revision: String)]
    {
        guard targets.count > 1, Set(targets.map(\.revision)).count == 1 else { return targets }
        let commit = try await repository.commit(at: targets[0].revision)
        let untouched = try await untouched(by: commit, in: repository, among: targets.map(\.application))
        return targets.filter { !untouched.contains($0.application.reference) } + targets.filter { untouched.contains($0.application.reference) }
    }

    private func targets(of push: Push, _ refs: PushedRefs, in repository: Repository) async throws -> [(application: Application, revision: String)] {
        var targets: [(application: Application, revision: String)] = []
        for update in push.updates where !update.isDeletion {
            let commit = try await repository.commit(at: update.new)
            targets += try await applications(deploying: update, of: push, refs).map { ($0, commit.id.description) }
        }
        return targets
    }

    /// Asks an Application's worker for a commit and follows it until it is healthy (`isFollowed`), or only until it is
    /// in the cluster or waits.
    func roll(
        _ key: ObjectKey, to revision: String, request: WorkerState.Request, isFollowed: Bool = true,
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
            let policy = worker.application.policy
            var rollout = Rollout(revision: revision, start: clock.now, timeout: policy.timeout)
            rollout.awaitsReversion = policy.revertsOnFailure
            rollout.awaitsApplied = request.isForced
            while !Task.isCancelled {
                for event in box.take() {
                    if !isFollowed, case .waiting = event { return .healthy }
                    for line in rollout.handle(event, now: clock.now) { report(line) }
                }
                for line in rollout.tick(now: clock.now) { report(line) }
                if let outcome = rollout.outcome { return outcome }
                if !isFollowed, rollout.isApplied { return .healthy }
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

    /// What a repository's references are once a push is in.
    private struct PushedRefs {
        /// The branch that HEAD names.
        var head: String?
        var tags: Set<String>
    }

    private func refs(after push: Push, in repository: Repository) async throws -> PushedRefs {
        let head = try await headBranch(after: push, in: repository)
        guard push.updates.contains(where: { $0.tag != nil }) else { return PushedRefs(head: head, tags: []) }
        let gone = push.updates.lazy.filter(\.isDeletion).compactMap(\.tag)
        let come = push.updates.lazy.filter { !$0.isDeletion }.compactMap(\.tag)
        return PushedRefs(head: head, tags: Set(try await repository.tags()).subtracting(gone).union(come))
    }

    /// The branch that HEAD names once the push is in: a first push brings its own.
    private func headBranch(after push: Push, in repository: Repository) async throws -> String? {
        let head = try await repository.headBranch()
        let pushed = push.updates.filter { !$0.isDeletion }.compactMap(\.branch)
        guard let head else { return nil }
        if pushed.contains(head) || pushed.isEmpty { return head }
        return try await repository.branchExists(head) ? head : pushed[0]
    }

    private func applications(deploying update: Push.RefUpdate, of push: Push, _ refs: PushedRefs) async throws -> [Application] {
        // Unreadable specs deploy nothing; their own condition says why.
        try await client.list(.applications).items.compactMap { try? Application($0) }.filter { application in
            !application.isDeleting && isDeployed(application, by: update, of: push, refs)
        }
    }

    private func isDeployed(_ application: Application, by update: Push.RefUpdate, of push: Push, _ refs: PushedRefs) -> Bool {
        guard application.origin == .repository(push.repository) else { return false }
        if let range = application.source.versions {
            guard let tag = update.tag else { return false }
            return range.newest(of: update.isDeletion ? refs.tags.union([tag]) : refs.tags).contains(tag)
        }
        let revision = application.revision ?? refs.head ?? ""
        return update.ref == "refs/heads/\(revision)" || update.ref == "refs/tags/\(revision)" || update.ref == revision
    }
}

/// The lines of one rollout among those of a push. Of several Applications, one in which nothing happens says nothing.
private final class RolloutLines: Sendable {
    private let name: String?
    private let forward: @Sendable (String) -> Void
    /// Lines that are said only when others follow.
    private let state = Mutex<(held: [String], hasNews: Bool)>(([], false))

    init(of name: String?, report: @escaping @Sendable (String) -> Void) {
        self.name = name
        forward = report
        if name == nil { state.withLock { $0.hasNews = true } }
    }

    var hasNews: Bool { state.withLock { $0.hasNews } }

    var report: @Sendable (String) -> Void {
        { [self] line in
            let lines = state.withLock { state -> [String] in
                if !state.hasNews, line.hasPrefix("applied 0 objects in ") || line.hasPrefix("healthy in ") {
                    state.held.append(line)
                    return []
                }
                state.hasNews = true
                defer { state.held = [] }
                return state.held + [line]
            }
            for line in lines { forward("gitctl: " + (name.map { "\($0): " } ?? "") + line) }
        }
    }
}
