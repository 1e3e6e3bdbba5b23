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
            let replicas = try Self.replicas(of: scale, key)
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

    /// Server-side apply of a Scale: the manager owns the object's replicas through this subresource.
    func applyScale(
        _ key: ObjectKey, _ configuration: JSON, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult {
        guard key.type.subresources.contains("scale") else { throw unknownSubresource(key) }
        try Self.requireManager(options)
        guard case .object(let fields) = configuration else { throw .badRequest("the applied configuration is \(configuration.typeName), expected an object") }
        let scale = Object(fields)
        guard scale.gvk == Scale.gvk else {
            throw .badRequest("the applied configuration must have apiVersion autoscaling/v1 and kind Scale, found \(scale.apiVersion) and \(scale.kind)")
        }
        guard scale.name.isEmpty || scale.name == key.name else {
            throw .badRequest("the name of the object (\(scale.name)) does not match the name on the URL (\(key.name))")
        }
        let paths = kinds.custom(key.type)?.scalePaths
        let storage = storageType(key.type)
        var wanted = Object(storage, namespace: key.namespace, name: key.name)
        if scale["spec", "replicas"] != nil { wanted.set(.int(try Self.replicas(of: scale, key)), at: (paths ?? ScalePaths()).specReplicas) }
        let configured = wanted
        let manager = options.fieldManager
        let result = try await modify(storageKey(key), subresource: "scale", options: options, manager: manager, context: context) { live throws(APIStatus) in
            var new = try ServerSideApply.apply(
                configured, to: live, manager: manager, force: options.force, subresource: "scale", now: self.clock.now,
                schema: self.node(of: storage))
            new.resourceVersion = scale.resourceVersion
            new.uid = scale.uid
            return new
        }
        return WriteResult(version: ObjectVersion(unstored: Scale.document(of: result.object, paths)), effect: result.effect)
    }

    private static func replicas(of scale: Object, _ key: ObjectKey) throws(APIStatus) -> Int64 {
        let value = scale["spec", "replicas"] ?? 0
        guard let replicas = value.int else {
            throw .badRequest("Scale in version \"v1\" cannot be handled as a Scale: spec.replicas must be an integer, found \(value.text)")
        }
        guard replicas >= 0, replicas <= Int64(Int32.max) else {
            throw .invalid(
                Scale.gvk, name: key.name,
                [.init(reason: "FieldValueInvalid", message: "Invalid value: \(replicas): must be greater than or equal to 0", field: "spec.replicas")])
        }
        return replicas
    }
}
