import APIMachinery
import Logging

/// One sync of one Application, step by step: render, plan, apply. Holds no state of its own.
struct Sync: Sendable {
    let client: any ResourceClient
    let renderer: Renderer
    let clock: any WallClock
    let logger: Logger
    let journal: Journal
    let tombstones: Tombstones

    /// What a commit would change. Refuses what must not be applied.
    struct Prepared: Sendable {
        var rendered: Rendered
        var plan: Plan
    }

    func prepare(
        _ resolved: Sources.Resolved, for application: Application,
        isCurrent: (RenderedObject) -> Bool = { _ in false }
    ) async throws -> Prepared {
        let commit = resolved.commit
        let rendered = try await renderer.render(resolved, for: application, client: client)
        // What the Application adds by itself, and what is only run, is nothing that a commit holds.
        let isEmpty = !rendered.objects.contains { $0.order?.hook == nil && !($0.isGenerated && $0.key.type == .namespaces) }
        if isEmpty, !application.status.inventory.isEmpty, !application.allowsEmpty {
            throw SyncFailure(
                "WouldDeleteEverything",
                [
                    "\(application.path): this commit holds no manifests there, which would delete every object of the Application (\(application.status.inventory.count)); if that is meant, annotate it: kubectl annotate application -n \(application.namespace) \(application.name) \(Application.allowEmptyAnnotation)=true"
                ], commit: commit)
        }
        let plan: Plan
        do {
            plan = try await Planner(client: client, acting: application.acting(client)).plan(
                desired: rendered, application: application, isCurrent: isCurrent,
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
        try checkDeletions(plan, application, commit, isEmptied: isEmpty)
        return Prepared(rendered: rendered, plan: plan)
    }

    /// Refuses what looks like an accident: a directory that moved, a branch that was mistaken for another.
    private func checkDeletions(_ plan: Plan, _ application: Application, _ commit: Commit, isEmptied: Bool) throws(SyncFailure) {
        let deleted = plan.changes.filter { $0.action == .deleted }
        // To empty the path is a decision of its own, which was made.
        guard deleted.count > application.deletionsMax, !(application.allowsEmpty && isEmptied) else { return }
        let names = deleted.prefix(3).map(\.key.description).joined(separator: ", ")
        throw SyncFailure(
            "TooManyDeletions",
            [
                "\(application.path): this commit would delete \(deleted.count) of \(application.status.inventory.count) objects (\(names), …), more than the \(application.deletionsMax) that spec.sync.maxDeletions allows; if that is meant: kubectl patch application -n \(application.namespace) \(application.name) --type=merge -p '{\"spec\":{\"sync\":{\"maxDeletions\":\(deleted.count)}}}'"
            ], commit: commit)
    }

    /// The server's refusals as messages with the place in the file.
    func lines(_ failures: [PlanFailure], of application: Application, in repository: Repository) async -> [String] {
        let failures = failures.map { PlanFailure(object: $0.object, status: $0.status, hint: application.remedy(for: $0.status)) }
        return await renderer.diagnose(failures, in: repository).lines
    }
}
