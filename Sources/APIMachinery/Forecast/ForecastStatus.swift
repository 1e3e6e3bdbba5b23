/// The answer of a Forecast: `status`.
package struct ForecastStatus: Sendable, Hashable {
    package var consequences: [Consequence]
    /// Nothing more would happen by itself. False when the time for the answer was over before.
    package var isSettled: Bool
    /// How long the cluster would take, waits included and containers assumed to start at once.
    package var duration: Duration
    /// What is not in the answer, one line each.
    package var notTried: [String]

    package init(consequences: [Consequence] = [], isSettled: Bool, duration: Duration = .zero, notTried: [String] = []) {
        self.consequences = consequences
        self.isSettled = isSettled
        self.duration = duration
        self.notTried = notTried
    }

    /// Reads leniently: what is not there counts as empty.
    package init(_ status: JSON) {
        consequences = (status["consequences"]?.array ?? []).compactMap(Consequence.init)
        isSettled = status["settled"]?.bool ?? false
        duration = .seconds(status["durationSeconds"]?.int ?? 0)
        notTried = status["notTried"]?.array?.compactMap(\.string) ?? []
    }

    package var json: JSON {
        [
            "consequences": .array(consequences.map(\.json)), "settled": .bool(isSettled),
            "durationSeconds": .int(duration.nanoseconds / 1_000_000_000), "notTried": JSON(notTried),
        ]
    }
}

/// One thing that no dry-run can show: what controllers, scheduler and quotas make of a write.
package struct Consequence: Sendable, Hashable {
    /// In the order in which they are told, the worst first.
    package enum Kind: String, Sendable, CaseIterable {
        /// A step that the server does not take.
        case refused = "Refused"
        case claimLosesData = "ClaimLosesData"
        case serviceWithoutEndpoints = "ServiceWithoutEndpoints"
        case podsUnschedulable = "PodsUnschedulable"
        case podsRefused = "PodsRefused"
        case rolloutStalls = "RolloutStalls"
        case budgetViolated = "DisruptionBudgetViolated"
        /// What is deleted along with what a step deletes.
        case cascade = "CascadingDeletion"
        case deletionBlocked = "DeletionBlocked"
        case podsRestarted = "PodsRestarted"
        case podsStopped = "PodsStopped"
    }

    package var kind: Kind
    /// What it happens to.
    package var subject: ObjectIdentity
    /// The whole of it, as a person reads it.
    package var message: String
    /// The live objects concerned (`Pod web-1`), sorted, at most `namesMax`.
    package var names: [String]

    package static let namesMax = 100

    package init(_ kind: Kind, _ subject: ObjectIdentity, _ message: String, names: [String] = []) {
        self.kind = kind
        self.subject = subject
        self.message = message
        self.names = Array(names.sorted().prefix(Self.namesMax))
    }

    init?(_ json: JSON) {
        // A kind that a newer server knows is left out here; older ones stay readable.
        guard let kind = json["type"]?.string.flatMap(Kind.init), let message = json["message"]?.string else { return nil }
        self.init(kind, ObjectIdentity(json["object"] ?? .null), message, names: json["names"]?.array?.compactMap(\.string) ?? [])
    }

    package var json: JSON {
        var fields: JSONObject = ["type": .string(kind.rawValue), "object": subject.json, "message": .string(message)]
        if !names.isEmpty { fields["names"] = JSON(names) }
        return .object(fields)
    }
}
