import APIMachinery

extension Admission {
    private static let preemptDefault = "PreemptLowerPriority"

    /// Gives a pod the value and the preemption policy of its class, or of the default one.
    /// Source: Kubernetes documentation, "Pod Priority and Preemption".
    static let priority: Plugin = { pod, request throws(APIStatus) in
        guard request.type == .pods, request.isCreate else { return }
        let name = pod["spec", "priorityClassName"]?.string ?? ""
        var value: Int64 = 0
        var policy = preemptDefault
        if let priorityClass = try priorityClass(name, pod, request) {
            pod["spec", "priorityClassName"] = .string(priorityClass.name)
            value = priorityClass["value"]?.int ?? 0
            policy = priorityClass["preemptionPolicy"]?.string ?? preemptDefault
        }
        if let given = pod["spec", "priority"]?.int, given != value {
            throw .forbidden(
                .pods, name: pod.name,
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller computed \(value) from the given PriorityClass name")
        }
        if let given = pod["spec", "preemptionPolicy"]?.string, given != policy {
            throw .forbidden(
                .pods, name: pod.name,
                "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; priority admission controller computed \(policy) from the given PriorityClass name")
        }
        pod["spec", "priority"] = .int(value)
        pod["spec", "preemptionPolicy"] = .string(policy)
    }

    private static func priorityClass(_ name: String, _ pod: Object, _ request: Request) throws(APIStatus) -> Object? {
        guard !name.isEmpty else {
            // Of several defaults the lowest counts, as in Kubernetes.
            return request.list(.priorityClasses, "").filter { $0["globalDefault"]?.bool == true }
                .min { ($0["value"]?.int ?? 0, $0.name) < ($1["value"]?.int ?? 0, $1.name) }
        }
        if let found = request.lookup(.priorityClasses, "", name) { return found }
        // The two that every cluster has, before it has them.
        if let value = systemPriorities[name] { return Object(.priorityClasses, name: name, ["value": .int(value)]) }
        throw .forbidden(.pods, name: pod.name.isEmpty ? pod.generateName : pod.name, "no PriorityClass with name \(name) was found")
    }

    /// The classes that every cluster has.
    static let systemPriorities: [String: Int64] = [
        "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000,
    ]

    /// At most one class is the default.
    static let singleDefaultPriority: Judge = { object, request throws(APIStatus) in
        guard request.type == .priorityClasses, request.isWrite, object["globalDefault"]?.bool == true else { return }
        let other = request.list(.priorityClasses, "").first { $0["globalDefault"]?.bool == true && $0.name != object.name }
        if let other {
            throw .forbidden(
                .priorityClasses, name: object.name,
                "PriorityClass \(other.name) is already marked as default. Only one default can exist")
        }
    }
}
