import APIMachinery

/// Amounts by resource name.
typealias ResourceList = [String: Quantity]

/// What the containers of a pod ask for.
enum PodResources {
    static func list(_ json: JSON?) -> ResourceList {
        var list: ResourceList = [:]
        for member in json?.object ?? [:] { list[member.key] = Quantity(member.value) }
        return list
    }

    /// What the whole pod takes: the containers and the sidecars together, or one init container beside the sidecars before it, whichever is more.
    /// Source: Kubernetes documentation, "Sidecar containers", resource sharing.
    ///
    /// - Parameter key: `requests` or `limits`.
    static func total(_ spec: JSON, _ key: String, withOverhead: Bool = true) -> ResourceList {
        func amounts(_ container: JSON) -> ResourceList { list(container["resources"]?[key]) }
        var total: ResourceList = [:]
        for container in spec["containers"]?.array ?? [] { total.merge(amounts(container), uniquingKeysWith: +) }
        var sidecars: ResourceList = [:]
        var peak: ResourceList = [:]
        for container in spec["initContainers"]?.array ?? [] {
            let own = amounts(container)
            if container["restartPolicy"]?.string == "Always" {
                sidecars.merge(own, uniquingKeysWith: +)
                peak.merge(sidecars, uniquingKeysWith: max)
            } else {
                peak.merge(own.merging(sidecars, uniquingKeysWith: +), uniquingKeysWith: max)
            }
        }
        total.merge(sidecars, uniquingKeysWith: +)
        total.merge(peak, uniquingKeysWith: max)
        // Set for the pod as a whole, they count instead.
        for (name, amount) in list(spec["resources"]?[key]) { total[name] = amount }
        guard withOverhead else { return total }
        for (name, amount) in list(spec["overhead"]) where key == "requests" || total[name] != nil {
            total[name] = (total[name] ?? .zero) + amount
        }
        return total
    }

    /// The pod's containers, init containers first, each with where it is.
    static func containers(_ spec: JSON) -> [(path: [String], index: Int, container: JSON)] {
        ["initContainers", "containers"].flatMap { key in
            (spec[key]?.array ?? []).enumerated().map { (["spec", key], $0.offset, $0.element) }
        }
    }
}
