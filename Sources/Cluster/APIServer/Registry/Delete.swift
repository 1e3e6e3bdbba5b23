import APIMachinery

extension Registry {
    /// Namespaces that are always there.
    private static let immortalNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

    /// Begins deletion, or completes it when neither a grace period nor a finalizer holds the object.
    ///
    /// Pods that run keep their grace period; a second call may shorten it. Namespaces wait for their
    /// content. Source: kubernetes, apiserver registry/rest/delete.go.
    package func delete(
        _ key: ObjectKey, options: DeleteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult {
        guard key.type.isStored else { throw unstored(key.type) }
        if conversion(of: key.type) != nil {
            return served(try await delete(storageKey(key), options: options, context: context), as: key.type)
        }
        if key.type == .namespaces, Self.immortalNamespaces.contains(key.name) {
            throw .forbidden(key.type, name: key.name, "this namespace may not be deleted")
        }
        if let current = store.latest(key.type.groupResource, namespace: key.namespace ?? "", name: key.name) {
            try await admitDeletion(of: current.object, key.type, options: options, context: context)
        }
        for _ in 0..<Self.attemptsMax {
            guard let current = store.latest(key.type.groupResource, namespace: key.namespace ?? "", name: key.name) else {
                throw .notFound(key.type, name: key.name)
            }
            try await checkPreconditions(options, current, key)
            if let result = try await delete(current, key, options, context) { return result }
        }
        throw .conflict(key.type, name: key.name, APIStatus.modifiedDetail)
    }

    private func checkPreconditions(_ options: DeleteOptions, _ current: ObjectVersion, _ key: ObjectKey) async throws(APIStatus) {
        if let uid = options.preconditionUID, uid != current.uid {
            try await waitUntilVisible(current)
            throw .conflict(
                key.type, name: key.name,
                "the UID in the precondition (\(uid)) does not match the UID in record (\(current.uid)). The object might have been deleted and then recreated")
        }
        if let version = options.preconditionResourceVersion, version != current.resourceVersion {
            try await waitUntilVisible(current)
            throw .conflict(
                key.type, name: key.name,
                "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record (\(current.resourceVersion)). The object might have been modified")
        }
    }

    /// nil when `current` is no longer the newest version.
    private func delete(
        _ current: ObjectVersion, _ key: ObjectKey, _ options: DeleteOptions, _ context: RequestContext
    ) async throws(APIStatus) -> WriteResult? {
        var options = options
        if options.propagation == nil, Strategy.of(key.type).orphansByDefault {
            options.propagation = .orphan
            if key.type == .jobs {
                context.warnings.add(
                    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning")
            }
        }
        let isDefinition = key.type.groupResource == KindCatalog.definitionResource
        let object = isDefinition ? DefinitionStatus.marked(current.object, now: clock.now) : current.object
        let step = DeletionStep(of: object, key.type, options, now: clock.now)
        if step.object == current.object, !step.isComplete {
            try await waitUntilVisible(current)
            return WriteResult(version: current, effect: .deleting)
        }
        let effect: WriteResult.Effect = step.isComplete ? .deleted : .deleting
        if options.isDryRun { return WriteResult(version: ObjectVersion(unstored: step.object), effect: effect) }
        do throws(CommitError) {
            let version = try await commit(
                Write(
                    resource: key.type.groupResource, expected: current, object: step.object, isDeletion: step.isComplete,
                    author: author(context, context.fieldManager(""))))
            if step.isComplete { addresses.free(step.object, type: key.type) }
            return WriteResult(version: version, effect: effect)
        } catch {
            if let status = error.status { throw status }
            return nil
        }
    }
}

/// What one call of delete does to an object.
struct DeletionStep: Sendable {
    var object: Object
    /// Nothing holds the object: it goes now.
    var isComplete = false

    init(of current: Object, _ type: ResourceType, _ options: DeleteOptions, now: Timestamp) {
        object = current
        switch options.propagation {
        case .foreground: setFinalizers(adding: "foregroundDeletion", removing: ["orphan"])
        case .orphan: setFinalizers(adding: "orphan", removing: ["foregroundDeletion"])
        case .background: setFinalizers(adding: nil, removing: ["orphan", "foregroundDeletion"])
        case nil: break
        }
        let grace = type == .pods ? Self.gracePeriod(of: current, options) : 0
        let isHeld = !object.finalizers.isEmpty || (type == .namespaces && !(object["spec", "finalizers"]?.array?.isEmpty ?? true))
        if current.isDeleting {
            isComplete = shorten(to: options.gracePeriodSeconds == nil ? nil : grace, type) && !isHeld
            return
        }
        isComplete = grace == 0 && !isHeld
        object["metadata", "deletionTimestamp"] = .string((now + .seconds(grace)).description)
        // Namespaces have no grace period, as opposed to one that is over.
        if type != .namespaces { object["metadata", "deletionGracePeriodSeconds"] = JSON(grace) }
        if object.generation > 0 { object.generation += 1 }
        if type == .namespaces { object["status", "phase"] = "Terminating" }
    }

    private mutating func setFinalizers(adding name: String?, removing removed: [String]) {
        var finalizers = object.finalizers.filter { !removed.contains($0) }
        if let name, !finalizers.contains(name) { finalizers.append(name) }
        if finalizers != object.finalizers { object.finalizers = finalizers }
    }

    /// A pod that no node runs, or that has ended, needs none.
    private static func gracePeriod(of pod: Object, _ options: DeleteOptions) -> Int {
        if pod["spec", "nodeName"]?.string ?? "" == "" { return 0 }
        if ["Succeeded", "Failed"].contains(pod["status", "phase"]?.string) { return 0 }
        let asked = options.gracePeriodSeconds ?? pod["spec", "terminationGracePeriodSeconds"]?.int.map { Int($0) } ?? 30
        return asked < 0 ? 1 : asked
    }

    /// Shortens a grace period that runs; answers whether it is over by that or was before.
    private mutating func shorten(to grace: Int?, _ type: ResourceType) -> Bool {
        guard type == .pods, let running = object["metadata", "deletionGracePeriodSeconds"]?.int, running > 0 else { return true }
        guard let grace, grace < running, let end = object.deletionTimestamp.flatMap({ Timestamp($0) }) else { return false }
        object["metadata", "deletionTimestamp"] = .string((end + .seconds(grace - Int(running))).description)
        object["metadata", "deletionGracePeriodSeconds"] = JSON(grace)
        return grace == 0
    }
}
