import APIMachinery
import Foundation
import TestSupport
import Testing

@testable import Reconciler

@Suite("Sync: variables of an Application", .timeLimit(.minutes(2)))
struct SubstitutionSyncTests {
    private static func map(_ name: String, _ data: JSONObject) -> Object {
        Object(.configMaps, namespace: "gitctl-system", name: name, ["data": .object(data)])
    }

    private func create(_ running: RunningReconciler, _ from: [JSON], variables: JSONObject = [:]) async throws -> PushedRepository {
        let shop = try await PushedRepository(in: running)
        try await running.cluster.createApplication(
            "shop", source: ["repository": "shop"], spec: ["substitute": ["variables": .object(variables), "from": .array(from)]])
        return shop
    }

    private func text(_ cluster: TestCluster) async throws -> String? { try await cluster.get(.configMaps, "page").fields["data"]?["text"]?.string }

    @Test("a change of a ConfigMap or Secret is deployed at once; later ones win over earlier, variables over all; another's change is not looked at")
    func changes() async throws {
        try await RunningReconciler.with { running in
            let cluster = running.cluster
            _ = try await cluster.client.create(.configMaps, Self.map("vars", ["A": "a1", "B": "b1", "C": "c1", "not-a-name": "x"]))
            _ = try await cluster.client.create(.secrets, .secret("pass", ["B": "b2"]))
            let shop = try await create(
                running, [["kind": "ConfigMap", "name": "vars"], ["kind": "Secret", "name": "pass"], ["kind": "ConfigMap", "name": "later", "optional": true]],
                variables: ["C": "c3"])
            let outcome = try await shop.push(["page.yaml": ServedRepository.page("page", "\"${A} ${B} ${C} ${D:-none}\"")])
            #expect(outcome.isHealthy, "\(outcome.text)")
            #expect(try await text(cluster) == "a1 b2 c3 none")
            func change(_ type: ResourceType, _ name: String, _ data: JSONObject, _ expected: String) async throws {
                let key = ObjectKey(type, namespace: "gitctl-system", name: name)
                _ = try await cluster.client.patch(key, .merge(["data": .object(data)]))
                try await cluster.wait(for: .configMaps, "page") { $0?.fields["data"]?["text"]?.string == expected }
            }
            try await change(.configMaps, "vars", ["A": "a9"], "a9 b2 c3 none")
            try await change(.secrets, "pass", ["B": .string(Data("b9".utf8).base64EncodedString())], "a9 b9 c3 none")
            _ = try await cluster.client.create(.configMaps, Self.map("later", ["D": "d1"]))
            try await cluster.wait(for: .configMaps, "page") { $0?.fields["data"]?["text"]?.string == "a9 b9 c3 d1" }
            _ = try await cluster.client.delete(ObjectKey(.configMaps, namespace: "gitctl-system", name: "later"))
            try await cluster.wait(for: .configMaps, "page") { $0?.fields["data"]?["text"]?.string == "a9 b9 c3 none" }
        }
    }

    @Test("a ConfigMap that is not there is told, and its creation is all that it takes")
    func missing() async throws {
        try await RunningReconciler.with { running in
            let shop = try await create(running, [["kind": "ConfigMap", "name": "vars"]])
            let outcome = try await shop.push(["page.yaml": ServedRepository.page("page", "${A}")])
            let message = "ConfigMap gitctl-system/vars, which spec.substitute.from names, is not there; create it, or mark it optional: true there"
            #expect(outcome.lines.first == message, "\(outcome.text)")
            try await shop.work.push(to: shop.bare)
            async let deployed = running.reconciler.deploy(
                Push(repository: "shop", updates: [Push.RefUpdate(old: ObjectID.zero.description, new: outcome.commit, ref: "refs/heads/main")]), report: { _ in })
            try await running.cluster.application("shop", synced: "VariablesNotFound")
            _ = try await running.cluster.client.create(.configMaps, Self.map("vars", ["A": "made"]))
            try await running.cluster.application("shop", synced: "Synced")
            #expect(try await text(running.cluster) == "made")
            _ = await deployed
        }
    }

