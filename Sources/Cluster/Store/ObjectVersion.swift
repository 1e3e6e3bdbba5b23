import APIMachinery
import Synchronization

/// One version of one object: its canonical encoding and the header that lists and watches filter by.
///
/// Immutable and shared by the index, the watch history and every reader. Answers splice `bytes`;
/// the decoded tree is made when somebody looks at it and kept while `TreeCache` has room.
package final class ObjectVersion: Sendable {
    package let name: String
    /// Empty for cluster-scoped objects.
    package let namespace: String
    package let uid: String
    /// `metadata.labels`; of a version just written the tree's own.
    package let labels: JSONObject
    /// The store's revision that made this version; 0 for an object that is not stored (dry run).
    package let revision: UInt64
    /// The object as canonical JSON, `metadata.resourceVersion` included.
    package let bytes: [UInt8]
    /// The newest revision of this object that the database holds; 0 when it holds none.
    let storedRevision: UInt64
    private let cache: TreeCache?
    private let trees = Mutex(Trees())

    private struct Trees {
        var whole: JSONObject?
        /// There while somebody keeps it.
        weak var watched: SharedFields?
    }

    init(
        name: String, namespace: String, uid: String, labels: JSONObject, revision: UInt64, storedRevision: UInt64,
        bytes: [UInt8], cache: TreeCache?
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.labels = labels
        self.revision = revision
        self.storedRevision = storedRevision
        self.bytes = bytes
        self.cache = cache
    }

    /// A version that no store holds: the answer of a dry run, or a synthesized document such as a Scale.
    package convenience init(unstored object: Object) {
        self.init(
            name: object.name, namespace: object.namespace, uid: object.uid, labels: object.metadata["labels"]?.object ?? [:],
            revision: UInt64(object.resourceVersion) ?? 0, storedRevision: 0, bytes: object.encoded(), cache: nil)
        setTree(object.fields)
    }

    /// The decoded object. Readers of one version share one tree.
    package var object: Object {
        if let fields = trees.withLock({ $0.whole }) { return Object(fields) }
        let fields = decoded()
        setTree(fields)
        return Object(fields)
    }

    /// The decoded object, not kept: for looks at many versions that nobody else looks at.
    var passingObject: Object {
        Object(trees.withLock { $0.whole } ?? decoded())
    }

    /// The object as informers keep it, all of them the same tree.
    var watchedForm: Object {
        let (whole, watched) = trees.withLock { ($0.whole, $0.watched) }
        if let watched { return Object(watched) }
        let made = SharedFields(whole.map { Object($0).watchedForm.fields } ?? decoded(inWatchedForm: true))
        return Object(
            trees.withLock { trees in
                if let other = trees.watched { return other }
                trees.watched = made
                return made
            })
    }

    private func decoded(inWatchedForm: Bool = false) -> JSONObject {
        guard case .object(let fields) = try? JSON(parsing: bytes, inWatchedForm: inWatchedForm) else {
            // The bytes were made by our own encoder and, when loaded, matched their checksum.
            preconditionFailure("revision \(revision) of \(namespace)/\(name) is not a JSON object")
        }
        return fields
    }

    package var resourceVersion: String { String(revision) }

    /// Keeps `fields` as the decoded tree while the cache has room.
    func setTree(_ fields: JSONObject) {
        trees.withLock { $0.whole = fields }
        cache?.insert(self)
    }

    func dropTree() { trees.withLock { $0.whole = nil } }
}

/// Bounds the decoded trees that versions keep: the oldest are dropped first.
final class TreeCache: Sendable {
    /// Most encoded bytes of which the trees are kept; a tree takes about four times as much.
    static let encodedBytesMax = 1 << 20

    private struct State {
        var versions: [ObjectVersion] = []
        var head = 0
        var encodedBytes = 0
    }

    private let state = Mutex(State())

    func insert(_ version: ObjectVersion) {
        let evicted = state.withLock { state -> [ObjectVersion] in
            state.versions.append(version)
            state.encodedBytes += version.bytes.count
            var evicted: [ObjectVersion] = []
            while state.encodedBytes > Self.encodedBytesMax, state.head < state.versions.count - 1 {
                let oldest = state.versions[state.head]
                state.head += 1
                state.encodedBytes -= oldest.bytes.count
                evicted.append(oldest)
            }
            if state.head * 2 > state.versions.count {
                state.versions.removeFirst(state.head)
                state.head = 0
            }
            return evicted
        }
        for version in evicted { version.dropTree() }
    }
}

extension ObjectVersion {
    /// The same content under another revision, not stored.
    func at(revision: UInt64) -> ObjectVersion {
        var object = object
        object.resourceVersion = String(revision)
        return ObjectVersion(
            name: name, namespace: namespace, uid: uid, labels: labels, revision: revision, storedRevision: 0,
            bytes: object.encoded(), cache: nil)
    }
}
