import APIMachinery
import Logging

/// Carries changes out: layer by layer in dependency order, in parallel within a layer; the prune in the
/// reverse order. Never deletes what the plan does not say.
struct Applier: Sendable {
    /// Requests in flight.
    static let concurrencyMax = 8
    /// Attempts of a request that fails for the moment, and the wait before the second.
    static let attemptsMax = 6
    /// Attempts at an object that changes between being read and being deleted.
    static let pruneAttemptsMax = 20
    static let backoff: Duration = .milliseconds(25)
    /// How long a new CustomResourceDefinition may take to be served, a deletion to complete, and a
    /// server may have us wait before the next attempt.
    static let waitMax: Duration = .seconds(30)

    let client: any ResourceClient
    let clock: any WallClock
    let logger: Logger

    /// What came of a prune.
    struct Pruned: Sendable {
        var deleted: Set<ObjectIdentity> = []
        /// Deletions that did not succeed: one line each.
        var failures: [String] = []
        /// One that was refused for lack of rights.
        var refusal: APIStatus?
    }

    /// Writes `changes`. Later layers depend on earlier ones: after a layer in which something failed comes none.
    ///
    /// - Returns: what the server refused.
    /// - Throws: `CancellationError` between two layers when a newer commit takes over; what was
    ///   applied by then is reported through `onApplied`.
    func apply(
        _ changes: [PlannedChange], application: Application, onApplied: @escaping @Sendable (RenderedObject, Object) -> Void
    ) async throws -> [PlanFailure] {
        for layer in Layer.allCases {
            let members = changes.filter { Layer.of($0.key.type) == layer }
            guard !members.isEmpty else { continue }
            try Task.checkCancellation()
            let failures = try await concurrentMap(members, limit: Self.concurrencyMax) { change -> PlanFailure? in
                try await write(change, application: application, onApplied: onApplied)
            }.compactMap { $0 }
            guard failures.isEmpty else { return failures }
        }
        return []
    }

    // MARK: One object

    private func write(
        _ change: PlannedChange, application: Application, onApplied: @Sendable (RenderedObject, Object) -> Void
    ) async throws -> PlanFailure? {
        guard let rendered = change.rendered else { preconditionFailure("a write of what the commit does not hold") }
        do {
            if change.action == .replaced { try await remove(change) }
            if change.live?.isDeleting == true { try await waitUntilGone(change.key) }
            let object = try await apply(rendered, application: application)
            onApplied(rendered, object)
            if Layer.of(change.key.type) == .definitions { try await waitUntilServed(change.key) }
            return nil
        } catch let status as APIStatus {
            return PlanFailure(object: rendered, status: status)
        }
    }

    static let options = WriteOptions(fieldManager: Application.fieldManager, force: true, fieldValidation: .strict)

    /// Server-side apply of one object, taking over fields that others changed.
    func apply(_ rendered: RenderedObject, application: Application) async throws -> Object {
        guard rendered.ignored == nil else { return try await applyLeavingIgnored(rendered, application: application) }
        let configuration = Patch.apply(rendered.object.owned(by: application).json)
        return try await retrying(rendered.key) { () throws(APIStatus) in
            try await client.patch(rendered.key, configuration, subresource: nil, options: Self.options)
        }
    }

    /// Repeats what fails for the moment, waiting longer each time (or as the server says).
    func retrying<Value>(_ key: ObjectKey, _ body: () async throws(APIStatus) -> Value) async throws -> Value {
        var wait = Self.backoff
        var attempt = 0
        while true {
            attempt += 1
            do throws(APIStatus) { return try await body() } catch {
                guard error.isTransient, attempt < Self.attemptsMax else { throw error }
                logger.debug("request failed; trying again", metadata: ["object": "\(key)", "error": "\(error)"])
                try await clock.sleep(for: min(error.retryAfterSeconds.map { .seconds($0) } ?? wait, Self.waitMax))
                wait *= 2
            }
        }
    }

    // MARK: Deletions

    /// Deletes what the plan says, wave by wave and layer by layer from the last.
    func prune(_ plan: Plan) async throws -> Pruned {
        var pruned = Pruned()
        let deletions = plan.changes.filter { $0.action == .deleted }
        // An annotation that says nothing has been refused when it came in.
        let waves = Dictionary(grouping: deletions) { change in change.live.flatMap { try? SyncOrder($0) }?.wave ?? 0 }
        for (_, wave) in waves.sorted(by: { $0.key > $1.key }) {
            for layer in Layer.allCases.reversed() {
                let members = wave.filter { Layer.of($0.key.type) == layer }
                guard !members.isEmpty else { continue }
                try Task.checkCancellation()
                let outcomes = try await concurrentMap(members, limit: Self.concurrencyMax) { change -> (isDeleted: Bool, failure: APIStatus?) in
                    do {
                        return (try await prune(change), nil)
                    } catch let status as APIStatus {
                        return (false, status)
                    }
                }
                for (change, outcome) in zip(members, outcomes) {
                    if let failure = outcome.failure { pruned.failures.append("\(change.key) could not be deleted: \(failure.message)") }
                    if let failure = outcome.failure, failure.reason == .forbidden { pruned.refusal = failure }
                    if outcome.isDeleted { pruned.deleted.insert(change.identity) }
                }
            }
        }
        return pruned
    }

