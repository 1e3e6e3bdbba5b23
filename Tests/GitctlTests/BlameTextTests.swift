import APIMachinery
import Reconciler
import Testing
import gitctl

@Suite("Blame as text", .timeLimit(.minutes(1)))
struct BlameTextTests {
    private static func commit(_ digit: String, _ author: String, _ summary: String, day: Int64) -> Commit {
        Commit(
            id: ObjectID(String(repeating: digit, count: 40)) ?? .zero, tree: .zero, parents: [], author: author, authorEmail: "",
            time: Timestamp(seconds: 1_767_225_600 + day * 86_400), summary: summary)
    }

    private static let blame = Blame(
        object: "Deployment default/web",
        lines: [
            Blame.Line(path: "spec.paused", value: "true", origin: .manager(FieldManager(name: "kubectl-edit", operation: "Update", time: "2026-01-03T04:05:06Z"))),
            Blame.Line(path: "spec.replicas", value: "2", origin: .commit(commit("a", "Ada", "Serve version 1", day: 0), isBefore: true)),
            Blame.Line(path: "spec.strategy.type", value: "RollingUpdate", origin: .standard),
            Blame.Line(path: "spec.template.spec.containers[nginx].image", value: "nginx:1.27", origin: .commit(commit("b", "Grace Hopper", "Newer", day: 1), isBefore: false)),
        ], omitted: 3)

    @Test("columns are aligned as git blame's, and the subjects follow, the newest first")
    func text() {
        #expect(
            BlameText(Terminal(isTerminal: false)).text(Self.blame) == """
                         (kubectl-edit 2026-01-03)  spec.paused: true
                ^aaaaaaa (Ada          2026-01-01)  spec.replicas: 2
                         (default                )  spec.strategy.type: RollingUpdate
                bbbbbbb  (Grace Hopper 2026-01-02)  spec.template.spec.containers[nginx].image: nginx:1.27
                … 3 more fields; name some with --field

                bbbbbbb  Newer
                aaaaaaa  Serve version 1
                """)
    }

    @Test("at 80 columns the values are cut")
    func narrow() {
        for line in BlameText(Terminal(isTerminal: true, width: 80)).text(Self.blame).split(separator: "\n") { #expect(line.count <= 80) }
    }

    @Test("what the daemon answers is what was found")
    func json() {
        let back = Blame(json: Self.blame.json)
        #expect(back == Self.blame)
        #expect(Blame(json: ["fields": []]) == nil)
    }
}
