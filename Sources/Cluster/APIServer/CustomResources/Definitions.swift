import APIMachinery

/// What the verbs do for CustomResourceDefinitions.
extension Registry {
    /// Attempts to write another definition's status, whose names became free.
    private static let statusAttemptsMax = 8

    /// Gives a definition that is to be written its names and conditions; other kinds are left alone.
    func prepareDefinition(_ object: inout Object, _ type: ResourceType) {
        guard type.groupResource == KindCatalog.definitionResource else { return }
        let others = store.latest(type.groupResource).objects(in: nil).map(\.object)
        object = DefinitionStatus.updated(object, among: Array(others), builtin: ResourceType.builtin, now: clock.now)
    }

    /// The errors of a definition; warnings go to the client.
    func checkDefinition(_ new: Object, old: Object?, _ context: RequestContext) -> [FieldError] {
        let rules = DefinitionRules(new, old: old)
        // A status that is written says nothing new of the schemas.
        if old?.spec != new.spec { for text in rules.warnings { context.warnings.add(text) } }
        return rules.errors
    }

    /// Writes to the store; what is served follows at once when it was a definition.
    func commit(_ write: Write) async throws(CommitError) -> ObjectVersion {
        let version = try await store.commit(write)
        if write.resource == KindCatalog.definitionResource {
            refreshKinds()
            await settleNames(after: version)
        }
        return version
    }

    /// Other definitions that waited for names which are free now get them.
    private func settleNames(after written: ObjectVersion) async {
        let resource = KindCatalog.definitionResource
        let group = written.object.spec["group"]
        for other in Array(store.latest(resource).objects(in: nil)) where other.name != written.name {
            guard other.object.spec["group"] == group else { continue }
            for _ in 0..<Self.statusAttemptsMax {
                guard let current = store.latest(resource, namespace: "", name: other.name) else { break }
                let all = Array(store.latest(resource).objects(in: nil)).map(\.object)
                let updated = DefinitionStatus.updated(current.object, among: all, builtin: ResourceType.builtin, now: clock.now)
                guard updated != current.object else { break }
                do throws(CommitError) {
                    _ = try await store.commit(Write(resource: resource, expected: current, object: updated, author: "system:apiserver names"))
                    refreshKinds()
                    break
                } catch {
                    // A lost race: look again. A disk that fails fails the next write of a client too, which says so.
                    guard case .conflict = error else { return }
                }
            }
        }
    }
}

/// What the verbs do for custom resources.
extension Registry {
    /// The description of a kind's fields that merges go by; nil for a kind without one.
    func node(of type: ResourceType) -> SchemaNode? { kinds.custom(type)?.node ?? schema.node(type.gvk) }

    /// All that a strict decode finds wrong. For a custom kind unknown fields, and mistakes in `metadata`; its
    /// values are checked after admission.
    func fieldErrors(_ object: Object, _ type: ResourceType) -> [FieldError] {
        guard let custom = kinds.custom(type) else { return schema.check(object, type.gvk) }
        return schema.checkMetadata(object) + custom.schema.pruned(object).unknown
    }

    func pruned(_ object: Object, _ type: ResourceType) -> Object {
        guard let custom = kinds.custom(type) else { return schema.pruned(object) }
        return custom.schema.pruned(object).object
    }

    /// Throws `requestEntityTooLarge` when defaults within defaults grow without bound.
    func defaulted(_ object: Object, _ type: ResourceType) throws(APIStatus) -> Object {
        guard let custom = kinds.custom(type) else { return schema.defaulted(object) }
        do throws(CustomSchema.TooManyDefaults) { return try custom.schema.defaulted(object) } catch {
            throw APIStatus(
                .requestEntityTooLarge, "\(type.kind) \(object.name) would have more than \(CustomSchema.defaultedValuesMax) values with its defaults",
                group: type.group, kind: type.plural, name: object.name)
        }
    }

    /// What is wrong with the values of a custom resource.
    func checkCustom(_ new: Object, old: Object?, _ type: ResourceType) throws(APIStatus) -> [FieldError] {
        guard let custom = kinds.custom(type) else { return [] }
        if old == nil, kinds.resource(type.groupResource)?.isTerminating == true {
            throw APIStatus(
                .methodNotAllowed, "create not allowed while custom resource definition is terminating", group: type.group, kind: type.plural,
                name: new.name)
        }
        return old.map { custom.schema.check(new, old: $0) } ?? custom.schema.check(new)
    }

    func columns(of type: ResourceType) -> [TableColumn] { kinds.custom(type)?.columns ?? TableColumns.of(type) }
}
