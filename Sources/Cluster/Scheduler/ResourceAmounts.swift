import APIMachinery

/// Amounts of what pods ask for and nodes have.
struct ResourceAmounts: Sendable, Equatable {
    /// Thousandths of a core.
    var cpu: Int64 = 0
    /// Bytes.
    var memory: Int64 = 0
    var ephemeralStorage: Int64 = 0
    /// Units, by name; huge pages are among them.
    var extended: [String: Int64] = [:]

    init() {}

    /// A `requests`, `limits` or `allocatable` map. What is not a quantity counts as nothing.
    init(_ json: JSON?) {
        for member in json?.object ?? [:] {
            guard let quantity = Quantity(member.value) else { continue }
            switch member.key {
            case "cpu": cpu = quantity.milli
            case "memory": memory = quantity.value
            case "ephemeral-storage": ephemeralStorage = quantity.value
            case "pods": break
            default: extended[member.key] = quantity.value
            }
        }
    }

    /// Saturates: what somebody asks for may be beyond all measure.
    static func += (a: inout Self, b: Self) {
        a.cpu = sum(a.cpu, b.cpu)
        a.memory = sum(a.memory, b.memory)
        a.ephemeralStorage = sum(a.ephemeralStorage, b.ephemeralStorage)
        for (name, amount) in b.extended { a.extended[name] = sum(a.extended[name, default: 0], amount) }
    }

    static func sum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? (b < 0 ? .min : .max) : sum
    }

    static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum += b
        return sum
    }

    /// The larger of each.
    func max(_ other: Self) -> Self {
        var result = self
        result.cpu = Swift.max(cpu, other.cpu)
        result.memory = Swift.max(memory, other.memory)
        result.ephemeralStorage = Swift.max(ephemeralStorage, other.ephemeralStorage)
        result.extended.merge(other.extended) { Swift.max($0, $1) }
        return result
    }
}

extension ResourceAmounts {
    /// What a pod needs of a node.
    ///
    /// Containers run together, init containers one after another before them, and init containers
    /// with restart policy Always (sidecars) beside all that come later. Source: KEP-753.
    static func requests(of pod: Object) -> ResourceAmounts {
        var running = ResourceAmounts()
        for container in pod.spec["containers"]?.array ?? [] { running += ResourceAmounts(container["resources"]?["requests"]) }
        var sidecars = ResourceAmounts()
        var peak = ResourceAmounts()
        for container in pod.spec["initContainers"]?.array ?? [] {
            let own = ResourceAmounts(container["resources"]?["requests"])
            if container["restartPolicy"]?.string == "Always" {
                sidecars += own
                peak = peak.max(sidecars)
            } else {
                peak = peak.max(own + sidecars)
            }
        }
        var total = (running + sidecars).max(peak)
        // A budget for the whole pod stands in place of the sum (KEP-2837).
        if let whole = pod.spec["resources"]?["requests"]?.object {
            let amounts = ResourceAmounts(.object(whole))
            if whole["cpu"] != nil { total.cpu = amounts.cpu }
            if whole["memory"] != nil { total.memory = amounts.memory }
        }
        return total + ResourceAmounts(pod.spec["overhead"])
    }
}
