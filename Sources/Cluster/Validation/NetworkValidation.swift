import APIMachinery

/// Ingress and IngressClass, NetworkPolicy, IPAddress and ServiceCIDR.
extension Validation {
    static let ingresses = Rules(
        check: { root, errors in
            let spec = root["spec"]
            if spec["rules"].isEmpty, !spec["defaultBackend"].isPresent {
                errors.invalid(spec, "either `defaultBackend` or `rules` must be specified", value: [])
            }
            if spec["defaultBackend"].isPresent { checkBackend(spec["defaultBackend"], &errors) }
            for rule in spec["rules"].elements {
                checkHost(rule["host"], &errors)
                guard rule["http"].isPresent else { continue }
                if rule["http"]["paths"].isEmpty { errors.required(rule["http"]["paths"]) }
                for path in rule["http"]["paths"].elements { checkPath(path, &errors) }
            }
            for tls in spec["tls"].elements { for host in tls["hosts"].elements { checkHost(host, &errors) } }
            if !spec["ingressClassName"].isEmpty { errors.format(spec["ingressClassName"], .dnsSubdomain) }
        })

    private static func checkHost(_ host: Field, _ errors: inout Errors) {
        if host.isEmpty { return }
        if IPAddress(host.text) != nil { errors.invalid(host, "must be a DNS name, not an IP address") }
        if host.text.hasPrefix("*.") {
            for problem in NameFormat.dnsSubdomain.problems(of: String(host.text.dropFirst(2))) { errors.invalid(host, problem) }
        } else {
            errors.format(host, .dnsSubdomain)
        }
    }

    private static func checkPath(_ path: Field, _ errors: inout Errors) {
        switch path["pathType"].text {
        case "": errors.required(path["pathType"], "pathType must be specified")
        case "Exact", "Prefix":
            if !path["path"].text.hasPrefix("/") { errors.invalid(path["path"], "must be an absolute path", value: .string(path["path"].text)) }
            for part in ["//", "/./", "/../", "%2f", "%2F"] where path["path"].text.contains(part) {
                errors.invalid(path["path"], "must not contain '\(part)'")
            }
            for part in ["/..", "/."] where path["path"].text.hasSuffix(part) { errors.invalid(path["path"], "cannot end with '\(part)'") }
        default:
            if !path["path"].isEmpty, !path["path"].text.hasPrefix("/") { errors.invalid(path["path"], "must be an absolute path") }
        }
        checkBackend(path["backend"], &errors)
    }

    private static func checkBackend(_ backend: Field, _ errors: inout Errors) {
        let service = backend["service"]
        switch (backend["resource"].isPresent, service.isPresent) {
        case (true, true): return errors.invalid(backend, "cannot set both resource and service backends", value: "")
        case (false, false): return errors.required(backend, "resource or service backend is required")
        case (true, false):
            for key in ["kind", "name"] { errors.requiredText(backend["resource"][key]) }
        case (false, true):
            errors.named(service["name"], .dns1035Label)
            let (name, number) = (service["port"]["name"], service["port"]["number"])
            if !name.isEmpty, number.int ?? 0 != 0 {
                errors.invalid(backend, "cannot set both port name & port number", value: "")
            } else if !name.isEmpty {
                errors.format(name, .portName)
            } else if number.int ?? 0 == 0 {
                errors.required(backend, "port name or number is required")
            } else {
                checkPortNumber(number, &errors)
            }
        }
    }

