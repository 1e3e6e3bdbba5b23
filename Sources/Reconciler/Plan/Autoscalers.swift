import APIMachinery

/// Leaves the number of replicas to HorizontalPodAutoscalers: one in the cluster or in the same commit
/// that targets a workload owns its `spec.replicas` from then on. When the workload is created, its
/// manifest's number counts. Source: Kubernetes documentation, "Migrating Deployments and StatefulSets
/// to horizontal autoscaling".
struct Autoscalers: Sendable {
    static let replicas = IgnoredPlaces(pointers: [.replicas])

    /// Of the daemon itself: whether somebody scales a workload is no secret of its namespace.
    let client: any ResourceClient

    private struct Target: Hashable {
        var namespace: String
        var group: String
        var kind: String
        var name: String

        init(_ key: ObjectKey) {
            (namespace, group, kind, name) = (key.namespace ?? "", key.type.group, key.type.kind, key.name)
        }

        /// nil when the autoscaler names none.
        init?(of autoscaler: Object, in namespace: String) {
            guard let target = autoscaler.spec["scaleTargetRef"], let kind = target["kind"]?.string, let name = target["name"]?.string else { return nil }
            // Without a version Kubernetes takes the core group; what that cannot be read as, targets nothing.
            let version = target["apiVersion"]?.string ?? "v1"
            (self.namespace, group, self.kind, self.name) = (namespace, GroupVersion(version)?.group ?? "", kind, name)
        }
    }

    /// Marks `spec.replicas` of what an autoscaler scales, stated or not: what was stated once is not to be
    /// removed either, which would put the default in its place. Asks the cluster only where something can be scaled.
    ///
    /// - Parameter application: whose whole commit `objects` are: an autoscaler of its that is not among
    ///   them is about to be pruned, and counts no more. nil: some objects alone.
    /// - Returns: whether something is scaled.
    /// - Throws: what the server cannot answer now: taken for an absence, it would scale down what is scaled.
    @discardableResult
    func leaveReplicas(of objects: inout [RenderedObject], in application: Application?) async throws(APIStatus) -> Bool {
        let scalable = objects.indices.filter { objects[$0].isScalable }
        guard !scalable.isEmpty else { return false }
        var targets: Set<Target> = []
        var stated: Set<ObjectIdentity> = []
        for object in objects where object.identity.kind == ResourceType.horizontalPodAutoscalers.kind && object.identity.group == ResourceType.horizontalPodAutoscalers.group {
            stated.insert(object.identity)
            if let target = Target(of: object.object, in: object.key.namespace ?? "") { targets.insert(target) }
        }
        for namespace in Set(scalable.compactMap { objects[$0].key.namespace }) {
            for autoscaler in try await live(in: namespace) where !autoscaler.isDeleting {
                let identity = ObjectIdentity(ObjectKey(.horizontalPodAutoscalers, namespace: namespace, name: autoscaler.name))
                let isMine = autoscaler.annotations[Application.annotation] == application?.reference
                if let application, application.prunes, isMine, !stated.contains(identity) { continue }
                if let target = Target(of: autoscaler, in: namespace) { targets.insert(target) }
            }
        }
        guard !targets.isEmpty else { return false }
        for index in scalable where targets.contains(Target(objects[index].key)) { objects[index] = objects[index].ignoring(Self.replicas) }
        return true
    }

    private func live(in namespace: String) async throws(APIStatus) -> [Object] {
        do throws(APIStatus) { return try await client.list(.horizontalPodAutoscalers, namespace: namespace).items } catch {
            // A cluster without the kind, or whose login may not list it, has none that we could know of.
            guard [.notFound, .methodNotAllowed, .forbidden].contains(error.reason) else { throw error }
            return []
        }
    }
}

extension JSONPointer {
    fileprivate static let replicas = JSONPointer(tokens: ["spec", "replicas"])
}
