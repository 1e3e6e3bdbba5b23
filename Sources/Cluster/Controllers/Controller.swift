import APIMachinery

/// One kind's controller: which changes concern it, what it looks at, and what it then wants.
///
/// `reconcile` is pure: the same snapshot and time give the same plan. It is level-triggered: it
/// looks at what is, not at what happened, so that missed and repeated wake-ups do no harm.
package protocol Controller: Sendable {
    associatedtype Key: Hashable & Sendable = Informer.Key
    associatedtype Snapshot: Sendable

    /// The component's name, as events and field managers show it.
    var name: String { get }
    /// The informers read, and the keys that a change in each wakes.
    var sources: [ControllerSource<Key>] { get }
    /// What concerns `key`, from the informers; nil when nothing is left to do for it.
    func snapshot(of key: Key, client: any ResourceClient) async throws -> Snapshot?
    func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan
}

/// An informer and the keys that its changes wake, at once or after a while.
package struct ControllerSource<Key: Hashable & Sendable>: Sendable {
    package var informer: Informer
    package var wake: @Sendable (Informer.Change, WorkQueue<Key>) -> Void
    /// Whether a key rests until this informer shows what was written for it; false where the
    /// changes written do not wake the key and writing them twice does no harm.
    package var awaitsOwnWrites = true

    package init(_ informer: Informer, wake: @escaping @Sendable (Informer.Change, WorkQueue<Key>) -> Void) {
        self.informer = informer
        self.wake = wake
    }

    /// Wakes the keys that `keys` names.
    package init(_ informer: Informer, keys: @escaping @Sendable (Informer.Change) -> [Key]) {
        self.init(informer) { change, queue in for key in keys(change) { queue.add(key) } }
    }

    package func withoutAwaiting() -> ControllerSource {
        var copy = self
        copy.awaitsOwnWrites = false
        return copy
    }
}

extension ControllerSource where Key == Informer.Key {
    /// Wakes the changed object's own key.
    package static func own(_ informer: Informer) -> ControllerSource {
        ControllerSource(informer) { [Informer.Key($0.object)] }
    }

    /// Wakes the controlling owner of the changed object, old and new, when it is of `kind`.
    package static func controlled(_ informer: Informer, by kind: String) -> ControllerSource {
        ControllerSource(informer) { change in
            var owners: Set<Informer.Key> = []
            func note(_ object: Object) {
                guard let owner = object.controller, owner.kind == kind else { return }
                owners.insert(Informer.Key(namespace: object.namespace, name: owner.name))
            }
            note(change.object)
            if case .updated(let old, _) = change { note(old) }
            return Array(owners)
        }
    }

    /// Wakes the `owners` whose selector matches an object without a controller: they would adopt it,
    /// and they have counted on one that goes before they could.
    package static func orphans(_ informer: Informer, adoptedBy owners: Informer) -> ControllerSource {
        ControllerSource(informer) { [owners] change in
            let orphan = change.object
            let isGone = if case .deleted = change { true } else { false }
            guard orphan.controller == nil, isGone || !orphan.isDeleting, !orphan.labels.isEmpty else { return [] }
            return owners.list(namespace: orphan.namespace)
                // A selector that does not parse selects nothing.
                .filter { (try? LabelSelector(json: $0.spec["selector"]))?.matches(orphan.labels) ?? false }
                .map(Informer.Key.init)
        }
    }
}