    static let ingressClasses = Rules(
        check: { root, errors in
            let controller = root["spec"]["controller"]
            if controller.isEmpty {
                errors.required(controller)
            } else {
                let parts = controller.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count < 2 || parts[0].isEmpty || parts[1].isEmpty {
                    errors.invalid(controller, "must be a domain-prefixed path (such as \"acme.io/foo\")")
                } else {
                    for problem in NameFormat.dnsSubdomain.problems(of: String(parts[0])) { errors.invalid(controller, problem) }
                }
                if controller.text.utf8.count > 250 { errors.tooLong(controller, bytesMax: 250) }
            }
            let parameters = root["spec"]["parameters"]
            guard parameters.isPresent else { return }
            for key in ["kind", "name"] { errors.requiredText(parameters[key]) }
            if parameters["scope"].text == "Namespace", parameters["namespace"].isEmpty {
                errors.required(parameters["namespace"], "`parameters.scope` is set to 'Namespace'")
            }
            if parameters["scope"].text == "Cluster", !parameters["namespace"].isEmpty {
                errors.forbidden(parameters["namespace"], "`parameters.scope` is set to 'Cluster'")
            }
        },
        update: { new, old, errors in errors.immutable(new["spec"]["controller"], old["spec"]["controller"]) })

    static let networkPolicies = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkSelector(spec["podSelector"], &errors)
            for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
                for rule in spec[rules].elements {
                    for port in rule["ports"].elements { checkPolicyPort(port, &errors) }
                    for peer in rule[peers].elements { checkPeer(peer, &errors) }
                }
            }
            if spec["policyTypes"].elements.count > 2 {
                errors.invalid(spec["policyTypes"], "may not specify more than two policyTypes")
            } else {
                for type in spec["policyTypes"].elements { errors.oneOf(type, ["Egress", "Ingress"]) }
            }
        })

    private static func checkPolicyPort(_ port: Field, _ errors: inout Errors) {
        if port["port"].isPresent { checkPortReference(port["port"], &errors) }
        guard let end = port["endPort"].int else { return }
        if !port["port"].isPresent {
            errors.required(port["endPort"], "may not be specified when `port` is not specified")
        } else if let start = port["port"].int {
            if end < start { errors.invalid(port["endPort"], "must be greater than or equal to `port`") }
            checkPortNumber(port["endPort"], &errors)
        } else {
            errors.invalid(port["endPort"], "may not be specified when `port` is non-numeric")
        }
    }

    private static func checkPeer(_ peer: Field, _ errors: inout Errors) {
        let isSelected = peer["podSelector"].isPresent || peer["namespaceSelector"].isPresent
        for key in ["podSelector", "namespaceSelector"] { checkSelector(peer[key], &errors) }
        let block = peer["ipBlock"]
        if !isSelected, !block.isPresent { return errors.required(peer, "must specify a peer") }
        guard block.isPresent else { return }
        if isSelected { errors.forbidden(peer, "may not specify both ipBlock and another peer") }
        if block["cidr"].isEmpty { return errors.required(block["cidr"]) }
        guard let range = checkCIDR(block["cidr"], &errors) else { return }
        for except in block["except"].elements {
            guard let hole = checkCIDR(except, &errors) else { continue }
            if !range.strictlyContains(hole) { errors.invalid(except, "must be a strict subset of `cidr`") }
        }
    }

    private static func checkCIDR(_ field: Field, _ errors: inout Errors) -> AddressRange? {
        if let range = AddressRange(field.text) { return range }
        errors.invalid(field, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
        return nil
    }

    static let ipAddresses = Rules(
        name: .pathSegment,
        check: { root, errors in
            let name = root["metadata"]["name"]
            if IPAddress(name.text) == nil { errors.invalid(name, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)") }
            let parent = root["spec"]["parentRef"]
            guard parent.isPresent else { return errors.required(parent) }
            for key in ["resource", "name"] { errors.requiredText(parent[key]) }
        },
        update: { new, old, errors in errors.immutable(new["spec"]["parentRef"], old["spec"]["parentRef"]) })

    static let serviceCIDRs = Rules(
        check: { root, errors in
            let ranges = root["spec"]["cidrs"]
            if ranges.isEmpty { errors.required(ranges, "at least one CIDR required") }
            if ranges.elements.count > 2 {
                errors.invalid(ranges, "may only hold up to 2 values")
            } else {
                for range in ranges.elements { _ = checkCIDR(range, &errors) }
            }
        },
        update: { new, old, errors in errors.immutable(new["spec"]["cidrs"], old["spec"]["cidrs"]) })
}