    /// Deletes an object as the plan saw it, or as it became since while it stayed the same Application's.
    ///
    /// - Returns: false for what somebody else took over meanwhile, or made anew.
    private func prune(_ change: PlannedChange) async throws -> Bool {
        guard var live = change.live else { preconditionFailure("a deletion of what nobody has seen") }
        for _ in 0..<Self.pruneAttemptsMax {
            do throws(APIStatus) {
                var options = DeleteOptions()
                options.preconditionUID = live.uid
                options.preconditionResourceVersion = live.resourceVersion
                options.propagation = .background
                _ = try await client.delete(change.key, options: options)
                return true
            } catch {
                if error.reason == .notFound { return true }
                guard error.reason == .conflict else {
                    guard error.isTransient else { throw error }
                    try await clock.sleep(for: min(error.retryAfterSeconds.map { .seconds($0) } ?? Self.backoff, Self.waitMax))
                    continue
                }
            }
            // Its controller wrote its status, or it is no longer ours.
            do throws(APIStatus) {
                let current = try await client.get(change.key)
                guard current.uid == live.uid, current.annotations[Application.annotation] == live.annotations[Application.annotation] else { return false }
                live = current
            } catch {
                guard error.reason == .notFound else { throw error }
                return true
            }
        }
        throw APIStatus(.conflict, "it changes faster than it can be deleted")
    }

    /// Deletes exactly the object that the plan saw: one of the same name made since is left alone.
    func delete(_ key: ObjectKey, uid: String?) async throws {
        var options = DeleteOptions()
        options.preconditionUID = uid
        options.propagation = .background
        do {
            try await retrying(key) { () throws(APIStatus) in _ = try await client.delete(key, options: options) }
        } catch let status as APIStatus where status.reason == .notFound {
            return
        }
    }

    private func remove(_ change: PlannedChange) async throws {
        try await delete(change.key, uid: change.live?.uid)
        try await waitUntilGone(change.key)
    }

    /// Runs a hook: what it left the last time makes room, where it says so.
    ///
    /// - Throws: also where somebody else's object has its name.
    func run(_ hook: PlannedHook, of application: Application) async throws -> Object {
        let earlier: Object?
        do throws(APIStatus) { earlier = try await client.get(hook.key) } catch {
            guard error.reason == .notFound else { throw error }
            earlier = nil
        }
        if let earlier {
            guard earlier.isHook(of: application) else { throw APIStatus.foreignHook(hook.key, application) }
            if hook.hook.deletions.contains(.beforeHookCreation) {
                try await delete(hook.key, uid: earlier.uid)
                try await waitUntilGone(hook.key)
            }
        }
        return try await apply(hook.rendered, application: application)
    }

    // MARK: Waiting

    private func waitUntilGone(_ key: ObjectKey) async throws {
        try await wait(for: key, because: { "is still \($0.map(Deletion.sentence) ?? "there")" }) { $0 == nil }
    }

    func waitUntilServed(_ key: ObjectKey) async throws {
        try await wait(for: key, because: { _ in "is not established yet" }) { object in
            (object?.status["conditions"]?.array ?? []).contains { $0["type"]?.string == "Established" && $0["status"]?.string == "True" }
        }
    }

    /// Watches one object until `isDone` of it; nil is its absence.
    private func wait(
        for key: ObjectKey, because: (Object?) -> String, until isDone: @escaping @Sendable (Object?) -> Bool
    ) async throws {
        var options = ListOptions()
        options.fieldSelector = FieldSelector("metadata.name", equals: key.name)
        let list = try await client.list(key.type, namespace: key.namespace, options: options)
        if isDone(list.items.first) { return }
        var watched = options
        watched.resourceVersion = list.resourceVersion
        let (client, clock, options2) = (client, clock, watched)
        let isReached = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for try await event in try await client.watch(key.type, namespace: key.namespace, options: options2) {
                    switch event {
                    case .added(let object), .modified(let object): if isDone(object) { return true }
                    case .deleted: if isDone(nil) { return true }
                    case .bookmark: break
                    }
                }
                return false
            }
            group.addTask {
                try await clock.sleep(for: Self.waitMax)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard !isReached else { return }
        // As it is now: what it waited for at first may be done.
        let object = try await client.list(key.type, namespace: key.namespace, options: options).items.first
        throw APIStatus(.invalid, "\(key) \(because(object)); waited \(Self.waitMax.components.seconds) s")
    }
}
