import APIMachinery

extension Validation {
    /// The default range of node ports.
    static let nodePortRange: ClosedRange<Int64> = 30_000...32_767

    static let services = Rules(
        name: .dns1035Label,
        check: { root, errors in
            let spec = root["spec"]
            let type = spec["type"].isEmpty ? "ClusterIP" : spec["type"].text
            let isHeadless = spec["clusterIP"].text == "None"
            errors.oneOf(spec["type"], ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
            if spec["ports"].isEmpty, !isHeadless, type != "ExternalName" { errors.required(spec["ports"]) }
            if type == "ExternalName" {
                if !spec["clusterIP"].isEmpty {
                    errors.forbidden(spec["clusterIP"], "may not be set when `type` is 'ExternalName'")
                }
                errors.named(spec["externalName"], .dnsSubdomain)
            } else if isHeadless, type != "ClusterIP" {
                errors.invalid(spec["clusterIP"], "may not be set to 'None' for \(type) services")
            }
            checkLabels(spec["selector"], &errors)
            errors.oneOf(spec["sessionAffinity"], ["ClientIP", "None"])
            errors.oneOf(spec["externalTrafficPolicy"], ["Cluster", "Local"])
            errors.oneOf(spec["internalTrafficPolicy"], ["Cluster", "Local"])
            checkServicePorts(spec, type: type, &errors)
            let healthPort = spec["healthCheckNodePort"]
            if healthPort.int ?? 0 != 0 {
                checkPortNumber(healthPort, &errors)
                if type != "LoadBalancer" || spec["externalTrafficPolicy"].text != "Local" {
                    errors.invalid(healthPort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
                }
            }
            if spec["clusterIP"].isPresent, let first = spec["clusterIPs"].elements.first, first.text != spec["clusterIP"].text {
                errors.invalid(spec["clusterIPs"], "first value must match `clusterIP`")
            }
        },
        update: { new, old, errors in
            let (spec, before) = (new["spec"], old["spec"])
            func needsHealthPort(_ spec: Field) -> Bool {
                spec["type"].text == "LoadBalancer" && spec["externalTrafficPolicy"].text == "Local"
            }
            if needsHealthPort(spec), needsHealthPort(before) { errors.immutable(spec["healthCheckNodePort"], before["healthCheckNodePort"]) }
            // Changing to or from ExternalName gives up or takes an address; otherwise it stays.
            if spec["type"].text == "ExternalName" || before["type"].text == "ExternalName" || before["clusterIP"].isEmpty {
                return
            }
            if !spec["clusterIP"].equals(before["clusterIP"]) {
                // Kubernetes names the list, of which `clusterIP` is the first entry.
                let first = Field(spec["clusterIP"].value, at: spec["clusterIPs"].steps + [.index(0)])
                errors.invalid(first, "may not change once set")
            }
        })

    private static func checkServicePorts(_ spec: Field, type: String, _ errors: inout Errors) {
        let ports = spec["ports"].elements
        var names: Set<String> = []
        var numbers: Set<String> = []
        var nodePorts: Set<String> = []
        for port in ports {
            if port["name"].isEmpty {
                if ports.count > 1 { errors.required(port["name"]) }
            } else {
                errors.format(port["name"], .dnsLabel)
                if !names.insert(port["name"].text).inserted { errors.duplicate(port["name"]) }
            }
            if port["port"].isPresent { checkPortNumber(port["port"], &errors) } else { errors.required(port["port"]) }
            errors.oneOf(port["protocol"], ["SCTP", "TCP", "UDP"])
            if port["targetPort"].isPresent { checkPortReference(port["targetPort"], &errors) }
            let transport = port["protocol"].isEmpty ? "TCP" : port["protocol"].text
            if let number = port["port"].int, !numbers.insert("\(transport)/\(number)").inserted { errors.duplicate(port) }
            guard let nodePort = port["nodePort"].int, nodePort != 0 else { continue }
            if type == "ClusterIP" || type == "ExternalName" {
                errors.forbidden(port["nodePort"], "may not be used when `type` is '\(type)'")
            } else if !nodePortRange.contains(nodePort) {
                errors.invalid(
                    port["nodePort"],
                    "provided port is not in the valid range. The range of valid ports is \(nodePortRange.lowerBound)-\(nodePortRange.upperBound)"
                )
            }
            if !nodePorts.insert("\(transport)/\(nodePort)").inserted { errors.duplicate(port["nodePort"]) }
        }
    }
}
