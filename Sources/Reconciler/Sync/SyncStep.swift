import APIMachinery

/// A part of a sync that has to be through before the next begins: the hooks or objects of one wave.
///
/// An Application without waves and hooks has one step, and nothing waits for anything but the order of kinds.
struct SyncStep: Sendable {
    var phase: SyncOrder.Phase
    var wave: Int
    /// What is to be written, in any order of kinds.
    var writes: [PlannedChange] = []
    /// What is run after that, and waited for.
    var hooks: [PlannedHook] = []
    /// What must be well before the next step.
    var awaited: [PlannedChange] = []

    /// `PreSync`, `wave 2`.
    var title: String { phase == .sync ? "wave \(wave)" : wave == 0 ? phase.rawValue : "\(phase.rawValue) wave \(wave)" }

    /// The steps up to the prune, and those after it.
    static func steps(of plan: Plan) -> (beforePrune: [SyncStep], afterPrune: [SyncStep]) {
        let writes = plan.changes.filter { $0.rendered != nil && $0.action != .unchanged }
        guard plan.isOrdered else { return (writes.isEmpty ? [] : [SyncStep(phase: .sync, wave: 0, writes: writes)], []) }
        let hooks = plan.hooks.filter(\.runs)
        guard !writes.isEmpty || !hooks.isEmpty else { return ([], []) }
        let after = steps(of: .postSync, hooks)
        // Nothing can be in a namespace or of a kind that is not there: these come before all that says when it comes.
        let ground = writes.filter(isGround)
        return (
            (ground.isEmpty ? [] : [SyncStep(phase: .sync, wave: 0, writes: ground)]) + steps(of: .preSync, hooks)
                + waves(plan, hooks, isAllAwaited: !after.isEmpty), after
        )
    }

    private static func isGround(_ change: PlannedChange) -> Bool {
        change.rendered?.order == nil && [.definitions, .namespaces].contains(Layer.of(change.key.type))
    }

    /// What runs when a step has failed.
    static func onFailure(of plan: Plan) -> [SyncStep] { steps(of: .syncFail, plan.hooks.filter(\.runs)) }

    private static func steps(of phase: SyncOrder.Phase, _ hooks: [PlannedHook]) -> [SyncStep] {
        Dictionary(grouping: hooks.filter { $0.hook.phases.contains(phase) }, by: \.wave).sorted { $0.key < $1.key }.map {
            SyncStep(phase: phase, wave: $0.key, hooks: $0.value)
        }
    }

    private static func waves(_ plan: Plan, _ hooks: [PlannedHook], isAllAwaited: Bool) -> [SyncStep] {
        let members = Dictionary(grouping: plan.changes.filter { $0.rendered != nil && !isGround($0) }) { $0.rendered?.order?.wave ?? 0 }
        let running = Dictionary(grouping: hooks.filter { $0.hook.phases.contains(.sync) }, by: \.wave)
        var steps = Set(members.keys).union(running.keys).sorted().map { wave in
            let changes = members[wave] ?? []
            return SyncStep(
                phase: .sync, wave: wave, writes: changes.filter { $0.action != .unchanged }, hooks: running[wave] ?? [], awaited: changes)
        }
        if !isAllAwaited {
            // Nothing comes after the last that does something: its health is judged like that of any sync.
            while let last = steps.last, last.writes.isEmpty, last.hooks.isEmpty { steps.removeLast() }
            if !steps.isEmpty { steps[steps.count - 1].awaited = [] }
        }
        return steps
    }
}
