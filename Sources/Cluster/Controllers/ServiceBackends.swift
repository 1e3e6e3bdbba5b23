import APIMachinery

/// The pods behind a Service, and the ports on which they answer: what Endpoints and
/// EndpointSlices both tell, each in its own form.
struct ServiceBackends: Sendable {
    struct Port: Sendable, Hashable, Comparable {
        var name: String
        var number: Int64
        var `protocol`: String
        var appProtocol: String?

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

    var service: Object
    var backends: [Backend]

    /// nil when the Service has no selector: then its endpoints are somebody else's.
    init?(_ service: Object, pods: [Object]) {
        guard let selector = Self.selector(of: service) else { return nil }
        self.service = service
        let publishesNotReady = service.spec["publishNotReadyAddresses"]?.bool ?? false
        let ports = service.spec["ports"]?.array ?? []
        let isHeadless = service.spec["clusterIP"]?.string == "None"
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

    static func reference(to pod: Object) -> JSON {
        ["kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid)]
    }

    /// The host name under which DNS knows the pod, where it has one below this Service.
    func hostname(of pod: Object) -> String? {
        guard let host = pod.spec["hostname"]?.string, !host.isEmpty, pod.spec["subdomain"]?.string == service.name else {
            return nil
        }
        return host
    }

    /// Wakes the Services that a pod belongs to, or did before the change. What no endpoint shows wakes none.
    static func source(pods: Informer, services: InformerIndex) -> ControllerSource<Informer.Key> {
        ControllerSource(pods) { change in
            var versions = [change.object]
            if case .updated(let old, let new) = change {
                if look(old) == look(new) { return [] }
                versions.append(old)
            }
            return services[change.object.namespace]
                .filter { service in
                    selector(of: service).map { selector in versions.contains { selector.matches($0.labels) } } ?? false
                }
                .map(Informer.Key.init)
        }
    }

    private struct Look: Equatable {
        var ip, phase, node: String
        var isReady, isDeleting: Bool
        var labels: [String: String]
    }

    private static func look(_ pod: Object) -> Look {
        let state = PodState(pod)
        return Look(
            ip: state.ip, phase: state.phase, node: state.nodeName, isReady: state.isReady, isDeleting: pod.isDeleting,
            labels: pod.labels)
    }
}
