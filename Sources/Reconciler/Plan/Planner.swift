import APIMachinery

/// Desired × live → plan, asked of the server itself by server-side apply with dry-run, so that
/// defaults, admission and other managers' fields count as they will in the sync.
package struct Planner: Sendable {
    /// Requests in flight.
    static let concurrencyMax = 8

    private let client: any ResourceClient
    /// Whose rights decide what may be read and written.
    private let acting: any ResourceClient

    /// - Parameter acting: as whom the objects are looked at and tried; nil: as the client's own user.
    package init(client: any ResourceClient, acting: (any ResourceClient)? = nil) {
        self.client = client
        self.acting = acting ?? client
    }

    package func plan(desired: Rendered, application: Application) async throws -> Plan {
        try await plan(desired: desired, application: application, known: KnownObjects(), claims: { nil })
    }

    /// - Parameters:
    ///   - known: what is in the cluster exactly as desired needs no request.
    ///   - claims: what other Applications hold by the same commit; asked for when an object changes hands or is about to be deleted.
    /// - Throws: `APIStatus` when the server cannot answer now; a refusal of an object is in the plan.
    func plan(
        desired: Rendered, application: Application, known: KnownObjects, claims: () async throws -> Claims?
    ) async throws -> Plan {
        var plan = Plan(revision: desired.commit.id.description, changes: [], warnings: desired.warnings)
        let (desired, hooks) = desired.withoutHooks
        let touched = known.touched(by: desired, hooks, of: application)
        let looked = touched ?? Array(desired.objects.indices)
        plan.untouched = desired.objects.count - looked.count
        let open = looked.filter { !known.isCurrent(desired.objects[$0]) }
        let owners = Owners(client: client, application: application)
        let created = Set(desired.objects.lazy.filter { $0.key.type == .namespaces }.map(\.key.name))
        let live = try await LiveLookup(open.map { desired.objects[$0].key }, client: acting)
        var outcomes = try await concurrentMap(open, limit: Self.concurrencyMax) { index in
            try await outcome(desired.objects[index], application: application, live: live, owners: owners, createdNamespaces: created)
        }
        let gone = touched == nil ? Self.gone(from: desired, hooks, of: application) : []
        var moved: Claims?
        let foreign = outcomes.indices.filter { outcomes[$0].owner != nil }
        if !foreign.isEmpty { moved = try await claims() }
        for index in foreign {
            guard let owner = outcomes[index].owner, moved?.releases(owner, desired.objects[open[index]].identity) == true else { continue }
            outcomes[index] = try await outcome(
                desired.objects[open[index]], application: application, live: live, owners: nil, createdNamespaces: created)
        }
        plan.changes.reserveCapacity(looked.count)
        var next = 0
        for index in looked {
            let object = desired.objects[index]
            guard next < open.count, open[next] == index else {
                plan.changes.append(PlannedChange(unchanged: object))
                continue
            }
            switch outcomes[next] {
            case .change(let change): plan.changes.append(change)
            case .failure(let failure): plan.failures.append(failure)
            case .owned(let owner):
                let status = APIStatus(.conflict, "belongs to Application \(owner) already; remove it from one of the two repositories")
                plan.failures.append(PlanFailure(object: object, status: status))
            }
            next += 1
        }
        var pruned = try await prunes(gone, application: application, live: live, owners: owners)
        if pruned.contains(where: { $0.action == .deleted }) {
            if moved == nil { moved = try await claims() }
            moved?.keep(&pruned)
        }
        plan.changes += pruned
        if !hooks.isEmpty { try await self.plan(hooks, beside: desired, of: application, createdNamespaces: created, into: &plan) }
        if let secrets = try await SecretValues(of: application, client: client) {
            for index in plan.changes.indices { plan.changes[index].hide(secrets) }
        }
        return plan
    }

    /// What the Application put into the cluster and the commit does not hold, in order.
    private static func gone(from desired: Rendered, _ hooks: [RenderedObject], of application: Application) -> [ObjectIdentity] {
        let kept = Set(desired.objects.map(\.identity)).union(hooks.map(\.identity))
        return application.status.inventory.filter { !kept.contains($0) }.sorted()
    }

    /// What the end of an Application deletes: all that it put into the cluster, but for what is annotated to stay.
    func removal(of application: Application) async throws -> Plan {
        var application = application
        application.prunes = true
        let gone = application.status.inventory.sorted()
        let changes = try await prunes(
            gone, application: application, live: LiveLookup([], client: acting), owners: Owners(client: client, application: application))
        return Plan(revision: application.status.observedRevision, changes: changes)
    }

    // MARK: Hooks

    /// Hooks run once for each content of an Application. What is wrong with one is found out before anything is changed.
    private func plan(
        _ hooks: [RenderedObject], beside desired: Rendered, of application: Application, createdNamespaces: Set<String>, into plan: inout Plan
    ) async throws {
        plan.hooksDigest = Self.digest(desired.objects + hooks)
        let run = plan.hooksDigest != application.status.observedHooks
        plan.hooks = hooks.compactMap { rendered in
            guard let order = rendered.order, let hook = order.hook else { return nil }
            return PlannedHook(key: rendered.key, hook: hook, wave: order.wave, runs: run, rendered: rendered)
        }
        guard run else { return }
        let live = try await LiveLookup([], client: acting)
        plan.failures += try await concurrentMap(plan.hooks, limit: Self.concurrencyMax) { hook -> PlanFailure? in
            do throws(APIStatus) {
                if let earlier = try await live.object(hook.key), !earlier.isHook(of: application) {
                    return PlanFailure(object: hook.rendered, status: .foreignHook(hook.key, application))
                }
                let options = WriteOptions(isDryRun: true, fieldManager: Application.fieldManager, force: true, fieldValidation: .strict)
                let object = hook.rendered.object.owned(by: application)
                _ = try await acting.patch(hook.key, .apply(object.json), subresource: nil, options: options)
                return nil
            } catch {
                // What comes with the same commit a dry-run cannot see; what is there from the last time goes first.
                if error.reason == .notFound, Self.awaits(hook.key, createdNamespaces) { return nil }
                if PlanFailure.isImmutable(error), hook.hook.deletions.contains(.beforeHookCreation) { return nil }
                guard error.isTransient else { return PlanFailure(object: hook.rendered, status: error) }
                throw error
            }
        }.compactMap { $0 }
    }

    private static func digest(_ objects: [RenderedObject]) -> String {
        ObjectID(hashing: objects.flatMap { Array($0.object.json.text.utf8) }).description
    }

    private enum Outcome: Sendable {
        case change(PlannedChange)
        case failure(PlanFailure)
        /// Another Application has it.
        case owned(by: String)

        var owner: String? { if case .owned(let owner) = self { owner } else { nil } }
    }

    // MARK: One object

    /// - Parameter owners: nil for an object that may be taken over whoever has it.
    private func outcome(
        _ object: RenderedObject, application: Application, live lookup: LiveLookup, owners: Owners?, createdNamespaces: Set<String>
    ) async throws -> Outcome {
        let live: Object?
        do throws(APIStatus) { live = try await lookup.object(object.key) } catch {
            guard error.reason == .forbidden else { throw error }
            return .failure(PlanFailure(object: object, status: error))
        }
        let wanted = object.wanted(by: application, over: live).object
        if object.isGenerated, object.key.type == .applications, let live, live.annotations[Application.annotation] != application.reference {
            return .failure(
                PlanFailure(
                    object: object,
                    status: APIStatus(.conflict, "exists already and was not discovered; delete it, or name the discovered one by metadata.name in spec.discovery.template")))
        }
        if let live, wanted.isApplied(to: live) { return .change(PlannedChange(unchanged: object, live: live)) }
        if let owner = try await owners?.other(of: live, identity: object.identity) { return .owned(by: owner) }
        do throws(APIStatus) {
            let options = WriteOptions(isDryRun: true, fieldManager: Application.fieldManager, force: true, fieldValidation: .strict)
            let result = try await acting.patch(object.key, .apply(wanted.json), subresource: nil, options: options)
            return .change(change(object, live: live, result: result))
        } catch {
            if error.reason == .notFound, live == nil, Self.awaits(object.key, createdNamespaces) {
                // Its namespace or its kind comes with the same commit, which a dry-run cannot see.
                return .change(change(object, live: nil, result: wanted))
            }
            if let live, PlanFailure.isImmutable(error), application.replaces(object) {
                var change = change(object, live: live, result: wanted)
                change.action = .replaced
                change.note = error.causes.first.map { "\($0.field) is immutable" } ?? "an immutable field changes"
                return .change(change)
            }
            guard error.isTransient else { return .failure(PlanFailure(object: object, status: error)) }
            throw error
        }
    }

    private static func awaits(_ key: ObjectKey, _ createdNamespaces: Set<String>) -> Bool {
        key.namespace.map(createdNamespaces.contains) ?? false || !ResourceType.builtin.contains(key.type)
    }

    private func change(_ rendered: RenderedObject, live: Object?, result: Object) -> PlannedChange {
        var change = PlannedChange(key: rendered.key, action: .unchanged)
        change.rendered = rendered
        change.live = live
        let (before, after) = SecretMask.apply(live?.withoutNoise, result.withoutNoise, hiding: Hidden(rendered))
        if let live, let before, let after {
            change.fields = FieldDiff.changes(before, after)
            if live.isDeleting {
                change.action = .created
                change.note = "once its deletion, which has begun, is complete"
            } else if !change.fields.isEmpty {
                change.action = .changed
            } else if live.annotations[Application.annotation] != result.annotations[Application.annotation] {
                change.action = .changed
                change.note = "taken over as it is"
            }
        } else {
            change.action = .created
        }
        if change.action != .unchanged { (change.before, change.after) = (before, after) }
        return change
    }

    // MARK: Prune

    /// What becomes of objects that the repository held and holds no more.
    private func prunes(
        _ gone: [ObjectIdentity], application: Application, live lookup: LiveLookup, owners: Owners
    ) async throws -> [PlannedChange] {
        guard !gone.isEmpty else { return [] }
        let types = try await client.resourceTypes()
        let guardian = NamespaceGuard(client: client, types: types, leaving: Set(gone))
        return try await concurrentMap(gone, limit: Self.concurrencyMax) { entry -> PlannedChange? in
            // A kind that is served no more took its objects along.
            guard let type = types.first(where: { $0.group == entry.group && $0.kind == entry.kind }) else { return nil }
            let key = ObjectKey(type, namespace: type.isNamespaced ? entry.namespace : nil, name: entry.name)
            guard let live = try await lookup.object(key), !live.isDeleting else { return nil }
            var change = PlannedChange(key: key, action: .kept)
            change.live = live
            if !application.prunes {
                change.note = "spec.sync.prune is off"
            } else if live.annotations[Application.pruneAnnotation] == "disabled" {
                change.note = "annotated \(Application.pruneAnnotation): disabled"
            } else if live.annotations[Application.annotation] != application.reference {
                change.note = "no longer marked as this Application's"
            } else if let owner = try await owners.other(of: live, identity: entry) {
                change.note = "now belongs to Application \(owner)"
            } else if type == .namespaces, let reason = try await guardian.reasonToKeep(live.name) {
                change.note = reason
            } else {
                change.action = .deleted
                (change.before, _) = SecretMask.apply(live.withoutNoise, nil)
            }
            return change
        }.compactMap { $0 }
    }
}

