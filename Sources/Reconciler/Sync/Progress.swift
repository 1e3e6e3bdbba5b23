import APIMachinery
import Synchronization

/// What a worker tells those who follow it.
enum Progress: Sendable {
    /// A sync of this commit begins.
    case syncing(revision: String)
    /// A step of the sync waits: one line.
    case waiting(revision: String, line: String)
    /// The rollout failed and was undone by a commit: one line.
    case reverted(revision: String, line: String)
    /// The commit is in the cluster.
    case applied(revision: String, objects: Int, deleted: Int, duration: Duration)
    /// The commit could not be applied; the previous one stays, or what was begun is undone (`reverted` follows). One line each.
    case refused(revision: String, lines: [String], isToBeReverted: Bool = false)
    /// How the commit's objects do now.
    case health(revision: String, HealthSummary)
}

/// The health of an Application's objects in short.
struct HealthSummary: Sendable, Hashable {
    static let shownMax = 20

    struct Item: Sendable, Hashable {
        var identity: ObjectIdentity
        var health: Health
    }

    var state: Health.State
    var total: Int
    /// How many are neither healthy nor suspended on purpose.
    var unhealthyCount: Int
    /// The gravest first, at most `shownMax`.
    var unhealthy: [Item]

    /// - Parameters:
    ///   - items: at least all that are not healthy.
    ///   - total: how many objects there are.
    init(_ items: some Collection<Item>, total: Int) {
        self.total = total
        state = items.map(\.health.state).max() ?? .healthy
        let bad = items.filter { $0.health.state > .suspended }
        unhealthyCount = bad.count
        unhealthy = Array(
            bad.sorted { ($1.health.state, $0.identity) < ($0.health.state, $1.identity) }.prefix(Self.shownMax))
    }

    /// Whether nothing more is to be waited for.
    var isSettled: Bool { state <= .suspended }

    /// One line: what is amiss, the gravest first.
    var reason: String {
        guard let first = unhealthy.first else { return "" }
        let more = unhealthyCount > 1 ? " (and \(unhealthyCount - 1) more)" : ""
        return "\(first.identity) \(first.health.reason)\(more)"
    }
}

/// A bounded box of events for one follower. Health events replace one another: only the last counts.
final class Mailbox: Sendable {
    private static let countMax = 256

    private let events = Mutex<[Progress]>([])
    let signal = Signal()

    func put(_ event: Progress) {
        events.withLock { events in
            if case .health = event, case .health? = events.last { events.removeLast() }
            if events.count >= Self.countMax { events.removeFirst() }
            events.append(event)
        }
        signal.fire()
    }

    func take() -> [Progress] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
