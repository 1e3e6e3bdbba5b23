import APIMachinery

/// How many pods the controller of a pod is to keep: what percentages of a budget are of.
package enum ControllerScale: Sendable, Hashable {
    /// `uid` is the scaled object's: for the pods of a Deployment's ReplicaSets, the Deployment's.
    case replicas(Int, uid: String)
    /// There is none of that name and uid.
    case missing
    /// It cannot be known; why.
    case unknown(String)
}

/// Finds the scale of controllers. Source: kubernetes, pkg/controller/disruption, the finders.
struct ControllerScales: Sendable {
    let replicaSets: Informer
    let deployments: Informer
    let statefulSets: Informer
    let replicationControllers: Informer

    /// Those that `scale` reads from memory.
    var informers: [Informer] { [replicaSets, deployments, statefulSets, replicationControllers] }

    func scale(of owner: OwnerReference, namespace: String, client: any ResourceClient) async -> ControllerScale {
        switch (owner.apiVersion, owner.kind) {
        case ("apps/v1", "ReplicaSet"): replicaSetScale(owner, namespace)
        case ("apps/v1", "StatefulSet"): Self.scale(statefulSets, owner, namespace)
        case ("v1", "ReplicationController"): Self.scale(replicationControllers, owner, namespace)
        default: await subresource(owner, namespace, client)
        }
    }

    private static func scale(_ informer: Informer, _ owner: OwnerReference, _ namespace: String) -> ControllerScale {
        guard let object = informer.get(namespace: namespace, name: owner.name), object.uid == owner.uid else { return .missing }
        return .replicas(Int(object.spec["replicas"]?.int ?? 1), uid: object.uid)
    }

    private func replicaSetScale(_ owner: OwnerReference, _ namespace: String) -> ControllerScale {
        guard let set = replicaSets.get(namespace: namespace, name: owner.name), set.uid == owner.uid,
            let deployment = set.controller, deployment.kind == "Deployment"
        else { return Self.scale(replicaSets, owner, namespace) }
        let scale = Self.scale(deployments, deployment, namespace)
        return scale == .missing ? Self.scale(replicaSets, owner, namespace) : scale
    }

    /// Of any other kind, by its `scale`.
    private func subresource(_ owner: OwnerReference, _ namespace: String, _ client: any ResourceClient) async -> ControllerScale {
        do throws(APIStatus) {
            let type = try await client.resourceTypes().first { $0.kind == owner.kind && $0.gvk.apiVersion == owner.apiVersion }
            guard let type else { return .unknown("no matches for kind \"\(owner.kind)\" in version \"\(owner.apiVersion)\"") }
            guard type.subresources.contains("scale") else { return .unknown("\(type) does not implement the scale subresource") }
            let scale = try await client.getSubresource(
                ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: owner.name), "scale")
            if scale.uid != owner.uid { return .missing }
            return .replicas(Int(clamping: scale.spec["replicas"]?.int ?? 0), uid: scale.uid)
        } catch {
            return error.reason == .notFound ? .missing : .unknown(error.message)
        }
    }
}
