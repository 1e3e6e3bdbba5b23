import APIMachinery

/// StorageClass and the kinds of storage drivers.
extension Validation {
    static let storageClasses = Rules(
        check: { root, errors in
            if root["provisioner"].isEmpty {
                errors.required(root["provisioner"])
            } else {
                for problem in NameFormat.labelKey.problems(of: root["provisioner"].text.lowercased()) {
                    errors.invalid(root["provisioner"], problem)
                }
            }
            for (key, _) in root["parameters"].members where key.isEmpty {
                errors.invalid(root["parameters"], "field can not be empty.", value: .string(key))
            }
            for topology in root["allowedTopologies"].elements {
                for expression in topology["matchLabelExpressions"].elements {
                    errors.named(expression["key"], .labelKey)
                    if expression["values"].isEmpty { errors.required(expression["values"]) }
                }
            }
        },
        update: { new, old, errors in
            for key in ["parameters", "provisioner", "reclaimPolicy"] where !new[key].equals(old[key]) {
                errors.forbidden(new[key], "updates to \(key) are forbidden.")
            }
            errors.immutable(new["volumeBindingMode"], old["volumeBindingMode"])
        })

    static let volumeAttributesClasses = Rules(
        check: { root, errors in
            errors.requiredText(root["driverName"])
            if root["parameters"].isEmpty { errors.required(root["parameters"], "must contain at least one key/value pair") }
        },
        update: { new, old, errors in
            for key in ["driverName", "parameters"] where !new[key].equals(old[key]) {
                errors.forbidden(new[key], "updates to \(key) are forbidden.")
            }
        })

    static let volumeAttachments = Rules(
        check: { root, errors in
            let spec = root["spec"]
            errors.requiredText(spec["attacher"])
            errors.named(spec["nodeName"], .dnsSubdomain)
            let source = spec["source"]
            if source["inlineVolumeSpec"].isPresent == !source["persistentVolumeName"].isEmpty {
                if source["inlineVolumeSpec"].isPresent {
                    errors.forbidden(source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
                } else {
                    errors.required(source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
                }
            }
        }, update: { new, old, errors in errors.immutable(new["spec"], old["spec"]) })

    static let csiDrivers = Rules(
        check: { root, errors in
            checkDriverName(root["metadata"]["name"], &errors)
            for mode in root["spec"]["volumeLifecycleModes"].elements { errors.oneOf(mode, ["Ephemeral", "Persistent"]) }
            var audiences: Set<String> = []
            for request in root["spec"]["tokenRequests"].elements {
                if !audiences.insert(request["audience"].text).inserted { errors.duplicate(request["audience"]) }
                if let seconds = request["expirationSeconds"].int, seconds < 600 {
                    errors.invalid(request["expirationSeconds"], "may not specify a duration less than 10 minutes")
                }
            }
        },
        update: { new, old, errors in
            for key in ["attachRequired", "volumeLifecycleModes"] { errors.immutable(new["spec"][key], old["spec"][key]) }
        })

    static let csiNodes = Rules(
        check: { root, errors in
            var names: Set<String> = []
            for driver in root["spec"]["drivers"].elements {
                checkDriverName(driver["name"], &errors)
                if !driver["name"].isEmpty, !names.insert(driver["name"].text).inserted { errors.duplicate(driver["name"]) }
                errors.requiredText(driver["nodeID"])
            }
        })

    private static func checkDriverName(_ name: Field, _ errors: inout Errors) {
        if name.isEmpty { return errors.required(name) }
        if name.text.utf8.count > 63 { errors.tooLong(name, bytesMax: 63) }
        for problem in NameFormat.dnsSubdomain.problems(of: name.text.lowercased()) { errors.invalid(name, problem) }
    }

    static let csiStorageCapacities = Rules(
        check: { root, errors in
            errors.named(root["storageClassName"], .dnsSubdomain)
            for key in ["capacity", "maximumVolumeSize"] { checkQuantity(root[key], &errors) }
            checkSelector(root["nodeTopology"], &errors)
        },
        update: { new, old, errors in
            for key in ["nodeTopology", "storageClassName"] { errors.immutable(new[key], old[key]) }
        })
}
