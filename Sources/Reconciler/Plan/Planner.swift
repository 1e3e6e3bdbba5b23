import APIMachinery

/// Desired × live → plan, asked of the server itself by server-side apply with dry-run, so that
/// defaults, admission and other managers' fields count as they will in the sync.
package struct Planner: Sendable {
    /// Requests in flight.
    static let concurrencyMax = 8

    private let client: any ResourceClient

    package init(client: any ResourceClient) { self.client = client }

    /// - Parameter isCurrent: what is known to be in the cluster exactly as desired; needs no request.
    /// - Throws: `APIStatus` when the server cannot answer now; a refusal of an object is in the plan.
    package func plan(
        desired: Rendered, application: Application,
        isCurrent: @escaping @Sendable (RenderedObject) -> Bool = { _ in false }
    ) async throws -> Plan {
        let applications = try await otherApplications(than: application)
        let created = Set(desired.objects.lazy.filter { $0.key.type == .namespaces }.map(\.key.name))
        let outcomes = try await concurrentMap(desired.objects, limit: Self.concurrencyMax) { object -> Outcome in
            if isCurrent(object) {
                var change = PlannedChange(key: object.key, action: .unchanged)
                change.rendered = object
                return .change(change)
            }
            return try await outcome(object, application: application, applications: applications, createdNamespaces: created)
        }
        var plan = Plan(revision: desired.commit.id.description, changes: [], warnings: desired.warnings)
        for outcome in outcomes {
            switch outcome {
            case .change(let change): plan.changes.append(change)
            case .failure(let failure): plan.failures.append(failure)
            }
        }
        let kept = Set(desired.objects.map(\.identity))
        let gone = application.status.inventory.filter { !kept.contains($0.identity) }.sorted()
        plan.changes += try await prunes(gone, application: application, applications: applications)
        return plan
    }

    private enum Outcome: Sendable {
        case change(PlannedChange)
        case failure(PlanFailure)
    }

    // MARK: One object

    private func outcome(
        _ object: RenderedObject, application: Application, applications: [Application], createdNamespaces: Set<String>
    ) async throws -> Outcome {
        let wanted = object.object.owned(by: application)
        let live = try await current(object.key)
        if let owner = owner(of: live, identity: object.identity, among: applications) {
            return .failure(
                PlanFailure(
                    object: object,
                    status: APIStatus(.conflict, "belongs to Application \(owner.reference) already; remove it from one of the two repositories")))
        }
        do throws(APIStatus) {
            let options = WriteOptions(isDryRun: true, fieldManager: Application.fieldManager, force: true, fieldValidation: .strict)
            let result = try await client.patch(object.key, .apply(wanted.json), subresource: nil, options: options)
            return .change(change(object, live: live, result: result))
        } catch {
            if error.reason == .notFound, live == nil, Self.awaits(object.key, createdNamespaces) {
                // Its namespace or its kind comes with the same commit, which a dry-run cannot see.
                return .change(change(object, live: nil, result: wanted))
            }
            if let live, PlanFailure.isImmutable(error), object.object.annotations[Application.replaceAnnotation] == "enabled" {
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

    private func current(_ key: ObjectKey) async throws(APIStatus) -> Object? {
        do throws(APIStatus) { return try await client.get(key) } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
    }

    private func change(_ rendered: RenderedObject, live: Object?, result: Object) -> PlannedChange {
        var change = PlannedChange(key: rendered.key, action: .unchanged)
        change.rendered = rendered
        change.live = live
        let (before, after) = SecretMask.apply(live?.withoutNoise, result.withoutNoise)
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
    private func prunes(_ gone: [InventoryEntry], application: Application, applications: [Application]) async throws -> [PlannedChange] {
        guard !gone.isEmpty else { return [] }
        let types = try await client.resourceTypes()
        let guardian = NamespaceGuard(client: client, types: types, leaving: Set(gone.map(\.identity)))
        return try await concurrentMap(gone, limit: Self.concurrencyMax) { entry -> PlannedChange? in
            // A kind that is served no more took its objects along.
            guard let type = types.first(where: { $0.group == entry.group && $0.kind == entry.kind }) else { return nil }
            let key = ObjectKey(type, namespace: type.isNamespaced ? entry.namespace : nil, name: entry.name)
            guard let live = try await current(key), !live.isDeleting else { return nil }
            var change = PlannedChange(key: key, action: .kept)
            change.live = live
            if !application.prunes {
                change.note = "spec.sync.prune is off"
            } else if live.annotations[Application.pruneAnnotation] == "disabled" {
                change.note = "annotated \(Application.pruneAnnotation): disabled"
            } else if live.annotations[Application.annotation] != application.reference {
                change.note = "no longer marked as this Application's"
            } else if let owner = owner(of: live, identity: entry.identity, among: applications) {
                change.note = "now belongs to Application \(owner.reference)"
            } else if type == .namespaces, let reason = try await guardian.reasonToKeep(live.name) {
                change.note = reason
            } else {
                change.action = .deleted
                (change.before, _) = SecretMask.apply(live.withoutNoise, nil)
            }
            return change
        }.compactMap { $0 }
    }

    // MARK: Other Applications

    private func otherApplications(than application: Application) async throws(APIStatus) -> [Application] {
        let list: [Object]
        do throws(APIStatus) { list = try await client.list(.applications).items } catch {
            // A cluster without the kind has no other Applications.
            guard error.reason == .notFound else { throw error }
            list = []
        }
        // One whose spec cannot be read owns what its status says all the same, but it has none to defend.
        return list.compactMap { try? Application($0) }.filter { $0.reference != application.reference }
    }

    /// The other Application to which an object belongs: marked as such and in its inventory.
    private func owner(of live: Object?, identity: ObjectIdentity, among applications: [Application]) -> Application? {
        guard let mark = live?.annotations[Application.annotation] else { return nil }
        return applications.first { $0.reference == mark && $0.status.inventory.contains { $0.identity == identity } }
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

extension APIStatus {
    /// Whether the same request may well succeed in a moment.
    var isTransient: Bool {
        switch reason {
        case .serviceUnavailable, .tooManyRequests, .timeout, .serverTimeout, .internalError, .conflict: true
        default: false
        }
    }
}
