import APIMachinery

extension Object {
    /// Annotations that controllers and clients keep for themselves.
    private static let noisyAnnotations: Set<String> = [
        "kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision", Application.annotation,
        "pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller",
    ]

    /// The object as its author knows it: without status and what the server writes.
    var withoutNoise: Object {
        var object = self
        object.fields["status"] = nil
        guard var metadata = object.fields["metadata"]?.object else { return object }
        for key in ["managedFields", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "uid", "resourceVersion", "generation", "selfLink"] {
            metadata[key] = nil
        }
        if var annotations = metadata["annotations"]?.object {
            for key in Self.noisyAnnotations { annotations[key] = nil }
            metadata["annotations"] = annotations.isEmpty ? nil : .object(annotations)
        }
        object.fields["metadata"] = .object(metadata)
        return object
    }
}

/// Hides the values of Secrets, keeping visible which of them differ.
struct SecretMask {
    static let hidden = "***"

    /// Both sides with every value replaced; one that differs says on which side it is.
    static func apply(_ before: Object?, _ after: Object?, hiding hidden: Hidden? = nil) -> (before: Object?, after: Object?) {
        guard before?.isSecret ?? after?.isSecret ?? false else {
            guard let hidden else { return (before, after) }
            return (hidden.masked(before, against: after, side: "before"), hidden.masked(after, against: before, side: "after"))
        }
        func masked(_ object: Object?, _ other: Object?, _ suffix: String) -> Object? {
            guard var object else { return nil }
            for field in ["data", "stringData"] {
                guard let members = object.fields[field]?.object else { continue }
                var hidden = JSONObject()
                for member in members {
                    let isSame = other == nil || other?.fields[field]?[member.key] == member.value
                    hidden[member.key] = .string(isSame ? Self.hidden : "\(Self.hidden) (\(suffix))")
                }
                object.fields[field] = .object(hidden)
            }
            return object
        }
        return (masked(before, after, "before"), masked(after, before, "after"))
    }
}

extension Object {
    fileprivate var isSecret: Bool { kind == "Secret" && apiVersion == "v1" }
}
