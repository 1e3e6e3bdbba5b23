import APIMachinery

/// What a sync would make of a commit that need not be pushed: planned and checked as a sync does it, with the rights of who asks.
package struct Preview: Sendable {
    package var plan: Plan
    /// Why the commit would not be applied, one line each.
    package var refusals: [String]

    package init(plan: Plan, refusals: [String] = []) {
        self.plan = plan
        self.refusals = refusals
    }

    /// - Throws: what keeps a plan from being made; `refusals(for:)` tells what of it is the commit's or the Application's fault.
    package init(of application: Application, at resolved: Sources.Resolved, renderer: Renderer, client: any ResourceClient) async throws {
        try await self.init(of: application, at: resolved, renderer: renderer, client: client, known: KnownObjects())
    }

    /// - Parameter known: what is in the cluster and need not be asked for.
    init(
        of application: Application, at resolved: Sources.Resolved, renderer: Renderer, client: any ResourceClient, known: KnownObjects
    ) async throws {
        let rendered = try await renderer.render(resolved, for: application, client: client)
        plan = try await Planner(client: client).plan(
            desired: rendered, application: application, known: known,
            claims: { try await Claims(beside: application, at: resolved, renderer: renderer, client: client) })
        refusals = await renderer.diagnose(plan.failures, in: resolved.repository).lines
        guard refusals.isEmpty else { return }
        do throws(SyncFailure) {
            try application.checkNotEmptied(by: rendered)
            try application.checkDeletions(of: plan, from: rendered)
        } catch {
            refusals = error.lines
            return
        }
        plan.consequences = await Foresight(client: client).consequences(of: plan, for: application)
    }

    /// An error as refusals of the one Application that it concerns; nil for what concerns them all: the cluster, the repository.
    package static func refusals(for error: any Error) -> [String]? {
        switch error {
        case let failure as RenderFailure: failure.lines
        case let failure as SyncFailure: failure.lines
        case let error as InvalidApplication: [error.description]
        case let error as GitError where error.reason == .noPath: [error.description]
        default: nil
        }
    }
}

extension Reconciler {
    /// With what it has read before.
    package var renderer: Renderer { sync.renderer }

    /// As `Preview(of:at:renderer:client:)`, with the reconciler's rights and what its workers know.
    package func preview(of application: Application, at resolved: Sources.Resolved) async throws -> Preview {
        guard let worker = state.worker(application.reference) else {
            return try await Preview(of: application, at: resolved, renderer: renderer, client: client)
        }
        return try await worker.preview(application, at: resolved)
    }
}