extension Object {
    /// With the mark of the Application that applies it.
    func owned(by application: Application) -> Object {
        var object = self
        object.set(.string(application.reference), at: ["metadata", "annotations", Application.annotation])
        return object
    }
}

extension Object {
    /// Whether applying this to `live` would change nothing: neither a field nor who owns it. Decided here,
    /// by the merge that the server makes, for kinds whose schema is known.
    fileprivate func isApplied(to live: Object) -> Bool {
        guard !live.isDeleting, !Self.differPlainly(json, live.json), let schema = gvk.flatMap(Schema.builtin.node),
            // Whatever the merge refuses, the server is to refuse in its words.
            let merged = try? ServerSideApply.apply(
                self, to: live, manager: Application.fieldManager, force: true, subresource: "", now: Timestamp(seconds: 0), schema: schema)
        else { return false }
        return merged == live
    }

    /// Whether a plain value is another one: then no merge is needed to know that there is something to do.
    private static func differPlainly(_ wanted: JSON, _ live: JSON) -> Bool {
        switch (wanted, live) {
        case (.object(let wanted), .object(let live)):
            wanted.contains { member in live[member.key].map { differPlainly(member.value, $0) } ?? false }
        case (.string, .string), (.int, .int), (.bool, .bool): wanted != live
        default: false
        }
    }
}

extension Object {
    /// Whether a hook may be run in its place.
    func isHook(of application: Application) -> Bool { annotations[Application.annotation] == application.reference }
}

extension APIStatus {
    static func foreignHook(_ key: ObjectKey, _ application: Application) -> APIStatus {
        APIStatus(.conflict, "exists and is not Application \(application.reference)'s; delete it, or give the hook another name")
    }

    /// Whether the same request may well succeed in a moment.
    var isTransient: Bool {
        switch reason {
        case .serviceUnavailable, .tooManyRequests, .timeout, .serverTimeout, .internalError, .conflict: true
        default: false
        }
    }
}
