import APIMachinery

/// LimitRange, ResourceQuota, PriorityClass, RuntimeClass, FlowSchema and PriorityLevelConfiguration.
extension Validation {
    static let limitRanges = Rules(
        check: { root, errors in
            var types: Set<String> = []
            for item in root["spec"]["limits"].elements {
                errors.named(item["type"], .labelKey)
                if !item["type"].isEmpty, !types.insert(item["type"].text).inserted { errors.duplicate(item["type"]) }
                if item["type"].text == "Pod" {
                    for key in ["default", "defaultRequest"] where !item[key].isEmpty {
                        errors.forbidden(item[key], "may not be specified when `type` is 'Pod'")
                    }
                }
                if item["type"].text == "PersistentVolumeClaim", !item["min"]["storage"].isPresent, !item["max"]["storage"].isPresent {
                    errors.required(item, "either minimum or maximum storage value is required, but neither was provided")
                }
                checkLimits(item, &errors)
            }
        })

    private static func checkLimits(_ item: Field, _ errors: inout Errors) {
        let lists: [(key: String, name: String)] = [
            ("min", "min value"), ("defaultRequest", "default request value"), ("default", "default value"), ("max", "max value"),
        ]
        for list in lists { for (_, amount) in item[list.key].members { checkQuantity(amount, &errors) } }
        // Each must be no greater than those after it.
        for (index, low) in lists.enumerated() {
            for high in lists[(index + 1)...] {
                for (resource, amount) in item[low.key].members {
                    guard let least = quantity(amount), let greatest = quantity(item[high.key][resource]), least > greatest else { continue }
                    errors.invalid(amount, "\(low.name) \(least) is greater than \(high.name) \(greatest)")
                }
            }
        }
        for (_, ratio) in item["maxLimitRequestRatio"].members {
            if let number = quantity(ratio), number.milli < 1000 { errors.invalid(ratio, "ratio \(number) is less than 1") }
        }
    }

    private static let quotaScopes = [
        "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating", "VolumeAttributesClass",
    ]
    private static let quotaResources: Set<String> = [
        "configmaps", "cpu", "ephemeral-storage", "limits.cpu", "limits.ephemeral-storage", "limits.memory", "memory",
        "persistentvolumeclaims", "pods", "replicationcontrollers", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
        "requests.storage", "resourcequotas", "secrets", "services", "services.loadbalancers", "services.nodeports",
    ]

    static let resourceQuotas = Rules(
        check: { root, errors in
            let spec = root["spec"]
            for (name, amount) in spec["hard"].members {
                for problem in NameFormat.labelKey.problems(of: name) { errors.invalid(amount, problem, value: .string(name)) }
                let isKnown = quotaResources.contains(name) || name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-")
                if !name.contains("/"), !isKnown { errors.invalid(amount, "must be a standard resource for quotas", value: .string(name)) }
                checkQuantity(amount, &errors)
                let isCounted = !["cpu", "memory", "storage"].contains { name.hasSuffix($0) }
                if isCounted, let number = quantity(amount), number.milli % 1000 != 0 { errors.invalid(amount, "must be an integer") }
            }
            for scope in spec["scopes"].elements { errors.oneOf(scope, quotaScopes) }
            for term in spec["scopeSelector"]["matchExpressions"].elements { errors.oneOf(term["scopeName"], quotaScopes) }
        },
        update: { new, old, errors in errors.immutable(new["spec"]["scopes"], old["spec"]["scopes"]) })

    /// The greatest priority that is not the system's.
    private static let priorityMax: Int64 = 1_000_000_000

    static let priorityClasses = Rules(
        check: { root, errors in
            let name = root["metadata"]["name"]
            let isSystem = ["system-cluster-critical", "system-node-critical"].contains(name.text)
            if name.text.hasPrefix("system-"), !isSystem {
                errors.forbidden(
                    name,
                    "priority class names with 'system-' prefix are reserved for system use only. error: \(name.text) is not a known system priority class"
                )
            }
            if let value = root["value"].int, value > priorityMax, !isSystem {
                errors.forbidden(root["value"], "maximum allowed value of a user defined priority is \(priorityMax)")
            }
        },
        update: { new, old, errors in
            if new["value"].int ?? 0 != old["value"].int ?? 0 { errors.forbidden(new["value"], "may not be changed in an update.") }
            errors.immutable(new["preemptionPolicy"], old["preemptionPolicy"])
        })

    static let runtimeClasses = Rules(
        check: { root, errors in
            for problem in NameFormat.dnsLabel.problems(of: root["handler"].text) { errors.invalid(root["handler"], problem) }
            for (name, amount) in root["overhead"]["podFixed"].members {
                for problem in NameFormat.labelKey.problems(of: name) { errors.invalid(amount, problem, value: .string(name)) }
                checkQuantity(amount, &errors)
            }
            checkLabels(root["scheduling"]["nodeSelector"], &errors)
        }, update: { new, old, errors in errors.immutable(new["handler"], old["handler"]) })

    static let flowSchemas = Rules(
        check: { root, errors in
            let spec = root["spec"]
            let precedence = spec["matchingPrecedence"]
            if let number = precedence.int, number <= 0 { errors.invalid(precedence, "must be a positive value") }
            if let number = precedence.int, number > 10_000 { errors.invalid(precedence, "must not be greater than 10000") }
            if spec["priorityLevelConfiguration"]["name"].isEmpty {
                errors.required(spec["priorityLevelConfiguration"]["name"], "must reference a priority level")
            }
            for rule in spec["rules"].elements {
                if rule["subjects"].isEmpty { errors.required(rule["subjects"], "subjects must contain at least one value") }
                if rule["resourceRules"].isEmpty, rule["nonResourceRules"].isEmpty {
                    errors.required(rule, "at least one of resourceRules and nonResourceRules has to be non-empty")
                }
            }
        })

    static let priorityLevelConfigurations = Rules(
        check: { root, errors in
            let spec = root["spec"]
            switch spec["type"].text {
            case "Exempt":
                if spec["limited"].isPresent { errors.forbidden(spec["limited"], "must be nil if the type is not Limited") }
            case "Limited":
                guard spec["limited"].isPresent else { return errors.required(spec["limited"], "must not be empty when type is Limited") }
                let response = spec["limited"]["limitResponse"]
                if response["type"].isEmpty { errors.required(response["type"]) }
                if response["type"].text == "Reject", response["queuing"].isPresent {
                    errors.forbidden(response["queuing"], "must be nil if limited.limitResponse.type is not Limited")
                }
                if response["type"].text == "Queue", !response["queuing"].isPresent {
                    errors.required(response["queuing"], "must not be empty if limited.limitResponse.type is Limited")
                }
            default: break
            }
        })
}
