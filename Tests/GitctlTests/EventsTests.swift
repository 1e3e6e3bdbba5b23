import APIMachinery
import Testing
import gitctl

@Suite("Events of Applications", .timeLimit(.minutes(1)))
struct EventsTests {
    private static func event(_ kind: String, _ name: String, _ reason: String, minute: Int, count: Int = 1, type: String = "Normal") -> Object {
        var event = Object(
            .events, namespace: "default", name: "\(name).\(reason)",
            [
                "involvedObject": ["kind": .string(kind), "namespace": "default", "name": .string(name)], "type": .string(type),
                "reason": .string(reason), "message": .string("\(reason) \u{1B}[2Jhappened\nindeed"), "count": JSON(count),
                "lastTimestamp": .string("2026-01-02T03:0\(minute):05Z"),
            ])
        event.uid = "\(name)\(reason)"
        return event
    }

    private static let subjects: EventSubjects = {
        var subjects = EventSubjects()
        subjects.add(kind: "Application", namespace: "default", name: "site")
        subjects.add(kind: "ReplicaSet", namespace: "default", name: "web-557c65445f")
        return subjects
    }()

    private static let events = [
        event("Pod", "web-557c65445f-pr9lb", "BackOff", minute: 5, count: 7, type: "Warning"), event("Application", "site", "Synced", minute: 4),
        event("Pod", "other-557c65445f-pr9lb", "Pulled", minute: 6), event("Pod", "web-557c65445f-toolong", "Pulled", minute: 6),
    ]

    @Test("events of what is asked for, those of a pod that is gone among them, oldest first")
    func rows() {
        let report = EventsReport(Self.events, about: Self.subjects)
        #expect(report.rows.map(\.object) == ["Application default/site", "Pod default/web-557c65445f-pr9lb"])
        #expect(report.json["events"]?.array?.map { $0["count"] } == [1, 7])
    }

    @Test("what happened within a second is in the order in which it was written")
    func order() {
        let events = ["9", "10"].map { version in
            var event = Self.event("Application", "site", "V\(version)", minute: 4)
            event.resourceVersion = version
            return event
        }
        #expect(EventsReport(events.reversed(), about: Self.subjects).rows.map(\.reason) == ["V9", "V10"])
    }

    @Test("with their age, or in a watch with their time; on one line each")
    func text() throws {
        let rows = EventsReport(Self.events, about: Self.subjects).rows
        let now: Timestamp = try #require(Timestamp("2026-01-02T04:04:05Z"))
        var aged = EventLines(Terminal(isTerminal: true, width: 76), now: now)
        #expect(
            aged.lines(rows) == [
                "60m  Application default/site          Synced      Synced [2Jhappened inde…",
                "59m  Pod default/web-557c65445f-pr9lb  BackOff ×7  BackOff [2Jhappened ind…",
            ])
        var timed = EventLines(Terminal(isTerminal: false), now: nil)
        #expect(timed.lines([rows[0]]) == ["2026-01-02T03:04:05Z  Application default/site  Synced  Synced \u{1B}[2Jhappened indeed"])
    }
}
