import APIMachinery
import Synchronization

/// One event of a watch. The hub makes one per change and shares it, frame included, among all watchers.
package final class StoreEvent: Sendable {
    package enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
    }

    package let kind: Kind
    /// The object after the change; for `deleted` its last state with the revision of the deletion,
    /// for `bookmark` an object of the watched kind with nothing but a resource version.
    package let version: ObjectVersion
    /// A bookmark that says that the initial list is complete.
    package let endsInitialEvents: Bool
    /// The object before the change; nil for `added` and for events made for one watcher.
    let previous: ObjectVersion?

    private struct Derived {
        var frame: [UInt8]?
        var entering: StoreEvent?
        var leaving: StoreEvent?
    }
    private let derived = Mutex(Derived())

    init(_ kind: Kind, _ version: ObjectVersion, previous: ObjectVersion? = nil, endsInitialEvents: Bool = false) {
        self.kind = kind
        self.version = version
        self.previous = previous
        self.endsInitialEvents = endsInitialEvents
    }

    package var revision: UInt64 { version.revision }

    /// `{"object":…,"type":"ADDED"}` and a line feed: encoded once for all watchers.
    package var frame: [UInt8] {
        if let frame = derived.withLock({ $0.frame }) { return frame }
        var frame: [UInt8] = []
        frame.reserveCapacity(version.bytes.count + 40)
        frame.append(contentsOf: #"{"type":""#.utf8)
        frame.append(contentsOf: kind.rawValue.utf8)
        frame.append(contentsOf: #"","object":"#.utf8)
        frame.append(contentsOf: version.bytes)
        frame.append(contentsOf: "}\n".utf8)
        derived.withLock { $0.frame = frame }
        return frame
    }

    /// Forgets what can be made again, when the event is no longer fresh.
    func trim() { derived.withLock { $0 = Derived() } }

    /// This change as a watcher sees it whose selector matches the object only after it.
    func entering() -> StoreEvent {
        derived.withLock { derived in
            if let event = derived.entering { return event }
            let event = StoreEvent(.added, version)
            derived.entering = event
            return event
        }
    }

    /// This change as a watcher sees it whose selector matched the object only before it: the old
    /// state at the new revision, as deleted.
    func leaving(_ previous: ObjectVersion) -> StoreEvent {
        if let event = derived.withLock({ $0.leaving }) { return event }
        let event = StoreEvent(.deleted, previous.at(revision: version.revision))
        derived.withLock { $0.leaving = event }
        return event
    }
}