    @Test("a value out of a Secret is masked in the plan, and in what the server refuses; that it changed is visible")
    func masked() async throws {
        try await RunningReconciler.with { running in
            let cluster = running.cluster
            _ = try await cluster.client.create(.secrets, .secret("pass", ["PASSWORD": "Hunter_2!"]))
            let shop = try await create(running, [["kind": "Secret", "name": "pass"]])
            let first = try await shop.push(["page.yaml": ServedRepository.page("page", "p=${PASSWORD}")])
            #expect(first.isHealthy && !first.text.contains("Hunter"), "\(first.text)")
            #expect(try await text(cluster) == "p=Hunter_2!")
            let second = try await shop.push(["page.yaml": ServedRepository.page("page", "\"q=${PASSWORD}\"") + "  other: plain\n"])
            #expect(second.lines.contains("      data.text: *** (before) → *** (after)"), "\(second.text)")
            #expect(second.lines.contains { $0.contains("data.other: ") && $0.contains("plain") } && !second.text.contains("Hunter"), "\(second.text)")
            let refused = try await shop.push(["service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 80\n    name: ${PASSWORD}\n"])
            #expect(!refused.isHealthy && !refused.text.contains("Hunter"), "\(refused.text)")
            #expect(
                refused.lines.contains(
                    "service.yaml:7:5: Service default/web: spec.ports[0].name: the value, which a variable from a Secret makes, is refused and not shown; check its type and form"),
                "\(refused.text)")
            // Written out, and taken away: what was put in before is hidden all the same.
            let written = try await shop.push(["service.yaml": nil, "page.yaml": ServedRepository.page("page", "plain"), "b.yaml": ServedRepository.page("b", "x${PASSWORD}")])
            #expect(written.lines.contains("      data.text: *** → plain") && !written.text.contains("Hunter"), "\(written.text)")
            let reconciler = shop.running.reconciler
            let gone = try await shop.commit(["b.yaml": nil], "gone")
            try await shop.work.push(to: shop.bare)
            let application = try Application(await cluster.get(.applications, "shop", in: "gitctl-system"))
            let plan = try await reconciler.prepare(Sources.Resolved(repository: Repository(path: shop.bare), commit: Repository(path: shop.bare).commit(at: gone)), for: application).plan
            let deleted = try #require(plan.changes.first { $0.action == .deleted })
            #expect(deleted.before?.fields["data"] == ["text": "***"])
            let status = try await cluster.wait(for: .applications, "shop", in: "gitctl-system") { _ in true }
            #expect(status?.status.text.contains("Hunter") == false)
        }
    }

    @Test("what is wrong in the spec itself is refused", arguments: ["1x", "a-b", ""])
    func names(name: String) {
        let object = Object(.applications, namespace: "n", name: "a", ["spec": ["source": ["url": "https://h/x"], "substitute": ["variables": .object([name: "x"])]]])
        let error = #expect(throws: InvalidApplication.self) { try Application(object) }
        #expect(error?.description == "spec.substitute.variables: \"\(name)\" cannot name a variable; use letters, digits and _, not beginning with a digit")
    }

    @Test("values in lists are masked wherever the list has them")
    func lists() throws {
        func pod(_ env: [JSON]) -> Object { Object(["spec": ["containers": [["name": "c", "env": .array(env)]]]]) }
        let secret: JSON = ["name": "PASSWORD", "value": "hunter2"]
        let rendered = pod([["name": "NEW", "value": "1"], secret])
        let hidden = Hidden([FieldPath(parsing: "spec.containers[0].env[1].value")], in: rendered.json)
        let (before, after) = SecretMask.apply(pod([secret]), rendered, hiding: hidden)
        #expect(before == pod([["name": "PASSWORD", "value": "***"]]))
        #expect(after == pod([["name": "NEW", "value": "1"], ["name": "PASSWORD", "value": "***"]]))
        let (old, new) = SecretMask.apply(pod([["name": "PASSWORD", "value": "other"]]), rendered, hiding: hidden)
        #expect(old == pod([["name": "PASSWORD", "value": "*** (before)"]]))
        #expect(new == pod([["name": "NEW", "value": "1"], ["name": "PASSWORD", "value": "*** (after)"]]))
    }
}
