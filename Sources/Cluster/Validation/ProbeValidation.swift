import APIMachinery

extension Validation {
    static func checkProbe(_ probe: Field, isReadiness: Bool, _ errors: inout Errors) {
        checkHandler(probe, kinds: ["exec", "httpGet", "tcpSocket", "grpc"], &errors)
        for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
            errors.nonNegative(probe[key])
        }
        if !isReadiness, let threshold = probe["successThreshold"].int, threshold > 1 {
            errors.invalid(probe["successThreshold"], "must be 1")
        }
        let grace = probe["terminationGracePeriodSeconds"]
        if let seconds = grace.int {
            if isReadiness {
                errors.invalid(grace, "must not be set for readinessProbes")
            } else if seconds <= 0 {
                errors.invalid(grace, "must be greater than 0")
            }
        }
    }

    /// A probe's or a hook's action: exactly one of `kinds`.
    static func checkHandler(_ handler: Field, kinds: [String], _ errors: inout Errors) {
        let given = kinds.filter { handler[$0].isPresent }
        if given.isEmpty { return errors.required(handler, "must specify a handler type") }
        for extra in given.dropFirst() { errors.forbidden(handler[extra], "may not specify more than 1 handler type") }
        switch given[0] {
        case "exec":
            if handler["exec"]["command"].isEmpty { errors.required(handler["exec"]["command"]) }
        case "httpGet":
            let get = handler["httpGet"]
            if get["path"].isEmpty { errors.required(get["path"]) }
            checkPortReference(get["port"], &errors)
            errors.oneOf(get["scheme"], ["HTTP", "HTTPS"])
        case "tcpSocket": checkPortReference(handler["tcpSocket"]["port"], &errors)
        case "grpc": checkPortNumber(handler["grpc"]["port"], &errors)
        case "sleep": errors.nonNegative(handler["sleep"]["seconds"])
        default: break
        }
    }
}
