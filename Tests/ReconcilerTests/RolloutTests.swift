import APIMachinery
import Testing

@testable import Reconciler

@Suite("Sync: following a rollout", .timeLimit(.minutes(1)))
struct RolloutTests {
    private let start = Timestamp(seconds: 1_000)
    private let web = ObjectIdentity(group: "apps", kind: "Deployment", namespace: "default", name: "web")

    private func summary(_ health: Health) -> HealthSummary { HealthSummary([HealthSummary.Item(identity: web, health: health)], total: 1) }

    @Test("prints each state once, at a bounded rate, until it is healthy")
    func healthy() {
        var rollout = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        var lines: [String] = []
        func at(_ milliseconds: Int, _ event: Progress?) {
            let now = start + .milliseconds(milliseconds)
            if let event { lines += rollout.handle(event, now: now) }
            lines += rollout.tick(now: now)
        }
        at(0, .syncing(revision: "abc"))
        at(41, .applied(revision: "abc", objects: 7, deleted: 1, duration: .milliseconds(41)))
        at(50, .health(revision: "abc", summary(.progressing("0/2 ready"))))
        at(60, .health(revision: "abc", summary(.progressing("1/2 ready"))))
        at(70, .health(revision: "abc", summary(.progressing("1/2 ready — pod web-1: container web starting"))))
        #expect(rollout.nextDeadline == start + .milliseconds(541))
        at(541, nil)
        at(600, .health(revision: "abc", summary(.progressing("1/2 ready — pod web-1: exited"))))
        at(1100, nil)
        // Tried again: nothing new.
        at(1150, .health(revision: "abc", summary(.progressing("1/2 ready — pod web-1: container web starting"))))
        at(1700, .health(revision: "abc", summary(.progressing("1/2 ready — pod web-1: exited"))))
        at(2200, .health(revision: "abc", summary(.healthy)))
        #expect(
            lines == [
                "applied 7 objects, deleted 1 in 41 ms", "waiting: Deployment default/web 1/2 ready — pod web-1: container web starting",
                "waiting: Deployment default/web 1/2 ready — pod web-1: exited", "healthy in 2.2 s",
            ])
        #expect(rollout.outcome == .healthy)
    }

    @Test("something degraded fails the rollout after its grace, a final failure at once")
    func degraded() {
        var rollout = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        _ = rollout.handle(.health(revision: "abc", summary(.degraded("pod web-1: image not found"))), now: start)
        #expect(rollout.tick(now: start) == ["waiting: Deployment default/web pod web-1: image not found"])
        #expect(rollout.nextDeadline == start + Rollout.degradedGrace)
        #expect(rollout.tick(now: start + .seconds(10)) == ["failed: Deployment default/web pod web-1: image not found"])
        #expect(rollout.outcome == .failed)

        var final = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        _ = final.handle(.health(revision: "abc", summary(.degraded("deadline exceeded", isFinal: true))), now: start)
        #expect(final.tick(now: start) == ["failed: Deployment default/web deadline exceeded"])
    }

    @Test("a recovery starts the grace anew, and the timeout names what is amiss")
    func timeout() {
        var rollout = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        _ = rollout.handle(.health(revision: "abc", summary(.degraded("x"))), now: start)
        _ = rollout.handle(.health(revision: "abc", summary(.progressing("0/1 ready"))), now: start + .seconds(9))
        #expect(rollout.tick(now: start + .seconds(11)) == ["waiting: Deployment default/web 0/1 ready"])
        #expect(rollout.tick(now: start + .seconds(60)) == ["failed: not healthy within 1 min: Deployment default/web 0/1 ready"])
    }

    @Test("a pause shorter than the calm time does not begin the grace anew")
    func flapping() {
        var rollout = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        func at(_ seconds: Int64, _ health: Health) -> [String] {
            _ = rollout.handle(.health(revision: "abc", summary(health)), now: start + .seconds(seconds))
            return rollout.tick(now: start + .seconds(seconds))
        }
        #expect(at(0, .degraded("exited")) == ["waiting: Deployment default/web exited"])
        #expect(at(7, .progressing("starting")) == ["waiting: Deployment default/web starting"])
        #expect(at(8, .degraded("exited")).isEmpty)
        #expect(at(10, .progressing("starting")).isEmpty)
        #expect(rollout.outcome == nil)
        #expect(at(11, .degraded("exited")) == ["failed: Deployment default/web exited"])
    }

    @Test("a newer commit supersedes")
    func superseded() {
        var rollout = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        _ = rollout.handle(.applied(revision: "abc", objects: 1, deleted: 0, duration: .zero), now: start)
        #expect(rollout.handle(.syncing(revision: "def0123456"), now: start) == ["superseded by def0123"])
        #expect(rollout.outcome == .superseded)
    }

    /// A sync that was asked for ended at once, healthy by the last look of the sync before.
    @Test("who asks for a commit once more is not answered by how it was before it is applied")
    func appliedAgain() {
        var rollout = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        rollout.awaitsApplied = true
        #expect(rollout.handle(.health(revision: "abc", summary(.healthy)), now: start).isEmpty)
        #expect(rollout.tick(now: start).isEmpty && rollout.outcome == nil)
        #expect(rollout.handle(.applied(revision: "abc", objects: 1, deleted: 0, duration: .zero), now: start).count == 1)
        #expect(rollout.tick(now: start).isEmpty && rollout.outcome == nil)
        _ = rollout.handle(.health(revision: "abc", summary(.healthy)), now: start)
        #expect(rollout.tick(now: start) == ["healthy in 0 ms"] && rollout.outcome == .healthy)
    }

    @Test("health of another commit does not count")
    func otherCommit() {
        var rollout = Rollout(revision: "abc", start: start, timeout: .seconds(60))
        _ = rollout.handle(.health(revision: "old", summary(.healthy)), now: start)
        #expect(rollout.tick(now: start).isEmpty)
        #expect(rollout.outcome == nil)
    }
}
