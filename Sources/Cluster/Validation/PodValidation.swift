import APIMachinery

extension Validation {
    static let pods = Rules(
        check: { root, errors in
            checkPodSpec(root["spec"], &errors)
            // Of a pod just created, which has no version yet.
            if !root["spec"]["ephemeralContainers"].isEmpty, root["metadata"]["resourceVersion"].isEmpty {
                errors.forbidden(root["spec"]["ephemeralContainers"], "cannot be set on create")
            }
        }, update: checkPodUpdate)

    private static let mutableFields =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

    /// A pod's spec is fixed but for images, its deadline, and more tolerations; one behind a gate may lose gates.
    private static func checkPodUpdate(_ new: Field, _ old: Field, _ errors: inout Errors) {
        let (spec, before) = (new["spec"], old["spec"])
        guard !spec.equals(before) else { return }
        checkDeadline(spec["activeDeadlineSeconds"], before["activeDeadlineSeconds"], &errors)
        checkTolerations(spec["tolerations"], before["tolerations"], &errors)
        checkGateRemoval(spec["schedulingGates"], before["schedulingGates"], &errors)

        let isGated = !before["schedulingGates"].isEmpty
        var (left, right) = (spec.value?.withoutNulls ?? [:], before.value?.withoutNulls ?? [:])
        var free = ["activeDeadlineSeconds", "tolerations", "schedulingGates"]
        if isGated { free += ["nodeSelector", "affinity"] }
        // The scheduler's decision arrives through pods/binding as an update of this field.
        if before["nodeName"].isEmpty { free.append("nodeName") }
        if let grace = before["terminationGracePeriodSeconds"].int, grace < 0, spec["terminationGracePeriodSeconds"].int == 1 {
            free.append("terminationGracePeriodSeconds")
        }
        for key in free {
            left.set(nil, at: [key])
            right.set(nil, at: [key])
        }
        for list in ["containers", "initContainers"] {
            left.set(withoutImages(left[list]), at: [list])
            right.set(withoutImages(right[list]), at: [list])
        }
        if left != right { errors.forbidden(spec, mutableFields) }
    }

    private static func withoutImages(_ containers: JSON?) -> JSON? {
        guard let list = containers?.array else { return nil }
        return .array(
            list.map { container in
                var container = container
                container.set(nil, at: ["image"])
                return container
            })
    }

    private static func checkDeadline(_ new: Field, _ old: Field, _ errors: inout Errors) {
        guard let before = old.int else { return }
        if let now = new.int {
            if now > before { errors.invalid(new, "must be less than or equal to previous value") }
        } else {
            errors.invalid(new, "must not update from a positive integer to nil value")
        }
    }

    private static func checkTolerations(_ new: Field, _ old: Field, _ errors: inout Errors) {
        func key(_ toleration: Field) -> JSON {
            var value = toleration.value?.withoutNulls ?? [:]
            value.set(nil, at: ["tolerationSeconds"])
            return value
        }
        let present = Set(new.elements.map(key))
        if !old.elements.allSatisfy({ present.contains(key($0)) }) {
            errors.forbidden(new, "existing toleration can not be modified except its tolerationSeconds")
        }
    }

    private static func checkGateRemoval(_ new: Field, _ old: Field, _ errors: inout Errors) {
        let known = Set(old.elements.map { $0["name"].text })
        for gate in new.elements where !known.contains(gate["name"].text) {
            errors.forbidden(gate, "only deletion is allowed, but found new scheduling gate '\(gate["name"].text)'")
        }
    }
}
