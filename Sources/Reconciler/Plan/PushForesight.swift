import APIMachinery
import Synchronization

/// The forecasts of one push, which share its time: a push that changes a hundred Applications waits no longer than one.
final class PushForesight: Sendable {
    /// What all of them together may take, and how many writes each is asked about.
    static let budget = Duration.milliseconds(300)
    static let writesMax = 100

    private let foresight: Foresight
    private let remaining = Mutex(budget)

    init(client: any ResourceClient) { foresight = Foresight(client: client) }

    func consequences(of plan: Plan, for application: Application) async -> PlanConsequences? {
        guard plan.mayLeadToMore else { return nil }
        let budget = remaining.withLock { $0 }
        guard budget > .zero else {
            return PlanConsequences(problem: "are not looked for: other Applications of this push took the time; see gitctl diff")
        }
        let start = ContinuousClock.now
        let consequences = await foresight.consequences(of: plan, for: application, budget: budget, writesMax: Self.writesMax)
        let taken = start.duration(to: .now)
        remaining.withLock { $0 -= taken }
        return consequences
    }
}
