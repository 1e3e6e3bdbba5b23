import APIMachinery

/// StatefulSet, DaemonSet, ReplicationController, PodTemplate and ControllerRevision.
extension Validation {
    static let statefulSets = Rules(
        name: .dnsLabel,
        check: { root, errors in
            let spec = root["spec"]
            checkOwnSelector(spec, of: "statefulset", &errors)
            checkTemplate(spec["template"], restartPolicies: ["Always"], of: "StatefulSet", &errors)
            for key in ["replicas", "minReadySeconds", "revisionHistoryLimit"] { errors.nonNegative(spec[key]) }
            errors.nonNegative(spec["ordinals"]["start"])
            let strategy = spec["updateStrategy"]
            if strategy["type"].text == "OnDelete", strategy["rollingUpdate"].isPresent {
                errors.invalid(strategy["rollingUpdate"], "only allowed for updateStrategy 'RollingUpdate'")
            }
            errors.nonNegative(strategy["rollingUpdate"]["partition"])
            if strategy["rollingUpdate"]["maxUnavailable"].isPresent {
                checkIntOrPercent(strategy["rollingUpdate"]["maxUnavailable"], &errors)
                if strategy["rollingUpdate"]["maxUnavailable"].int == 0 {
                    errors.invalid(strategy["rollingUpdate"]["maxUnavailable"], "cannot be 0")
                }
            }
        },
        update: { new, old, errors in
            var (left, right) = (new["spec"].value ?? [:], old["spec"].value ?? [:])
            for key in [
                "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
            ] {
                left.set(nil, at: [key])
                right.set(nil, at: [key])
            }
            // The status of a claim's template is the server's.
            if !Field(left.withoutClaimStatus).equals(Field(right.withoutClaimStatus)) {
                errors.forbidden(
                    new["spec"],
                    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
                )
            }
        })

    static let daemonSets = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkOwnSelector(spec, of: "daemonset", &errors)
            checkTemplate(spec["template"], restartPolicies: ["Always"], of: "DaemonSet", &errors)
            for key in ["minReadySeconds", "revisionHistoryLimit"] { errors.nonNegative(spec[key]) }
            guard spec["updateStrategy"]["type"].text == "RollingUpdate" else { return }
            let rolling = spec["updateStrategy"]["rollingUpdate"]
            for key in ["maxUnavailable", "maxSurge"] { checkIntOrPercent(rolling[key], &errors) }
            switch (isNothing(rolling["maxUnavailable"]), isNothing(rolling["maxSurge"])) {
            case (true, true): errors.invalid(rolling["maxUnavailable"], "cannot be 0 when maxSurge is 0")
            case (false, false): errors.invalid(rolling["maxSurge"], "may not be set when maxUnavailable is non-zero")
            default: break
            }
        },
        update: { new, old, errors in errors.immutable(new["spec"]["selector"], old["spec"]["selector"]) })

    private static func isNothing(_ field: Field) -> Bool { !field.isPresent || field.int == 0 || field.string == "0%" }

    static let replicationControllers = Rules(
        check: { root, errors in
            let spec = root["spec"]
            for key in ["replicas", "minReadySeconds"] { errors.nonNegative(spec[key]) }
            if spec["selector"].isEmpty { errors.required(spec["selector"]) }
            guard spec["template"].isPresent else { return errors.required(spec["template"]) }
            let labels = spec["template"]["metadata"]["labels"]
            if spec["selector"].members.contains(where: { labels[$0.key].text != $0.field.text }) {
                errors.invalid(labels, "`selector` does not match template `labels`", value: labels.value ?? [:])
            }
            checkTemplate(spec["template"], restartPolicies: ["Always"], of: "ReplicationController", &errors)
        })

    static let podTemplates = Rules(
        check: { root, errors in
            checkTemplate(root["template"], restartPolicies: ["Always", "Never", "OnFailure"], of: "PodTemplate", &errors)
        })

    static let controllerRevisions = Rules(
        check: { root, errors in
            if !root["data"].isPresent { errors.required(root["data"], "data is mandatory") }
            errors.nonNegative(root["revision"])
        }, update: { new, old, errors in errors.immutable(new["data"], old["data"]) })
}

extension JSON {
    fileprivate var withoutClaimStatus: JSON {
        guard let claims = self["volumeClaimTemplates"]?.array else { return self }
        var copy = self
        copy.set(
            .array(
                claims.map { claim in
                    var claim = claim
                    claim.set(nil, at: ["status"])
                    return claim
                }), at: ["volumeClaimTemplates"])
        return copy
    }
}
