/// The recent changes of one type, in order of revision, bounded by count and bytes.
///
/// Watchers hold sequence numbers into it instead of buffers of their own, so a thousand watchers
/// cost no more memory than one, and a slow one falls off the end.
struct EventRing: Sendable {
    struct Limits: Sendable {
        var countMax = 16384
        /// Most encoded bytes of the versions in the ring, and what it shrinks to when there is time.
        var bytesMax = 16 << 20
        var restingBytesMax = 1 << 20
    }

    /// Events younger than this many keep their encoded frames.
    static let freshCount = 64

    private var events: [StoreEvent] = []
    private var head = 0
    private var bytes = 0
    /// The sequence number of the oldest event.
    private(set) var start: UInt64 = 0
    /// Changes up to this revision are no longer (or never were) in the ring.
    private(set) var floor: UInt64

    let limits: Limits

    init(floor: UInt64, limits: Limits = Limits()) {
        self.floor = floor
        self.limits = limits
    }

    var count: Int { events.count - head }
    /// The revision of the newest event.
    var lastRevision: UInt64 { count > 0 ? events[events.count - 1].revision : floor }
    /// The sequence number of the next event.
    var end: UInt64 { start + UInt64(count) }

    mutating func append(_ event: StoreEvent) {
        events.append(event)
        bytes += event.version.bytes.count
        if count > Self.freshCount { events[events.count - 1 - Self.freshCount].trim() }
        // At least one event stays, however large.
        while count > limits.countMax || (bytes > limits.bytesMax && count > 1) { dropFirst() }
        compact()
    }

    /// Drops events before the sequence number `end` as long as the ring is larger than it should be at rest.
    mutating func shrink(before end: UInt64) {
        while start < end, isLargerThanAtRest { dropFirst() }
        compact()
    }

    var isLargerThanAtRest: Bool { bytes > limits.restingBytesMax && count > 1 }

    private mutating func dropFirst() {
        bytes -= events[head].version.bytes.count
        floor = events[head].revision
        head += 1
        start += 1
    }

    private mutating func compact() {
        guard head > 64, head * 2 > events.count else { return }
        events.removeFirst(head)
        head = 0
    }

    /// At most `limit` events from sequence number `cursor`, which must be within start...end.
    func events(from cursor: UInt64, limit: Int) -> ArraySlice<StoreEvent> {
        let first = head + Int(cursor - start)
        return events[first..<min(first + limit, events.count)]
    }

    /// The sequence number of the first event after `revision`.
    func cursor(after revision: UInt64) -> UInt64 {
        var low = head
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if events[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return start + UInt64(low - head)
    }

    /// Takes back the changes after `revision`; nil when the ring no longer reaches that far.
    func rolledBack(_ current: SortedVersions, to revision: UInt64) -> SortedVersions? {
        guard revision >= floor else { return nil }
        var versions = current
        for event in events(from: cursor(after: revision), limit: .max / 2).reversed() {
            if let previous = event.previous {
                versions.insert(previous)
            } else {
                versions.remove(namespace: event.version.namespace, name: event.version.name)
            }
        }
        return versions
    }
}
