import APIMachinery

/// A claim and the volumes that it may be bound to.
package struct ClaimBinding: Sendable {
    package let claim: Object
    /// The named volume if the claim names one, else all.
    package let volumes: [Object]

    private var wantedName: String { claim.spec["volumeName"]?.string ?? "" }
    private var isCompleted: Bool { claim.annotations[VolumeBinder.bindCompleted] != nil }

    func plan() -> ControllerPlan {
        if wantedName.isEmpty {
            if let volume = bestMatch() { return bind(volume) }
            return unbound()
        }
        guard let volume = volumes.first else {
            return isCompleted
                ? lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!") : phase("Pending")
        }
        guard let reference = volume.spec["claimRef"], !reference.isNull else {
            return isCompleted || fits(volume) ? bind(volume) : unfit(volume)
        }
        if VolumeBinder.claimKey(of: volume) == Informer.Key(claim), [nil, "", claim.uid].contains(reference["uid"]?.string) {
            return bind(volume)
        }
        return isCompleted
            ? lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly") : phase("Pending")
    }

    /// The volume reserved for this claim, or the smallest free one that fits.
    private func bestMatch() -> Object? {
        let reserved = volumes.first { volume in
            VolumeBinder.claimKey(of: volume) == Informer.Key(claim)
                && [nil, "", claim.uid].contains(volume.spec["claimRef"]?["uid"]?.string)
        }
        if let reserved, fits(reserved) { return reserved }
        return volumes.filter { volume in
            (volume.spec["claimRef"] ?? .null).isNull && !volume.isDeleting && isFree(volume) && fits(volume)
                && modes(of: claim).isSubset(of: modes(of: volume)) && selector.matches(volume.labels)
        }
        .min { (capacity(of: $0), $0.name) < (capacity(of: $1), $1.name) }
    }

    private func isFree(_ volume: Object) -> Bool { ["", "Pending", "Available"].contains(volume.status["phase"]?.string ?? "") }

    private var selector: LabelSelector {
        guard let selector = claim.spec["selector"], !selector.isNull else { return .everything }
        // A selector that does not parse selects nothing; validation keeps such out.
        return (try? LabelSelector(json: selector)) ?? .nothing
    }

    private var request: Quantity { Quantity(claim.spec["resources"]?["requests"]?["storage"]) ?? .zero }
    private func capacity(of volume: Object) -> Quantity { Quantity(volume.spec["capacity"]?["storage"]) ?? .zero }
    private func mode(_ object: Object) -> String { object.spec["volumeMode"]?.string ?? "Filesystem" }
    private func storageClass(_ object: Object) -> String { object.spec["storageClassName"]?.string ?? "" }
    private func modes(of object: Object) -> Set<String> { Set(object.spec["accessModes"]?.array?.compactMap(\.string) ?? []) }

    /// Size, class and mode: what must hold even for a volume chosen by name.
    private func fits(_ volume: Object) -> Bool {
        capacity(of: volume) >= request && storageClass(volume) == storageClass(claim) && mode(volume) == mode(claim)
    }

    private func unfit(_ volume: Object) -> ControllerPlan {
        let reason =
            capacity(of: volume) < request
            ? "requested PV is too small"
            : storageClass(volume) != storageClass(claim) ? "storageClassName does not match" : "incompatible volumeMode"
        var plan = phase("Pending")
        plan.add(.event(claim, isWarning: true, "VolumeMismatch", "Cannot bind to requested volume \"\(volume.name)\": \(reason)"))
        return plan
    }

    private func unbound() -> ControllerPlan {
        var plan = phase("Pending")
        let name = storageClass(claim)
        if name.isEmpty {
            plan.add(.event(claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set"))
        } else {
            plan.add(.event(claim, isWarning: true, "ProvisioningFailed", "storageclass.storage.k8s.io \"\(name)\" not found"))
        }
        return plan
    }

    /// Both halves of the binding and both phases, as far as they are missing.
    private func bind(_ volume: Object) -> ControllerPlan {
        var plan = ControllerPlan()
        if volume.spec["claimRef"]?["uid"]?.string != claim.uid {
            var patch: JSON = [
                "metadata": ["resourceVersion": .string(volume.resourceVersion)],
                "spec": [
                    "claimRef": [
                        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": .string(claim.namespace),
                        "name": .string(claim.name), "uid": .string(claim.uid), "resourceVersion": .string(claim.resourceVersion),
                    ]
                ],
            ]
            // What the user did not reserve may be taken back.
            if volume.spec["claimRef"]?["name"] == nil {
                patch.set("yes", at: ["metadata", "annotations", VolumeBinder.boundByController])
            }
            plan.add(.patch(ObjectKey(.persistentVolumes, volume), patch))
        }
        plan.add(StatusPatch(.persistentVolumes, volume, ["phase": "Bound", "reason": .null, "message": .null]).changes)
        var annotations = JSONObject()
        if !isCompleted { annotations[VolumeBinder.bindCompleted] = "yes" }
        if wantedName.isEmpty { annotations[VolumeBinder.boundByController] = "yes" }
        if !annotations.isEmpty {
            plan.add(
                .patch(
                    ObjectKey(.persistentVolumeClaims, claim),
                    [
                        "metadata": ["uid": .string(claim.uid), "annotations": .object(annotations)],
                        "spec": ["volumeName": .string(volume.name)],
                    ]))
        }
        let wanted: [String: JSON] = [
            "phase": "Bound", "accessModes": volume.spec["accessModes"] ?? .null, "capacity": volume.spec["capacity"] ?? .null,
        ]
        plan.add(StatusPatch(.persistentVolumeClaims, claim, wanted).changes)
        return plan
    }

    private func phase(_ phase: String) -> ControllerPlan {
        ControllerPlan(StatusPatch(.persistentVolumeClaims, claim, ["phase": .string(phase)]).changes)
    }

    private func lost(_ reason: String, _ message: String) -> ControllerPlan {
        guard claim.status["phase"]?.string != "Lost" else { return ControllerPlan() }
        var plan = phase("Lost")
        plan.add(.event(claim, isWarning: true, reason, message))
        return plan
    }
}
