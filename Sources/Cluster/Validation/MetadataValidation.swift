import APIMachinery

extension Validation {
    /// Bytes that the annotations of one object may hold together.
    static let annotationsBytesMax = 256 * 1024

    static func checkMetadata(_ root: Field, type: ResourceType, name format: NameFormat, _ errors: inout Errors) {
        let metadata = root["metadata"]
        if metadata["name"].isEmpty {
            if metadata["generateName"].isEmpty { errors.required(metadata["name"], "name or generateName is required") }
        } else {
            errors.format(metadata["name"], format)
        }
        if type.isNamespaced {
            if metadata["namespace"].isEmpty {
                errors.required(metadata["namespace"])
            } else {
                errors.format(metadata["namespace"], .dnsLabel)
            }
        } else if !metadata["namespace"].isEmpty {
            errors.forbidden(metadata["namespace"], "not allowed on this type")
        }
        checkLabels(metadata["labels"], &errors)
        checkAnnotations(metadata["annotations"], &errors)
        checkOwners(metadata["ownerReferences"], &errors)
        for finalizer in metadata["finalizers"].elements {
            errors.format(finalizer, .labelKey)
            guard ownFinalizerKinds.contains(type.groupResource), !finalizer.text.contains("/"), !standardFinalizers.contains(finalizer.text) else { continue }
            errors.invalid(finalizer, "name is neither a standard finalizer name nor is it fully qualified")
        }
    }

    /// The finalizers that Kubernetes itself writes without a domain.
    private static let standardFinalizers: Set<String> = ["foregroundDeletion", "kubernetes", "orphan"]

    /// The kinds of Kubernetes' own API server. Definitions and custom kinds may have finalizers of one word.
    private static let ownFinalizerKinds = Set(
        ResourceType.builtin.filter { !["apiextensions.k8s.io", "gitctl.dev"].contains($0.group) }.map(\.groupResource))

    static func checkLabels(_ labels: Field, _ errors: inout Errors) {
        for (key, value) in labels.members {
            for problem in NameFormat.labelKey.problems(of: key) { errors.invalid(labels, problem, value: .string(key)) }
            for problem in NameFormat.labelValue.problems(of: value.text) {
                errors.invalid(labels, problem, value: .string(value.text))
            }
        }
    }

    static func checkAnnotations(_ annotations: Field, _ errors: inout Errors) {
        var sizeBytes = 0
        for (key, value) in annotations.members {
            for problem in NameFormat.labelKey.problems(of: key.lowercased()) {
                errors.invalid(annotations, problem, value: .string(key))
            }
            sizeBytes += key.utf8.count + value.text.utf8.count
        }
        if sizeBytes > annotationsBytesMax { errors.tooLong(annotations, bytesMax: annotationsBytesMax) }
    }

    private static func checkOwners(_ owners: Field, _ errors: inout Errors) {
        var controller: String?
        for owner in owners.elements {
            for key in ["apiVersion", "kind", "name", "uid"] where owner[key].isEmpty {
                errors.invalid(owner[key], "must not be empty", value: .string(""))
            }
            guard owner["controller"].bool == true else { continue }
            let name = "\(owner["kind"].text)/\(owner["name"].text)"
            if let controller {
                errors.invalid(
                    owners,
                    "Only one reference can have Controller set to true. Found \"true\" in references for \(controller) and \(name)"
                )
            }
            controller = name
        }
    }

    static func checkMetadataUpdate(_ new: Field, _ old: Field, _ errors: inout Errors) {
        let (metadata, before) = (new["metadata"], old["metadata"])
        for key in ["name", "namespace"] { errors.immutable(metadata[key], before[key]) }
        guard before["deletionTimestamp"].isPresent else { return }
        let known = Set(before["finalizers"].elements.map(\.text))
        let extra = metadata["finalizers"].elements.map(\.text).filter { !known.contains($0) }
        if !extra.isEmpty {
            errors.forbidden(
                metadata["finalizers"],
                "no new finalizers can be added if the object is being deleted, found new finalizers \(extra)")
        }
    }

    /// `{matchLabels, matchExpressions}`.
    static func checkSelector(_ selector: Field, _ errors: inout Errors) {
        checkLabels(selector["matchLabels"], &errors)
        for expression in selector["matchExpressions"].elements {
            errors.named(expression["key"], .labelKey)
            let values = expression["values"]
            switch expression["operator"].text {
            case "In", "NotIn":
                if values.isEmpty { errors.required(values, "must be specified when `operator` is 'In' or 'NotIn'") }
                for value in values.elements { errors.format(value, .labelValue) }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    errors.forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
                }
            default: errors.invalid(expression["operator"], "not a valid selector operator")
            }
        }
    }

    /// A workload's selector must be given, select something, and match its own template.
    static func checkOwnSelector(_ spec: Field, of kind: String = "deployment", _ errors: inout Errors) {
        let selector = spec["selector"]
        guard selector.isPresent else { return errors.required(selector) }
        checkSelector(selector, &errors)
        if selector["matchLabels"].isEmpty, selector["matchExpressions"].isEmpty {
            return errors.invalid(selector, "empty selector is invalid for \(kind)")
        }
        let labels = spec["template"]["metadata"]["labels"]
        // An operator that does not parse was reported above.
        guard let parsed = try? LabelSelector(json: selector.value), !parsed.matches(labels.value?.stringMap ?? [:]) else { return }
        errors.invalid(labels, "`selector` does not match template `labels`", value: labels.value ?? [:])
    }
}
