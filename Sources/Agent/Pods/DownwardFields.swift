import APIMachinery

/// What a pod may be told of itself. Source: Kubernetes docs, "Downward API".
struct DownwardFields: Sendable {
    let pod: Pod
    let nodeName: String
    let podIPs: [String]
    let hostIPs: [String]
    /// Allocatable resources of the node: the limits of a container without limits.
    let capacity: [String: Quantity]

    func value(of path: String) throws -> String {
        switch path {
        case "metadata.name": return pod.name
        case "metadata.namespace": return pod.namespace
        case "metadata.uid": return pod.uid
        case "metadata.labels": return list(pod.object.labels)
        case "metadata.annotations": return list(pod.object.annotations)
        case "spec.nodeName": return nodeName
        case "spec.serviceAccountName": return pod.spec["serviceAccountName"]?.string ?? "default"
        case "status.hostIP": return hostIPs.first ?? ""
        case "status.hostIPs": return hostIPs.joined(separator: ",")
        case "status.podIP": return podIPs.first ?? ""
        case "status.podIPs": return podIPs.joined(separator: ",")
        default: break
        }
        if let key = subscripted(path, of: "metadata.labels") { return pod.object.labels[key] ?? "" }
        if let key = subscripted(path, of: "metadata.annotations") { return pod.object.annotations[key] ?? "" }
        throw PodProblem("fieldPath \"\(path)\" is not supported")
    }

    /// `key` of `metadata.labels['key']`.
    private func subscripted(_ path: String, of prefix: String) -> String? {
        guard path.hasPrefix(prefix + "['"), path.hasSuffix("']") else { return nil }
        return String(path.dropFirst(prefix.count + 2).dropLast(2))
    }

    /// One `key="value"` a line, values quoted as Go quotes them.
    private func list(_ map: [String: String]) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSON.string($0.value).text)" }.joined(separator: "\n")
    }

    /// A request or limit in units of its divisor, rounded up.
    func resource(_ reference: JSON, of own: PodContainer?) throws -> String {
        let name = reference["containerName"]?.string ?? ""
        guard let container = name.isEmpty ? own : pod.container(name) else {
            throw PodProblem("resourceFieldRef names the container \"\(name)\", which the pod has not")
        }
        let path = reference["resource"]?.string ?? ""
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "limits" || parts[0] == "requests" else {
            throw PodProblem("resourceFieldRef \"\(path)\" is not supported")
        }
        let resources = container.json["resources"]
        let limit = Quantity(resources?["limits"]?[parts[1]])
        let quantity = parts[0] == "limits" ? limit ?? capacity[parts[1]] : Quantity(resources?["requests"]?[parts[1]]) ?? limit
        let divisor = Quantity(reference["divisor"]).flatMap { $0.isZero ? nil : $0 } ?? Quantity(units: 1)
        guard let quantity else { return "0" }
        let value = Int128(quantity.milli)
        let unit = max(1, Int128(divisor.milli))
        return String((value + unit - 1) / unit)
    }
}
