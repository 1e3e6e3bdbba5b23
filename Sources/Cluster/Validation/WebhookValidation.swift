import APIMachinery

/// Admission webhooks and policies.
extension Validation {
    static let mutatingWebhookConfigurations = Rules(check: checkWebhooks)
    static let validatingWebhookConfigurations = Rules(check: checkWebhooks)

    @Sendable private static func checkWebhooks(_ root: Field, _ errors: inout Errors) {
        var names: Set<String> = []
        for webhook in root["webhooks"].elements {
            let name = webhook["name"]
            if name.isEmpty {
                errors.required(name)
            } else {
                errors.format(name, .dnsSubdomain)
                if name.text.split(separator: ".").count < 3 {
                    errors.invalid(name, "should be a domain with at least three segments separated by dots")
                }
                if !names.insert(name.text).inserted { errors.duplicate(name) }
            }
            for key in ["namespaceSelector", "objectSelector"] { checkSelector(webhook[key], &errors) }
            for rule in webhook["rules"].elements { checkAdmissionRule(rule, &errors) }
            if webhook["sideEffects"].isEmpty { errors.required(webhook["sideEffects"], "must specify one of None, NoneOnDryRun") }
            if let seconds = webhook["timeoutSeconds"].int, !(1...30).contains(seconds) {
                errors.invalid(webhook["timeoutSeconds"], "the timeout value must be between 1 and 30 seconds")
            }
            checkWebhookClient(webhook["clientConfig"], &errors)
            let versions = webhook["admissionReviewVersions"]
            if versions.isEmpty {
                errors.required(versions, "must specify one of v1, v1beta1")
            } else if !versions.elements.contains(where: { ["v1", "v1beta1"].contains($0.text) }) {
                errors.invalid(versions, "must include at least one of v1, v1beta1")
            }
            for condition in webhook["matchConditions"].elements { checkCondition(condition, &errors) }
        }
    }

    static func checkWebhookClient(_ client: Field, _ errors: inout Errors) {
        let (url, service) = (client["url"], client["service"])
        guard url.isPresent != service.isPresent else { return errors.required(client, "exactly one of url or service is required") }
        if url.isPresent {
            let rest = url.text.hasPrefix("https://") ? url.text.dropFirst("https://".count) : ""
            if rest.isEmpty {
                errors.invalid(url, "'https' is the only allowed URL scheme; desired format: https://host[/path]")
            } else {
                if rest.contains("@") { errors.invalid(url, "user information is not permitted in the URL") }
                if rest.contains("#") { errors.invalid(url, "fragments are not permitted in the URL") }
                if rest.contains("?") { errors.invalid(url, "query parameters are not permitted in the URL") }
            }
        } else {
            for key in ["name", "namespace"] { errors.requiredText(service[key]) }
            if let port = service["port"].int, !(1...65_535).contains(port) {
                errors.invalid(service["port"], "port is not valid: must be between 1 and 65535, inclusive")
            }
            if !service["path"].isEmpty, !service["path"].text.hasPrefix("/") { errors.invalid(service["path"], "must start with a '/'") }
        }
    }

    private static func checkCondition(_ condition: Field, _ errors: inout Errors) {
        errors.named(condition["name"], .labelKey)
        errors.requiredText(condition["expression"])
    }

    private static let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]

    private static func checkAdmissionRule(_ rule: Field, _ errors: inout Errors) {
        if rule["operations"].isEmpty { errors.required(rule["operations"]) }
        if rule["operations"].elements.count > 1, rule["operations"].elements.contains(where: { $0.text == "*" }) {
            errors.invalid(rule["operations"], "if '*' is present, must not specify other operations")
        }
        for operation in rule["operations"].elements { errors.oneOf(operation, operations) }
        for key in ["apiGroups", "apiVersions", "resources"] {
            if rule[key].isEmpty { errors.required(rule[key]) }
            if key != "resources", rule[key].elements.count > 1, rule[key].elements.contains(where: { $0.text == "*" }) {
                errors.invalid(rule[key], "if '*' is present, must not specify other \(key == "apiGroups" ? "API groups" : "API versions")")
            }
        }
    }

    static let validatingAdmissionPolicies = Rules(
        check: { root, errors in
            let spec = root["spec"]
            if spec["validations"].isEmpty, spec["auditAnnotations"].isEmpty {
                errors.required(spec["validations"], "validations or auditAnnotations must be set")
            }
            for validation in spec["validations"].elements { errors.requiredText(validation["expression"]) }
            checkPolicy(spec, &errors)
        })

    static let mutatingAdmissionPolicies = Rules(
        check: { root, errors in
            let spec = root["spec"]
            if spec["mutations"].isEmpty { errors.required(spec["mutations"], "mutations must contain at least one item") }
            for mutation in spec["mutations"].elements {
                let key = mutation["patchType"].text == "JSONPatch" ? "jsonPatch" : "applyConfiguration"
                if !mutation[key].isPresent { errors.required(mutation[key]) } else { errors.requiredText(mutation[key]["expression"]) }
            }
            if spec["reinvocationPolicy"].isEmpty { errors.required(spec["reinvocationPolicy"]) }
            checkPolicy(spec, &errors)
        })

    private static func checkPolicy(_ spec: Field, _ errors: inout Errors) {
        let kind = spec["paramKind"]
        if kind.isPresent { for key in ["apiVersion", "kind"] { errors.requiredText(kind[key]) } }
        let constraints = spec["matchConstraints"]
        if constraints.isPresent {
            if constraints["resourceRules"].isEmpty { errors.required(constraints["resourceRules"]) }
            for rule in constraints["resourceRules"].elements { checkAdmissionRule(rule, &errors) }
        } else {
            errors.required(constraints)
        }
        for condition in spec["matchConditions"].elements { checkCondition(condition, &errors) }
        for variable in spec["variables"].elements { for key in ["name", "expression"] { errors.requiredText(variable[key]) } }
    }

    static let mutatingAdmissionPolicyBindings = Rules(check: { root, errors in checkPolicyBinding(root["spec"], &errors) })
    static let validatingAdmissionPolicyBindings = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkPolicyBinding(spec, &errors)
            if spec["validationActions"].isEmpty { errors.required(spec["validationActions"]) }
            let actions = spec["validationActions"].elements
            for action in actions { errors.oneOf(action, ["Audit", "Deny", "Warn"]) }
            if Set(actions.map(\.text)).isSuperset(of: ["Deny", "Warn"]) {
                errors.invalid(spec["validationActions"], "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)")
            }
        })

    private static func checkPolicyBinding(_ spec: Field, _ errors: inout Errors) {
        errors.requiredText(spec["policyName"])
        let reference = spec["paramRef"]
        guard reference.isPresent else { return }
        if reference["name"].isEmpty, !reference["selector"].isPresent {
            errors.required(reference, "one of name or selector must be specified")
        }
        if !reference["name"].isEmpty, reference["selector"].isPresent {
            errors.forbidden(reference["name"], "name and selector are mutually exclusive")
        }
        if reference["parameterNotFoundAction"].isEmpty { errors.required(reference["parameterNotFoundAction"]) }
    }
}
