import APIMachinery

/// Deployment, ReplicaSet and Job: a template, and a selector that must match it.
extension Validation {
    static let deployments = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkOwnSelector(spec, &errors)
            checkTemplate(spec["template"], restartPolicies: ["Always"], &errors)
            for key in ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
                errors.nonNegative(spec[key])
            }
            if let deadline = spec["progressDeadlineSeconds"].int, deadline <= spec["minReadySeconds"].int ?? 0 {
                errors.invalid(spec["progressDeadlineSeconds"], "must be greater than minReadySeconds")
            }
            checkStrategy(spec["strategy"], &errors)
        },
        update: { new, old, errors in errors.immutable(new["spec"]["selector"], old["spec"]["selector"]) })

    static let replicaSets = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkOwnSelector(spec, &errors)
            checkTemplate(spec["template"], restartPolicies: ["Always"], &errors)
            for key in ["replicas", "minReadySeconds"] { errors.nonNegative(spec[key]) }
        },
        update: { new, old, errors in errors.immutable(new["spec"]["selector"], old["spec"]["selector"]) })

    private static func checkStrategy(_ strategy: Field, _ errors: inout Errors) {
        switch strategy["type"].text {
        case "": break
        case "Recreate":
            if strategy["rollingUpdate"].isPresent {
                errors.forbidden(strategy["rollingUpdate"], "may not be specified when strategy `type` is 'Recreate'")
            }
        case "RollingUpdate":
            let rolling = strategy["rollingUpdate"]
            for key in ["maxUnavailable", "maxSurge"] { checkIntOrPercent(rolling[key], &errors) }
            if let unavailable = fraction(rolling["maxUnavailable"]), unavailable > 100 {
                errors.invalid(rolling["maxUnavailable"], "must not be greater than 100%")
            }
            if isZero(rolling["maxUnavailable"]), isZero(rolling["maxSurge"]) {
                errors.invalid(rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0")
            }
        default: errors.unsupported(strategy["type"], ["Recreate", "RollingUpdate"])
        }
    }

    private static func isZero(_ field: Field) -> Bool { field.int == 0 || field.string == "0%" }
    private static func fraction(_ field: Field) -> Int? {
        field.string.flatMap { $0.hasSuffix("%") ? Int($0.dropLast()) : nil }
    }

    static func checkIntOrPercent(_ field: Field, _ errors: inout Errors) {
        if field.int != nil { return errors.nonNegative(field) }
        guard let text = field.string else { return }
        let digits = text.dropLast()
        if !text.hasSuffix("%") || digits.isEmpty || !digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) {
            errors.invalid(
                field,
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
            )
        }
    }

    static let jobs = Rules(
        name: .dnsSubdomain,
        check: { root, errors in
            let spec = root["spec"]
            // Indexed jobs name their pods' hosts, whose names are labels.
            if spec["completionMode"].text == "Indexed" { checkIndexedName(root, spec, &errors) }
            checkOwnSelector(spec, &errors)
            checkTemplate(spec["template"], restartPolicies: ["OnFailure", "Never"], &errors)
            if !spec["template"]["spec"]["restartPolicy"].isPresent {
                errors.required(spec["template"]["spec"]["restartPolicy"], "valid values: \"OnFailure\", \"Never\"")
            }
            for key in [
                "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
                "backoffLimitPerIndex", "maxFailedIndexes",
            ] {
                errors.nonNegative(spec[key])
            }
            errors.oneOf(spec["completionMode"], ["Indexed", "NonIndexed"])
            errors.oneOf(spec["podReplacementPolicy"], ["Failed", "TerminatingOrFailed"])
        },
        update: checkJobUpdate)

    private static func checkIndexedName(_ root: Field, _ spec: Field, _ errors: inout Errors) {
        guard let completions = spec["completions"].int else {
            return errors.required(spec["completions"], "when completion mode is Indexed")
        }
        if completions > 0, !root["metadata"]["name"].isEmpty {
            let host = "\(root["metadata"]["name"].text)-\(completions - 1)"
            for problem in NameFormat.dnsLabel.problems(of: host) {
                errors.invalid(root["metadata"]["name"], "will not able to create pod with invalid DNS label: \(host): \(problem)")
            }
        }
        if let parallelism = spec["parallelism"].int, parallelism > 100_000, completions > 100_000 {
            errors.invalid(spec["parallelism"], "must be less than or equal to 100000 when completion mode is Indexed")
        }
    }

    private static func checkJobUpdate(_ new: Field, _ old: Field, _ errors: inout Errors) {
        let (spec, before) = (new["spec"], old["spec"])
        for key in ["selector", "completionMode", "podFailurePolicy", "successPolicy", "backoffLimitPerIndex", "managedBy"] {
            errors.immutable(spec[key], before[key])
        }
        // An Indexed job may grow or shrink when completions and parallelism move together.
        let isElastic =
            spec["completionMode"].text == "Indexed" && spec["completions"].isPresent
            && spec["completions"].equals(spec["parallelism"])
        if !isElastic { errors.immutable(spec["completions"], before["completions"]) }
        var (template, templateBefore) = (spec["template"].value ?? [:], before["template"].value ?? [:])
        if before["suspend"].bool == true, !old["status"]["startTime"].isPresent {
            // Until a suspended job first starts, a queue may still direct where its pods go.
            for path in [
                ["metadata", "labels"], ["metadata", "annotations"], ["spec", "nodeSelector"], ["spec", "affinity"],
                ["spec", "tolerations"], ["spec", "schedulingGates"],
            ] {
                template.set(nil, at: path)
                templateBefore.set(nil, at: path)
            }
        }
        if !Field(template).equals(Field(templateBefore)) { errors.invalid(spec["template"], "field is immutable") }
    }
}
