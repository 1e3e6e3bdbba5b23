import APIMachinery

/// What a PodDisruptionBudget comes to for the pods that it selects.
struct DisruptionBudget {
    /// Why it cannot be said.
    struct Failure: Error {
        var message: String
    }

    /// How long a pod that was allowed to go counts as gone while it is still there.
    static let deletionTimeout = Duration.seconds(120)

    let expected: Int
    let desired: Int
    let healthy: Int
    /// Pods that an eviction was allowed for, and which are not being deleted yet, by name.
    let disrupted: [String: String]
    /// Pods that no controller keeps the number of, though the budget counts by controllers.
    let unmanaged: [String]
    /// Pods that were to go and stayed.
    let overdue: [Object]
    /// When the next of `disrupted` counts again.
    let recheck: Timestamp?

    /// Pods that may go now. Without expected pods none may: the first ones to come are not counted yet.
    var allowed: Int { expected > 0 ? max(0, healthy - desired) : 0 }

    init(_ snapshot: DisruptionController.Snapshot, now: Timestamp) throws(Failure) {
        let spec = snapshot.budget.spec
        if let limit = Self.value(spec["maxUnavailable"]) {
            (expected, unmanaged) = try Self.expected(snapshot)
            desired = max(0, expected - RolloutParameters.resolve(limit, of: expected, roundingUp: true))
        } else if let limit = Self.value(spec["minAvailable"]) {
            (expected, unmanaged) = limit.int == nil ? try Self.expected(snapshot) : (snapshot.pods.count, [])
            desired = RolloutParameters.resolve(limit, of: expected, roundingUp: true)
        } else {
            (expected, desired, unmanaged) = (0, 0, [])
        }
        var disrupted: [String: String] = [:]
        var overdue: [Object] = []
        var recheck: Timestamp?
        for pod in snapshot.pods where !pod.isDeleting {
            guard let text = snapshot.budget.status["disruptedPods"]?[pod.name]?.string, let time = Timestamp(text) else { continue }
            let due = time + Self.deletionTimeout
            if due > now {
                disrupted[pod.name] = text
                recheck = min(recheck ?? due, due)
            } else {
                overdue.append(pod)
            }
        }
        (self.disrupted, self.overdue, self.recheck) = (disrupted, overdue, recheck)
        healthy = snapshot.pods.count { !$0.isDeleting && disrupted[$0.name] == nil && PodState($0).isReady }
    }

    /// Whether the number of expected pods is that of their controllers.
    static func countsByControllers(_ budget: Object) -> Bool {
        value(budget.spec["maxUnavailable"]) != nil || value(budget.spec["minAvailable"])?.string != nil
    }

    /// The one condition beside those of others; its time moves with its status.
    static func conditions(
        _ budget: Object, isAllowed: Bool, _ reason: String, _ message: String, generation: Int64, now: Timestamp
    ) -> JSON {
        let type = "DisruptionAllowed"
        let status: JSON = isAllowed ? "True" : "False"
        let current = budget.condition(type)
        let condition: JSON = [
            "type": .string(type), "status": status, "observedGeneration": .int(generation),
            "lastTransitionTime": current?["status"] == status ? current?["lastTransitionTime"] ?? .null : .string(now.description),
            "reason": .string(reason), "message": .string(message),
        ]
        let conditions = budget.status["conditions"]?.array ?? []
        return .array(
            current == nil ? conditions + [condition] : conditions.map { $0["type"]?.string == type ? condition : $0 })
    }

    private static func value(_ json: JSON?) -> JSON? { json.flatMap { $0.isNull ? nil : $0 } }

    /// The sum of what the pods' controllers are to keep, each counted once.
    private static func expected(_ snapshot: DisruptionController.Snapshot) throws(Failure) -> (Int, unmanaged: [String]) {
        var replicas: [String: Int] = [:]
        var unmanaged: [String] = []
        for pod in snapshot.pods {
            guard let owner = pod.controller else {
                unmanaged.append(pod.name)
                continue
            }
            switch snapshot.scales[owner.uid] ?? .missing {
            case .replicas(let count, let uid): replicas[uid] = count
            case .missing: throw Failure(message: "found no controllers for pod \"\(pod.name)\"")
            case .unknown(let message): throw Failure(message: message)
            }
        }
        return (replicas.values.reduce(0, +), unmanaged)
    }
}
