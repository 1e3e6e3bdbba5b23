import APIMachinery

/// The Scale of a Deployment, a ReplicaSet or a custom kind. Source: API reference, autoscaling/v1 Scale.
enum Scale {
    static let gvk = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")

    /// - Parameter paths: of a custom kind; nil for built-in ones, whose replicas are one when unset.
    static func document(of object: Object, _ paths: ScalePaths?) -> Object {
        let place = paths ?? ScalePaths()
        // A selector that does not parse was refused when the object was written.
        let selector =
            paths == nil
            ? (try? LabelSelector(json: object["spec", "selector"]))?.description ?? ""
            : place.selector.flatMap { object.json[path: $0]?.string } ?? ""
        return Object([
            "apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": [
                "name": .string(object.name), "namespace": .string(object.namespace), "uid": .string(object.uid),
                "resourceVersion": .string(object.resourceVersion), "creationTimestamp": .string(object.creationTimestamp),
            ],
            "spec": ["replicas": .int(object.json[path: place.specReplicas]?.int ?? (paths == nil ? 1 : 0))],
            "status": ["replicas": .int(object.json[path: place.statusReplicas]?.int ?? 0), "selector": .string(selector)],
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
        let paths = kinds.custom(key.type)?.scalePaths
        let result = try await modify(key, subresource: "scale", options: options, manager: manager, context: context) { live throws(APIStatus) in
            let current = Scale.document(of: live, paths)
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
            new.set(.int(replicas), at: (paths ?? ScalePaths()).specReplicas)
            new = ServerSideApply.update(
                new, from: live, manager: manager, operation: "Update", subresource: "scale", now: self.clock.now,
                schema: self.node(of: key.type))
            new.resourceVersion = scale.resourceVersion
            new.uid = scale.uid
            return new
        }
        return WriteResult(version: ObjectVersion(unstored: Scale.document(of: result.object, paths)), effect: result.effect)
    }
}
