import Logging
import Synchronization

/// Records Kubernetes events without making the caller wait.
///
/// Equal events (same object, type, reason and message) become one Event whose `count` grows, as in
/// client-go's correlator. Events are best effort: past `pendingMax` the oldest are dropped, an object
/// may cause `burst` in a row and then one each `refill`, and a failing server costs a log line.
/// `run` writes; without it nothing leaves. Source: API reference, core/v1 Event.
package final class EventRecorder: Sendable {
    package enum Kind: String, Sendable { case normal = "Normal", warning = "Warning" }

    /// Events that wait for the writer, and events whose count is remembered.
    package static let pendingMax = 1000
    package static let rememberedMax = 2000
    /// Longest message; Kubernetes' own limit.
    static let messageMax = 1024
    /// Events of one object in a row, and the time in which it earns another.
    static let burst = 25
    static let refill = Duration.seconds(300)

    private struct State {
        var correlator = EventCorrelator()
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
        let identity = EventCorrelator.Identity(
            object: EventCorrelator.Involved(uid: object.uid, kind: object.kind, namespace: object.namespace, name: object.name),
            fieldPath: fieldPath, type: type, reason: reason, message: String(message.prefix(Self.messageMax)))
        var reference: JSONObject = ["kind": .string(object.kind), "name": .string(object.name)]
        for (key, value) in [
            ("apiVersion", object.apiVersion), ("namespace", object.namespace), ("uid", object.uid),
            ("resourceVersion", object.resourceVersion), ("fieldPath", fieldPath),
        ] where !value.isEmpty { reference[key] = .string(value) }
        let event = EventCorrelator.Pending(identity: identity, reference: reference, time: clock.now, count: 1)
        if state.withLock({ $0.correlator.record(event) }) { changed.fire() }
    }

    /// Writes what is recorded until cancelled.
    package func run() async {
        while !Task.isCancelled {
            let batch = state.withLock { $0.correlator.takePending() }
            if batch.isEmpty { await changed.wait() }
            for event in batch { await write(event) }
        }
    }

    private func write(_ event: EventCorrelator.Pending) async {
        let known = state.withLock { $0.correlator[event.identity] }
        do {
            if let known, try await add(event, to: known) { return }
            let name = nextName(for: event)
            _ = try await client.create(.events, object(for: event, name: name))
            state.withLock { $0.correlator.wrote(event.identity, EventCorrelator.Known(name: name, count: event.count)) }
        } catch {
            // A namespace on its way out takes no events, which is nobody's problem.
            logger.debug("event not written", metadata: ["reason": "\(event.identity.reason)", "error": "\(error)"])
        }
    }

    /// Raises the count of the event written before; false when it is gone.
    private func add(_ event: EventCorrelator.Pending, to known: EventCorrelator.Known) async throws(APIStatus) -> Bool {
        let count = known.count + event.count
        do {
            try await client.patch(
                ObjectKey(.events, namespace: event.identity.namespaceOfEvent, name: known.name),
                .merge(["count": JSON(count), "lastTimestamp": .string(event.time.description)]))
        } catch where error.reason == .notFound {
            return false
        }
        state.withLock { $0.correlator.wrote(event.identity, EventCorrelator.Known(name: known.name, count: count)) }
        return true
    }

    /// The object's name and the time in hexadecimal, as client-go names events.
    private func nextName(for event: EventCorrelator.Pending) -> String {
        let serial = state.withLock { state in
            state.serial += 1
            return state.serial
        }
        let stamp = UInt64(bitPattern: event.time.nanoseconds) &+ serial
        return "\(event.identity.object.name.prefix(200)).\(String(stamp, radix: 16))"
    }

    private func object(for event: EventCorrelator.Pending, name: String) -> Object {
        var source: JSONObject = ["component": .string(component)]
        if !host.isEmpty { source["host"] = .string(host) }
        return Object(
            .events, namespace: event.identity.namespaceOfEvent, name: name,
            [
                "involvedObject": .object(event.reference), "type": .string(event.identity.type.rawValue),
                "reason": .string(event.identity.reason), "message": .string(event.identity.message), "source": .object(source),
                "firstTimestamp": .string(event.time.description), "lastTimestamp": .string(event.time.description),
                "count": JSON(event.count), "reportingComponent": .string(component), "reportingInstance": .string(host),
            ])
    }
}

extension EventCorrelator.Identity {
    /// Events about cluster-scoped objects are in `default`.
    fileprivate var namespaceOfEvent: String { object.namespace.isEmpty ? "default" : object.namespace }
}
