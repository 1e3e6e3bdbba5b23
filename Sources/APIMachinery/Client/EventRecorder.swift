import Logging
import Synchronization

/// Records Kubernetes events without making the caller wait.
///
/// Equal events (same object, type, reason and message) become one Event whose `count` grows, as in
/// client-go's correlator. Events are best effort: past `pendingMax` the oldest are dropped, and a
/// failing server costs a log line. `run` writes; without it nothing leaves. Source: API reference, core/v1 Event.
package final class EventRecorder: Sendable {
    package enum Kind: String, Sendable { case normal = "Normal", warning = "Warning" }

    /// Events that wait for the writer, and events whose count is remembered.
    package static let pendingMax = 1000
    package static let rememberedMax = 2000

    private struct Identity: Hashable, Sendable {
        var uid: String
        var involved: String
        var type: Kind
        var reason: String
        var message: String
    }
    private struct Pending: Sendable {
        var identity: Identity
        var reference: JSONObject
        var namespace: String
        var name: String
        var time: Timestamp
        var count: Int
    }
    private struct Known {
        var name: String
        var count: Int
        var first: Timestamp
    }
    private struct State {
        var pending: [Pending] = []
        var known: [Identity: Known] = [:]
        var order: [Identity] = []
        var serial: UInt64 = 0
    }

    private let client: any ResourceClient
    private let component: String
    private let host: String
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())
    private let changed = Signal()

    /// `component` is the event's source (`kubelet`, `deployment-controller`, …), `host` its node if it has one.
    package init(client: any ResourceClient, component: String, host: String = "", clock: any WallClock = SystemClock(), logger: Logger) {
        self.client = client
        self.component = component
        self.host = host
        self.clock = clock
        self.logger = logger
    }

    /// Records that something happened to `object`. `fieldPath` names a part of it (`spec.containers{web}`).
    package func record(_ type: Kind, _ reason: String, _ message: String, about object: Object, fieldPath: String = "") {
        let identity = Identity(
            uid: object.uid, involved: "\(object.kind)/\(object.namespace)/\(object.name)#\(fieldPath)", type: type, reason: reason,
            message: String(message.prefix(1024)))
        var reference: JSONObject = ["kind": .string(object.kind), "name": .string(object.name)]
        for (key, value) in [
            ("apiVersion", object.apiVersion), ("namespace", object.namespace), ("uid", object.uid),
            ("resourceVersion", object.resourceVersion), ("fieldPath", fieldPath),
        ] where !value.isEmpty { reference[key] = .string(value) }
        let now = clock.now
        state.withLock { state in
            if let index = state.pending.lastIndex(where: { $0.identity == identity }) {
                state.pending[index].count += 1
                state.pending[index].time = now
                return
            }
            if state.pending.count >= Self.pendingMax { state.pending.removeFirst() }
            state.pending.append(
                Pending(
                    identity: identity, reference: reference, namespace: object.namespace.isEmpty ? "default" : object.namespace,
                    name: object.name, time: now, count: 1))
        }
        changed.fire()
    }

    /// Writes what is recorded until cancelled.
    package func run() async {
        while !Task.isCancelled {
            let batch = state.withLock { state in
                defer { state.pending = [] }
                return state.pending
            }
            if batch.isEmpty { await changed.wait() }
            for event in batch { await write(event) }
        }
    }

    private func write(_ event: Pending) async {
        let known = state.withLock { $0.known[event.identity] }
        do {
            if let known, try await add(event, to: known) { return }
            let name = nextName(for: event)
            _ = try await client.create(.events, object(for: event, name: name))
            remember(event.identity, Known(name: name, count: event.count, first: event.time))
        } catch {
            // A namespace on its way out takes no events, which is nobody's problem.
            logger.debug("event not written", metadata: ["reason": "\(event.identity.reason)", "error": "\(error)"])
        }
    }

    /// Raises the count of the event written before; false when it is gone.
    private func add(_ event: Pending, to known: Known) async throws(APIStatus) -> Bool {
        let count = known.count + event.count
        do {
            try await client.patch(
                ObjectKey(.events, namespace: event.namespace, name: known.name),
                .merge(["count": JSON(count), "lastTimestamp": .string(event.time.description)]))
        } catch where error.reason == .notFound {
            return false
        }
        remember(event.identity, Known(name: known.name, count: count, first: known.first))
        return true
    }

    private func remember(_ identity: Identity, _ known: Known) {
        state.withLock { state in
            if state.known.updateValue(known, forKey: identity) == nil { state.order.append(identity) }
            if state.order.count > Self.rememberedMax {
                for old in state.order.prefix(Self.rememberedMax / 4) { state.known[old] = nil }
                state.order.removeFirst(Self.rememberedMax / 4)
            }
        }
    }

    /// The object's name and the time in hexadecimal, as client-go names events.
    private func nextName(for event: Pending) -> String {
        let serial = state.withLock { state in
            state.serial += 1
            return state.serial
        }
        let stamp = UInt64(bitPattern: event.time.nanoseconds) &+ serial
        return "\(event.name.prefix(200)).\(String(stamp, radix: 16))"
    }

    private func object(for event: Pending, name: String) -> Object {
        var source: JSONObject = ["component": .string(component)]
        if !host.isEmpty { source["host"] = .string(host) }
        return Object(
            .events, namespace: event.namespace, name: name,
            [
                "involvedObject": .object(event.reference), "type": .string(event.identity.type.rawValue),
                "reason": .string(event.identity.reason), "message": .string(event.identity.message), "source": .object(source),
                "firstTimestamp": .string(event.time.description), "lastTimestamp": .string(event.time.description),
                "count": JSON(event.count), "reportingComponent": .string(component), "reportingInstance": .string(host),
            ])
    }
}
