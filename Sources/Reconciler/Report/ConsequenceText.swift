import APIMachinery

/// What a plan leads to, in each of its forms.
extension PlanText {
    /// Consequences shown; JSON holds all of them.
    private static let consequencesMax = 30

    /// Nothing where nothing follows.
    package func lines(_ consequences: PlanConsequences?) -> [String] {
        guard let consequences else { return [] }
        if let problem = consequences.problem { return ["consequences \(problem)"] }
        let lines =
            consequences.known.prefix(Self.consequencesMax).map { paint("  \($0.message.printable)", $0.kind.isGrave ? .red : .yellow) }
            + (consequences.known.count > Self.consequencesMax ? ["  … \(consequences.known.count - Self.consequencesMax) more; see gitctl diff -o json"] : [])
            + consequences.notes.map { "  (\($0.printable))" }
        return lines.isEmpty ? [] : ["consequences:"] + lines
    }
}

extension PlanConsequences {
    /// `{"settled", "items": [{"type", "object", "message", "names"}], "notes"}`, or `{"problem"}`.
    var json: JSON {
        if let problem { return ["problem": .string("consequences \(problem)")] }
        return ["settled": .bool(isSettled), "items": .array(known.map(\.json)), "notes": JSON(notes)]
    }

    /// A heading and a list; nothing where nothing follows.
    var markdown: String {
        if let problem { return "\n> consequences \(problem)\n" }
        let lines = known.map { "- \($0.message.printable)" } + notes.map { "- *\($0.printable)*" }
        return lines.isEmpty ? "" : "\n#### consequences\n\n" + lines.joined(separator: "\n") + "\n"
    }
}

extension Consequence.Kind {
    /// Something is out of order, beyond the ordinary course of a rollout.
    fileprivate var isGrave: Bool {
        switch self {
        case .refused, .claimLosesData, .serviceWithoutEndpoints, .podsUnschedulable, .podsRefused, .rolloutStalls: true
        case .budgetViolated, .cascade, .deletionBlocked, .podsRestarted, .podsStopped: false
        }
    }
}
