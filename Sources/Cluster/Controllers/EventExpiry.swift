import APIMachinery

/// Deletes Events an hour after they last happened.
package struct EventExpiry: Controller {
    static let lifetime = Duration.seconds(3600)
    /// Expiries closer together than this are carried out together.
    static let batch = Duration.seconds(60)

    /// All events are one piece of work.
    package struct Key: Hashable, Sendable {}

    package let name = "event-expiry"
    let events: Informer
    let clock: any WallClock

    package init(events: Informer, clock: any WallClock) {
        self.events = events
        self.clock = clock
    }

    package var sources: [ControllerSource<Key>] {
        [
            ControllerSource(events) { change, queue in
                guard case .added(let event) = change else { return }
                // Of several deadlines the queue keeps the first, so this arms one timer in all.
                queue.add(Key(), after: max(Self.batch, Self.expiry(event) - clock.now))
            }
        ]
    }

    static func expiry(_ event: Object) -> Timestamp {
        let texts = [event.fields["lastTimestamp"]?.string, event.fields["eventTime"]?.string]
        let last = texts.lazy.compactMap { $0.flatMap(Timestamp.init) }.first ?? event.createdAt
        return last + lifetime
    }

    package func snapshot(of key: Key, client: any ResourceClient) -> [Object]? { events.list() }

    package func reconcile(_ events: [Object], now: Timestamp) -> ControllerPlan {
        let due = events.filter { Self.expiry($0) <= now }
        var plan = ControllerPlan(due.map { .delete(.events, $0) })
        let next = events.map(Self.expiry).filter { $0 > now }.min()
        if let next { plan.wake(at: max(next, now + Self.batch)) }
        return plan
    }

    /// What of an Event is kept in memory for this.
    static func trimmed(_ event: Object) -> Object {
        var copy = Object(.events, namespace: event.namespace, name: event.name)
        copy.uid = event.uid
        copy.resourceVersion = event.resourceVersion
        for key in ["lastTimestamp", "eventTime"] { copy.fields[key] = event.fields[key] }
        copy.set(event["metadata", "creationTimestamp"], at: ["metadata", "creationTimestamp"])
        return copy
    }
}
