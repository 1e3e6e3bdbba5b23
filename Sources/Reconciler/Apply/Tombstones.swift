import APIMachinery
import Crypto
import Logging
import Synchronization

/// Keeps what syncs delete for a day, and takes it away after that.
final class Tombstones: Sendable {
    static let keptFor: Duration = .seconds(86_400)
    /// Before the cluster is asked again, when it would not say what there is, or not delete it.
    private static let retryDelay: Duration = .seconds(600)

    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    /// When the next one expires, as far as is known.
    private let next = Mutex<Timestamp?>(nil)
    private let changed = Signal()

    init(client: any ResourceClient, clock: any WallClock, logger: Logger) {
        self.client = client
        self.clock = clock
        self.logger = logger
    }

    /// Keeps what a plan is about to delete or replace. - Throws: then nothing may be deleted.
    func keep(_ plan: Plan, of application: Application) async throws(SyncFailure) {
        let objects = plan.changes.filter { $0.action == .deleted || $0.action == .replaced }.compactMap(\.live)
        guard !objects.isEmpty else { return }
        let now = clock.now
        let tombstone = Tombstone(
            application: Tombstone.ApplicationReference(namespace: application.namespace, name: application.name), revision: plan.revision,
            deleted: now, expires: now + Self.keptFor, objects: objects.map(Self.slim))
        let identities = objects.map(Self.identity).sorted().joined(separator: "\n")
        let digest = SHA256.hash(data: Array("\(plan.revision)\n\(identities)".utf8)).prefix(6)
        let group = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        for secret in tombstone.secrets(group: group) {
            do throws(APIStatus) { _ = try await client.create(.secrets, secret, options: WriteOptions(fieldManager: Application.fieldManager)) } catch {
                // The same sync, tried again.
                if error.reason == .alreadyExists { continue }
                throw SyncFailure(
                    "TombstoneFailed",
                    [
                        "nothing was deleted: what a sync deletes is kept for a day in Secrets of namespace \(application.namespace), and the server refuses them: \(error.message)"
                    ])
            }
        }
        expect(tombstone.expires)
    }

    /// Half of an object's size is of no use to who brings it back.
    private static func slim(_ object: Object) -> Object {
        var object = object
        object.set(nil, at: ["metadata", "managedFields"])
        object.fields["status"] = nil
        return object
    }

    /// Names an object for as long as it is the same: by its generation, since its status changes while it waits to be
    /// deleted; of a kind that has none by its version.
    private static func identity(_ object: Object) -> String {
        "\(object.uid) \(object.generation > 0 ? "generation \(object.generation)" : object.resourceVersion)"
    }

    private func expect(_ time: Timestamp) {
        let isFirst = next.withLock { next in
            defer { next = min(next ?? time, time) }
            return next == nil
        }
        if isFirst { changed.fire() }
    }

    // MARK: Expiry

    /// Removes what has expired, when it does, until cancelled.
    func run() async {
        while !Task.isCancelled {
            do { try await removeExpired() } catch {
                logger.debug("cannot look for tombstones", metadata: ["error": "\(error)"])
                next.withLock { $0 = clock.now + Self.retryDelay }
            }
            await changed.wait(until: next.withLock { $0 }, clock: clock)
            // Woken by one that was just written: nothing has expired yet.
            while let time = next.withLock({ $0 }), time > clock.now, !Task.isCancelled { await changed.wait(until: time, clock: clock) }
        }
    }

    private func removeExpired() async throws(APIStatus) {
        next.withLock { $0 = nil }
        let now = clock.now
        for secret in try await Self.secrets(client, namespace: nil) {
            guard let time = Timestamp(secret.annotations[Tombstone.expiresAnnotation] ?? "") else { continue }
            guard time <= now else {
                next.withLock { $0 = min($0 ?? time, time) }
                continue
            }
            do throws(APIStatus) { try await client.delete(ObjectKey(.secrets, namespace: secret.namespace, name: secret.name)) } catch {
                if error.reason == .notFound { continue }
                logger.warning(
                    "cannot delete an expired tombstone", metadata: ["namespace": "\(secret.namespace)", "name": "\(secret.name)", "error": "\(error)"])
                let retry = now + Self.retryDelay
                next.withLock { $0 = min($0 ?? retry, retry) }
            }
        }
    }

    fileprivate static func secrets(_ client: any ResourceClient, namespace: String?) async throws(APIStatus) -> [Object] {
        var options = ListOptions()
        options.labelSelector = LabelSelector([LabelSelector.Requirement(key: Tombstone.groupLabel, operator: .exists)])
        options.fieldSelector = FieldSelector("type", equals: Tombstone.secretType)
        return try await client.list(.secrets, namespace: namespace, options: options).items
    }
}

/// What commands do with tombstones: on any cluster, by its API alone.
package struct Undeletion: Sendable {
    /// How far the daemon's clock may be ahead of ours.
    private static let skewMax: Duration = .seconds(60)

    private let client: any ResourceClient

    package init(client: any ResourceClient) { self.client = client }

    /// The newest first; without what claims to be of the future, and would stay the newest.
    ///
    /// - Parameter namespace: of the Applications; nil: all.
    package func tombstones(namespace: String?, now: Timestamp) async throws(APIStatus) -> [Tombstone] {
        Tombstone.read(try await Tombstones.secrets(client, namespace: namespace)).filter { $0.deleted <= now + Self.skewMax }
    }

    /// Creates an object as it was when it was deleted last. - Throws: `APIStatus` `alreadyExists` where there is one.
    package func restore(_ object: Object, _ type: ResourceType) async throws(APIStatus) {
        let options = WriteOptions(fieldManager: "gitctl-undelete")
        let revived = object.revived
        do throws(APIStatus) { _ = try await client.create(type, revived, options: options) } catch {
            guard error.reason == .invalid, type == .services else { throw error }
            _ = try await client.create(type, revived.withoutAllocations, options: options)
        }
    }
}
