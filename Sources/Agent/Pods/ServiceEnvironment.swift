import APIMachinery

/// Environment variables that tell a pod of the services that exist. Source: Kubernetes docs, "Service", Environment variables.
package struct ServiceEnvironment: Sendable {
    private let services: Informer
    private let apiServerURL: String

    /// `apiServerURL` stands in while the service `default/kubernetes` does not exist.
    package init(services: Informer, apiServerURL: String) {
        self.services = services
        self.apiServerURL = apiServerURL
    }

    /// The API server's always; those of the pod's namespace where `isLinking`.
    func variables(namespace: String, isLinking: Bool) async -> [Environment.Variable] {
        await services.waitUntilSynced()
        var variables: [Environment.Variable] = []
        if let master = services.get(namespace: "default", name: "kubernetes") {
            variables += Self.variables(of: master)
        } else if let (host, port) = hostAndPort {
            variables += [("KUBERNETES_SERVICE_HOST", host), ("KUBERNETES_SERVICE_PORT", port), ("KUBERNETES_SERVICE_PORT_HTTPS", port)]
                .map { .init(name: $0.0, value: $0.1) }
        }
        guard isLinking else { return variables }
        for service in services.list(namespace: namespace).sorted(by: { $0.name < $1.name })
        where !(namespace == "default" && service.name == "kubernetes") {
            variables += Self.variables(of: service)
        }
        return variables
    }

    private var hostAndPort: (String, String)? {
        guard let start = apiServerURL.firstRange(of: "://")?.upperBound else { return nil }
        let authority = apiServerURL[start...].prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":") else { return (String(authority), "443") }
        return (String(authority[..<colon].filter { $0 != "[" && $0 != "]" }), String(authority[authority.index(after: colon)...]))
    }

    /// Host and port, and the form of Docker's links.
    static func variables(of service: Object) -> [Environment.Variable] {
        guard let ip = service.spec["clusterIP"]?.string, !ip.isEmpty, ip != "None",
            let ports = service.spec["ports"]?.array, let first = ports.first?["port"]?.int
        else { return [] }
        func name(_ text: String) -> String { text.uppercased().replacing("-", with: "_").replacing(".", with: "_") }
        let prefix = name(service.name)
        let address = ip.contains(":") ? "[\(ip)]" : ip
        var pairs = [("\(prefix)_SERVICE_HOST", ip), ("\(prefix)_SERVICE_PORT", String(first))]
        for port in ports {
            guard let label = port["name"]?.string, !label.isEmpty, let number = port["port"]?.int else { continue }
            pairs.append(("\(prefix)_SERVICE_PORT_\(name(label))", String(number)))
        }
        for (index, port) in ports.enumerated() {
            guard let number = port["port"]?.int else { continue }
            let transport = port["protocol"]?.string ?? "TCP"
            let url = "\(transport.lowercased())://\(address):\(number)"
            let link = "\(prefix)_PORT_\(number)_\(transport)"
            if index == 0 { pairs.append(("\(prefix)_PORT", url)) }
            pairs += [(link, url), ("\(link)_PROTO", transport.lowercased()), ("\(link)_PORT", String(number)), ("\(link)_ADDR", ip)]
        }
        return pairs.map { .init(name: $0.0, value: $0.1) }
    }
}
