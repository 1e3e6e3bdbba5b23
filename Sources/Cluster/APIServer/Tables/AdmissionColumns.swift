import APIMachinery

/// Admission webhooks and policies.
enum AdmissionColumns {
    static let webhooks: [TableColumn] = [
        .name, .number("Webhooks", "The number of webhooks.") { Int64($0["webhooks"]?.array?.count ?? 0) }, .age,
    ]

    private static let parameters = TableColumn.text("ParamKind", "The kind of the policy's parameters.") { policy in
        guard let kind = policy.spec["paramKind"], !kind.isNull else { return "<unset>" }
        return "\(kind["apiVersion"]?.string ?? "")/\(kind["kind"]?.string ?? "")"
    }

    static let validatingPolicies: [TableColumn] = [
        .name, .number("Validations", "The number of validations.") { Int64($0.spec["validations"]?.array?.count ?? 0) }, parameters, .age,
    ]

    static let mutatingPolicies: [TableColumn] = [
        .name, .number("Mutations", "The number of mutations.") { Int64($0.spec["mutations"]?.array?.count ?? 0) }, parameters, .age,
    ]

    static let policyBindings: [TableColumn] = [
        .name, .text("PolicyName", "The policy that is bound.") { $0.spec["policyName"]?.string ?? "" },
        .text("ParamRef", "The parameters.") { binding in
            guard let reference = binding.spec["paramRef"], !reference.isNull else { return "<unset>" }
            return "\(reference["namespace"]?.string?.orNone ?? "*")/\(reference["name"]?.string ?? "")"
        }, .age,
    ]
}
