/// Which of the recorded events are written, and as what: equal ones become one with a count, and an
/// object that causes too many is cut off for a while. No clock, no requests.
///
/// Source: client-go, tools/record/events_cache.go.
struct EventCorrelator {
    /// What makes two events one.
    struct Identity: Hashable, Sendable {
        var object: Involved
        var fieldPath: String
        var type: EventRecorder.Kind
        var reason: String
        var message: String
    }

    struct Involved: Hashable, Sendable {
        var uid: String
        var kind: String
        var namespace: String
        var name: String
    }

    /// An event that waits for the writer.
    struct Pending: Sendable {
        var identity: Identity
        /// The `involvedObject` to write.
        var reference: JSONObject
        var time: Timestamp
        var count: Int
    }

    /// An event that was written.
    struct Known {
        var name: String
        var count: Int
    }

    private struct Allowance {
        var tokens: Double
        var time: Timestamp
    }

    private var pending: [Pending] = []
    private var known: [Identity: Known] = [:]
    /// The identities in `known`, oldest first.
    private var order: [Identity] = []
    private var allowances: [Involved: Allowance] = [:]

    /// Notes an event; false when its object has had too many.
    mutating func record(_ event: Pending) -> Bool {
        guard allows(event.identity.object, now: event.time) else { return false }
        if let index = pending.lastIndex(where: { $0.identity == event.identity }) {
            pending[index].count += event.count
            pending[index].time = event.time
            return true
        }
        if pending.count >= EventRecorder.pendingMax { pending.removeFirst() }
        pending.append(event)
        return true
    }

    /// What is to be written now, in order.
    mutating func takePending() -> [Pending] {
        defer { pending = [] }
        return pending
    }

    /// The written event that an equal one adds to.
    subscript(identity: Identity) -> Known? { known[identity] }

    mutating func wrote(_ identity: Identity, _ event: Known) {
        if known.updateValue(event, forKey: identity) == nil { order.append(identity) }
        guard order.count > EventRecorder.rememberedMax else { return }
        let oldest = order.prefix(EventRecorder.rememberedMax / 4)
        for identity in oldest { known[identity] = nil }
        order.removeFirst(oldest.count)
    }

    private mutating func allows(_ object: Involved, now: Timestamp) -> Bool {
        let burst = Double(EventRecorder.burst)
        var allowance = allowances[object] ?? Allowance(tokens: burst, time: now)
        let earned = Double((now - allowance.time).nanoseconds) / Double(EventRecorder.refill.nanoseconds)
        allowance = Allowance(tokens: min(burst, allowance.tokens + max(0, earned)), time: now)
        let isAllowed = allowance.tokens >= 1
        if isAllowed { allowance.tokens -= 1 }
        if allowances.count >= EventRecorder.rememberedMax { allowances.removeAll(keepingCapacity: true) }
        allowances[object] = allowance
        return isAllowed
    }
}
