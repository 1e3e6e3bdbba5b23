import APIMachinery
import Logging
import Synchronization

/// Writes core/v1 Events about objects, beside the work and never in its way.
///
/// Repeats of one event raise its `count` instead of making another. An object that causes too
/// many is cut off for a while. Source: client-go, tools/record.
package final class EventRecorder: Sendable {
    /// Events waiting to be written; more are dropped, because they only tell of the work.
    static let pendingMax = 1024
    /// Distinct events remembered for counting.
    static let knownMax = 2048
    /// Events of one object in a row, and the time in which it earns another.
    static let burst = 25
    static let refill = Duration.seconds(300)

    private struct Identity: Hashable {
        var uid: String
        var object: String
        var reason: String
        var message: String
    }

    private struct Pending: Sendable {
        var object: Object
        var isWarning: Bool
        var reason: String
        var message: String
        var time: Timestamp
    }

    private struct Known {
        var key: ObjectKey
        var count: Int
        var order: UInt64
    }

    private struct Allowance {
        var tokens: Double
        var time: Timestamp
    }

    private struct State {
        var known: [Identity: Known] = [:]
        var allowances: [String: Allowance] = [:]
        var sequence: UInt64 = 0
    }

    private let component: String
    private let client: any ResourceClient
    private let clock: any WallClock
    private let logger: Logger
    private let stream: AsyncStream<Pending>
    private let input: AsyncStream<Pending>.Continuation
    private let state = Mutex(State())

    package init(component: String, client: any ResourceClient, clock: any WallClock, logger: Logger) {
        self.component = component
        self.client = client
        self.clock = clock
        self.logger = logger
        (stream, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.pendingMax))
    }

    package func record(_ object: Object, isWarning: Bool = false, _ reason: String, _ message: String) {
        let now = clock.now
        guard state.withLock({ Self.allows(object, now: now, &$0) }) else { return }
        input.yield(Pending(object: object, isWarning: isWarning, reason: reason, message: message, time: now))
    }

    func record(_ note: ClusterChange.Note, _ result: Object) {
        record(note.object, isWarning: note.isWarning, note.reason, note.message(result))
    }

    func record(_ note: ClusterChange.FailureNote, _ error: APIStatus) {
        record(note.object, isWarning: true, note.reason, note.message(error))
    }

    private static func allows(_ object: Object, now: Timestamp, _ state: inout State) -> Bool {
        let key = object.uid.isEmpty ? "\(object.kind)/\(object.namespace)/\(object.name)" : object.uid
        var allowance = state.allowances[key] ?? Allowance(tokens: Double(burst), time: now)
        let earned = Double((now - allowance.time).nanoseconds) / Double(refill.nanoseconds)
        allowance = Allowance(tokens: min(Double(burst), allowance.tokens + max(0, earned)), time: now)
        let isAllowed = allowance.tokens >= 1
        if isAllowed { allowance.tokens -= 1 }
        if state.allowances.count >= knownMax { state.allowances.removeAll(keepingCapacity: true) }
        state.allowances[key] = allowance
        return isAllowed
    }

    /// Writes until cancelled.
    package func run() async {
        for await pending in stream {
            do throws(APIStatus) {
                try await write(pending)
            } catch {
                // Events are told to people; work does not depend on them. A namespace that ends takes none.
                logger.debug("event not written", metadata: ["reason": "\(pending.reason)", "error": "\(error)"])
            }
        }
    }

    private func write(_ pending: Pending) async throws(APIStatus) {
        let object = pending.object
        let identity = Identity(
            uid: object.uid, object: "\(object.kind)/\(object.namespace)/\(object.name)", reason: pending.reason,
            message: pending.message)
        if let known = state.withLock({ $0.known[identity] }) {
            let patch: JSON = ["count": JSON(known.count + 1), "lastTimestamp": .string(pending.time.description)]
            do {
                try await client.patch(known.key, .merge(patch))
                return state.withLock { $0.known[identity]?.count += 1 }
            } catch  where error.reason == .notFound {
                // It expired: told anew below.
            }
        }
        let sequence = state.withLock { state in
            state.sequence += 1
            return state.sequence
        }
        let event = Self.event(pending, component: component, sequence: sequence)
        _ = try await client.create(.events, event)
        remember(identity, ObjectKey(.events, event), sequence)
    }

    private func remember(_ identity: Identity, _ key: ObjectKey, _ sequence: UInt64) {
        state.withLock { state in
            if state.known.count >= Self.knownMax {
                let cut = state.sequence - UInt64(Self.knownMax / 2)
                state.known = state.known.filter { $0.value.order > cut }
            }
            state.known[identity] = Known(key: key, count: 1, order: sequence)
        }
    }

    private static func event(_ pending: Pending, component: String, sequence: UInt64) -> Object {
        let object = pending.object
        var involved: JSONObject = [:]
        for (key, value) in [
            ("apiVersion", object.apiVersion), ("kind", object.kind), ("namespace", object.namespace), ("name", object.name),
            ("uid", object.uid), ("resourceVersion", object.resourceVersion),
        ] where !value.isEmpty { involved[key] = .string(value) }
        let suffix = String(UInt64(bitPattern: pending.time.nanoseconds) &+ sequence, radix: 16)
        return Object(
            .events, namespace: object.namespace.isEmpty ? "default" : object.namespace,
            name: "\(object.name).\(suffix)",
            [
                "involvedObject": .object(involved), "reason": .string(pending.reason), "message": .string(pending.message),
                "type": .string(pending.isWarning ? "Warning" : "Normal"), "count": 1,
                "firstTimestamp": .string(pending.time.description), "lastTimestamp": .string(pending.time.description),
                "source": ["component": .string(component)], "reportingComponent": .string(component), "reportingInstance": "",
            ])
    }
}
