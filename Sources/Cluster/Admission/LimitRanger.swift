import APIMachinery

/// LimitRanges: defaults for containers that say nothing, and bounds. Source: Kubernetes documentation, "Limit Ranges".
extension Admission {
    private static let limitsAnnotation = "kubernetes.io/limit-ranger"

    /// Fills in the requests and limits that the namespace's LimitRanges give containers without their own.
    static let limitDefaults: Plugin = { pod, request throws(APIStatus) in
        guard request.type == .pods, request.isCreate else { return }
        var notes: [String] = []
        for range in ranges(request) {
            let limits = ContainerDefaults(range)
            if limits.isEmpty { continue }
            for key in ["initContainers", "containers"] {
                guard let containers = pod["spec", key]?.array else { continue }
                pod["spec", key] = .array(containers.map { limits.applied(to: $0, isInit: key == "initContainers", notes: &notes) })
            }
        }
        if !notes.isEmpty { pod.annotations[limitsAnnotation] = "LimitRanger plugin set: " + notes.joined(separator: "; ") }
    }

    private static func ranges(_ request: Request) -> [Object] { request.list(.limitRanges, request.namespace) }

    /// Refuses pods and claims outside the bounds.
    static let limits: Judge = { object, request throws(APIStatus) in
        guard request.type == .pods && request.isCreate || request.type == .persistentVolumeClaims && request.isWrite, !object.isDeleting else { return }
        var problems: [String] = []
        for range in ranges(request) {
            for item in range["spec", "limits"]?.array ?? [] {
                let bounds = LimitBounds(item)
                switch (bounds.type, request.type) {
                case ("Container", .pods):
                    for (_, _, container) in PodResources.containers(object.spec) {
                        problems += bounds.problems(
                            requests: PodResources.list(container["resources"]?["requests"]), limits: PodResources.list(container["resources"]?["limits"]))
                    }
                case ("Pod", .pods):
                    problems += bounds.problems(
                        requests: PodResources.total(object.spec, "requests", withOverhead: false),
                        limits: PodResources.total(object.spec, "limits", withOverhead: false))
                case ("PersistentVolumeClaim", .persistentVolumeClaims):
                    problems += bounds.problems(
                        requests: PodResources.list(object["spec", "resources", "requests"]), limits: nil)
                default: break
                }
            }
        }
        guard !problems.isEmpty else { return }
        var unique: [String] = []
        for problem in problems where !unique.contains(problem) { unique.append(problem) }
        let text = unique.count == 1 ? unique[0] : "[" + unique.joined(separator: ", ") + "]"
        throw .forbidden(request.type, name: object.name.isEmpty ? object.generateName : object.name, text)
    }
}

/// What a LimitRange gives a container that does not say.
private struct ContainerDefaults {
    var limits: ResourceList = [:]
    var requests: ResourceList = [:]

    var isEmpty: Bool { limits.isEmpty && requests.isEmpty }

    init(_ range: Object) {
        for item in range["spec", "limits"]?.array ?? [] where item["type"]?.string == "Container" {
            // What the server's defaults made of the range: a default limit from the maximum, a default request from that or the minimum.
            let maximum = PodResources.list(item["max"])
            let limit = PodResources.list(item["default"]).merging(maximum) { own, _ in own }
            let request = PodResources.list(item["defaultRequest"]).merging(limit) { own, _ in own }
                .merging(PodResources.list(item["min"])) { own, _ in own }
            limits.merge(limit) { own, _ in own }
            requests.merge(request) { own, _ in own }
        }
    }

    func applied(to container: JSON, isInit: Bool, notes: inout [String]) -> JSON {
        var container = container
        let name = container["name"]?.string ?? ""
        let kind = isInit ? "init container" : "container"
        for (key, word, amounts) in [("requests", "request", requests), ("limits", "limit", limits)] {
            var set: [String] = []
            for (resource, amount) in amounts.sorted(by: { $0.key < $1.key }) where container[path: ["resources", key, resource]] == nil {
                // A limit that the container sets is also its request.
                let own = key == "requests" ? Quantity(container[path: ["resources", "limits", resource]]) : nil
                container.set(.string((own ?? amount).description), at: ["resources", key, resource])
                if own == nil { set.append(resource) }
            }
            if !set.isEmpty { notes.append("\(set.joined(separator: ", ")) \(word) for \(kind) \(name)") }
        }
        return container
    }
}

/// The bounds of one item of a LimitRange.
private struct LimitBounds {
    let type: String
    let minimum: ResourceList
    let maximum: ResourceList
    let ratio: ResourceList

    init(_ item: JSON) {
        type = item["type"]?.string ?? ""
        minimum = PodResources.list(item["min"])
        maximum = PodResources.list(item["max"])
        ratio = PodResources.list(item["maxLimitRequestRatio"])
    }

    /// - Parameter limits: nil where the kind has requests alone.
    func problems(requests: ResourceList, limits: ResourceList?) -> [String] {
        var problems: [String] = []
        for (resource, bound) in minimum.sorted(by: { $0.key < $1.key }) {
            let text = "minimum \(resource) usage per \(type) is \(bound)"
            guard let request = requests[resource] else {
                problems.append("\(text). No request is specified")
                continue
            }
            if request < bound { problems.append("\(text), but request is \(request)") }
            if let limit = limits?[resource], limit < bound { problems.append("\(text), but limit is \(limit)") }
        }
        for (resource, bound) in maximum.sorted(by: { $0.key < $1.key }) {
            let text = "maximum \(resource) usage per \(type) is \(bound)"
            if let limits {
                guard let limit = limits[resource] else {
                    problems.append("\(text). No limit is specified")
                    continue
                }
                if limit > bound { problems.append("\(text), but limit is \(limit)") }
            }
            if let request = requests[resource], request > bound { problems.append("\(text), but request is \(request)") }
        }
        for (resource, bound) in ratio.sorted(by: { $0.key < $1.key }) {
            let text = "\(resource) max limit to request ratio per \(type) is \(bound)"
            let request = requests[resource] ?? .zero
            let limit = limits?[resource] ?? .zero
            if request.isZero {
                problems.append("\(text), but no request is specified or request is 0")
            } else if limit.isZero {
                problems.append("\(text), but no limit is specified or limit is 0")
            } else {
                let given = Double(limit.milli) / Double(request.milli)
                if given > Double(bound.milli) / 1000 { problems.append("\(text), but provided ratio is \(Self.fixed(given))") }
            }
        }
        return problems
    }

    /// Six decimals, as Go prints a float.
    private static func fixed(_ value: Double) -> String {
        let millionths = Int64((value * 1_000_000).rounded())
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}
