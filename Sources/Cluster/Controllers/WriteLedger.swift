import APIMachinery
import Synchronization

/// Which of a key's own writes the informers do not show yet.
///
/// A controller that decides on a view older than its own last write creates too much or deletes
/// too much. Kubernetes keeps counts of expected events against that; revisions say the same
/// exactly: a key rests until every informer has observed the revisions written for it. The
/// events that bring them are the ones that wake the key.
final class WriteLedger<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var revisions: [GroupResource: UInt64] = [:]
        var deleted: [ObjectKey: String] = [:]
    }

    private let informers: [GroupResource: Informer]
    private let entries = Mutex<[Key: Entry]>([:])

    init(_ informers: [Informer]) {
        self.informers = Dictionary(informers.map { ($0.type.groupResource, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func wrote(_ type: ResourceType, _ object: Object, for key: Key) {
        let resource = type.groupResource
        guard informers[resource] != nil, let revision = UInt64(object.resourceVersion) else { return }
        entries.withLock { entries in
            let known = entries[key]?.revisions[resource] ?? 0
            entries[key, default: Entry()].revisions[resource] = max(known, revision)
        }
    }

    func deleted(_ target: ObjectKey, uid: String?, for key: Key) {
        guard informers[target.type.groupResource] != nil, let uid else { return }
        entries.withLock { $0[key, default: Entry()].deleted[target] = uid }
    }

    /// Whether the informers show all that was written for `key`; forgets what they do.
    func isVisible(_ key: Key) -> Bool {
        guard let entry = entries.withLock({ $0[key] }) else { return true }
        for (resource, revision) in entry.revisions {
            if let informer = informers[resource], informer.observedRevision < revision { return false }
        }
        for (target, uid) in entry.deleted {
            let cached = informers[target.type.groupResource]?.get(namespace: target.namespace ?? "", name: target.name)
            if let cached, cached.uid == uid, !cached.isDeleting { return false }
        }
        // Only the worker that holds the key writes for it, so nothing was added since.
        entries.withLock { $0[key] = nil }
        return true
    }
}
