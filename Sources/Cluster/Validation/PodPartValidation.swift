import APIMachinery

/// What `pods/ephemeralcontainers` and `pods/resize` may change of a pod, which otherwise stays as it is.
extension Validation {
    /// Checks the part that was written; answers the old pod with that part as it is now, so that the
    /// rest is compared as for any update.
    static func checkPart(_ subresource: String?, _ new: Field, _ old: Field, _ errors: inout Errors) -> Field {
        var before = old.value ?? [:]
        switch subresource {
        case "ephemeralcontainers":
            checkEphemeral(new["spec"], old["spec"], &errors)
            before.set(new["spec"]["ephemeralContainers"].value, at: ["spec", "ephemeralContainers"])
        case "resize":
            for list in ["containers", "initContainers"] { checkResize(new["spec"][list], old["spec"][list], &errors) }
            let quality = QualityOfService(of: Object(new.value?.object ?? [:]))
            if quality != QualityOfService(of: Object(before.object ?? [:])) {
                errors.invalid(new["spec"], "Pod QOS Class may not change as a result of resizing", value: .string(quality.rawValue))
            }
            // Nothing else was taken from the request.
            before.set(new["spec"].value, at: ["spec"])
        default: return old
        }
        return Field(before)
    }

    /// Fields that only containers with a life of their own have.
    private static let notEphemeral = ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources", "resizePolicy"]

    private static func checkEphemeral(_ spec: Field, _ before: Field, _ errors: inout Errors) {
        let list = spec["ephemeralContainers"]
        var names = Set((spec["containers"].elements + spec["initContainers"].elements).map { $0["name"].text })
        let targets = Set(spec["containers"].elements.map { $0["name"].text })
        for container in list.elements {
            errors.named(container["name"], .dnsLabel)
            if !container["name"].isEmpty, !names.insert(container["name"].text).inserted { errors.duplicate(container["name"]) }
            errors.requiredText(container["image"])
            for key in notEphemeral where !container[key].isEmpty { errors.forbidden(container[key], "cannot be set for an Ephemeral Container") }
            let target = container["targetContainerName"]
            if !target.isEmpty, !targets.contains(target.text) { errors.notFound(target) }
        }
        for container in before["ephemeralContainers"].elements {
            let name = container["name"].text
            guard let now = list.elements.first(where: { $0["name"].text == name }) else {
                errors.forbidden(list, "existing ephemeral containers \(JSON.string(name).text) may not be removed")
                continue
            }
            if !now.equals(container) { errors.forbidden(list, "existing ephemeral containers \(JSON.string(name).text) may not be changed") }
        }
    }

    private static let resizable: Set<String> = ["cpu", "memory"]

    private static func checkResize(_ containers: Field, _ before: Field, _ errors: inout Errors) {
        for (container, old) in zip(containers.elements, before.elements) {
            checkResources(container["resources"], &errors)
            for list in ["requests", "limits"] {
                let (amounts, oldAmounts) = (container["resources"][list], old["resources"][list])
                for name in Set(amounts.members.map(\.key)).union(oldAmounts.members.map(\.key)).sorted() {
                    if !resizable.contains(name), !amounts[name].equals(oldAmounts[name]) {
                        errors.forbidden(amounts[name], "only cpu and memory resources are mutable")
                    } else if oldAmounts[name].isPresent, !amounts[name].isPresent {
                        errors.forbidden(amounts, "resource \(list) cannot be removed")
                    }
                }
            }
        }
    }
}
