import APIMachinery
import Logging

/// Puts back what others changed or deleted.
extension ApplicationWorker {
    /// Applies again what others changed or deleted, layer by layer.
    func revert(_ identities: Set<ObjectIdentity>) async {
        let (application, applied) = state.withLock { ($0.application, $0.applied) }
        guard let applied else { return }
        // Looked at again: our own write may have been taken for another's before its answer came.
        let drifted = identities.compactMap { applied.records[$0] }.filter { record in
            guard let current = live.get(record.rendered.key) else { return true }
            return !record.matches(current) && !record.isNewer(than: current) && !current.isDeleting
        }
        guard !drifted.isEmpty else { return }
        let scaled: [ObjectIdentity: RenderedObject]
        do { scaled = try await noticeAutoscalers(of: drifted) } catch {
            let later = clock.now + .seconds(1)
            state.withLock { state in for record in drifted { state.revertLater(record.rendered.identity, at: later) } }
            return logger.warning("cannot revert drift", metadata: ["objects": "\(drifted.count)", "error": "\(error)"])
        }
        guard application.selfHeals, !application.isSuspended else {
            return await reportDrift(drifted.map(\.rendered.identity).filter { scaled[$0] == nil })
        }
        let applier = Applier(client: application.acting(client), clock: clock, logger: logger)
        let owners = Owners(client: client, application: application)
        var reverted: [ObjectIdentity] = []
        defer { sync.journal.reverted(application, applied.commit, reverted) }
        for layer in Layer.allCases {
            for record in drifted where Layer.of(record.rendered.key.type) == layer {
                let identity = record.rendered.identity
                let now = clock.now
                if let later = state.withLock({ $0.allowRevert(of: identity, now: now) }) {
                    state.withLock { $0.revertLater(identity, at: later) }
                    let manager = await lastManager(of: record.rendered.key)
                    logger.warning(
                        "someone keeps changing a managed object; waiting before the next revert",
                        metadata: ["object": "\(identity)", "manager": "\(manager)"])
                    continue
                }
                do {
                    if let owner = try await owners.other(of: live.get(record.rendered.key), identity: identity) {
                        state.withLock { $0.putBack(identity, nil) }
                        logger.info("leaves an object to its new owner", metadata: ["object": "\(identity)", "owner": "\(owner)"])
                        continue
                    }
                    let rendered = scaled[identity] ?? record.rendered
                    let object = try await applier.apply(rendered, application: application)
                    let new = Applied.Record(rendered, live: object)
                    state.withLock { $0.putBack(identity, new) }
                    reverted.append(identity)
                    logger.info("reverted drift", metadata: ["object": "\(identity)", "revision": "\(applied.commit.id.short)"])
                } catch {
                    if error is CancellationError { return }
                    state.withLock { $0.revertLater(identity, at: now + .seconds(1)) }
                    logger.warning("cannot revert drift", metadata: ["object": "\(identity)", "error": "\(error)"])
                }
            }
        }
        state.withLock { $0.needsHealth() }
    }

    /// What is scaled by an autoscaler that came after the sync: its replicas count as they are now.
    private func noticeAutoscalers(of records: [Applied.Record]) async throws(APIStatus) -> [ObjectIdentity: RenderedObject] {
        var objects = records.map(\.rendered)
        try await Autoscalers(client: client).leaveReplicas(of: &objects, in: nil)
        var scaled: [ObjectIdentity: RenderedObject] = [:]
        for (record, rendered) in zip(records, objects) where rendered.ignored != record.rendered.ignored {
            let current: Object
            // Asked for: who owns which field, the watches do not tell.
            do { current = try await client.get(rendered.key) } catch {
                guard error.reason == .notFound else { throw error }
                continue
            }
            scaled[rendered.identity] = rendered
            state.withLock { $0.applied?.records[rendered.identity] = Applied.Record(rendered, live: current) }
        }
        return scaled
    }

    private func lastManager(of key: ObjectKey) async -> String {
        // Only for a log line: an object that cannot be read has no manager to name.
        let object = try? await client.get(key)
        let entries = object?.metadata["managedFields"]?.array ?? []
        let others = entries.filter { $0["manager"]?.string != Application.fieldManager && ($0["subresource"]?.string ?? "").isEmpty }
        return others.max { ($0["time"]?.string ?? "") < ($1["time"]?.string ?? "") }?["manager"]?.string ?? "unknown"
    }

    private func reportDrift(_ identities: [ObjectIdentity]) async {
        guard !identities.isEmpty else { return }
        let now = clock.now
        let names = identities.sorted().prefix(5).map(\.description).joined(separator: ", ")
        state.withLock { state in
            let why = state.application.isSuspended ? "the Application is suspended" : "spec.sync.selfHeal is off"
            state.status.set(
                Condition("Synced", .isFalse, reason: "OutOfSync", message: "\(names) differ from the commit; \(why)"),
                generation: state.application.generation, now: now)
            state.needsHealth()
        }
    }
}
