import APIMachinery
import Logging

/// One sync of one Application, step by step: render, plan, apply. Holds no state of its own.
struct Sync: Sendable {
    /// Applications that are planned at a time.
    static let plannedMax = 8

    let client: any ResourceClient
    let renderer: Renderer
    let clock: any WallClock
    let logger: Logger
    let journal: Journal
    let tombstones: Tombstones
    let turns = Turns(plannedMax)

    /// What a commit would change. Refuses what must not be applied.
    struct Prepared: Sendable {
        var rendered: Rendered
        var plan: Plan
    }

    func prepare(
        _ resolved: Sources.Resolved, for application: Application, known: KnownObjects = KnownObjects()
    ) async throws -> Prepared {
        let commit = resolved.commit
        let rendered = try await renderer.render(resolved, for: application, client: client)
        try application.checkNotEmptied(by: rendered)
        let plan: Plan
        do {
            plan = try await Planner(client: client, acting: application.acting(client)).plan(
                desired: rendered, application: application, known: known,
                claims: { try await Claims(beside: application, at: resolved, renderer: renderer, client: client) })
        } catch let status as APIStatus where status.reason == .forbidden {
            throw SyncFailure("Forbidden", [status.message + application.remedy(for: status)], commit: commit)
        }
        guard plan.failures.isEmpty else {
            let isForbidden = plan.failures.allSatisfy { !application.remedy(for: $0.status).isEmpty }
            throw SyncFailure(
                isForbidden ? "Forbidden" : "InvalidManifests", await lines(plan.failures, of: application, in: resolved.repository),
                commit: commit)
        }
        try application.checkDeletions(of: plan, from: rendered)
        return Prepared(rendered: rendered, plan: plan)
    }

    /// The server's refusals as messages with the place in the file.
    func lines(_ failures: [PlanFailure], of application: Application, in repository: Repository) async -> [String] {
        let failures = failures.map { PlanFailure(object: $0.object, status: $0.status, hint: application.remedy(for: $0.status)) }
        return await renderer.diagnose(failures, in: repository).lines
    }
}
