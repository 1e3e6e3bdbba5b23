import APIMachinery

/// Deletes what its owners have left behind, and carries out foreground and orphaning deletions.
///
/// The graph is the informers themselves: each knows its objects by owner uid. An owner missing
/// from them is asked for at the server before anything is deleted for it.
/// Source: kubernetes, pkg/controller/garbagecollector; "Garbage Collection" in its documentation.
package struct GarbageCollector: Controller {
    static let foreground = "foregroundDeletion"
    static let orphan = "orphan"

    /// An object of any kind.
    package struct Key: Hashable, Sendable, CustomStringConvertible {
        package var type: ResourceType
        package var object: Informer.Key

        package var description: String { "\(type.kind) \(object)" }
    }

    /// What is known of an owner.
    package enum Owner: Sendable, Equatable {
        case alive
        /// Being deleted in the foreground: it waits for its dependents to go.
        case waiting
        /// Not in the informers; the key is where the server is asked.
        case absent(ObjectKey)
        /// Of a kind that is not served, or out of a cluster-scoped object's reach: nothing is done for it.
        case unknown
    }

    package struct Snapshot: Sendable {
        package var type: ResourceType
        package var object: Object
        package var owners: [(reference: OwnerReference, state: Owner)]
        package var dependents: [(type: ResourceType, object: Object)]
    }

    package let name = "generic-garbage-collector"
    let builtin: [Informer]
    let custom: CustomInformers?
    private let byKind: [String: Informer]

    package init(_ informers: [Informer], custom: CustomInformers? = nil) {
        builtin = informers
        self.custom = custom
        byKind = Dictionary(
            informers.map { (Self.kindKey($0.type.group, $0.type.kind), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func kindKey(_ group: String, _ kind: String) -> String { "\(group)/\(kind)" }

    private var informers: [Informer] { builtin + (custom?.all ?? []) }

    package var sources: [ControllerSource<Key>] { builtin.map(source) }

    /// What the changes of one kind wake.
    func source(_ informer: Informer) -> ControllerSource<Key> {
        ControllerSource(informer) { change, queue in
            switch change {
            case .added(let object):
                if concerns(object) { queue.add(Key(type: informer.type, object: Informer.Key(object))) }
                wakeDependents(of: object, queue)
            case .updated(let old, let new):
                let isSame =
                    old.isDeleting == new.isDeleting && old.finalizers == new.finalizers && old.ownerReferences == new.ownerReferences
                if !isSame, concerns(new) { queue.add(Key(type: informer.type, object: Informer.Key(new))) }
                if !isSame { wakeDependents(of: new, queue) }
                wakeOwners(of: old, queue, unlessIn: new.ownerReferences)
            case .deleted(let object):
                for (type, dependent) in dependents(of: object.uid) {
                    queue.add(Key(type: type, object: Informer.Key(dependent)))
                }
                wakeOwners(of: object, queue, unlessIn: [])
            }
        }
    }

    private func concerns(_ object: Object) -> Bool {
        !object.ownerReferences.isEmpty || (object.isDeleting && !object.finalizers.isEmpty)
    }

    /// What a foreground deletion waits for hears that it is to go.
    private func wakeDependents(of object: Object, _ queue: WorkQueue<Key>) {
        guard object.isDeleting, object.finalizers.contains(Self.foreground) else { return }
        for (type, dependent) in dependents(of: object.uid) { queue.add(Key(type: type, object: Informer.Key(dependent))) }
    }

    /// An owner that waits for its dependents hears that one is gone.
    private func wakeOwners(of object: Object, _ queue: WorkQueue<Key>, unlessIn kept: [OwnerReference]) {
        for reference in object.ownerReferences where !kept.contains(where: { $0.uid == reference.uid }) {
            guard let informer = informer(of: reference) else { continue }
            let key = Informer.Key(namespace: informer.type.isNamespaced ? object.namespace : "", name: reference.name)
            if let owner = informer.get(key), owner.uid == reference.uid, owner.isDeleting {
                queue.add(Key(type: informer.type, object: key))
            }
        }
    }

    private func informer(of reference: OwnerReference) -> Informer? {
        GroupVersion(reference.apiVersion).flatMap { informer(group: $0.group, kind: reference.kind) }
    }

    private func informer(group: String, kind: String) -> Informer? {
        byKind[Self.kindKey(group, kind)] ?? custom?.all.first { $0.type.group == group && $0.type.kind == kind }
    }

    private func dependents(of uid: String) -> [(type: ResourceType, object: Object)] {
        informers.flatMap { informer in informer.dependents(ofOwner: uid).map { (informer.type, $0) } }
    }

    package func snapshot(of key: Key, client: any ResourceClient) -> Snapshot? {
        guard let informer = informer(group: key.type.group, kind: key.type.kind), let object = informer.get(key.object) else {
            return nil
        }
        return Snapshot(
            type: key.type, object: object, owners: object.ownerReferences.map { ($0, state(of: $0, for: object)) },
            dependents: dependents(of: object.uid))
    }

    private func state(of reference: OwnerReference, for object: Object) -> Owner {
        guard let informer = informer(of: reference) else { return .unknown }
        // A cluster-scoped object cannot say in which namespace its owner would be.
        if informer.type.isNamespaced, object.namespace.isEmpty { return .unknown }
        let key = ObjectKey(informer.type, namespace: informer.type.isNamespaced ? object.namespace : nil, name: reference.name)
        guard let owner = informer.get(namespace: key.namespace ?? "", name: key.name), owner.uid == reference.uid else {
            return .absent(key)
        }
        return owner.isDeleting && owner.finalizers.contains(Self.foreground) ? .waiting : .alive
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let object = snapshot.object
        if object.isDeleting {
            if object.finalizers.contains(Self.orphan) { return release(snapshot) }
            if object.finalizers.contains(Self.foreground) { return finishForeground(snapshot) }
            return ControllerPlan()
        }
        if snapshot.owners.isEmpty || snapshot.owners.contains(where: { $0.state == .unknown }) { return ControllerPlan() }
        let absent = snapshot.owners.filter { if case .absent = $0.state { true } else { false } }
        let waiting = snapshot.owners.filter { $0.state == .waiting }
        let gone = absent + waiting
        if gone.isEmpty { return ControllerPlan() }
        // Each absence is asked of the server: a cache that lags must not cost an object its life.
        func verified(_ change: ClusterChange) -> ClusterChange {
            absent.reduce(change) { change, owner in
                guard case .absent(let key) = owner.state else { return change }
                return change.requiring(.absent(key, uid: owner.reference.uid))
            }
        }
        if gone.count < snapshot.owners.count {
            let uids = Set(gone.map(\.reference.uid))
            return ControllerPlan([
                verified(Self.setOwners(snapshot.type, object, object.ownerReferences.filter { !uids.contains($0.uid) }))
            ])
        }
        let isCircle = snapshot.dependents.contains { $0.object.isDeleting && $0.object.finalizers.contains(Self.foreground) }
        if !waiting.isEmpty, isCircle, object.ownerReferences.contains(where: \.blocksOwnerDeletion) {
            // Each would wait for the other for ever.
            let unblocked = object.ownerReferences.map { reference in
                var reference = reference
                reference.blocksOwnerDeletion = false
                return reference
            }
            return ControllerPlan([Self.setOwners(snapshot.type, object, unblocked)])
        }
        var options = DeleteOptions()
        options.preconditionResourceVersion = object.resourceVersion
        options.propagation = propagation(for: snapshot, isOwnerWaiting: !waiting.isEmpty)
        return ControllerPlan([verified(.delete(snapshot.type, object, options))])
    }

    private func propagation(for snapshot: Snapshot, isOwnerWaiting: Bool) -> DeleteOptions.Propagation {
        if isOwnerWaiting, !snapshot.dependents.isEmpty { return .foreground }
        if snapshot.object.finalizers.contains(Self.orphan) { return .orphan }
        return snapshot.object.finalizers.contains(Self.foreground) ? .foreground : .background
    }

    /// Dependents lose the reference, then the object its finalizer.
    private func release(_ snapshot: Snapshot) -> ControllerPlan {
        var plan = ControllerPlan(
            snapshot.dependents.map { type, dependent in
                Self.setOwners(type, dependent, dependent.ownerReferences.filter { $0.uid != snapshot.object.uid })
            })
        plan.add(.finalizers(snapshot.type, snapshot.object, snapshot.object.finalizers.filter { $0 != Self.orphan }))
        return plan
    }

    /// Once no dependent is left that blocks, the object goes.
    private func finishForeground(_ snapshot: Snapshot) -> ControllerPlan {
        let object = snapshot.object
        let blocking = snapshot.dependents.filter { _, dependent in
            dependent.ownerReferences.contains { $0.uid == object.uid && $0.blocksOwnerDeletion }
        }
        if blocking.isEmpty {
            return ControllerPlan([.finalizers(snapshot.type, object, object.finalizers.filter { $0 != Self.foreground })])
        }
        // They were woken by the change that began this deletion, and each decides for itself.
        return ControllerPlan()
    }

    /// Holds for the version seen: what was decided on is the list of owners in it.
    private static func setOwners(_ type: ResourceType, _ object: Object, _ owners: [OwnerReference]) -> ClusterChange {
        .patch(
            ObjectKey(type, object),
            [
                "metadata": [
                    "uid": .string(object.uid), "resourceVersion": .string(object.resourceVersion),
                    "ownerReferences": owners.isEmpty ? .null : .array(owners.map(\.json)),
                ]
            ])
    }
}
