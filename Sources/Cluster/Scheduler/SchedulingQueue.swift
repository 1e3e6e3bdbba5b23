import APIMachinery

/// Pods to be placed: those to try now, those that failed and wait for a change, those that errors hold back.
///
/// Higher priority first, then first come. A pod that did not fit is tried again only after a
/// change that could cure what kept it from fitting. Source: kubernetes, pkg/scheduler/backend/queue.
struct SchedulingQueue: Sendable {
    /// First and longest wait after an error.
    static let backoff: ClosedRange<Duration> = .seconds(1) ... .seconds(10)

    private struct Entry: Sendable {
        var pod: PodToSchedule
        var order: UInt64
        var attempts = 0
        var isActive = true
        /// What may let it be placed, while it waits.
        var cure: SchedulingCure = []
    }

    private struct Rank: Comparable, Sendable {
        var priority: Int64
        var order: UInt64
        var uid: String
        static func < (a: Self, b: Self) -> Bool {
            a.priority != b.priority ? a.priority > b.priority : a.order < b.order
        }
    }

    private var entries: [String: Entry] = [:]
    /// Uids to be tried, kept as a binary heap by rank; entries that are no longer active are skipped when met.
    private var heap: [Rank] = []
    private var nextOrder: UInt64 = 0
    /// Until when errors hold pods back.
    private var held: [String: Timestamp] = [:]

    var count: Int { entries.count }
    var nextDeadline: Timestamp? { held.values.min() }

    func pod(_ uid: String) -> PodToSchedule? { entries[uid]?.pod }

    mutating func add(_ pod: PodToSchedule) {
        if var entry = entries[pod.uid] {
            entry.pod = pod
            entries[pod.uid] = entry
            if !entry.isActive { activate(pod.uid) }
            return
        }
        nextOrder += 1
        entries[pod.uid] = Entry(pod: pod, order: nextOrder)
        push(Rank(priority: pod.priority, order: nextOrder, uid: pod.uid))
    }

    /// A change to the pod's object that cannot matter for its placement.
    mutating func refresh(_ pod: PodToSchedule) { entries[pod.uid]?.pod = pod }

    mutating func remove(_ uid: String) {
        entries[uid] = nil
        held[uid] = nil
    }

    /// Takes the next pod to try.
    mutating func take(now: Timestamp) -> PodToSchedule? {
        for (uid, time) in held where time <= now { activate(uid) }
        while let rank = pop() {
            guard var entry = entries[rank.uid], entry.isActive, entry.order == rank.order else { continue }
            entry.isActive = false
            entry.attempts += 1
            entry.cure = []
            entries[rank.uid] = entry
            return entry.pod
        }
        return nil
    }

    /// The pod did not fit; it waits for one of these changes.
    mutating func wait(_ uid: String, for cure: SchedulingCure) { entries[uid]?.cure = cure }

    /// An error kept the pod from being placed; it is tried again after its back-off.
    mutating func retry(_ uid: String, now: Timestamp) {
        guard let attempts = entries[uid]?.attempts else { return }
        let wait = Self.backoff.lowerBound * (1 << min(max(0, attempts - 1), 8))
        held[uid] = now + min(wait, Self.backoff.upperBound)
    }

    /// Something changed: those that it may help are tried again.
    mutating func cured(_ cure: SchedulingCure) {
        for (uid, entry) in entries where !entry.isActive && !entry.cure.isDisjoint(with: cure) { activate(uid) }
    }

    private mutating func activate(_ uid: String) {
        held[uid] = nil
        guard var entry = entries[uid], !entry.isActive else { return }
        entry.isActive = true
        entries[uid] = entry
        push(Rank(priority: entry.pod.priority, order: entry.order, uid: uid))
    }

    private mutating func push(_ rank: Rank) {
        heap.append(rank)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> Rank? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if heap.isEmpty { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
