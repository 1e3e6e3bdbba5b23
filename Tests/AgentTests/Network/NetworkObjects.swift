import APIMachinery

/// Services, slices and pods for the tests of the proxy.
enum NetworkObjects {
    struct Endpoint {
        var address: String
        var ready = true
        var serving: Bool?
        var terminating = false
        var node = "node"
    }

    static func service(
        _ name: String, ip: String, port: Int = 80, transport: String = "TCP", nodePort: Int? = nil, extra: [String: JSON] = [:],
        status: JSON? = nil
    ) -> Object {
        var port: JSONObject = ["port": JSON(port), "protocol": .string(transport), "name": "main"]
        if let nodePort { port["nodePort"] = JSON(nodePort) }
        var spec: JSONObject = [
            "type": nodePort == nil ? "ClusterIP" : "NodePort", "clusterIP": .string(ip), "clusterIPs": [.string(ip)],
            "ports": [.object(port)],
        ]
        for (key, value) in extra { spec[key] = value }
        var fields: JSONObject = ["spec": .object(spec)]
        if let status { fields["status"] = status }
        return Object(.services, namespace: "default", name: name, fields)
    }

    static func slice(_ service: String, _ endpoints: [Endpoint], name: String = "a", port: Int = 80, transport: String = "TCP") -> Object {
        var slice = Object(
            .endpointSlices, namespace: "default", name: "\(service)-\(name)",
            [
                "addressType": "IPv4", "ports": [["name": "main", "port": JSON(port), "protocol": .string(transport)]],
                "endpoints": .array(
                    endpoints.map { endpoint in
                        [
                            "addresses": [.string(endpoint.address)], "nodeName": .string(endpoint.node),
                            "conditions": [
                                "ready": .bool(endpoint.ready), "serving": .bool(endpoint.serving ?? endpoint.ready),
                                "terminating": .bool(endpoint.terminating),
                            ],
                        ]
                    }),
            ])
        slice.labels = ["kubernetes.io/service-name": service]
        return slice
    }

    static func pod(_ name: String, ip: String, hostPort: Int, hostIP: String = "", phase: String = "Running") -> Object {
        var port: JSONObject = ["containerPort": 80, "hostPort": JSON(hostPort), "protocol": "TCP"]
        if !hostIP.isEmpty { port["hostIP"] = .string(hostIP) }
        return Object(
            .pods, namespace: "default", name: name,
            [
                "spec": ["containers": [["name": "main", "ports": [.object(port)]]]],
                "status": ["podIP": .string(ip), "phase": .string(phase)],
            ])
    }
}
