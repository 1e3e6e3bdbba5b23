import APIMachinery

/// Binds PersistentVolumeClaims to PersistentVolumes, and says what becomes of volumes let go.
///
/// A binding is written twice, first `claimRef` on the volume, then `volumeName` on the claim; each
/// half is enough to find and finish the other after a crash between them.
/// Source: kubernetes, pkg/controller/volume/persistentvolume; API reference, core/v1.
package struct VolumeBinder: Controller {
    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"

    package enum Key: Hashable, Sendable {
        case claim(Informer.Key)
        case volume(String)
    }

    package enum Snapshot: Sendable {
        case claim(ClaimBinding)
        case volume(Object, claim: Object?)
    }

    package let name = "persistentvolume-binder"
    let volumes: Informer
    let claims: Informer

    package init(volumes: Informer, claims: Informer) {
        self.volumes = volumes
        self.claims = claims
    }

    package var sources: [ControllerSource<Key>] {
        [
            ControllerSource(claims) { [volumes] change in
                let claim = change.object
                var keys: [Key] = []
                if case .deleted = change {} else { keys.append(.claim(Informer.Key(claim))) }
                if let volume = claim.spec["volumeName"]?.string { keys.append(.volume(volume)) }
                // A volume may name the claim before the claim names it.
                keys += volumes.list().filter { Self.claimKey(of: $0) == Informer.Key(claim) }.map { .volume($0.name) }
                return keys
            },
            ControllerSource(volumes) { [claims] change in
                let volume = change.object
                var keys: [Key] = [.volume(volume.name)]
                if let claim = Self.claimKey(of: volume) { return keys + [.claim(claim)] }
                // A free volume may be what some claim waits for.
                keys += claims.list().filter { claim in
                    let wanted = claim.spec["volumeName"]?.string ?? ""
                    return wanted == volume.name || (wanted.isEmpty && claim.status["phase"]?.string != "Bound")
                }.map { .claim(Informer.Key($0)) }
                return keys
            },
        ]
    }

    static func claimKey(of volume: Object) -> Informer.Key? {
        guard let claim = volume.spec["claimRef"], let name = claim["name"]?.string else { return nil }
        return Informer.Key(namespace: claim["namespace"]?.string ?? "", name: name)
    }

    package func snapshot(of key: Key, client: any ResourceClient) async throws -> Snapshot? {
        switch key {
        case .claim(let key):
            guard let claim = claims.get(key) else { return nil }
            let name = claim.spec["volumeName"]?.string ?? ""
            return .claim(
                ClaimBinding(claim: claim, volumes: name.isEmpty ? volumes.list() : volumes.get(name: name).map { [$0] } ?? []))
        case .volume(let name):
            guard let volume = volumes.get(name: name) else { return nil }
            var claim: Object?
            if let key = Self.claimKey(of: volume) {
                claim = try await liveClaim(key, uid: volume.spec["claimRef"]?["uid"]?.string, client)
            }
            return .volume(volume, claim: claim)
        }
    }

    /// Whether a claim is gone decides whether data goes, so the server is asked when the cache says so.
    private func liveClaim(_ key: Informer.Key, uid: String?, _ client: any ResourceClient) async throws -> Object? {
        if let cached = claims.get(key), uid == nil || cached.uid == uid { return cached }
        return try await client.find(ObjectKey(.persistentVolumeClaims, namespace: key.namespace, name: key.name))
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        switch snapshot {
        case .claim(let binding): binding.plan()
        case .volume(let volume, let claim): VolumeState(volume: volume, claim: claim).plan()
        }
    }
}

/// What a volume's phase should be.
struct VolumeState: Sendable {
    let volume: Object
    /// The claim of the name in `claimRef`, whatever its uid.
    let claim: Object?

    func plan() -> ControllerPlan {
        let reference = volume.spec["claimRef"]
        guard let reference, !reference.isNull else { return phase("Available") }
        let uid = reference["uid"]?.string ?? ""
        // Reserved for a claim that does not exist yet, or that has not been bound.
        if uid.isEmpty { return phase("Available") }
        guard let claim, claim.uid == uid else { return released() }
        let bound = claim.spec["volumeName"]?.string ?? ""
        // An empty name: the claim's own look finishes the binding.
        if bound.isEmpty { return ControllerPlan() }
        if bound == volume.name { return phase("Bound") }
        // The claim went to another volume.
        guard volume.annotations[VolumeBinder.boundByController] != nil else {
            return patch(["spec": ["claimRef": ["uid": .null]]])
        }
        return patch([
            "spec": ["claimRef": .null], "metadata": ["annotations": [VolumeBinder.boundByController: .null]],
        ])
    }

    private func patch(_ patch: JSON) -> ControllerPlan {
        var patch = patch
        patch.set(.string(volume.resourceVersion), at: ["metadata", "resourceVersion"])
        return ControllerPlan([.patch(ObjectKey(.persistentVolumes, volume), patch)])
    }

    private func phase(_ phase: String, reason: JSON = .null, message: JSON = .null) -> ControllerPlan {
        ControllerPlan(
            StatusPatch(.persistentVolumes, volume, ["phase": .string(phase), "reason": reason, "message": message]).changes)
    }

    private func released() -> ControllerPlan {
        switch volume.spec["persistentVolumeReclaimPolicy"]?.string ?? "Retain" {
        case "Delete" where volume.status["phase"]?.string == "Failed": return ControllerPlan()
        case "Delete":
            // Nobody here may delete a directory of the host: the data is kept, and a person is told.
            let path = volume.spec["hostPath"]?["path"]?.string
            let message =
                path.map { "host_path deleter only supports /tmp/.+ but received provided \($0)" }
                ?? "error getting deleter volume plugin for volume \"\(volume.name)\": no deletable volume plugin matched"
            var plan = phase("Failed", reason: "VolumeFailedDelete", message: .string(message))
            plan.add(.event(volume, isWarning: true, "VolumeFailedDelete", message))
            return plan
        default: return phase("Released")
        }
    }
}
