import APIMachinery
import Reconciler
import Testing
import gitctl

@Suite("Deleted objects as a list", .timeLimit(.minutes(1)))
struct TombstoneListTests {
    @Test("what can be brought back, by whom and when it was deleted, and until when it is kept")
    func text() throws {
        let secret = Object(
            .secrets, namespace: "gitctl-system", name: "tombstone-web-0",
            [
                "type": .string(Tombstone.secretType),
                "data": ["objects": .string(Base64.encode(#"[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}},{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}]"#.utf8))],
                "metadata": [
                    "name": "tombstone-web-0", "namespace": "gitctl-system", "labels": ["gitctl.dev/application": "web", "gitctl.dev/tombstone": "x"],
                    "annotations": [
                        "gitctl.dev/part": "1/1", "gitctl.dev/deleted": "2026-01-02T03:04:05Z", "gitctl.dev/expires": "2026-01-03T03:04:05Z",
                        "gitctl.dev/revision": "f73cbf1a8f26aaaa",
                    ],
                ],
            ])
        let terminal = Terminal(isTerminal: false)
        let now = try #require(Timestamp("2026-01-02T03:09:05Z"))
        #expect(
            TombstoneList(Tombstone.read([secret]), now: now).text(terminal) == """
                KIND        NAME     DELETED   KEPT FOR   COMMIT         APPLICATION
                ConfigMap   shop/a   5m        23h        f73cbf1a8f26   web
                Namespace   shop     5m        23h        f73cbf1a8f26   web
                """)
        #expect(TombstoneList([], now: now).text(terminal) == "nothing was deleted by a sync within the last day")
    }
}
