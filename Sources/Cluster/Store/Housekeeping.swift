import APIMachinery
import Synchronization

/// What the store does by the clock. One task sleeps until the earliest deadline of all; with
/// nothing to do it does not wake.
extension Store {
    /// Flushes Events, lets old ones go, ends watches whose time is over and sends bookmarks.
    /// Returns when cancelled; `close` is the owner's to call.
    package func run() async throws {
        while !Task.isCancelled {
            await tick(now: clock.now)
            await timers.wait(until: nextDeadline(now: clock.now), clock: clock)
        }
    }

    private func nextDeadline(now: Timestamp) -> Timestamp? {
        state.withLock { state in
            if state.bookmarkDeadline == nil, state.hubs.values.contains(where: \.needsTick) {
                state.bookmarkDeadline = now + Self.bookmarkInterval
            }
            let deadlines = [state.flushDeadline, state.bookmarkDeadline, state.expiries.first?.deadline].compactMap { $0 }
            return (deadlines + state.hubs.values.compactMap(\.nextDeadline)).min()
        }
    }

    func tick(now: Timestamp) async {
        let (waiters, expired, isFlushDue) = state.withLock { state -> ([WatchHub.Waiter], ArraySlice<Expiry>, Bool) in
            var bookmark: UInt64?
            if let deadline = state.bookmarkDeadline, deadline <= now {
                bookmark = state.visible.revision
                state.bookmarkDeadline = nil
            }
            let dueCount = state.expiries.prefix { $0.deadline <= now }.count
            let expired = state.expiries.prefix(max(dueCount, state.expiries.count - Self.eventsMax))
            state.expiries.removeFirst(expired.count)
            let waiters = state.hubs.values.flatMap { $0.tick(now: now, bookmark: bookmark) }
            return (waiters, expired, state.flushDeadline.map { $0 <= now } ?? false)
        }
        for waiter in waiters { waiter.resume() }
        for expiry in expired {
            guard let version = latest(expiry.key.resource, namespace: expiry.key.namespace, name: expiry.key.name),
                version.revision == expiry.revision
            else { continue }
            // A conflict means that the Event was renewed meanwhile: its newer expiry counts.
            _ = try? await commit(
                Write(resource: expiry.key.resource, expected: version, object: version.object, isDeletion: true, author: "system:store"))
        }
        if isFlushDue {
            // A failure is logged by the writer and tried again after the interval.
            try? await flush()
        }
    }

    /// Refuses further writes, writes what waits, and closes the database. Watches end.
    package func close() async {
        let hubs = state.withLock { state -> [WatchHub]? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            return Array(state.hubs.values)
        }
        guard let hubs else { return }
        // A failure is logged by the writer; there is nobody left to tell.
        try? await flush()
        for hub in hubs { hub.endAll() }
        guard let journal else { return }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            writer.async {
                let revision = self.state.withLock { $0.revision }
                // Without it the next start merely skips the reserved range.
                try? journal.append([], reserve: revision, now: self.clock.now)
                journal.close()
                self.releaseLock()
                continuation.resume()
            }
        }
    }
}
