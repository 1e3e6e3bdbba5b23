import APIMachinery

extension Registry {
    /// Names tried for a `generateName` before the collision is reported.
    static let generatedNamesMax = 8

    /// Creates the object; with `isDryRun` answers what would be.
    ///
    /// - Parameter namespace: the request's; nil takes the object's own.
    package func create(
        _ type: ResourceType, _ object: Object, namespace: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> ObjectVersion {
        if type == .forecasts { return try await forecast(object, options: options, context: context) }
        guard type.isStored else { throw unstored(type) }
        let object = try inNamespace(object, type, namespace)
        if !object.resourceVersion.isEmpty { throw .badRequest("resourceVersion should not be set on objects to be created") }
        var complete = try decoded(object, type, validation: options.fieldValidation, context: context)
        if type == .eventsV1 {
            let errors = Validation.newEvent(complete)
            if !errors.isEmpty { throw .invalid(type.gvk, name: complete.name, errors.map(\.cause)) }
        }
        let storage = storageType(type)
        complete = prepared(stored(complete, type), storage, context)
        let manager = context.fieldManager(options.fieldManager)
        complete.set(nil, at: ["metadata", "managedFields"])
        complete = ServerSideApply.update(
            complete, from: nil, manager: manager, operation: "Update", subresource: "", now: clock.now, schema: node(of: storage))
        return served(try await insert(complete, storage, manager: manager, options: options, context: context), as: type)
    }

    /// The object in the namespace of its request. Throws `badRequest` when the two differ.
    func inNamespace(_ object: Object, _ type: ResourceType, _ namespace: String?) throws(APIStatus) -> Object {
        var object = object
        guard type.isNamespaced else {
            object.namespace = ""
            return object
        }
        if let namespace, !object.namespace.isEmpty, object.namespace != namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        if let namespace { object.namespace = namespace }
        if object.namespace.isEmpty { throw .badRequest("\(type.groupResource): an empty namespace may not be set during creation") }
        return object
    }

    /// Sets what belongs to the server: identity, times, and what the kind's strategy says.
    func prepared(_ object: Object, _ type: ResourceType, _ context: RequestContext) -> Object {
        var object = object
        for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"] { object.set(nil, at: ["metadata", key]) }
        object.uid = random.uid()
        object["metadata", "creationTimestamp"] = .string(clock.now.description)
        let strategy = Strategy.of(type)
        if strategy.hasGeneration { object.generation = 1 }
        if type.subresources.contains("status"), !strategy.keepsStatusOnCreate { object["status"] = strategy.initialStatus }
        strategy.prepareForCreate(&object, context)
        return object
    }

    /// Admits, validates and stores an object that is complete but for its name, when that is to be generated.
    func insert(
        _ object: Object, _ type: ResourceType, manager: String, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> ObjectVersion {
        let isGenerated = object.name.isEmpty && !object.generateName.isEmpty
        var attempt = 0
        while true {
            attempt += 1
            let complete = object
            var object = object
            if isGenerated { object.name = random.name(base: object.generateName) }
            try await admit(&object, old: nil, type, options: options, context: context)
            for key in Self.serverMetadata + ["uid", "resourceVersion"] { object["metadata", key] = complete["metadata", key] }
            do throws(APIStatus) {
                return try await store(object, type, manager: manager, options: options, context: context)
            } catch {
                guard error.reason == .alreadyExists, isGenerated, attempt < Self.generatedNamesMax else { throw error }
            }
        }
    }

    private func store(
        _ object: Object, _ type: ResourceType, manager: String, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> ObjectVersion {
        var object = object
        let resource = type.groupResource
        if let existing = store.latest(resource, namespace: object.namespace, name: object.name) { throw try await exists(existing, type) }
        let claim = try addresses.claim(for: &object, old: nil, type: type)
        let quota: QuotaLedger.Claim?
        do throws(APIStatus) {
            prepareDefinition(&object, type)
            try validate(object, old: nil, type, context)
            quota = try await judge(object, old: nil, type, options: options, context: context)
        } catch {
            addresses.release(claim)
            throw error
        }
        if options.isDryRun {
            addresses.release(claim)
            return ObjectVersion(unstored: object)
        }
        defer { quotas.release(quota) }
        do throws(CommitError) {
            return try await commit(Write(resource: resource, expected: nil, object: object, author: author(context, manager)))
        } catch {
            addresses.release(claim)
            throw error.status ?? .alreadyExists(type, name: object.name)
        }
    }

    private func exists(_ version: ObjectVersion, _ type: ResourceType) async throws(APIStatus) -> APIStatus {
        try await waitUntilVisible(version)
        return .alreadyExists(type, name: version.name)
    }

    /// Returns when `version`, which may be on its way to the disk, is there. Throws when it failed.
    func waitUntilVisible(_ version: ObjectVersion) async throws(APIStatus) {
        guard version.revision > store.revision else { return }
        do throws(CommitError) { try await store.settle() } catch {
            throw error.status ?? .internalError("a write before this one failed")
        }
    }

    /// Who wrote a version, as the history names them.
    func author(_ context: RequestContext, _ manager: String) -> String { "\(context.user.name) \(manager)" }
}
