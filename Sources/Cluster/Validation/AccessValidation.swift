import APIMachinery

/// Roles, their bindings, and certificate signing requests.
extension Validation {
    private static let accessGroup = "rbac.authorization.k8s.io"

    static let roles = Rules(
        name: .pathSegment, check: { root, errors in for rule in root["rules"].elements { checkRule(rule, isNamespaced: true, &errors) } })

    static let clusterRoles = Rules(
        name: .pathSegment,
        check: { root, errors in
            for rule in root["rules"].elements { checkRule(rule, isNamespaced: false, &errors) }
            guard root["aggregationRule"].isPresent else { return }
            let selectors = root["aggregationRule"]["clusterRoleSelectors"]
            if selectors.isEmpty { errors.required(selectors, "at least one clusterRoleSelector required if aggregationRule is non-nil") }
            for selector in selectors.elements { checkSelector(selector, &errors) }
        })

    private static func checkRule(_ rule: Field, isNamespaced: Bool, _ errors: inout Errors) {
        if rule["verbs"].isEmpty { errors.required(rule["verbs"], "verbs must contain at least one value") }
        if !rule["nonResourceURLs"].isEmpty {
            if isNamespaced { errors.invalid(rule["nonResourceURLs"], "namespaced rules cannot apply to non-resource URLs") }
            if ["apiGroups", "resources", "resourceNames"].contains(where: { !rule[$0].isEmpty }) {
                errors.invalid(rule["nonResourceURLs"], "rules cannot apply to both regular resources and non-resource URLs")
            }
            return
        }
        if rule["apiGroups"].isEmpty { errors.required(rule["apiGroups"], "resource rules must supply at least one api group") }
        if rule["resources"].isEmpty { errors.required(rule["resources"], "resource rules must supply at least one resource") }
    }

    static let roleBindings = binding(to: ["ClusterRole", "Role"], isNamespaced: true)
    static let clusterRoleBindings = binding(to: ["ClusterRole"], isNamespaced: false)

    private static func binding(to kinds: [String], isNamespaced: Bool) -> Rules {
        Rules(
            name: .pathSegment,
            check: { root, errors in
                let role = root["roleRef"]
                errors.oneOf(role["apiGroup"], [accessGroup])
                errors.oneOf(role["kind"], kinds)
                errors.named(role["name"], .pathSegment)
                for subject in root["subjects"].elements { checkSubject(subject, isNamespaced: isNamespaced, &errors) }
            },
            update: { new, old, errors in
                if !new["roleRef"].equals(old["roleRef"]) { errors.invalid(new["roleRef"], "cannot change roleRef") }
            })
    }

    private static func checkSubject(_ subject: Field, isNamespaced: Bool, _ errors: inout Errors) {
        errors.requiredText(subject["name"])
        switch subject["kind"].text {
        case "ServiceAccount":
            if !subject["name"].isEmpty { errors.format(subject["name"], .dnsSubdomain) }
            if !subject["apiGroup"].isEmpty { errors.unsupported(subject["apiGroup"], [""]) }
            if subject["namespace"].isEmpty { errors.required(subject["namespace"]) }
        case "User", "Group": errors.oneOf(subject["apiGroup"], [accessGroup])
        default: errors.unsupported(subject["kind"], ["Group", "ServiceAccount", "User"])
        }
    }

    private static let keyUsages = [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
        "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
        "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
    ]
    /// The base64 of a PEM block of the type CERTIFICATE REQUEST begins so.
    private static let requestStarts = ["LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0", "LS0tLS1CRUdJTiBORVcgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0t"]

    static let certificateSigningRequests = Rules(
        name: .pathSegment,
        check: { root, errors in
            let spec = root["spec"]
            if !requestStarts.contains(where: { spec["request"].text.hasPrefix($0) }) {
                errors.invalid(spec["request"], "PEM block type must be CERTIFICATE REQUEST")
            }
            if spec["usages"].isEmpty { errors.required(spec["usages"]) }
            var seen: Set<String> = []
            for usage in spec["usages"].elements {
                errors.oneOf(usage, keyUsages)
                if !seen.insert(usage.text).inserted { errors.duplicate(usage) }
            }
            let signer = spec["signerName"]
            let parts = signer.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            if signer.isEmpty {
                errors.required(signer)
            } else if parts.count != 2 || parts[1].isEmpty {
                errors.invalid(signer, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
            } else {
                for problem in NameFormat.dnsSubdomain.problems(of: String(parts[0])) {
                    errors.invalid(signer, "validating label \(JSON.string(String(parts[0])).text): \(problem)")
                }
            }
            if let seconds = spec["expirationSeconds"].int, seconds < 600 {
                errors.invalid(spec["expirationSeconds"], "may not specify a duration less than 600 seconds (10 minutes)")
            }
            checkApproval(root["status"]["conditions"], &errors)
        },
        update: { new, old, errors in
            let kept = Set(new["status"]["conditions"].elements.map { $0["type"].text })
            for condition in old["status"]["conditions"].elements where !kept.contains(condition["type"].text) {
                guard ["Approved", "Denied", "Failed"].contains(condition["type"].text) else { continue }
                errors.forbidden(
                    new["status"]["conditions"], "updates may not remove a condition of type \(JSON.string(condition["type"].text).text)")
            }
            let certificate = old["status"]["certificate"]
            if !certificate.isEmpty, !certificate.equals(new["status"]["certificate"]) {
                errors.forbidden(new["status"]["certificate"], "updates may not set certificate content if one has already been issued")
            }
        })

    private static func checkApproval(_ conditions: Field, _ errors: inout Errors) {
        var seen: Set<String> = []
        for condition in conditions.elements {
            let type = condition["type"]
            errors.requiredText(type)
            if !seen.insert(type.text).inserted { errors.duplicate(type) }
            if ["Approved", "Denied", "Failed"].contains(type.text), condition["status"].text != "True" {
                errors.unsupported(condition["status"], ["True"])
            }
            if seen.isSuperset(of: ["Approved", "Denied"]), ["Approved", "Denied"].contains(type.text) {
                errors.invalid(type, "Approved and Denied conditions are mutually exclusive")
            }
        }
    }
}
