import APIMachinery

/// Keeps a claim that a pod uses, and a volume that a claim is bound to, until that ends.
///
/// Source: kubernetes, pkg/controller/volume/pvcprotection and pvprotection.
package struct VolumeProtection: Controller {
    static let claimFinalizer = "kubernetes.io/pvc-protection"
    static let volumeFinalizer = "kubernetes.io/pv-protection"

    package enum Key: Hashable, Sendable {
        case claim(Informer.Key)
        case volume(String)
    }

    package struct Snapshot: Sendable {
        package var type: ResourceType
        package var object: Object
        package var isInUse: Bool
    }

    package let name = "pvc-protection-controller"
    let claims: Informer
    let volumes: Informer
    let pods: Informer
    /// Pods by `namespace/claim`.
    let podsByClaim: InformerIndex

    package init(claims: Informer, volumes: Informer, pods: Informer) {
        self.claims = claims
        self.volumes = volumes
        self.pods = pods
        podsByClaim = InformerIndex(pods) { pod in Self.claimNames(of: pod).map { "\(pod.namespace)/\($0)" } }
    }

    static func claimNames(of pod: Object) -> [String] {
        (pod.spec["volumes"]?.array ?? []).compactMap { $0["persistentVolumeClaim"]?["claimName"]?.string }
    }

    package var sources: [ControllerSource<Key>] {
        [
            ControllerSource(claims) { change in [.claim(Informer.Key(change.object))] },
            ControllerSource(volumes) { change in [.volume(change.object.name)] },
            ControllerSource(pods) { change in
                guard case .deleted(let pod) = change else { return [] }
                return Self.claimNames(of: pod).map { .claim(Informer.Key(namespace: pod.namespace, name: $0)) }
            },
        ]
    }

    package func snapshot(of key: Key, client: any ResourceClient) async throws -> Snapshot? {
        switch key {
        case .claim(let key):
            guard let claim = claims.get(key) else { return nil }
            var isInUse = !podsByClaim["\(key.namespace)/\(key.name)"].allSatisfy { PodState($0).nodeName.isEmpty }
            if !isInUse, claim.isDeleting {
                // The cache may lag behind a pod just placed; its data must not go from under it.
                isInUse = try await client.list(.pods, namespace: key.namespace).items.contains { pod in
                    !PodState(pod).nodeName.isEmpty && Self.claimNames(of: pod).contains(key.name)
                }
            }
            return Snapshot(type: .persistentVolumeClaims, object: claim, isInUse: isInUse)
        case .volume(let name):
            return volumes.get(name: name).map {
                Snapshot(type: .persistentVolumes, object: $0, isInUse: $0.status["phase"]?.string == "Bound")
            }
        }
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let object = snapshot.object
        let finalizer = snapshot.type == .persistentVolumes ? Self.volumeFinalizer : Self.claimFinalizer
        let has = object.finalizers.contains(finalizer)
        if !object.isDeleting, !has { return ControllerPlan([.finalizers(snapshot.type, object, object.finalizers + [finalizer])]) }
        if object.isDeleting, has, !snapshot.isInUse {
            return ControllerPlan([.finalizers(snapshot.type, object, object.finalizers.filter { $0 != finalizer })])
        }
        return ControllerPlan()
    }
}
