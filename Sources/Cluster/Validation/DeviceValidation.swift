import APIMachinery

/// Dynamic resource allocation: what must hold of the objects by themselves. Selectors are CEL and not compiled.
/// Source: kubernetes, pkg/apis/resource/validation.
extension Validation {
    /// As in Kubernetes.
    private static let deviceRequestsMax = 32
    private static let firstAvailableMax = 8
    private static let devicesMax = 128

    static let deviceClasses = Rules(
        check: { root, errors in
            for selector in root["spec"]["selectors"].elements { checkDeviceSelector(selector, &errors) }
            for config in root["spec"]["config"].elements { checkDeviceConfig(config, &errors) }
        })

    static let resourceClaims = Rules(
        check: { root, errors in checkClaimSpec(root["spec"], &errors) },
        update: { new, old, errors in errors.immutable(new["spec"], old["spec"]) })

    static let resourceClaimTemplates = Rules(
        check: { root, errors in
            checkLabels(root["spec"]["metadata"]["labels"], &errors)
            checkAnnotations(root["spec"]["metadata"]["annotations"], &errors)
            checkClaimSpec(root["spec"]["spec"], &errors)
        }, update: { new, old, errors in errors.immutable(new["spec"], old["spec"]) })

    static let resourceSlices = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkDriver(spec["driver"], &errors)
            errors.requiredText(spec["pool"]["name"])
            if let count = spec["pool"]["resourceSliceCount"].int, count <= 0 {
                errors.invalid(spec["pool"]["resourceSliceCount"], "must be greater than zero")
            }
            errors.nonNegative(spec["pool"]["generation"])
            checkSlicePlace(spec, &errors)
            if spec["devices"].elements.count > devicesMax { errors.tooMany(spec["devices"], countMax: devicesMax) }
            var names: Set<String> = []
            for device in spec["devices"].elements {
                errors.named(device["name"], .dnsLabel)
                if !device["name"].isEmpty, !names.insert(device["name"].text).inserted { errors.duplicate(device["name"]) }
            }
        },
        update: { new, old, errors in
            for key in ["driver", "nodeName"] { errors.immutable(new["spec"][key], old["spec"][key]) }
            errors.immutable(new["spec"]["pool"]["name"], old["spec"]["pool"]["name"])
        })

    /// A slice says in exactly one way which nodes reach its devices.
    private static func checkSlicePlace(_ spec: Field, _ errors: inout Errors) {
        let given = [!spec["nodeName"].isEmpty, spec["nodeSelector"].isPresent, spec["allNodes"].bool == true, spec["perDeviceNodeSelection"].bool == true]
        let names = "`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection`"
        switch given.count(where: \.self) {
        case 0: if spec["sharedCounters"].isEmpty { errors.required(spec, "exactly one of \(names) is required") }
        case 1: break
        default: errors.invalid(spec, "exactly one of \(names) is required, but multiple fields are set", value: [:])
        }
    }

    private static func checkClaimSpec(_ spec: Field, _ errors: inout Errors) {
        let devices = spec["devices"]
        if devices["requests"].elements.count > deviceRequestsMax { errors.tooMany(devices["requests"], countMax: deviceRequestsMax) }
        var names: Set<String> = []
        for request in devices["requests"].elements {
            errors.named(request["name"], .dnsLabel)
            if !request["name"].isEmpty, !names.insert(request["name"].text).inserted { errors.duplicate(request["name"]) }
            let (exactly, alternatives) = (request["exactly"], request["firstAvailable"])
            if exactly.isPresent, !alternatives.isEmpty {
                errors.invalid(request, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set", value: [:])
            } else if exactly.isPresent {
                checkDeviceRequest(exactly, &errors)
            } else if alternatives.isEmpty {
                errors.required(request, "exactly one of `exactly` or `firstAvailable` is required")
            }
            if alternatives.elements.count > firstAvailableMax { errors.tooMany(alternatives, countMax: firstAvailableMax) }
            for alternative in alternatives.elements {
                errors.named(alternative["name"], .dnsLabel)
                checkDeviceRequest(alternative, &errors)
                names.insert("\(request["name"].text)/\(alternative["name"].text)")
            }
        }
        for list in ["constraints", "config"] {
            for item in devices[list].elements {
                for name in item["requests"].elements where !names.contains(name.text) {
                    errors.invalid(name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")
                }
                if list == "config" { checkDeviceConfig(item, &errors) }
            }
        }
    }

    private static func checkDeviceRequest(_ request: Field, _ errors: inout Errors) {
        errors.named(request["deviceClassName"], .dnsSubdomain)
        for selector in request["selectors"].elements { checkDeviceSelector(selector, &errors) }
        switch request["allocationMode"].text {
        case "All":
            if let count = request["count"].int, count != 0 {
                errors.invalid(request["count"], "must not be specified when allocationMode is 'All'")
            }
        case "ExactCount":
            if let count = request["count"].int, count <= 0 { errors.invalid(request["count"], "must be greater than zero") }
        default: errors.unsupported(request["allocationMode"], ["All", "ExactCount"])
        }
    }

    private static func checkDeviceSelector(_ selector: Field, _ errors: inout Errors) {
        if !selector["cel"].isPresent { errors.required(selector["cel"]) } else { errors.requiredText(selector["cel"]["expression"]) }
    }

    private static func checkDeviceConfig(_ config: Field, _ errors: inout Errors) {
        guard config["opaque"].isPresent else { return errors.required(config, "exactly one of `opaque` is required") }
        checkDriver(config["opaque"]["driver"], &errors)
        if !config["opaque"]["parameters"].isPresent { errors.required(config["opaque"]["parameters"]) }
    }

    private static func checkDriver(_ driver: Field, _ errors: inout Errors) {
        errors.named(driver, .dnsSubdomain)
        if driver.text.utf8.count > 63 { errors.tooLong(driver, bytesMax: 63) }
    }
}
