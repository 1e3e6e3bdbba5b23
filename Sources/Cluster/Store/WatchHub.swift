import APIMachinery
import Synchronization

/// The watchers of one type and the changes that they follow.
///
/// A change is appended once; watchers that wait and select it are woken, the others are not.
final class WatchHub: Sendable {
    /// Events that a watcher takes at once.
    static let batchMax = 128

    typealias Waiter = CheckedContinuation<Void, Never>

    private struct Follower {
        var filter: VersionFilter
        /// The next event to look at.
        var cursor: UInt64
        /// Changes up to this revision are known to the watcher.
        var since: UInt64
        var deadline: Timestamp?
        var wantsBookmarks: Bool
        /// A bookmark to deliver when everything up to it has been.
        var bookmark: UInt64?
        var waiter: Waiter?
        var isEnded = false
    }

    private struct State {
        var ring: EventRing
        var followers: [UInt64: Follower] = [:]
        var nextID: UInt64 = 0
        /// The ring's end at the last tick: events before it have been there for a whole interval.
        var endAtTick: UInt64 = 0
    }

    enum Delivery {
        case events([StoreEvent])
        case bookmark(revision: UInt64)
        case ended
        case expired(APIStatus)
        case nothing
    }

    private let state: Mutex<State>

    /// `floor`: changes up to this revision are not in the hub.
    init(floor: UInt64, limits: EventRing.Limits) { state = Mutex(State(ring: EventRing(floor: floor, limits: limits))) }

    /// Appends changes in order of revision and answers who is to be woken.
    func publish(_ events: [StoreEvent]) -> [Waiter] {
        state.withLock { state in
            for event in events { state.ring.append(event) }
            let end = state.ring.end
            var woken: [Waiter] = []
            for (id, follower) in state.followers where follower.waiter != nil {
                // A watcher that waits has seen all before these events.
                if events.contains(where: { $0.revision > follower.since && follower.filter.concerns($0) }) {
                    woken.append(follower.waiter!)
                    state.followers[id]!.waiter = nil
                } else {
                    state.followers[id]!.cursor = end
                }
            }
            return woken
        }
    }

    /// Begins to follow the changes after `revision`. Throws `expired` when they are no longer all here.
    func follow(
        after revision: UInt64, filter: VersionFilter, deadline: Timestamp?, wantsBookmarks: Bool
    ) throws(APIStatus) -> UInt64 {
        let result = state.withLock { state -> Result<UInt64, APIStatus> in
            guard revision >= state.ring.floor else {
                return .failure(.expired("too old resource version: \(revision) (\(state.ring.floor))"))
            }
            state.nextID += 1
            state.followers[state.nextID] = Follower(
                filter: filter, cursor: state.ring.cursor(after: revision), since: revision, deadline: deadline,
                wantsBookmarks: wantsBookmarks)
            return .success(state.nextID)
        }
        return try result.get()
    }

    func unfollow(_ id: UInt64) {
        let waiter = state.withLock { $0.followers.removeValue(forKey: id)?.waiter }
        waiter?.resume()
    }

    /// Ends the watch: its consumer gets what is there and then the end.
    func end(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            state.followers[id]?.isEnded = true
            return state.followers[id]?.waiter.take()
        }
        waiter?.resume()
    }

    func endAll() {
        let waiters = state.withLock { state in
            for id in state.followers.keys { state.followers[id]!.isEnded = true }
            return state.followers.keys.compactMap { state.followers[$0]!.waiter.take() }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// What the watcher is due now; `nothing` when it should `wait`.
    func take(_ id: UInt64) -> Delivery {
        while true {
            let (slice, filter, since, other) = state.withLock { state -> (ArraySlice<StoreEvent>, VersionFilter?, UInt64, Delivery) in
                guard let follower = state.followers[id] else { return ([], nil, 0, .ended) }
                guard follower.cursor >= state.ring.start else {
                    state.followers[id] = nil
                    return ([], nil, 0, .expired(.expired("too old resource version: the watcher fell behind by more than \(state.ring.limits.countMax) events or \(state.ring.limits.bytesMax) bytes")))
                }
                let slice = state.ring.events(from: follower.cursor, limit: Self.batchMax)
                state.followers[id]!.cursor += UInt64(slice.count)
                if !slice.isEmpty { return (slice, follower.filter, follower.since, .nothing) }
                if follower.isEnded {
                    state.followers[id] = nil
                    return ([], nil, 0, .ended)
                }
                if let revision = follower.bookmark {
                    state.followers[id]!.bookmark = nil
                    // More may have happened, and been delivered, since it was marked: a bookmark never leads back.
                    return ([], nil, 0, .bookmark(revision: max(revision, state.ring.lastRevision)))
                }
                return ([], nil, 0, .nothing)
            }
            guard let filter else { return other }
            let events = slice.compactMap { $0.revision > since ? filter.event(for: $0) : nil }
            if !events.isEmpty { return .events(events) }
        }
    }

    /// Parks until there may be something to `take`.
    func wait(_ id: UInt64) async {
        await withCheckedContinuation { (waiter: Waiter) in
            let isDue = state.withLock { state in
                guard let follower = state.followers[id], !follower.isEnded, follower.bookmark == nil, follower.cursor == state.ring.end
                else { return true }
                state.followers[id]!.waiter = waiter
                return false
            }
            if isDue { waiter.resume() }
        }
    }

    /// The state at `revision`, or nil when it is out of reach.
    func rolledBack(_ current: SortedVersions, to revision: UInt64) -> SortedVersions? {
        state.withLock { $0.ring.rolledBack(current, to: revision) }
    }

    /// Every event since the hub was made; nil when the first ones are gone.
    var history: [StoreEvent]? {
        state.withLock { $0.ring.start == 0 ? Array($0.ring.events(from: 0, limit: $0.ring.count)) : nil }
    }

    var followerCount: Int { state.withLock { $0.followers.count } }
    var waitingCount: Int { state.withLock { $0.followers.values.count { $0.waiter != nil } } }
    /// The regular tick has something to do: bookmarks to send or events to let go.
    var needsTick: Bool {
        state.withLock { $0.followers.values.contains(where: \.wantsBookmarks) || $0.ring.isLargerThanAtRest }
    }
    var nextDeadline: Timestamp? { state.withLock { $0.followers.values.compactMap(\.deadline).min() } }

    /// Marks a bookmark at `revision` (nil: the regular tick is not due) and ends the watches whose time is over.
    func tick(now: Timestamp, bookmark revision: UInt64?) -> [Waiter] {
        state.withLock { state in
            if revision != nil {
                state.ring.shrink(before: state.endAtTick)
                state.endAtTick = state.ring.end
            }
            var woken: [Waiter] = []
            for id in state.followers.keys {
                if let deadline = state.followers[id]!.deadline, deadline <= now {
                    state.followers[id]!.isEnded = true
                    state.followers[id]!.deadline = nil
                } else if let revision, state.followers[id]!.wantsBookmarks, revision > state.followers[id]!.since {
                    state.followers[id]!.bookmark = revision
                    // Also what a watcher resumes from that sees nothing else.
                    state.followers[id]!.since = state.followers[id]!.cursor == state.ring.end ? revision : state.followers[id]!.since
                } else {
                    continue
                }
                if let waiter = state.followers[id]!.waiter.take() { woken.append(waiter) }
            }
            return woken
        }
    }
}
