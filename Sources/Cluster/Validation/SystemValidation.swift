import APIMachinery

/// The kinds with few rules: Namespace, Node, Event, Lease, Endpoints, EndpointSlice, Application.
extension Validation {
    static let namespaces = Rules(
        name: .dnsLabel,
        check: { root, errors in
            for finalizer in root["spec"]["finalizers"].elements {
                errors.format(finalizer, .labelKey)
                if !finalizer.text.contains("/"), finalizer.text != "kubernetes" {
                    errors.invalid(finalizer, "name is neither a standard finalizer name nor is it fully qualified")
                }
            }
        })

    static let nodes = Rules(
        check: { root, errors in
            var seen: Set<String> = []
            for taint in root["spec"]["taints"].elements {
                errors.named(taint["key"], .labelKey)
                errors.format(taint["value"], .labelValue)
                errors.oneOf(taint["effect"], ["NoExecute", "NoSchedule", "PreferNoSchedule"])
                if !seen.insert("\(taint["key"].text):\(taint["effect"].text)").inserted { errors.duplicate(taint) }
            }
        },
        update: { new, old, errors in
            for key in ["podCIDR", "providerID"] where !old["spec"][key].isEmpty && !new["spec"][key].equals(old["spec"][key]) {
                errors.forbidden(new["spec"][key], "node updates may not change \(key) except from \"\" to valid")
            }
        })

    static let events = Rules(
        check: { root, errors in
            let involved = root["involvedObject"]["namespace"].text
            let namespace = root["metadata"]["namespace"].text
            if involved.isEmpty ? (namespace != "default" && namespace != "kube-system") : involved != namespace {
                errors.invalid(root["involvedObject"]["namespace"], "does not match event.namespace", value: .string(involved))
            }
        })

    static let leases = Rules(
        check: { root, errors in
            let spec = root["spec"]
            errors.positive(spec["leaseDurationSeconds"])
            errors.nonNegative(spec["leaseTransitions"])
            if spec["holderIdentity"].isPresent, spec["holderIdentity"].isEmpty {
                errors.invalid(spec["holderIdentity"], "must not be empty")
            }
        })

    static let endpoints = Rules(
        check: { root, errors in
            for subset in root["subsets"].elements {
                let lists = ["addresses", "notReadyAddresses"]
                if lists.allSatisfy({ subset[$0].isEmpty }) {
                    errors.required(subset, "must specify `addresses` or `notReadyAddresses`")
                }
                for address in lists.flatMap({ subset[$0].elements }) { checkAddress(address["ip"], &errors) }
                for port in subset["ports"].elements {
                    if subset["ports"].elements.count > 1, port["name"].isEmpty { errors.required(port["name"]) }
                    if !port["name"].isEmpty { errors.format(port["name"], .dnsLabel) }
                    checkPortNumber(port["port"], &errors)
                }
            }
        })

    private static func checkAddress(_ address: Field, _ errors: inout Errors) {
        if address.isEmpty { return errors.required(address) }
        if address.text.hasPrefix("127.") || address.text == "::1" {
            errors.invalid(address, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
        }
        if address.text.hasPrefix("169.254.") {
            errors.invalid(address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
        }
    }

    /// Endpoints of one slice at most.
    static let sliceEndpointsMax = 1000

    static let endpointSlices = Rules(
        check: { root, errors in
            if root["addressType"].isEmpty {
                errors.required(root["addressType"])
            } else {
                errors.oneOf(root["addressType"], ["FQDN", "IPv4", "IPv6"])
            }
            if root["endpoints"].elements.count > sliceEndpointsMax {
                errors.tooMany(root["endpoints"], countMax: sliceEndpointsMax)
            }
            for endpoint in root["endpoints"].elements {
                if endpoint["addresses"].isEmpty { errors.required(endpoint["addresses"], "must contain at least 1 address") }
                if root["addressType"].text != "FQDN" {
                    for address in endpoint["addresses"].elements { checkAddress(address, &errors) }
                }
            }
            var names: Set<String> = []
            for port in root["ports"].elements {
                if !names.insert(port["name"].text).inserted { errors.duplicate(port["name"]) }
                if !port["name"].isEmpty { errors.format(port["name"], .dnsLabel) }
                checkPortNumber(port["port"], &errors)
            }
        },
        update: { new, old, errors in errors.immutable(new["addressType"], old["addressType"]) })

    static let applications = Rules(
        check: { root, errors in
            let source = root["spec"]["source"]
            let given = ["repository", "url"].filter { !source[$0].isEmpty }
            if given.isEmpty { errors.required(source, "must specify one of: `repository` or `url`") }
            if given.count > 1 { errors.forbidden(source["url"], "may not be specified together with `repository`") }
            if !source["repository"].isEmpty { errors.format(source["repository"], .dnsSubdomain) }
            if !source["path"].isEmpty { checkRelativePath(source["path"], &errors) }
            let namespace = root["spec"]["destination"]["namespace"]
            if !namespace.isEmpty { errors.format(namespace, .dnsLabel) }
        })
}
