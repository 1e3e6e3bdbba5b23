import APIMachinery

extension Registry {
    /// Replaces the object, or with `subresource` the part that it stands for.
    ///
    /// A `resourceVersion` in `object` must be the current one (else `conflict`); without it the last writer wins.
    package func update(
        _ key: ObjectKey, _ object: Object, subresource: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult {
        guard object.name == key.name else {
            throw .badRequest("the name of the object (\(object.name)) does not match the name on the URL (\(key.name))")
        }
        let object = try inNamespace(object, key.type, key.namespace)
        if subresource == nil, object.resourceVersion.isEmpty, Strategy.of(storageType(key.type)).needsVersionOnUpdate {
            try refuseUnconditional(key)
        }
        if subresource == "scale" {
            return try await updateScale(key, options: options, context: context) { _ throws(APIStatus) in object }
        }
        let manager = context.fieldManager(options.fieldManager)
        let type = key.type
        guard type.isStored else { throw unstored(type) }
        let storage = storageType(type)
        if subresource == nil, Strategy.of(storage).createsOnUpdate, let created = try await createOnUpdate(key, object, options, context) {
            return created
        }
        let result = try await modify(
            storageKey(key), subresource: subresource, options: options, manager: manager, context: context
        ) { live throws(APIStatus) in
            let complete = self.stored(try self.decoded(object, type, validation: options.fieldValidation, context: context), type)
            let new = self.merged(complete, live, storage, subresource: subresource)
            return ServerSideApply.update(
                new, from: live, manager: manager, operation: "Update", subresource: subresource ?? "", now: self.clock.now,
                schema: self.node(of: storage))
        }
        return served(result, as: type)
    }

    /// Throws `invalid` for a replacement of an object that is there which does not say of which version.
    private func refuseUnconditional(_ key: ObjectKey) throws(APIStatus) {
        guard store.latest(storageType(key.type).groupResource, namespace: key.namespace ?? "", name: key.name) != nil else { return }
        throw .invalid(
            GroupVersionKind(group: key.type.group, version: key.type.version, kind: key.type.plural), name: key.name,
            [.init(reason: "FieldValueInvalid", message: "Invalid value: 0x0: must be specified for an update", field: "metadata.resourceVersion")])
    }

    /// A PUT of what is not there creates it, for the kinds of which Kubernetes allows that; nil when it is there.
    private func createOnUpdate(
        _ key: ObjectKey, _ object: Object, _ options: WriteOptions, _ context: RequestContext
    ) async throws(APIStatus) -> WriteResult? {
        guard object.uid.isEmpty, object.resourceVersion.isEmpty,
            store.latest(storageType(key.type).groupResource, namespace: key.namespace ?? "", name: key.name) == nil
        else { return nil }
        do throws(APIStatus) {
            let version = try await create(key.type, object, namespace: key.namespace, options: options, context: context)
            return WriteResult(version: version, effect: .created)
        } catch {
            // Created in between: replace it.
            guard error.reason == .alreadyExists else { throw error }
            return nil
        }
    }

    /// Changes the object by `make`, which turns the newest version into the one to store. The result
    /// of `make` has its managed fields; a `resourceVersion` in it other than the newest is a conflict.
    func modify(
        _ key: ObjectKey, subresource: String?, options: WriteOptions, manager: String, context: RequestContext,
        make: (Object) throws(APIStatus) -> Object
    ) async throws(APIStatus) -> WriteResult {
        guard subresource.map({ Self.writableParts.contains($0) && key.type.subresources.contains($0) }) ?? true else { throw unknownSubresource(key) }
        for _ in 0..<Self.attemptsMax {
            guard let current = store.latest(key.type.groupResource, namespace: key.namespace ?? "", name: key.name) else {
                throw .notFound(key.type, name: key.name)
            }
            let made = try make(upToDate(current, key.type).object)
            if !made.uid.isEmpty, made.uid != current.uid {
                throw .conflict(
                    key.type, name: key.name,
                    "Precondition failed: UID in precondition: \(made.uid), UID in object meta: \(current.uid)")
            }
            if !made.resourceVersion.isEmpty, made.resourceVersion != current.resourceVersion {
                try await waitUntilVisible(current)
                throw .conflict(key.type, name: key.name, APIStatus.modifiedDetail)
            }
            if let result = try await replace(
                current, by: made, key, subresource: subresource, options: options, manager: manager, context: context)
            {
                return result
            }
            // Somebody was faster. Whoever named a version finds the conflict in the next round.
        }
        throw .conflict(key.type, name: key.name, APIStatus.modifiedDetail)
    }

    /// Admits, validates and stores the successor of `current`; nil when `current` is no longer the newest.
    private func replace(
        _ current: ObjectVersion, by made: Object, _ key: ObjectKey, subresource: String?, options: WriteOptions, manager: String,
        context: RequestContext
    ) async throws(APIStatus) -> WriteResult? {
        let old = upToDate(current, key.type).object
        let type = key.type
        var new = kept(made, old, type, subresource: subresource)
        try await admit(&new, old: old, type, subresource: subresource, options: options, context: context)
        if subresource == nil { new = kept(new, old, type, subresource: nil) }
        if Self.isSame(new, current.object) {
            try await waitUntilVisible(current)
            return WriteResult(version: current, effect: .unchanged)
        }
        let claim = try addresses.claim(for: &new, old: old, type: type)
        let quota: QuotaLedger.Claim?
        do throws(APIStatus) {
            prepareDefinition(&new, type)
            try validate(new, old: old, type, subresource: subresource, context)
            quota = try await judge(new, old: current, type, subresource: subresource, options: options, context: context)
        } catch {
            addresses.release(claim)
            throw error
        }
        defer { quotas.release(quota) }
        let isGone = Self.isReleased(new, type) && old.isDeleting
        guard !options.isDryRun else {
            addresses.release(claim)
            return WriteResult(version: ObjectVersion(unstored: new), effect: isGone ? .deleted : .updated)
        }
        do throws(CommitError) {
            let version = try await commit(
                Write(
                    resource: type.groupResource, expected: current, object: new, isDeletion: isGone, author: author(context, manager),
                    isHeartbeat: !isGone && type == .nodes && Self.isHeartbeat(new, old)))
            addresses.commit(claim)
            if isGone { addresses.free(new, type: type) }
            return WriteResult(version: version, effect: isGone ? .deleted : .updated)
        } catch {
            addresses.release(
                claim, stored: claim == nil ? nil : store.latest(type.groupResource, namespace: new.namespace, name: new.name)?.object)
            if let status = error.status { throw status }
            return nil
        }
    }

    /// `sent` limited to what a write to `subresource` may change; everything else is `live`'s.
    func merged(_ sent: Object, _ live: Object, _ type: ResourceType, subresource: String?) -> Object {
        var new = sent
        switch subresource {
        case "status":
            new = live
            new["status"] = sent["status"]
            new.resourceVersion = sent.resourceVersion
            if !sent.uid.isEmpty { new.uid = sent.uid }
            if Strategy.of(type).statusCarriesMetadata {
                for key in ["labels", "annotations", "finalizers"] { new["metadata", key] = sent["metadata", key] }
            }
        case "approval":
            new = live
            new["status", "conditions"] = .array(Self.approved(sent["status", "conditions"]?.array ?? [], clock.now))
            new.resourceVersion = sent.resourceVersion
            if !sent.uid.isEmpty { new.uid = sent.uid }
        case "ephemeralcontainers", "resize":
            new = live
            if subresource == "resize" {
                for list in ["containers", "initContainers"] where live["spec", list] != nil {
                    new["spec", list] = Self.resized(live["spec", list], sent["spec", list])
                }
            } else {
                new["spec", "ephemeralContainers"] = sent["spec", "ephemeralContainers"]
            }
            new.resourceVersion = sent.resourceVersion
            if !sent.uid.isEmpty { new.uid = sent.uid }
        case "finalize":
            new = live
            new["spec", "finalizers"] = sent["spec", "finalizers"] ?? []
            new.resourceVersion = sent.resourceVersion
            if !sent.uid.isEmpty { new.uid = sent.uid }
        default:
            if type.subresources.contains("status") { new["status"] = live["status"] }
            // Before the fields are attributed to whoever sent them.
            for key in Self.serverMetadata { new["metadata", key] = live["metadata", key] }
        }
        if subresource != "finalize" { Strategy.of(type).prepareForUpdate(&new, live) }
        return new
    }

    /// The subresources whose writes change the object itself.
    private static let writableParts: Set<String> = [
        "status", "scale", "finalize", "binding", "approval", "ephemeralcontainers", "resize",
    ]

    /// `live`'s containers with the resources that `sent` has for those of the same name.
    private static func resized(_ live: JSON?, _ sent: JSON?) -> JSON? {
        let asked = sent?.array ?? []
        return (live?.array).map { containers in
            .array(
                containers.map { container in
                    guard let other = asked.first(where: { $0["name"] == container["name"] }) else { return container }
                    var container = container
                    for key in ["resources", "resizePolicy"] { container.set(other[key], at: [key]) }
                    return container
                })
        }
    }

    /// The times of approvals are the server's where the client gives none.
    private static func approved(_ conditions: [JSON], _ now: Timestamp) -> [JSON] {
        conditions.map { condition in
            var condition = condition
            for key in ["lastUpdateTime", "lastTransitionTime"] where condition[key]?.string?.isEmpty ?? true {
                condition.set(.string(now.description), at: [key])
            }
            return condition
        }
    }

    /// What the server alone sets, apart from what tells one version from another.
    static let serverMetadata = [
        "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName", "selfLink", "generation",
    ]

    /// Puts back what no client may change, and counts the generation.
    private func kept(_ made: Object, _ old: Object, _ type: ResourceType, subresource: String?) -> Object {
        var new = made
        for key in Self.serverMetadata + ["uid", "resourceVersion"] { new["metadata", key] = old["metadata", key] }
        new["apiVersion"] = old["apiVersion"]
        new["kind"] = old["kind"]
        if Strategy.of(type).hasGeneration {
            func asked(_ object: Object) -> JSONObject {
                var fields = object.fields
                fields["metadata"] = nil
                if type.subresources.contains("status") { fields["status"] = nil }
                return fields
            }
            if asked(new) != asked(old) { new.generation = old.generation + 1 }
        }
        return new
    }

    /// Nothing changed but, at most, the times of managed fields.
    static func isSame(_ new: Object, _ old: Object) -> Bool {
        if new == old { return true }
        func timeless(_ object: Object) -> Object { object.without("time", inEachOf: ["metadata", "managedFields"]) }
        return timeless(new) == timeless(old)
    }

    /// Nothing but heartbeat times (and the times of managed fields) changed.
    private static func isHeartbeat(_ new: Object, _ old: Object) -> Bool {
        func still(_ object: Object) -> Object { object.without("lastHeartbeatTime", inEachOf: ["status", "conditions"]) }
        return isSame(still(new), still(old))
    }

    /// Nothing holds the object any longer once its deletion has begun.
    static func isReleased(_ object: Object, _ type: ResourceType) -> Bool {
        guard object.finalizers.isEmpty else { return false }
        if type == .namespaces { return object["spec", "finalizers"]?.array?.isEmpty ?? true }
        return (object["metadata", "deletionGracePeriodSeconds"]?.int ?? 0) == 0
    }
}

extension Object {
    /// The object without one member of each element of a list.
    fileprivate func without(_ key: String, inEachOf path: [String]) -> Object {
        guard let elements = json[path: path]?.array else { return self }
        var copy = self
        copy.set(
            .array(
                elements.map { element in
                    var element = element
                    element.set(nil, at: [key])
                    return element
                }), at: path)
        return copy
    }
}
