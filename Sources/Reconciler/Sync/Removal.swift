import APIMachinery
import Logging

/// The end of an Application: its objects go with it where it says so, and a finalizer holds it until then.
extension ApplicationWorker {
    private static let finalizerAttemptsMax = 20

    /// Deletes what the inventory names, then lets the Application go.
    func removeObjects() async {
        let application = application
        do {
            if application.policy.deletesObjects {
                let plan = try await Planner(client: client, acting: application.acting(client)).removal(of: application)
                await keep(plan, of: application)
                let pruned = try await Applier(client: application.acting(client), clock: clock, logger: logger).prune(plan)
                if let refusal = pruned.refusal { throw refusal }
                guard pruned.failures.isEmpty else { throw SyncFailure("DeletionFailed", pruned.failures) }
                logger.info("deleted with its objects", metadata: ["deleted": "\(pruned.deleted.count)"])
            }
            try await setFinalizer(false)
            state.withLock { $0.isRemoved() }
        } catch let status as APIStatus where status.reason == .forbidden {
            await endWithoutRights(application, status)
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { return }
            await report(SyncFailure(error, commit: nil))
        }
    }

    /// An Application whose ServiceAccount may not delete its objects. Where the namespace goes, account and rights go along and never come
    /// back: then the objects are left, so that the namespace does not hang.
    private func endWithoutRights(_ application: Application, _ status: APIStatus) async {
        do {
            guard try await client.get(ObjectKey(.namespaces, name: application.namespace)).isDeleting else {
                return await report(SyncFailure("Forbidden", [status.message + application.remedy(for: status)]))
            }
            logger.warning("the Application ends and leaves its objects: its ServiceAccount goes with the namespace", metadata: ["error": "\(status.message)"])
            try await setFinalizer(false)
            state.withLock { $0.isRemoved() }
        } catch {
            guard !Task.isCancelled else { return }
            await report(SyncFailure(error, commit: nil))
        }
    }

    /// Who deletes an Application with its objects has said so: where they cannot be kept, as in a namespace that goes too, they go all the same.
    private func keep(_ plan: Plan, of application: Application) async {
        do { try await sync.tombstones.keep(plan, of: application) } catch {
            logger.warning("what goes with the Application is not kept for undelete", metadata: ["error": "\(error)"])
        }
    }

    /// Adds or takes away the finalizer; what others have among the finalizers stays.
    func setFinalizer(_ isSet: Bool) async throws {
        for attempt in 1... {
            let object: Object
            do throws(APIStatus) { object = try await client.get(key) } catch {
                guard error.reason == .notFound else { throw error }
                return
            }
            // A deletion that has begun takes no more finalizers.
            guard object.finalizers.contains(Application.finalizer) != isSet, !(isSet && object.isDeleting) else { return }
            let finalizers = object.finalizers.filter { $0 != Application.finalizer } + (isSet ? [Application.finalizer] : [])
            let change: JSON = ["metadata": ["resourceVersion": .string(object.resourceVersion), "finalizers": JSON(finalizers)]]
            do throws(APIStatus) {
                _ = try await client.patch(key, .merge(change), subresource: nil, options: WriteOptions(fieldManager: Application.fieldManager))
                return
            } catch {
                // Somebody wrote in between: look again.
                guard error.reason == .conflict, attempt < Self.finalizerAttemptsMax else { throw error }
            }
        }
    }
}
