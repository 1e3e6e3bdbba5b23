import APIMachinery
import Reconciler
import Testing
import gitctl

@Suite("Status as a tree", .timeLimit(.minutes(1)))
struct StatusTreeTests {
    private typealias Item = StatusReport.Item

    private static let narrow = Terminal(isTerminal: true, width: 80)
    private static let pipe = Terminal(isTerminal: false)

    private static func entry(_ items: [StatusReport.Item], health: String = "Healthy", reason: String = "") -> StatusReport {
        StatusReport(entries: [
            StatusReport.Entry(
                name: ApplicationName(name: "site"), revision: "f73cbf1a8f26aaaa", subject: "Serve version 1",
                synced: Condition("Synced", .isTrue, reason: "Synced"), health: health, reason: reason, items: items)
        ])
    }

    private static let degraded: StatusReport = {
        let cause = "container nginx: cannot pull the image nginx:1.72: registry-1.docker.io does not answer: network is unreachable"
        let pods = [
            Item(kind: "Pod", namespace: "default", name: "web-557c65445f-pr9lb", health: "Degraded", ready: "0/1", reason: cause),
            Item(kind: "Pod", namespace: "default", name: "web-557c65445f-x2kkp", health: "Healthy", ready: "1/1"),
        ]
        let web = Item(
            kind: "Deployment", namespace: "default", name: "web", health: "Degraded", ready: "1/2",
            reason: "1/2 ready — pod web-557c65445f-pr9lb — \(cause)", pods: pods)
        let service = Item(kind: "Service", namespace: "default", name: "web", health: "Healthy")
        return entry([service, web], health: "Degraded", reason: "Deployment default/web \(web.reason)")
    }()

    @Test("at 80 columns the reason stands whole under its object, which comes first")
    func narrow() {
        #expect(
            StatusTree(Self.narrow).text(Self.degraded) == """
                site  f73cbf1a8f26 Serve version 1  synced, Degraded
                ├─ Deployment default/web        1/2   Degraded
                │  │  1/2 ready — pod web-557c65445f-pr9lb — container nginx: cannot pull the
                │  │  image nginx:1.72: registry-1.docker.io does not answer: network is
                │  │  unreachable
                │  ├─ Pod web-557c65445f-pr9lb   0/1   Degraded
                │  └─ Pod web-557c65445f-x2kkp   1/1   Healthy
                └─ Service default/web                 Healthy
                """)
    }

    @Test("elsewhere than on a terminal a reason is one line, for programs to find")
    func pipe() {
        let lines = StatusTree(Self.pipe).text(Self.degraded).split(separator: "\n")
        #expect(lines[2] == "│  │  1/2 ready — pod web-557c65445f-pr9lb — container nginx: cannot pull the image nginx:1.72: registry-1.docker.io does not answer: network is unreachable")
    }

    @Test("colours are of the health alone")
    func colors() {
        let text = StatusTree(Terminal(isTerminal: true, width: 80, style: .colored)).text(Self.degraded)
        #expect(text.contains("synced, \u{1B}[31mDegraded\u{1B}[0m\n"))
        #expect(text.contains("└─ Service default/web                 \u{1B}[32mHealthy\u{1B}[0m"))
    }

    @Test("many healthy objects of a kind share a line, unless all are asked for")
    func many() {
        let maps = (0..<1000).map { Item(kind: "ConfigMap", namespace: "default", name: "c\($0)", health: "Healthy") }
        let pods = (0..<12).map { Item(kind: "Pod", namespace: "default", name: "web-\($0)", health: "Healthy", ready: "1/1") }
        let report = Self.entry(maps + [Item(kind: "Deployment", namespace: "default", name: "web", health: "Healthy", ready: "12/12", pods: pods)])
        #expect(
            StatusTree(Self.narrow).text(report) == """
                site  f73cbf1a8f26 Serve version 1  synced, Healthy
                ├─ ConfigMap × 1000                 Healthy
                └─ Deployment default/web   12/12   Healthy
                   └─ Pod × 12                      Healthy
                """)
        #expect(StatusTree(Self.narrow, showsAll: true).text(report).split(separator: "\n").count == 1 + 1000 + 1 + 12)
    }

    @Test("of very many that are not well the gravest are shown, and the others counted")
    func unwell() {
        let items = (0..<1000).map {
            Item(kind: "Deployment", namespace: "default", name: "d\($0)", health: $0 == 999 ? "Degraded" : "Progressing", ready: "0/1", reason: "0/1 ready")
        }
        let lines = StatusTree(Self.narrow).text(Self.entry(items, health: "Degraded")).split(separator: "\n")
        #expect(lines[1] == "├─ Deployment default/d999   0/1   Degraded")
        #expect(lines.last == "└─ and 980 more that are not healthy" && lines.count == 1 + 20 * 2 + 1)
    }

    @Test("a long name leaves room for ready and health, and a long subject for the state")
    func long() {
        let name = String(repeating: "n", count: 100)
        var report = Self.entry([Item(kind: "Pod", namespace: "default", name: name, health: "Healthy", ready: "1/1")])
        report.entries[0].subject = name
        for line in StatusTree(Self.narrow).text(report).split(separator: "\n") { #expect(line.count <= 80 && line.contains("Healthy"), "\(line)") }
    }

    @Test("a commit that was refused says so above the objects of the one before")
    func refused() {
        var report = Self.entry([Item(kind: "Service", namespace: "default", name: "web", health: "Healthy")])
        report.entries[0].synced = Condition("Synced", .isFalse, reason: "InvalidManifests")
        report.entries[0].reason = "web.yaml:7:3: no kind \"Servce\"\ncommit f73cbf1 stays in the cluster"
        #expect(
            StatusTree(Self.pipe).text(report) == """
                site  f73cbf1a8f26 Serve version 1  not synced, Healthy
                  web.yaml:7:3: no kind "Servce"
                  commit f73cbf1 stays in the cluster
                └─ Service default/web   Healthy
                """)
    }

    @Test("JSON holds the same tree")
    func json() {
        let objects = Self.degraded.json["applications"]?.array?.first?["objects"]?.array ?? []
        #expect(objects.map { $0["name"] } == ["web", "web"] && objects.map { $0["kind"] } == ["Service", "Deployment"])
        #expect(objects[1]["pods"]?.array?.map { $0["health"] } == ["Degraded", "Healthy"] && objects[0]["pods"] == nil)
    }
}
