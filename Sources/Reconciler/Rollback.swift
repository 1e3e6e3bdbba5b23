import APIMachinery

/// Going back as a commit: git says what runs, before and after.
extension Reconciler {
    /// Commits, on the Application's branch, its manifests as they were in `revision` (nil: in the commit
    /// that was synced before the present one), and deploys that as if it had been pushed.
    ///
    /// Throws `SyncFailure` where there is no way back; what the server refuses is told in lines, and nothing is changed.
    package func rollBack(
        application key: ObjectKey, to revision: String?, by author: Restoration.Author, report: @escaping @Sendable (String) -> Void
    ) async throws -> SyncResult {
        let application = try Application(await client.get(key))
        let repository = try ownRepository(of: application)
        let branch = try await branch(of: application, in: repository)
        let tip = try await repository.commit(at: "refs/heads/\(branch)")
        let target = try await target(revision, of: application, tip: tip, in: repository)
        let restoration = Restoration(
            path: application.path, source: target.id, tip: tip.id, message: Self.message(for: application, target), author: author,
            time: configuration.clock.now)
        let id = try await repository.read { repository throws(GitError) in try repository.commit(restoration) }
        guard id != tip.id else {
            report("\(branch) holds what \(target.id.short) held already; nothing to roll back")
            return SyncResult(revision: tip.id.description, isSuccess: true)
        }
        let commit = try await repository.commit(at: id.description)
        do {
            let resolved = try await sources.complete(Sources.Resolved(repository: repository, commit: commit), for: application)
            let prepared = try await prepare(resolved, for: application)
            report("back to \(target.id.short) \(target.summary), as commit \(id.short) on \(branch)")
            for line in PlanText().lines(prepared.plan) { report("  \(line)") }
        } catch {
            for line in SyncFailure(error, commit: commit).lines { report(line) }
            report("refused; nothing was changed")
            return SyncResult(revision: id.description, isSuccess: false)
        }
        try await repository.read { repository throws(GitError) in
            try repository.moveBranch(branch, from: tip.id, to: id, because: "gitctl rollback")
        }
        journal.rolledBack(application, to: target, as: commit, by: author.name)
        announceMove(of: application)
        let outcome = await roll(key, to: id.description, request: WorkerState.Request(), report: report)
        return SyncResult(revision: id.description, isSuccess: outcome == .healthy)
    }

    func ownRepository(of application: Application) throws -> Repository {
        switch application.origin {
        case .repository(let name): return Repository(path: try repositories[name].path)
        case .url(let url):
            throw SyncFailure(
                "NotOwned",
                [
                    "Application \(application.reference) deploys \(RemoteMirror.withoutCredentials(url)), which gitctl does not write to; revert the commit there with git revert, or deploy an earlier one with gitctl sync \(application.name) --revision REV"
                ])
        }
    }

    func branch(of application: Application, in repository: Repository) async throws -> String {
        if let range = application.source.versions {
            throw SyncFailure(
                "NoBranch",
                [
                    "Application \(application.reference) follows the versions \(range), which are tags and do not move; push a higher one, or exclude the bad one from its spec.source.semver"
                ])
        }
        let head = try await repository.headBranch()
        guard let branch = application.revision ?? head, try await repository.branchExists(branch) else {
            throw SyncFailure(
                "NoBranch",
                [
                    "Application \(application.reference) follows \(application.revision ?? "a detached HEAD"), which is no branch and does not move; set its spec.source.revision instead"
                ])
        }
        return branch
    }

    private func target(_ revision: String?, of application: Application, tip: Commit, in repository: Repository) async throws -> Commit {
        if let revision { return try await repository.commit(at: revision) }
        let status = application.status
        let failed = Set(status.history.lazy.filter { $0.result.hasPrefix("RolloutFailed") }.map(\.revision))
        let earlier = status.history.first {
            $0.result == HistoryEntry.synced && !failed.contains($0.revision) && $0.revision != status.observedRevision && $0.revision != tip.id.description
        }
        guard let earlier else {
            throw SyncFailure(
                "NoEarlierCommit",
                ["no commit before \(tip.id.short) was synced by Application \(application.reference); name one with --to (gitctl history lists them)"])
        }
        return try await repository.commit(at: earlier.revision)
    }

    private static func message(for application: Application, _ target: Commit) -> String {
        let place = application.path == "." ? "the manifests" : application.path
        return """
            Roll back to \(target.id.short) "\(target.summary)"

            This brings back \(place) as of commit \(target.id).

            """
    }
}
