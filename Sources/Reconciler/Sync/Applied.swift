import APIMachinery

/// The commit that is in the cluster, and for each of its objects how it looked after our last write:
/// what drift is measured against.
struct Applied: Sendable {
    /// Immutable and shared: a plan of thousands of objects looks at each of them.
    final class Record: Sendable {
        let rendered: RenderedObject
        /// Of the live object's fields that the manifest names.
        let fingerprint: Int
        /// The version that we wrote, or a later one in which those fields were the same.
        let resourceVersion: String
        /// Which of the fields are left to others, as the object was then.
        fileprivate let ignored: IgnoredFields?

        fileprivate init(_ rendered: RenderedObject, fingerprint: Int, resourceVersion: String, ignored: IgnoredFields?) {
            self.rendered = rendered
            self.fingerprint = fingerprint
            self.resourceVersion = resourceVersion
            self.ignored = ignored
        }
    }

    var commit: Commit
    /// The Application's generation it was applied for.
    var generation: Int64
    var records: [ObjectIdentity: Record] = [:]
    /// False after a sync that did not come to its end: then some records are of another commit.
    private(set) var isWhole = true
    /// Those that the commit asked for, in order.
    var objects: [RenderedObject] = []
    /// What of the commit made the objects; nil where something is open, so that the next commit has to be gone through.
    var footprint: RenderFootprint?
    /// When each of them was seen to be as it should, one by one; nil when that has to be done again.
    var verified: LiveObjects.Moment?
    /// What is to be watched for the records.
    private(set) var scopes: Set<LiveObjects.Scope> = []
    /// Where the objects themselves are.
    private(set) var ownScopes: [LiveObjects.Scope] = []

    /// - Parameter earlier: what was applied before.
    init(commit: Commit, generation: Int64, from earlier: Applied? = nil) {
        self.commit = commit
        self.generation = generation
        records = earlier?.records ?? [:]
        (scopes, ownScopes) = (earlier?.scopes ?? [], earlier?.ownScopes ?? [])
    }

    /// From the records of the commit before to those of the plan's: `written` are new, what was looked at
    /// is as it was seen, the others stay.
    mutating func update(by plan: Plan, written: [ObjectIdentity: Record]) {
        var count = 0
        let before = records.count
        for change in plan.changes {
            guard let rendered = change.rendered else { continue }
            count += 1
            let identity = change.identity
            if let record = written[identity] {
                records[identity] = record
            } else if let seen = change.live {
                records[identity] = Record(rendered, live: seen)
            } else if let record = records[identity], record.rendered.origin != rendered.origin {
                records[identity] = Record(
                    rendered, fingerprint: record.fingerprint, resourceVersion: record.resourceVersion, ignored: record.ignored)
            }
        }
        let grew = records.count > before
        if plan.untouched == 0, records.count > count {
            let kept = Set(plan.changes.lazy.filter { $0.rendered != nil }.map(\.identity))
            records = records.filter { kept.contains($0.key) }
        }
        if grew || records.count != before { noteScopes() }
    }

    /// Takes in what a sync wrote that did not come to its end.
    mutating func keep(_ written: [ObjectIdentity: Record]) {
        (isWhole, objects, footprint, verified) = (false, [], nil, nil)
        records.merge(written) { _, new in new }
        noteScopes()
    }

    private mutating func noteScopes() {
        scopes = Self.scopes(of: records.values)
        ownScopes = Array(Set(records.values.map { LiveObjects.Scope(type: $0.rendered.key.type, namespace: $0.rendered.key.namespace) }))
    }

    static func scopes(of records: some Sequence<Record>) -> Set<LiveObjects.Scope> {
        var scopes: Set<LiveObjects.Scope> = []
        for record in records {
            let key = record.rendered.key
            guard scopes.insert(LiveObjects.Scope(type: key.type, namespace: key.namespace)).inserted else { continue }
            for type in HealthRules.lookedAt[key.type] ?? [] { scopes.insert(LiveObjects.Scope(type: type, namespace: key.namespace)) }
        }
        return scopes
    }
}

extension Applied.Record {
    convenience init(_ rendered: RenderedObject, live: Object) {
        let ignored = rendered.ignoredFields(of: live)
        self.init(
            rendered, fingerprint: Fingerprint.of(live, asNamedBy: rendered.object, without: ignored), resourceVersion: live.resourceVersion,
            ignored: ignored)
    }

    /// Whether the live object still is as we left it, in the fields that are ours.
    func matches(_ live: Object) -> Bool {
        live.resourceVersion == resourceVersion
            || !live.isDeleting && Fingerprint.of(live, asNamedBy: rendered.object, without: ignored) == fingerprint
    }

    /// The same, having seen a later version in which nothing of ours is different.
    func seen(_ live: Object) -> Applied.Record {
        Applied.Record(rendered, fingerprint: fingerprint, resourceVersion: live.resourceVersion, ignored: ignored)
    }

    /// Whether `live` is older than our last write: a watch that lags. Revisions of one server
    /// compare as integers (KEP-5504).
    func isNewer(than live: Object) -> Bool {
        guard let ours = UInt64(resourceVersion), let seen = UInt64(live.resourceVersion) else { return false }
        return seen < ours
    }
}

/// A hash of those fields of a live object that a manifest names, and of the mark of its Application.
/// Lists count as a whole. Other managers' fields, status and versions do not enter, so their writes are no drift.
enum Fingerprint {
    static func of(_ live: Object, asNamedBy wanted: Object, without ignored: IgnoredFields?) -> Int {
        guard let ignored else { return of(live, asNamedBy: wanted) }
        return of(ignored.without(live), asNamedBy: ignored.without(wanted))
    }

    static func of(_ live: Object, asNamedBy wanted: Object) -> Int {
        var hasher = Hasher()
        hasher.combine(live.fields["metadata"]?["annotations"]?[Application.annotation])
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
