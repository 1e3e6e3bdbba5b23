import APIMachinery
import Reconciler
import Testing

@testable import gitctl

@Suite("Deleted objects as a list", .timeLimit(.minutes(1)))
struct TombstoneListTests {
    private static func secret(_ objects: String, in namespace: String = "gitctl-system", deleted: String = "2026-01-02T03:04:05Z", part: String = "1/1") -> Object {
        Object(
            .secrets, namespace: namespace, name: "tombstone-web-0",
            [
                "type": .string(Tombstone.secretType), "data": ["objects": .string(Base64.encode(objects.utf8))],
                "metadata": [
                    "name": "tombstone-web-0", "namespace": .string(namespace), "labels": ["gitctl.dev/application": "web", "gitctl.dev/tombstone": "x"],
                    "annotations": [
                        "gitctl.dev/part": .string(part), "gitctl.dev/deleted": .string(deleted), "gitctl.dev/expires": "2026-01-03T03:04:05Z",
                        "gitctl.dev/revision": "f73cbf1a8f26aaaa",
                    ],
                ],
            ])
    }

    @Test("what can be brought back, by whom and when it was deleted, and until when it is kept")
    func text() throws {
        let secret = Self.secret(#"[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}},{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}]"#)
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

    @Test("a part of more than there are, or of none, makes nothing", arguments: ["1/9000000000000000000", "1/2", "1/0", "2/1", "1/-1", "x"])
    func parts(part: String) {
        #expect(Tombstone.read([Self.secret("[]", part: part)]).isEmpty)
        #expect(Tombstone.read([Self.secret("[]")]).count == 1)
    }

    @Test("whoever may write Secrets in a namespace brings nothing back elsewhere, unless the Application is named")
    func reach() throws {
        let binding = #"[{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"b"},"note":"NOTE"}]"#
        let planted = Self.secret(binding.replacing("NOTE", with: "planted"), in: "shop", deleted: "2026-01-02T05:00:00Z")
        let real = Self.secret(binding.replacing("NOTE", with: "real"))
        let key = ObjectKey(.clusterRoleBindings, name: "b")
        let (tombstone, found) = try TombstoneList.find(key, in: Tombstone.read([planted, real]), isChosen: false)
        #expect(found["note"] == "real")
        let now = try #require(Timestamp("2026-01-02T03:09:05Z"))
        #expect(
            TombstoneList.restored(key, from: tombstone, now: now)
                == "ClusterRoleBinding b is back, as it was when Application web deleted it 5m ago, from Secret gitctl-system/tombstone-web-0")
        #expect(
            throws: Failure(
                "ClusterRoleBinding b is kept in Secret shop/tombstone-web-0 alone, which whoever may write Secrets in namespace shop can have made",
                hints: ["look at it, and name its Application to bring it back: --app shop/web"])
        ) { try TombstoneList.find(key, in: Tombstone.read([planted]), isChosen: false) }
        #expect(try TombstoneList.find(key, in: Tombstone.read([planted]), isChosen: true).1["note"] == "planted")
        let own = Self.secret(#"[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}}]"#, in: "shop")
        let settings = ObjectKey(.configMaps, namespace: "shop", name: "a")
        #expect(try TombstoneList.find(settings, in: Tombstone.read([own]), isChosen: false).1.name == "a")
        #expect(throws: Failure("ConfigMap shop/b is not among what syncs deleted within the last day", hints: ["gitctl undelete lists what is"])) {
            try TombstoneList.find(ObjectKey(.configMaps, namespace: "shop", name: "b"), in: Tombstone.read([own]), isChosen: false)
        }
    }
}
