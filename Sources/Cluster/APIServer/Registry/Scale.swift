import APIMachinery

/// The Scale of a Deployment or ReplicaSet. Source: API reference, autoscaling/v1 Scale.
enum Scale {
    static let gvk = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")

    static func document(of object: Object) -> Object {
        // A selector that does not parse was refused when the object was written.
        let selector = (try? LabelSelector(json: object["spec", "selector"]))?.description ?? ""
        return Object([
            "apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": [
                "name": .string(object.name), "namespace": .string(object.namespace), "uid": .string(object.uid),
                "resourceVersion": .string(object.resourceVersion), "creationTimestamp": .string(object.creationTimestamp),
            ],
            "spec": ["replicas": .int(object["spec", "replicas"]?.int ?? 1)],
            "status": ["replicas": .int(object["status", "replicas"]?.int ?? 0), "selector": .string(selector)],
        ])
    }
}

extension Registry {
    /// Sets the replicas that `make` leaves in the object's Scale; answers the new Scale.
    func updateScale(
        _ key: ObjectKey, options: WriteOptions, context: RequestContext, make: (Object) throws(APIStatus) -> Object
    ) async throws(APIStatus) -> WriteResult {
        guard key.type.subresources.contains("scale") else { throw unknownSubresource(key) }
        let manager = context.fieldManager(options.fieldManager)
        let result = try await modify(key, subresource: "scale", options: options, manager: manager, context: context) { live throws(APIStatus) in
            let current = Scale.document(of: live)
            let scale = try make(current)
            let value = scale["spec", "replicas"] ?? 0
            guard let replicas = value.int else {
                throw .badRequest("Scale in version \"v1\" cannot be handled as a Scale: spec.replicas must be an integer, found \(value.text)")
            }
            guard replicas >= 0, replicas <= Int64(Int32.max) else {
                throw .invalid(
                    Scale.gvk, name: key.name,
                    [.init(reason: "FieldValueInvalid", message: "Invalid value: \(replicas): must be greater than or equal to 0", field: "spec.replicas")])
            }
            var new = live
            new["spec", "replicas"] = .int(replicas)
            new = ServerSideApply.update(
                new, from: live, manager: manager, operation: "Update", subresource: "scale", now: self.clock.now,
                schema: self.schema.node(key.type.gvk))
            new.resourceVersion = scale.resourceVersion
            new.uid = scale.uid
            return new
        }
        return WriteResult(version: ObjectVersion(unstored: Scale.document(of: result.object)), effect: result.effect)
    }
}
