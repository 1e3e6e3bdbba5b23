import APIMachinery
import Logging
import ServiceLifecycle

/// Keeps the cluster equal to git: each Application's commit is read, rendered, planned, applied and
/// watched over; what leaves the repository is pruned, what drifts is put back.
///
/// Nothing here polls but the fetches of remote repositories: pushes, changes of Applications and
/// changes of objects arrive as events.
package final class Reconciler: Service {
    package struct Configuration: Sendable {
        package var dataDirectory: String
        /// gitctl's own path, for the hooks of its repositories.
        package var executable: String
        /// How often a remote is fetched when its Application does not say.
        package var fetchInterval: Duration
        package var clock: any WallClock
        package var logger: Logger

        package init(
            dataDirectory: String, executable: String, fetchInterval: Duration = Application.intervalDefault,
            clock: any WallClock = SystemClock(), logger: Logger
        ) {
            self.dataDirectory = dataDirectory
            self.executable = executable
            self.fetchInterval = fetchInterval
            self.clock = clock
            self.logger = logger
        }
    }

    let configuration: Configuration
    /// The cluster, with the reconciler's own rights.
    package let client: any ResourceClient
    let repositories: BareRepositories
    let sources: Sources
    let journal: Journal
    let sync: Sync
    private let live: LiveObjects
    private let applications: Informer
    let state: Registered
    private let workers: AsyncStream<ApplicationWorker>
    private let starter: AsyncStream<ApplicationWorker>.Continuation

    package init(_ configuration: Configuration, client: any ResourceClient) {
        self.configuration = configuration
        self.client = client
        repositories = BareRepositories(dataDirectory: configuration.dataDirectory, executable: configuration.executable)
        journal = Journal(client: client, clock: configuration.clock, logger: configuration.logger)
        sources = Sources(
            dataDirectory: configuration.dataDirectory, client: client, clock: configuration.clock, onFetch: journal.fetched)
        sync = Sync(
            client: client, renderer: Renderer(), clock: configuration.clock, logger: configuration.logger, journal: journal,
            tombstones: Tombstones(client: client, clock: configuration.clock, logger: configuration.logger))
        let state = Registered()
        self.state = state
        live = LiveObjects(client: client, clock: configuration.clock, logger: configuration.logger)
        applications = Informer(.applications, client: client, clock: configuration.clock, logger: configuration.logger)
        (workers, starter) = AsyncStream.makeStream()
        sources.onMove { [state] remote, served in state.lookAgain(at: remote, except: served) }
        applications.onChange { [weak self] change in self?.follow(change) }
    }

    /// Runs until cancelled or told to shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.live.run() }
                group.addTask { await self.refreshRepositories() }
                group.addTask {
                    await self.applications.waitUntilSynced()
                    if !Task.isCancelled { self.removeUnusedCopies() }
                }
                group.addTask(priority: .utility) { await self.journal.run() }
                group.addTask(priority: .utility) { await self.sync.tombstones.run() }
                group.addTask {
                    // Ends only by cancellation: the informer retries everything else itself.
                    try? await self.applications.run()
                }
                for await worker in self.workers { group.addTask { await worker.run() } }
            }
        }
        state.abandonWaits()
    }

    // MARK: Applications come and go

    private func follow(_ change: Informer.Change) {
        if case .updated(let old, let new) = change, Sources.remote(of: old) != Sources.remote(of: new) { removeUnusedCopies() }
        defer { for worker in state.dependents(of: "\(change.object.namespace)/\(change.object.name)") { worker.dependencyChanged() } }
        switch change {
        case .added(let object): start(object)
        case .updated(let old, let new) where old.uid != new.uid:
            state.remove("\(old.namespace)/\(old.name)")?.stop()
            start(new)
        case .updated(_, let new):
            let (application, specError) = read(new)
            state.note(dependencies: application.policy.dependsOn, of: application.reference)
            state.worker(application.reference)?.update(application, specError: specError)
        case .deleted(let object):
            // Its objects stay: deleting what runs is only ever done by a commit.
            state.note(dependencies: [], of: "\(object.namespace)/\(object.name)")
            state.remove("\(object.namespace)/\(object.name)")?.stop()
            journal.forget("\(object.namespace)/\(object.name)")
            if Sources.remote(of: object) != nil { removeUnusedCopies() }
        }
    }

    private func start(_ object: Object) {
        let (application, specError) = read(object)
        let worker = ApplicationWorker(
            application: application, specError: specError, sync: sync, sources: sources, live: live,
            dependencies: Dependencies { [applications] reference in
                let parts = reference.split(separator: "/", maxSplits: 1).map(String.init)
                return parts.count == 2 ? applications.get(namespace: parts[0], name: parts[1]) : nil
            },
            reversion: Reversion { [weak self] application, failed, good, reason in
                let made = try await self?.revert(application, failed: failed, to: good, because: reason)
                if made != nil { self?.announceMove(of: application) }
                return made
            })
        state.note(dependencies: application.policy.dependsOn, of: worker.reference)
        state.add(worker)
        starter.yield(worker)
    }

    private func read(_ object: Object) -> (Application, String?) {
        do throws(InvalidApplication) {
            var application = try Application(object)
            if object.spec[path: ["sync", "interval"]] == nil { application.interval = configuration.fetchInterval }
            return (application, nil)
        } catch {
            var application = Application(namespace: object.namespace, name: object.name, origin: .url(""))
            application.generation = object.generation
            application.uid = object.uid
            application.isDeleting = object.isDeleting
            application.hasFinalizer = object.finalizers.contains(Application.finalizer)
            application.policy.deletesObjects = object.spec["deletionPolicy"]?.string == "Delete"
            application.status = ApplicationStatus(object.status)
            return (application, error.description)
        }
    }

    /// The worker of an Application, once it is seen; nil when the reconciler ends.
    func worker(for key: ObjectKey) async -> ApplicationWorker? {
        await state.awaitWorker("\(key.namespace ?? "")/\(key.name)")
    }

    // MARK: Repositories

    /// Makes (or brings up to date) a repository to push to; returns its path.
    package func ensureRepository(name: String) async throws -> String {
        try await repositories.ensure(name).path
    }

    private func removeUnusedCopies() { sources.removeUnused(by: applications.list()) }

    /// Hooks name the executable, which may have moved since the repositories were made.
    private func refreshRepositories() async {
        let names: [String]
        do { names = try repositories.names() } catch {
            configuration.logger.warning("cannot list the repositories", metadata: ["error": "\(error)"])
            return
        }
        for name in names {
            do { _ = try await ensureRepository(name: name) } catch {
                configuration.logger.warning("cannot refresh a repository", metadata: ["repository": "\(name)", "error": "\(error)"])
            }
        }
    }
}
