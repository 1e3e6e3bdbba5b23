import APIMachinery
import Logging

/// The end of an Application: its objects go with it where it says so, and a finalizer holds it until then.
extension ApplicationWorker {
    /// Deletes what the inventory names, then lets the Application go.
    func removeObjects() async {
        let application = application
        do {
            if application.policy.deletesObjects {
                let plan = try await Planner(client: client, acting: application.acting(client)).removal(of: application)
                await keep(plan, of: application)
                let pruned = try await Applier(client: application.acting(client), clock: clock, logger: logger).prune(plan)
                guard pruned.failures.isEmpty else { throw SyncFailure("DeletionFailed", pruned.failures) }
                logger.info("deleted with its objects", metadata: ["deleted": "\(pruned.deleted.count)"])
            }
            try await setFinalizer(false)
            state.withLock { $0.isRemoved() }
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { return }
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
        while true {
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
                guard error.reason == .conflict else { throw error }
            }
        }
    }
}
