import APIMachinery
import Reconciler
import Testing
import gitctl

@Suite("History and reasons", .timeLimit(.minutes(1)))
struct HistoryTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private var status: ApplicationStatus {
        var status = ApplicationStatus()
        status.observedRevision = "bbbbbbbbbbbbbbbbbbbb"
        status.history = [
            HistoryEntry(
                revision: "cccccccccccccccccccc", message: "Third", author: "Ada", time: (now + .seconds(-60)).description,
                result: "InvalidManifests: web.yaml:3:1: no kind \"Deploymnt\""),
            HistoryEntry(revision: "bbbbbbbbbbbbbbbbbbbb", message: "Second", author: "Ada", time: (now + .seconds(-3600)).description, result: "Synced"),
            HistoryEntry(revision: "aaaaaaaaaaaaaaaaaaaa", message: "First", author: "", time: (now + .seconds(-90_000)).description, result: "Synced"),
        ]
        return status
    }

    @Test("history marks the live commit, and shows why a commit was refused")
    func text() {
        let terminal = Terminal(isTerminal: false, width: nil, style: .plain)
        #expect(
            HistoryReport(status, now: now).text(terminal) == """
                    COMMIT         AGE   AUTHOR   RESULT    MESSAGE
                    cccccccccccc   60s   Ada      Refused   InvalidManifests: web.yaml:3:1: no kind "Deploymnt"
                *   bbbbbbbbbbbb   60m   Ada      Synced    Second
                    aaaaaaaaaaaa   25h   -        Synced    First
                """)
        #expect(HistoryReport(ApplicationStatus(), now: now).text(terminal) == "no commit was deployed yet")
    }

    @Test("history as JSON says which commit is live")
    func json() {
        let entries = HistoryReport(status, now: now).json["history"]?.array ?? []
        #expect(entries.map { $0["live"] } == [false, true, false])
        #expect(entries[1]["revision"] == "bbbbbbbbbbbbbbbbbbbb" && entries[1]["message"] == "Second")
    }

    @Test(
        "an object is named as kubectl names it",
        arguments: [
            ("deployment/web", "deployments"), ("deploy/web", "deployments"), ("Deployments/web", "deployments"),
            ("deployments.apps/web", "deployments"), ("po/web", "pods"), ("svc/web", "services"),
        ])
    func names(argument: String, plural: String) throws {
        #expect(try #require(ObjectName(argument: argument)).type(among: ResourceType.builtin).plural == plural)
    }

    @Test("what is no KIND/NAME, and a kind that is not served, are refused")
    func badNames() throws {
        for text in ["web", "a/b/c", "/web", "pod/"] { #expect(ObjectName(argument: text) == nil) }
        let unknown = try #require(ObjectName(argument: "deploymnt/web"))
        #expect(throws: Failure("the server has no kind \"deploymnt\"", hints: ["kubectl api-resources lists them"])) {
            try unknown.type(among: ResourceType.builtin)
        }
    }

    @Test("the reason is one line, from the object to the cause")
    func why() {
        let key = ObjectKey(.deployments, namespace: "default", name: "web")
        #expect(Why.line(key, Health(.degraded, "0/1 ready — pod web-x: container c: image pull failed"), .plain)
            == "Deployment default/web is Degraded: 0/1 ready — pod web-x: container c: image pull failed")
        #expect(Why.line(key, Health(.healthy), .plain) == "Deployment default/web is Healthy")
    }
}
