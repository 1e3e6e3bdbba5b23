import APIMachinery
import TestSupport
import Testing

@testable import Reconciler

@Suite("What is known to be applied", .timeLimit(.minutes(1)))
struct KnownObjectsTests {
    private let key = ObjectKey(.applications, namespace: "gitctl-system", name: "shop")

    private func value(_ cluster: TestCluster, _ name: String) async throws -> String? {
        try await cluster.get(.configMaps, name).json[path: ["data", "value"]]?.string
    }

    private func sync(_ running: RunningReconciler) async throws -> [String] {
        let lines = Lines()
        _ = try await running.reconciler.sync(application: key, revision: nil, isDryRun: false, report: lines.report)
        return lines.all
    }

    /// Runs `body` when a ConfigMap and, of a later layer, a Service are in the cluster; `commit` commits both with another value.
    private static func withTwoLayers(
        _ body: @escaping @Sendable (
            _ running: RunningReconciler, _ client: FaultyClient, _ cluster: TestCluster, _ commit: @escaping @Sendable (String) async throws -> String
        ) async throws -> Void
    ) async throws {
        let cluster = try await TestCluster()
        let client = FaultyClient(cluster.client)
        let work = try await GitRepositoryFixture()
        let commit: @Sendable (String) async throws -> String = { value in
            try work.write("early.yaml", SyncTests.configMap("early", value))
            try work.write("late.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: late, labels: {v: \"\(value)\"}}\nspec: {ports: [{port: 80}]}\n")
            return try await work.commit()
        }
        _ = try await commit("1")
        try await cluster.createApplication("shop", source: ["url": .string(work.path)])
        try await RunningReconciler.with(cluster: cluster, client: client) { running in
            try await cluster.application("shop", synced: "Synced")
            try await body(running, client, cluster, commit)
        }
    }

