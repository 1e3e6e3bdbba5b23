import APIMachinery

/// The commit that is in the cluster, and for each of its objects how it looked after our last write:
/// what drift is measured against.
struct Applied: Sendable {
    struct Record: Sendable {
        var rendered: RenderedObject
        /// The desired object with the mark of its Application.
        var wanted: Object
        /// Of the live object's fields that `wanted` names.
        var fingerprint: Int
        var resourceVersion: String
        var uid: String
    }

    var commit: Commit
    /// The Application's generation it was applied for.
    var generation: Int64
    var records: [ObjectIdentity: Record] = [:]

    init(commit: Commit, generation: Int64) {
        self.commit = commit
        self.generation = generation
    }
}

extension Applied.Record {
    init(_ rendered: RenderedObject, application: Application, live: Object) {
        self.rendered = rendered
        wanted = rendered.object.owned(by: application)
        fingerprint = Fingerprint.of(live, asNamedBy: wanted)
        resourceVersion = live.resourceVersion
        uid = live.uid
    }

    /// Whether the live object still is as we left it, in the fields that are ours.
    func matches(_ live: Object) -> Bool {
        live.resourceVersion == resourceVersion || !live.isDeleting && Fingerprint.of(live, asNamedBy: wanted) == fingerprint
    }

    /// Whether `live` is older than our last write: a watch that lags. Revisions of one server
    /// compare as integers (KEP-5504).
    func isNewer(than live: Object) -> Bool {
        guard let ours = UInt64(resourceVersion), let seen = UInt64(live.resourceVersion) else { return false }
        return seen < ours
    }
}

/// A hash of those fields of a live object that a manifest names. Lists count as a whole. Other
/// managers' fields, status and versions do not enter, so their writes are no drift.
enum Fingerprint {
    static func of(_ live: Object, asNamedBy wanted: Object) -> Int {
        var hasher = Hasher()
        for member in wanted.fields where !["apiVersion", "kind", "metadata", "status"].contains(member.key) {
            hash(live.fields[member.key], member.value, &hasher)
        }
        for key in ["labels", "annotations", "finalizers", "ownerReferences"] {
            guard let value = wanted.fields["metadata"]?[key] else { continue }
            hash(live.fields["metadata"]?[key], value, &hasher)
        }
        return hasher.finalize()
    }

    private static func hash(_ live: JSON?, _ wanted: JSON, _ hasher: inout Hasher) {
        guard case .object(let members) = wanted, let live = live?.object else {
            hasher.combine(live)
            return
        }
        for member in members { hash(live[member.key], member.value, &hasher) }
    }
}
