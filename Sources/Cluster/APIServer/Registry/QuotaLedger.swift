import APIMachinery
import Synchronization

/// Keeps writes within their namespace's quotas, those on their way to the disk included.
///
/// A write that passes holds a reservation until it is visible: two writes never fit into one place.
final class QuotaLedger: Sendable {
    struct Claim: Sendable {
        fileprivate var namespace: String
        fileprivate var id: UInt64
    }

    private struct Reservation {
        var key: NamespaceUsage.Key
        var uid: String
        /// The version that the write replaces; 0 for a create.
        var base: UInt64
        var traits: QuotaCharge.Traits
        var amounts: ResourceList
    }

    private struct Namespace {
        var usage: StoreFollower<NamespaceUsage>
        var reservations: [UInt64: Reservation] = [:]
    }

    private struct State {
        var namespaces: [String: Namespace] = [:]
        var nextID: UInt64 = 0
    }

    private let store: Store
    private let clock: any WallClock
    private let state = Mutex(State())

    init(store: Store, clock: any WallClock) {
        self.store = store
        self.clock = clock
    }

    /// Refuses a write that a quota forbids; nil when none has to do with it. To be `release`d when the write is over.
    ///
    /// - Parameter old: the version that it replaces; nil on create.
    func claim(_ new: Object, old: ObjectVersion?, _ type: ResourceType) throws(APIStatus) -> Claim? {
        guard type.isNamespaced, old == nil || QuotaCharge.isMeasured(type.groupResource) else { return nil }
        let quotas = store.latest(ResourceType.resourceQuotas.groupResource).objects(in: new.namespace).map { Quota($0.object) }
        guard !quotas.isEmpty else {
            state.withLock { _ = $0.namespaces.removeValue(forKey: new.namespace) }
            return nil
        }
        let now = clock.now
        let charge = QuotaCharge(new, type, now: now)
        let before = old.map { QuotaCharge($0.object, type, now: now) }
        let concerned = quotas.filter { $0.selects(charge.traits) && !$0.bounded(charge.amounts).isEmpty }
        if type == .pods, old == nil { for quota in quotas where quota.selects(charge.traits) { try quota.checkIsSpecified(new) } }
        guard !concerned.isEmpty else { return nil }
        let result = state.withLock { state -> Result<Claim, APIStatus> in
            var space = state.namespaces[new.namespace] ?? Namespace(usage: follow(new.namespace))
            drop(&space)
            do throws(APIStatus) {
                for quota in concerned {
                    let used = used(of: quota, new.namespace, type, space)
                    var more = quota.bounded(charge.amounts)
                    // What the version before already takes is no addition; one that the quota did not count takes nothing yet.
                    if let before, quota.selects(before.traits) { for (name, amount) in before.amounts where more[name] != nil { more[name]! -= amount } }
                    try quota.check(used: used, more: more, of: new, type)
                }
            } catch {
                state.namespaces[new.namespace] = space
                return .failure(error)
            }
            var added = charge.amounts
            for (name, amount) in before?.amounts ?? [:] { added[name] = (added[name] ?? .zero) - amount }
            state.nextID += 1
            space.reservations[state.nextID] = Reservation(
                key: NamespaceUsage.Key(resource: type.groupResource, name: new.name), uid: new.uid, base: old?.revision ?? 0,
                traits: charge.traits, amounts: added.filter { $0.value > .zero })
            state.namespaces[new.namespace] = space
            return .success(Claim(namespace: new.namespace, id: state.nextID))
        }
        return try result.get()
    }

    /// The write is visible, or failed.
    func release(_ claim: Claim?) {
        guard let claim else { return }
        state.withLock { _ = $0.namespaces[claim.namespace]?.reservations.removeValue(forKey: claim.id) }
    }

    private func follow(_ namespace: String) -> StoreFollower<NamespaceUsage> {
        let clock = clock
        return StoreFollower(store, QuotaCharge.measured, namespace: namespace, from: NamespaceUsage()) { usage, type, version, isDeleted in
            usage.set(
                NamespaceUsage.Key(resource: type.groupResource, name: version.name),
                isDeleted ? nil : QuotaCharge(version.object, type, now: clock.now), uid: version.uid, revision: version.revision)
        }
    }

    /// Drops reservations of writes that already show.
    private func drop(_ space: inout Namespace) {
        let reservations = space.reservations
        guard !reservations.isEmpty else { return }
        let shown = space.usage.read { usage in
            reservations.filter { QuotaCharge.isMeasured($0.value.key.resource) && usage.shows($0.value.key, uid: $0.value.uid, after: $0.value.base) }.keys.map { $0 }
        }
        for id in shown { space.reservations[id] = nil }
    }

    private func used(of quota: Quota, _ namespace: String, _ type: ResourceType, _ space: Namespace) -> ResourceList {
        var used = space.usage.read { $0.used(of: quota) }
        var counted: Set<String> = []
        if !QuotaCharge.isMeasured(type.groupResource) {
            // Of other kinds the number alone counts, writes on their way included.
            var count = 0
            for _ in store.latest(type.groupResource).objects(in: namespace) { count += 1 }
            let own = quota.bounded([QuotaCharge.countName(type.groupResource): Quantity(units: 1), type.plural: Quantity(units: 1)])
            for name in own.keys { used[name] = Quantity(units: Int64(count)) }
            counted = Set(own.keys)
        }
        for reservation in space.reservations.values where quota.selects(reservation.traits) {
            for (name, amount) in quota.bounded(reservation.amounts) {
                if counted.contains(name), store.latest(reservation.key.resource, namespace: namespace, name: reservation.key.name)?.uid == reservation.uid { continue }
                used[name] = (used[name] ?? .zero) + amount
            }
        }
        return used
    }
}
