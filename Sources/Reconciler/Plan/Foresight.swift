import APIMachinery

/// Asks the server what a plan leads to, where it may lead to anything: the embedded cluster tries it on a fork of itself.
package struct Foresight: Sendable {
    private let client: any ResourceClient

    package init(client: any ResourceClient) { self.client = client }

    /// What is known by the end of `budget`; nil where a plan of this kind leads to nothing. Never an error: a plan is
    /// good without it. Asked, as the plan is applied, with the rights of the Application's ServiceAccount if it names one.
    package func consequences(
        of plan: Plan, for application: Application, budget: Duration = ForecastSpec.budgetDefault, writesMax: Int = ForecastSpec.stepsMax
    ) async -> PlanConsequences? {
        guard plan.mayLeadToMore else { return nil }
        let steps = Self.steps(of: plan, for: application)
        guard steps.count <= writesMax else {
            return PlanConsequences(problem: "are not looked for in more than \(writesMax) writes (\(steps.count)); gitctl diff takes the time")
        }
        let spec = ForecastSpec(steps: steps, fieldManager: Application.fieldManager, budget: budget)
        do throws(APIStatus) {
            let answer = try await application.acting(client).create(.forecasts, spec.object)
            var known = PlanConsequences(status: ForecastStatus(answer.status))
            if plan.hooks.contains(where: \.runs) { known.notes.append("not tried: hooks") }
            return known
        } catch {
            switch error.reason {
            // Any other server has no such kind; a registry alone has nothing to try it with.
            case .notFound, .methodNotAllowed: return PlanConsequences(problem: "need the embedded cluster; this server makes no forecasts")
            default: return PlanConsequences(problem: "are not known: \(error.message)")
            }
        }
    }

    /// The plan's writes in the order of a sync.
    static func steps(of plan: Plan, for application: Application) -> [ForecastSpec.Step] {
        var steps: [ForecastSpec.Step] = []
        for step in SyncStep.steps(of: plan).beforePrune {
            for layer in Layer.allCases {
                for change in step.writes where Layer.of(change.key.type) == layer {
                    guard let rendered = change.rendered else { continue }
                    // What is made anew begins with what the manifest says; else fields left to others stay theirs.
                    steps.append(
                        change.action == .replaced
                            ? .replace(rendered.object.owned(by: application)) : .apply(rendered.wanted(by: application, over: change.live).object))
                }
            }
        }
        let deleted = plan.changes.filter { $0.action == .deleted }
        for layer in Layer.allCases.reversed() {
            steps += deleted.filter { Layer.of($0.key.type) == layer }.map { ForecastSpec.deletion($0.key) }
        }
        return steps
    }
}

/// What a plan leads to, as far as it is known.
package struct PlanConsequences: Sendable, Hashable {
    package var known: [Consequence] = []
    package var isSettled = false
    /// What is left out, one line each.
    package var notes: [String] = []
    /// Why nothing is known, as the end of a sentence about the consequences.
    package var problem: String?

    package init(problem: String) { self.problem = problem }

    package init(status: ForecastStatus) {
        known = status.consequences
        isSettled = status.isSettled
        notes = status.notTried.map { "not tried: \($0)" }
    }
}

extension Plan {
    /// Whether it may set anything going: most commits do not.
    var mayLeadToMore: Bool { failures.isEmpty && changes.contains(where: \.mayLeadToMore) }
}

extension PlannedChange {
    /// Kinds on which something hangs that a change of them would set going.
    private static let eventful: Set<GroupResource> = Set(
        [
            ResourceType.pods, .replicationControllers, .services, .persistentVolumes, .persistentVolumeClaims, .resourceQuotas, .limitRanges, .nodes,
            .deployments, .replicaSets, .statefulSets, .daemonSets, .jobs, .cronJobs, .podDisruptionBudgets,
        ].map(\.groupResource))

    /// Kinds whose end nothing hangs on, unless a finalizer holds them.
    private static let inert: Set<GroupResource> = Set(
        [
            ResourceType.configMaps, .secrets, .serviceAccounts, .roles, .roleBindings, .clusterRoles, .clusterRoleBindings, .networkPolicies, .ingresses,
            .ingressClasses, .priorityClasses,
        ].map(\.groupResource))

    fileprivate var mayLeadToMore: Bool {
        switch action {
        case .unchanged, .kept: false
        case .deleted, .replaced: !Self.inert.contains(key.type.groupResource) || live?.finalizers.isEmpty == false
        case .created, .changed: Self.eventful.contains(key.type.groupResource)
        }
    }
}