    @Test("what others changed and nobody put back is put back by the next commit, also by one that touches something else")
    func differing() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for name in ["a", "b", "c"] { try work.write("\(name).yaml", SyncTests.configMap(name)) }
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)], spec: ["sync": ["selfHeal": false]])
        try await RunningReconciler.with(cluster: cluster) { running in
            try await cluster.application("shop", synced: "Synced")
            let eve = cluster.client(as: "eve")
            _ = try await eve.patch(ObjectKey(.configMaps, namespace: "default", name: "a"), .merge(["data": ["value": "9"]]))
            try await cluster.application("shop", synced: "OutOfSync")
            _ = try await eve.delete(ObjectKey(.configMaps, namespace: "default", name: "b"))
            try await cluster.wait(for: .applications, "shop", in: "gitctl-system") {
                $0.flatMap { ApplicationStatus($0.status).condition("Synced")?.message.contains("default/b") } ?? false
            }
            try work.write("c.yaml", SyncTests.configMap("c", "2"))
            let second = try await work.commit()
            #expect(try await sync(running).first?.hasPrefix("applied 3 objects in ") == true)
            try await cluster.application("shop", synced: "Synced", at: second)
            #expect(try await [value(cluster, "a"), value(cluster, "b"), value(cluster, "c")] == ["1", "1", "2"])
        }
    }

    @Test("a sync that is asked for looks at each object again, unless nothing has happened to any since the last one did")
    func verified() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for name in ["a", "b"] { try work.write("\(name).yaml", SyncTests.configMap(name)) }
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)], spec: ["sync": ["selfHeal": false]])
        try await RunningReconciler.with(cluster: cluster) { running in
            try await cluster.application("shop", synced: "Synced")
            let eve = cluster.client(as: "eve")
            let worker = try #require(running.reconciler.state.worker("gitctl-system/shop"))
            let scopes = try #require(worker.state.withLock { $0.applied?.ownScopes })
            #expect(Set(scopes) == [LiveObjects.Scope(type: .configMaps, namespace: "default")])
            for _ in 0..<2 {
                _ = try await sync(running)
                let verified = try #require(worker.state.withLock { $0.applied?.verified })
                #expect(try #require(worker.live.moment(of: scopes)).isSame(as: verified))
                _ = try await eve.patch(ObjectKey(.configMaps, namespace: "default", name: "a"), .merge(["data": ["value": "9"]]))
                try await cluster.application("shop", synced: "OutOfSync")
                #expect(try #require(worker.live.moment(of: scopes)).isSame(as: verified) == false)
                let lines = try await sync(running)
                #expect(lines.first?.hasPrefix("applied 1 object in ") == true, "\(lines)")
                #expect(try await [value(cluster, "a"), value(cluster, "b")] == ["1", "1"])
                // What it wrote has to be seen once more.
                #expect(worker.state.withLock { $0.applied?.verified } == nil)
            }
            _ = try await sync(running)
            _ = try await eve.delete(ObjectKey(.configMaps, namespace: "default", name: "b"))
            try await cluster.application("shop", synced: "OutOfSync")
            #expect(try await sync(running).first?.hasPrefix("applied 1 object in ") == true)
            #expect(try await value(cluster, "b") == "1")
        }
    }

    @Test("what a sync wrote before it gave way is taken back by a commit that has it as before")
    func interrupted() async throws {
        try await Self.withTwoLayers { running, client, cluster, commit in
            client.hold("late")
            _ = try await commit("2")
            async let superseded = sync(running)
            try await cluster.wait(for: .configMaps, "early") { $0?.json[path: ["data", "value"]] == "2" }
            client.release("late")
            let third = try await commit("1")
            _ = try await sync(running)
            _ = try await superseded
            try await cluster.application("shop", synced: "Synced", at: third)
            #expect(try await value(cluster, "early") == "1")
        }
    }

    @Test("what a refused sync wrote is taken back, also when it has been seen since to be as that sync wrote it")
    func refused() async throws {
        try await Self.withTwoLayers { running, client, cluster, commit in
            client.fail("late", Array(repeating: APIStatus(.forbidden, "quota exceeded"), count: 100))
            let second = try await commit("2")
            _ = try await sync(running)
            try await cluster.application("shop", synced: "ApplyFailed", at: second)
            #expect(try await value(cluster, "early") == "2")
            // Somebody else's label makes an event in which all of ours is as we wrote it.
            let early = ObjectKey(.configMaps, namespace: "default", name: "early")
            let labelled = try await cluster.client(as: "eve").patch(early, .merge(["metadata": ["labels": ["theirs": "1"]]]))
            let worker = try #require(running.reconciler.state.worker("gitctl-system/shop"))
            let isSeen = { worker.state.withLock { $0.applied?.records[ObjectIdentity(early)]?.resourceVersion } == labelled.resourceVersion }
            while !isSeen() { await worker.changed.wait() }
            let third = try await commit("1")
            // As a fetch would have it, not as somebody who wants everything to be gone through.
            worker.request(WorkerState.Request())
            try await cluster.application("shop", synced: "Synced", at: third)
            #expect(try await value(cluster, "early") == "1")
        }
    }

    @Test("a kind that is not there is told once, in a file that was known before")
    func unknownKind() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", SyncTests.configMap("a"))
        try await work.commit()
        let renderer = Renderer()
        func render() async throws -> Rendered {
            let repository = Repository(path: work.path)
            return try await renderer.render(repository, commit: repository.commit(at: nil), path: ".", destination: "default", client: cluster.client)
        }
        _ = try await render()
        try work.write("a.yaml", SyncTests.configMap("a").replacing("kind: ConfigMap", with: "kind: ConfigMop"))
        try await work.commit()
        let failure = await #expect(throws: RenderFailure.self) { try await render() }
        #expect(failure?.lines.count == 1, "\(failure?.lines ?? [])")
    }

    @Test("only contents that changed are looked at; with other objects, an order or a rest all are")
    func touched() throws {
        func object(_ name: String, wave: String? = nil) throws -> RenderedObject {
            var object = Object(.configMaps, namespace: "default", name: name)
            if let wave { object.annotations["gitctl.dev/sync-wave"] = wave }
            let origin = ManifestOrigin(path: "a", blob: .zero, document: 0, place: FieldPath(), line: 1, column: 1)
            return RenderedObject(key: ObjectKey(.configMaps, namespace: "default", name: name), object: object, origin: origin, order: try SyncOrder(object))
        }
        let (a, b, c) = (try object("a"), try object("b"), try object("c"))
        var application = Application(namespace: "n", name: "a", origin: .repository("r"))
        application.status.inventory = [a, b, c].map(\.identity)
        let commit = Commit(id: .zero, tree: .zero, parents: [], author: "", authorEmail: "", time: Timestamp(seconds: 0), summary: "")
        func touched(_ objects: [RenderedObject], differing: Set<ObjectIdentity> = [], hooks: [RenderedObject] = []) -> [Int]? {
            KnownObjects(objects: [a, b, c], differing: differing).touched(by: Rendered(commit: commit, objects: objects), hooks, of: application)
        }
        #expect(touched([a, b, c]) == [])
        let (other, ordered) = (try object("d"), try object("c", wave: "1"))
        #expect(try touched([a, object("b"), c]) == [1])
        #expect(touched([a, b, c], differing: [c.identity]) == [2])
        #expect(touched([a, b]) == nil && touched([a, b, other]) == nil && touched([b, a, c]) == nil)
        #expect(touched([a, b, ordered]) == nil && touched([a, b, c], hooks: [a]) == nil)
        application.status.inventory.append(ObjectIdentity(group: "", kind: "ConfigMap", namespace: "default", name: "left"))
        #expect(touched([a, b, c]) == nil)
    }

    @Test("of a commit that changes one file the objects of the others are the same instances, and the plan says the same as one of all")
    func instances() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for name in ["a", "b", "c"] { try work.write("\(name).yaml", SyncTests.configMap(name) + "---\n" + SyncTests.configMap("\(name)2")) }
        let renderer = Renderer()
        func render() async throws -> Rendered {
            let repository = Repository(path: work.path)
            return try await renderer.render(repository, commit: repository.commit(at: nil), path: ".", destination: "default", client: cluster.client)
        }
        try await work.commit()
        let first = try await render()
        // Another length, so that everything below it in the file moves.
        try work.write("b.yaml", "# moved\n" + SyncTests.configMap("b", "2") + "---\n" + SyncTests.configMap("b2"))
        try await work.commit()
        let second = try await render()
        #expect(second.objects.map(\.identity.name) == ["a", "a2", "b", "b2", "c", "c2"])
        #expect(zip(first.objects, second.objects).map { $0 === $1 } == [true, true, false, false, true, true])
        #expect(second.objects[2].object.json[path: ["data", "value"]] == "2" && second.objects[3].origin.line == first.objects[3].origin.line + 1)
        // A file that comes and one that goes.
        try work.write("aa.yaml", SyncTests.configMap("aa"))
        try work.remove("c.yaml")
        try await work.commit()
        let third = try await render()
        #expect(third.objects.map(\.identity.name) == ["a", "a2", "aa", "b", "b2"])
        #expect(third.objects[0] === first.objects[0] && third.objects[3] === second.objects[2])
        // The same twice is refused, in what is new and in what is known.
        try work.write("d.yaml", SyncTests.configMap("a2"))
        try await work.commit()
        await #expect(throws: RenderFailure.self) { try await render() }
        // Another destination has objects of its own.
        let repository = Repository(path: work.path)
        try work.remove("d.yaml")
        try await work.commit()
        _ = try await cluster.client.create(.namespaces, Object(.namespaces, name: "other"))
        let system = try await renderer.render(
            repository, commit: repository.commit(at: nil), path: ".", destination: "other", client: cluster.client)
        #expect(system.objects.allSatisfy { $0.key.namespace == "other" })
    }

    @Test("a preview by what the worker knows says the same as one that asks for everything")
    func preview() async throws {
        let cluster = try await TestCluster()
        let work = try await GitRepositoryFixture()
        for name in ["a", "b", "c", "d"] { try work.write("\(name).yaml", SyncTests.configMap(name)) }
        try await work.commit()
        try await cluster.createApplication("shop", source: ["url": .string(work.path)], spec: ["sync": ["selfHeal": false]])
        try await RunningReconciler.with(cluster: cluster) { running in
            try await cluster.application("shop", synced: "Synced")
            _ = try await cluster.client(as: "eve").patch(ObjectKey(.configMaps, namespace: "default", name: "d"), .merge(["data": ["value": "9"]]))
            try await cluster.application("shop", synced: "OutOfSync")
            func lines() async throws -> [[String]] {
                let application = try Application(await cluster.client.get(key))
                let repository = Repository(path: work.path)
                let resolved = Sources.Resolved(repository: repository, commit: try await repository.commit(at: nil))
                let asked = try await Preview(of: application, at: resolved, renderer: Renderer(), client: cluster.client)
                let known = try await running.reconciler.preview(of: application, at: resolved)
                return [asked, known].map { PlanText().lines($0.plan) + $0.refusals }
            }
            try work.write("b.yaml", SyncTests.configMap("b", "2"))
            try await work.commit()
            let changed = try await lines()
            #expect(changed[0] == changed[1] && changed[1].contains("2 changed, 2 unchanged"), "\(changed)")
            try work.remove("c.yaml")
            try work.write("e.yaml", SyncTests.configMap("e"))
            try await work.commit()
            let more = try await lines()
            #expect(more[0] == more[1] && more[1].contains("1 created, 2 changed, 1 deleted, 1 unchanged"), "\(more)")
            try work.write("e.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: e}\ndata: {a: {}}\n")
            try await work.commit()
            await #expect(throws: RenderFailure.self) { try await lines() }
        }
    }
}
