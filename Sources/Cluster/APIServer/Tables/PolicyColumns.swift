import APIMachinery

/// Budgets, quotas, priorities, runtimes and the fairness of requests.
enum PolicyColumns {
    static let disruptionBudgets: [TableColumn] = [
        .name, .text("Min Available", "Pods that must stay available.") { $0.spec["minAvailable"].plainText ?? "N/A" },
        .text("Max Unavailable", "Pods that may be unavailable.") { $0.spec["maxUnavailable"].plainText ?? "N/A" },
        .number("Allowed Disruptions", "Pods that may be evicted now.") { $0.status["disruptionsAllowed"]?.int ?? 0 }, .age,
    ]

    static let resourceQuotas: [TableColumn] = [
        .name, .text("Request", "Used and allowed, without limits.") { quota($0) { !$0.hasPrefix("limits.") } },
        .text("Limit", "Used and allowed limits.") { quota($0) { $0.hasPrefix("limits.") } }, .age,
    ]

    private static func quota(_ quota: Object, _ isShown: (String) -> Bool) -> String {
        let used = quota.status["used"]
        return (quota.status["hard"]?.object ?? [:]).filter { isShown($0.key) }
            .map { "\($0.key): \(used?[$0.key].plainText ?? "0")/\(Optional($0.value).plainText ?? "")" }.joined(separator: ", ")
    }

    static let priorityClasses: [TableColumn] = [
        .name, .number("Value", "The priority of pods of this class.") { $0["value"]?.int ?? 0 },
        .flag("Global-Default", "Whether pods without a class have this one.") { $0["globalDefault"]?.bool ?? false }, .age,
        .text("PreemptionPolicy", "Whether its pods displace others.") { $0["preemptionPolicy"]?.string ?? "" },
    ]

    static let runtimeClasses: [TableColumn] = [.name, .text("Handler", "What runs the containers.") { $0["handler"]?.string ?? "" }, .age]

    static let flowSchemas: [TableColumn] = [
        .name, .text("PriorityLevel", "The level of matching requests.") { $0["spec", "priorityLevelConfiguration", "name"]?.string ?? "" },
        TableColumn(
            name: "MatchingPrecedence", type: "string", format: "", priority: 0, description: "The lowest number that matches decides.",
            cell: { schema, _ in .int(schema.spec["matchingPrecedence"]?.int ?? 0) }),
        .text("DistinguisherMethod", "How flows are told apart.") { $0["spec", "distinguisherMethod", "type"]?.string ?? "<none>" }, .age,
        .text("MissingPL", "Whether the level does not exist.") { schema in
            schema.status["conditions"]?.array?.first { $0["type"] == "Dangling" }?["status"]?.string ?? "?"
        },
    ]

    private static func level(_ name: String, _ description: String, _ path: [String]) -> TableColumn {
        TableColumn(
            name: name, type: "string", format: "", priority: 0, description: description,
            cell: { level, _ in level.spec[path: ["limited"] + path].flatMap { $0.int.map(JSON.int) } ?? "<none>" })
    }

    static let priorityLevels: [TableColumn] = [
        .name, .text("Type", "Limited or Exempt.") { $0.spec["type"]?.string ?? "" },
        TableColumn(
            name: "NominalConcurrencyShares", type: "string", format: "", priority: 0, description: "The level's share of the server.",
            cell: { level, _ in
                let limits = level.spec["type"] == "Exempt" ? "exempt" : "limited"
                return level["spec", limits, "nominalConcurrencyShares"]?.int.map(JSON.int) ?? "<none>"
            }),
        level("Queues", "The number of queues.", ["limitResponse", "queuing", "queues"]),
        level("HandSize", "Queues that one flow may use.", ["limitResponse", "queuing", "handSize"]),
        level("QueueLengthLimit", "Requests that may wait in a queue.", ["limitResponse", "queuing", "queueLengthLimit"]), .age,
    ]
}
