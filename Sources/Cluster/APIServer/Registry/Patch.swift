import APIMachinery

extension Registry {
    /// Patches the object, or with `subresource` the part that it stands for.
    ///
    /// A patch that sets `resourceVersion` must hit that version; another one is applied again when
    /// it lost a race. Server-side apply creates what is absent.
    package func patch(
        _ key: ObjectKey, _ patch: Patch, subresource: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult {
        let type = key.type
        guard type.isStored else { throw unstored(type) }
        if subresource == "scale" {
            if case .apply(let configuration) = patch { return try await applyScale(key, configuration, options: options, context: context) }
            return try await updateScale(key, options: options, context: context) { scale throws(APIStatus) in
                try self.patched(scale, by: patch, schema: nil)
            }
        }
        if case .apply(let configuration) = patch {
            return try await apply(key, configuration, subresource: subresource, options: options, context: context)
        }
        let manager = context.fieldManager(options.fieldManager)
        let storage = storageType(type)
        let result = try await modify(
            storageKey(key), subresource: subresource, options: options, manager: manager, context: context
        ) { live throws(APIStatus) in
            let patched = try self.patched(self.served(live, as: type), by: patch, schema: self.node(of: type))
            let complete = self.stored(try self.decoded(patched, type, validation: options.fieldValidation, context: context), type)
            return ServerSideApply.update(
                self.merged(complete, live, storage, subresource: subresource), from: live, manager: manager, operation: "Update",
                subresource: subresource ?? "", now: self.clock.now, schema: self.node(of: storage))
        }
        return served(result, as: type)
    }

    private func patched(_ object: Object, by patch: Patch, schema: SchemaNode?) throws(APIStatus) -> Object {
        let result: JSON
        switch patch {
        case .json(let patch): result = try JSONPatch.apply(patch, to: object.json)
        case .merge(let patch), .apply(let patch): result = MergePatch.apply(patch, to: object.json)
        case .strategicMerge(let patch): result = try StrategicMerge.apply(patch, to: object.json, schema: schema)
        }
        guard case .object(let fields) = result else { throw .badRequest("the patched object is \(result.typeName), expected an object") }
        let patched = Object(fields)
        guard patched.name == object.name, patched.namespace == object.namespace else {
            throw .badRequest("a patch must not change metadata.name or metadata.namespace of \(object.kind) \(object.name)")
        }
        return patched
    }

    // MARK: Server-side apply

    private func apply(
        _ key: ObjectKey, _ configuration: JSON, subresource: String?, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult {
        try Self.requireManager(options)
        let checked = try appliedConfiguration(key, configuration, subresource: subresource, options: options, context: context)
        let wanted = conversion(of: key.type)?.toStored(checked) ?? checked
        return served(try await apply(wanted, storageKey(key), subresource: subresource, options: options, context: context), as: key.type)
    }

    /// Whoever applies must say who it is.
    static func requireManager(_ options: WriteOptions) throws(APIStatus) {
        guard options.fieldManager.isEmpty else { return }
        throw .invalid(
            GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "PatchOptions"), name: "",
            [.init(reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager")])
    }

    private func apply(
        _ wanted: Object, _ key: ObjectKey, subresource: String?, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult {
        for _ in 0..<Self.attemptsMax {
            if store.latest(key.type.groupResource, namespace: key.namespace ?? "", name: key.name) != nil {
                do throws(APIStatus) {
                    return try await applyToLive(key, wanted, subresource: subresource, options: options, context: context)
                } catch {
                    // Deleted in between: create it.
                    guard error.reason == .notFound, error.kind == key.type.plural, subresource == nil else { throw error }
                }
            }
            guard subresource == nil else { throw .notFound(key.type, name: key.name) }
            do throws(APIStatus) {
                return WriteResult(version: try await applyToNothing(key.type, wanted, options: options, context: context), effect: .created)
            } catch {
                // Created in between: merge with it.
                guard error.reason == .alreadyExists else { throw error }
            }
        }
        throw .conflict(key.type, name: key.name, APIStatus.modifiedDetail)
    }

    /// What the manager asks for, checked, without what `subresource` cannot set.
    private func appliedConfiguration(
        _ key: ObjectKey, _ configuration: JSON, subresource: String?, options: WriteOptions, context: RequestContext
    ) throws(APIStatus) -> Object {
        guard case .object(let fields) = configuration else {
            throw .badRequest("the applied configuration is \(configuration.typeName), expected an object")
        }
        var wanted = Object(fields)
        guard wanted.gvk == key.type.gvk else {
            throw .badRequest("the applied configuration must have apiVersion \(key.type.gvk.apiVersion) and kind \(key.type.kind), found \(wanted.apiVersion) and \(wanted.kind)")
        }
        if wanted.name.isEmpty { wanted.name = key.name }
        guard wanted.name == key.name else {
            throw .badRequest("the name of the object (\(wanted.name)) does not match the name on the URL (\(key.name))")
        }
        wanted = try inNamespace(wanted, key.type, key.namespace)
        guard wanted["metadata", "managedFields"]?.array?.isEmpty ?? true else {
            throw .badRequest("metadata.managedFields must be nil")
        }
        let errors = fieldErrors(wanted, key.type)
        let prefix = "\(key.type.kind) in version \"\(key.type.version)\" cannot be handled as a \(key.type.kind): "
        let mistyped = errors.filter { $0.kind == .wrongType }
        guard mistyped.isEmpty else { throw .badRequest(prefix + mistyped.map(\.description).joined(separator: ", ")) }
        let unknown = errors.filter { $0.kind == .unknownField }
        // Kubernetes' merge names such a field in these words, and tools look for them.
        let lax = unknown.map { "\($0) (.\($0.path): field not declared in schema)" } + context.duplicateFields
        if !lax.isEmpty, options.fieldValidation == .strict { throw .badRequest(prefix + "strict decoding error: " + lax.joined(separator: ", ")) }
        if options.fieldValidation == .warn { for text in unknown.map(\.description) + context.duplicateFields { context.warnings.add(text) } }
        if !unknown.isEmpty { wanted = pruned(wanted, key.type) }
        if subresource == nil, key.type.subresources.contains("status") { wanted["status"] = nil }
        if subresource == "status" { wanted["spec"] = nil }
        return wanted
    }

    private func applyToLive(
        _ key: ObjectKey, _ wanted: Object, subresource: String?, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult {
        let type = key.type
        let manager = options.fieldManager
        return try await modify(key, subresource: subresource, options: options, manager: manager, context: context) { live throws(APIStatus) in
            let applied = try ServerSideApply.apply(
                wanted, to: live, manager: manager, force: options.force, subresource: subresource ?? "", now: self.clock.now,
                schema: self.node(of: type))
            let complete = try self.decoded(applied, type, validation: .ignore, context: context)
            var new = self.merged(complete, live, type, subresource: subresource)
            new["metadata", "managedFields"] = applied["metadata", "managedFields"]
            new.resourceVersion = wanted.resourceVersion
            return new
        }
    }

    private func applyToNothing(
        _ type: ResourceType, _ wanted: Object, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> ObjectVersion {
        guard wanted.uid.isEmpty else {
            throw .conflict(type, name: wanted.name, "uid mismatch: the provided object specified uid \(wanted.uid), and no existing object was found")
        }
        if !wanted.resourceVersion.isEmpty { throw .notFound(type, name: wanted.name) }
        // Whoever may patch what exists need not be one who may create.
        try guards.authorizer?.authorize(
            AuthorizationQuestion(
                user: context.user, verb: "create", type, namespace: type.isNamespaced ? wanted.namespace : nil, name: wanted.name))
        let applied = try ServerSideApply.apply(
            wanted, to: nil, manager: options.fieldManager, force: options.force, subresource: "", now: clock.now, schema: node(of: type))
        let complete = prepared(try decoded(applied, type, validation: .ignore, context: context), type, context)
        return try await insert(complete, type, manager: options.fieldManager, options: options, context: context)
    }
}
