import Synchronization

/// Counts requests in flight and refuses those beyond a bound.
final class InFlight: Sendable {
    private let count = Atomic(0)
    private let max: Int

    init(max: Int) { self.max = max }

    func enter() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= max { return true }
        leave()
        return false
    }

    var current: Int { count.load(ordering: .relaxed) }

    func leave() { count.subtract(1, ordering: .relaxed) }
}
