import APIMachinery

/// What came of a sync that was asked for.
package struct SyncResult: Sendable {
    package var revision: String
    /// Set by a dry run.
    package var plan: Plan?
    /// Applied and healthy, or of a dry run: could be applied.
    package var isSuccess: Bool

    package init(revision: String, plan: Plan? = nil, isSuccess: Bool) {
        self.revision = revision
        self.plan = plan
        self.isSuccess = isSuccess
    }
}

extension Reconciler {
    /// Fetches, and brings an Application to its revision (or to `revision`, which then holds until
    /// its own moves); with `isDryRun` only says what that would change.
    package func sync(
        application key: ObjectKey, revision: String?, isDryRun: Bool, report: @escaping @Sendable (String) -> Void
    ) async throws -> SyncResult {
        let application = try Application(await client.get(key))
        var resolved = try await sources.resolve(application, fetches: true)
        if let revision { resolved = try await sources.resolve(application, revision: revision, fetches: false) }
        let id = resolved.commit.id.description
        if isDryRun {
            do {
                var prepared = try await prepare(resolved, for: application)
                prepared.plan.consequences = await Foresight(client: client).consequences(of: prepared.plan, for: application)
                for line in PlanText().lines(prepared.plan) { report(line) }
                return SyncResult(revision: id, plan: prepared.plan, isSuccess: true)
            } catch {
                for line in SyncFailure(error, commit: resolved.commit).lines { report(line) }
                return SyncResult(revision: id, isSuccess: false)
            }
        }
        let request = WorkerState.Request(fetches: false, isForced: true, revision: revision)
        let outcome = await roll(key, to: id, request: request, report: report)
        return SyncResult(revision: id, isSuccess: outcome == .healthy)
    }
}
