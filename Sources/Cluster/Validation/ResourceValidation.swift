import APIMachinery

extension Validation {
    /// Names without a domain that a container may ask for.
    private static let plainResources: Set<String> = ["cpu", "memory", "ephemeral-storage"]

    /// `resources` of a container: amounts are sensible, and requests stay within limits.
    static func checkResources(_ resources: Field, _ errors: inout Errors) {
        let (limits, requests) = (resources["limits"], resources["requests"])
        for list in [limits, requests] { for (name, amount) in list.members { checkAmount(name, amount, &errors) } }
        for (name, request) in requests.members {
            guard let wanted = quantity(request) else { continue }
            guard let limit = quantity(limits[name]) else {
                if !mayOvercommit(name) { errors.required(limits, "Limit must be set for non overcommitable resources") }
                continue
            }
            if wanted != limit, !mayOvercommit(name) {
                errors.invalid(requests, "must be equal to \(name) limit of \(limit)", value: .string(wanted.description))
            } else if wanted > limit {
                errors.invalid(
                    requests, "must be less than or equal to \(name) limit of \(limit)", value: .string(wanted.description))
            }
        }
    }

    private static func checkAmount(_ name: String, _ amount: Field, _ errors: inout Errors) {
        for problem in NameFormat.labelKey.problems(of: name) { errors.invalid(amount, problem, value: .string(name)) }
        if !name.contains("/"), !plainResources.contains(name), !name.hasPrefix("hugepages-") {
            errors.invalid(amount, "must be a standard resource type or fully qualified", value: .string(name))
        }
        checkQuantity(amount, &errors)
        if let quantity = quantity(amount), !name.hasSuffix("cpu"), name.contains("/"), quantity.milli % 1000 != 0 {
            errors.invalid(amount, "must be an integer")
        }
    }

    /// Extended resources and huge pages are never promised twice.
    private static func mayOvercommit(_ name: String) -> Bool { plainResources.contains(name) }

    static func checkQuantity(_ field: Field, _ errors: inout Errors) {
        guard field.isPresent else { return }
        guard let quantity = quantity(field) else {
            return errors.invalid(
                field, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        }
        if quantity.milli < 0 { errors.invalid(field, "must be greater than or equal to 0") }
    }

    static func quantity(_ field: Field) -> Quantity? { Quantity(field.value) }
}
