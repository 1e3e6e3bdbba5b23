import APIMachinery

/// The pods behind a Service, and the ports on which they answer: what Endpoints and
/// EndpointSlices both tell, each in its own form.
struct ServiceBackends: Sendable {
    struct Port: Sendable, Hashable, Comparable {
        var name: String
        var number: Int64
        var `protocol`: String
        var appProtocol: String?

        var json: JSONObject {
            var json: JSONObject = ["name": .string(name), "port": .int(number), "protocol": .string(`protocol`)]
            if let appProtocol { json["appProtocol"] = .string(appProtocol) }
            return json
        }

        static func < (a: Self, b: Self) -> Bool { (a.name, a.number, a.protocol) < (b.name, b.number, b.protocol) }
    }

    struct Backend: Sendable {
        var pod: Object
        /// Where the Service's ports lead on this pod; named ones may differ from pod to pod.
        var ports: [Port]
        var isReady: Bool
        var isServing: Bool
        var isTerminating: Bool
    }

    static let headlessLabel = "service.kubernetes.io/headless"

    var service: Object
    var backends: [Backend]

    private static func isHeadless(_ service: Object) -> Bool { service.spec["clusterIP"]?.string == "None" }

    /// nil when the Service has no selector: then its endpoints are somebody else's.
    init?(_ service: Object, pods: [Object]) {
        guard let selector = Self.selector(of: service) else { return nil }
        self.service = service
        let publishesNotReady = service.spec["publishNotReadyAddresses"]?.bool ?? false
        let ports = service.spec["ports"]?.array ?? []
        let isHeadless = Self.isHeadless(service)
        backends = pods.compactMap { pod in
            let state = PodState(pod)
            guard selector.matches(pod.labels), !state.ip.isEmpty, !state.isTerminal else { return nil }
            let targets = ports.compactMap { Self.target(of: $0, in: pod) }
            // A Service with ports leads nowhere on a pod that has none of them; a headless one still names it.
            if targets.isEmpty, !ports.isEmpty, !isHeadless { return nil }
            return Backend(
                pod: pod, ports: targets.sorted(), isReady: publishesNotReady || (state.isReady && !pod.isDeleting),
                isServing: state.isReady, isTerminating: pod.isDeleting)
        }
        .sorted { $0.pod.name < $1.pod.name }
    }

    static func selector(of service: Object) -> LabelSelector? {
        guard let labels = service.spec["selector"]?.stringMap, !labels.isEmpty, service.spec["type"]?.string != "ExternalName"
        else { return nil }
        return LabelSelector(matchLabels: labels)
    }

    private static func target(of port: JSON, in pod: Object) -> Port? {
        let transport = port["protocol"]?.string ?? "TCP"
        let number: Int64?
        switch port["targetPort"] {
        case .string(let name): number = containerPort(name, transport, in: pod)
        case let value: number = value?.int.flatMap { $0 == 0 ? nil : $0 } ?? port["port"]?.int
        }
        guard let number else { return nil }
        return Port(name: port["name"]?.string ?? "", number: number, protocol: transport, appProtocol: port["appProtocol"]?.string)
    }

    private static func containerPort(_ name: String, _ transport: String, in pod: Object) -> Int64? {
        // Init containers that keep running serve as well as the others.
        let sidecars = (pod.spec["initContainers"]?.array ?? []).filter { $0["restartPolicy"]?.string == "Always" }
        for container in (pod.spec["containers"]?.array ?? []) + sidecars {
            for port in container["ports"]?.array ?? []
            where port["name"]?.string == name && port["protocol"]?.string ?? "TCP" == transport {
                return port["containerPort"]?.int
            }
        }
        return nil
    }

    /// The Service's own labels, and the one that tells readers that it has no address.
    var labels: [String: String] {
        var labels = service.labels
        labels[Self.headlessLabel] = Self.isHeadless(service) ? "" : nil
        return labels
    }

    /// What is told of a pod in either form: which object it is, its node, and the host name under which
    /// DNS knows it, where it has one below this Service.
    func identity(of pod: Object) -> JSONObject {
        var fields: JSONObject = [
            "targetRef": ["kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid)]
        ]
        if !PodState(pod).nodeName.isEmpty { fields["nodeName"] = .string(PodState(pod).nodeName) }
        if let host = pod.spec["hostname"]?.string, !host.isEmpty, pod.spec["subdomain"]?.string == service.name {
            fields["hostname"] = .string(host)
        }
        return fields
    }
}

extension JSON {
    /// Adds to a merge patch what brings the labels of `object` to `labels`.
    mutating func setLabels(_ labels: [String: String], of object: Object) {
        for (key, value) in labels where object.labels[key] != value { set(.string(value), at: ["metadata", "labels", key]) }
        for key in object.labels.keys where labels[key] == nil { set(.null, at: ["metadata", "labels", key]) }
    }
}
