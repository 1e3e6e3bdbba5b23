import APIMachinery

extension Validation {
    /// The spec of a pod or of a template.
    static func checkPodSpec(_ spec: Field, _ errors: inout Errors) {
        checkVolumes(spec["volumes"], &errors)
        checkContainers(spec, &errors)
        errors.oneOf(spec["restartPolicy"], ["Always", "Never", "OnFailure"])
        errors.oneOf(spec["dnsPolicy"], ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"])
        if spec["dnsPolicy"].text == "None", spec["dnsConfig"]["nameservers"].isEmpty {
            errors.required(spec["dnsConfig"]["nameservers"], "must provide at least one DNS nameserver when `dnsPolicy` is None")
        }
        if let seconds = spec["activeDeadlineSeconds"].int, !(1...Int64(Int32.max)).contains(seconds) {
            errors.invalid(spec["activeDeadlineSeconds"], "must be between 1 and 2147483647, inclusive")
        }
        errors.nonNegative(spec["terminationGracePeriodSeconds"])
        if !spec["serviceAccountName"].isEmpty { errors.format(spec["serviceAccountName"], .dnsSubdomain) }
        if !spec["nodeName"].isEmpty { errors.format(spec["nodeName"], .dnsSubdomain) }
        if !spec["hostname"].isEmpty { errors.format(spec["hostname"], .dnsLabel) }
        if !spec["subdomain"].isEmpty { errors.format(spec["subdomain"], .dnsLabel) }
        for name in spec["imagePullSecrets"].elements { errors.requiredText(name["name"]) }
        checkLabels(spec["nodeSelector"], &errors)
        for toleration in spec["tolerations"].elements { checkToleration(toleration, &errors) }
        checkGates(spec, &errors)
        checkSysctls(spec, &errors)
        for term in spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"].elements
        {
            checkNodeSelectorTerm(term, &errors)
        }
    }

    private static func checkContainers(_ spec: Field, _ errors: inout Errors) {
        let volumes = spec["volumes"].elements
        var context = ContainerContext(
            volumeNames: Set(volumes.map { $0["name"].text }),
            claimBackedVolumes: Set(
                volumes.filter { $0["persistentVolumeClaim"].isPresent || $0["ephemeral"].isPresent }.map { $0["name"].text }))
        if spec["containers"].isEmpty { errors.required(spec["containers"]) }
        var names: Set<String> = []
        var hostPorts: Set<String> = []
        for list in ["initContainers", "containers"] {
            context.isInit = list == "initContainers"
            if !context.isInit { hostPorts = [] }
            for container in spec[list].elements {
                checkContainer(container, context, &errors)
                let name = container["name"]
                if !name.isEmpty, !names.insert(name.text).inserted { errors.duplicate(name) }
                for port in container["ports"].elements {
                    guard let number = port["hostPort"].int, number != 0 else { continue }
                    let key = "\(port["protocol"].text)/\(port["hostIP"].text)/\(number)"
                    if !hostPorts.insert(key).inserted { errors.duplicate(port["hostPort"], value: .string(key)) }
                    if spec["hostNetwork"].bool == true, port["containerPort"].int != number {
                        errors.invalid(port["hostPort"], "must match `containerPort` when `hostNetwork` is true")
                    }
                }
            }
        }
    }

    private static func checkGates(_ spec: Field, _ errors: inout Errors) {
        var names: Set<String> = []
        for gate in spec["schedulingGates"].elements {
            errors.named(gate["name"], .labelKey)
            if !names.insert(gate["name"].text).inserted { errors.duplicate(gate) }
        }
        if !names.isEmpty, !spec["nodeName"].isEmpty {
            errors.forbidden(spec["nodeName"], "cannot be set until all schedulingGates have been cleared")
        }
    }

    private static func checkToleration(_ toleration: Field, _ errors: inout Errors) {
        let (key, op) = (toleration["key"], toleration["operator"].text)
        if !key.isEmpty { errors.format(key, .labelKey) }
        if key.isEmpty, op != "Exists" {
            errors.invalid(
                toleration["operator"], "operator must be Exists when `key` is empty, which means \"match all values and all keys\""
            )
        }
        switch op {
        case "", "Equal": errors.format(toleration["value"], .labelValue)
        case "Exists":
            if !toleration["value"].isEmpty { errors.invalid(toleration, "value must be empty when `operator` is 'Exists'") }
        default: errors.unsupported(toleration["operator"], ["Equal", "Exists"])
        }
        if !toleration["effect"].isEmpty { errors.oneOf(toleration["effect"], ["NoExecute", "NoSchedule", "PreferNoSchedule"]) }
        if toleration["tolerationSeconds"].isPresent, toleration["effect"].text != "NoExecute" {
            errors.invalid(toleration["effect"], "effect must be 'NoExecute' when `tolerationSeconds` is set")
        }
    }

    private static func checkNodeSelectorTerm(_ term: Field, _ errors: inout Errors) {
        for expression in term["matchExpressions"].elements {
            errors.named(expression["key"], .labelKey)
            let values = expression["values"]
            switch expression["operator"].text {
            case "In", "NotIn":
                if values.isEmpty { errors.required(values, "must be specified when `operator` is 'In' or 'NotIn'") }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    errors.forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
                }
            case "Gt", "Lt":
                if values.elements.count != 1 {
                    errors.required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'")
                }
            default: errors.invalid(expression["operator"], "not a valid selector operator")
            }
        }
    }

    /// A workload's template: labels, annotations, spec, and the restart policies that the kind allows.
    static func checkTemplate(_ template: Field, restartPolicies: [String], of kind: String = "ReplicaSet", _ errors: inout Errors) {
        checkLabels(template["metadata"]["labels"], &errors)
        checkAnnotations(template["metadata"]["annotations"], &errors)
        let spec = template["spec"]
        checkPodSpec(spec, &errors)
        let policy = spec["restartPolicy"]
        if policy.isPresent, !restartPolicies.contains(policy.text) { errors.unsupported(policy, restartPolicies) }
        if spec["activeDeadlineSeconds"].isPresent, restartPolicies == ["Always"] {
            errors.forbidden(spec["activeDeadlineSeconds"], "activeDeadlineSeconds in \(kind) is not Supported")
        }
    }
}
