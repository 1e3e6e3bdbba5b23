import APIMachinery
import Foundation
import Synchronization
import Testing

@testable import Cluster

/// What a forecast costs the live cluster: nothing that could be seen, and little.
@Suite("Forecasts: apart from the live cluster", .timeLimit(.minutes(3)))
struct ForkTests {
    private static func deployment(_ name: String, replicas: Int = 0, image: String = "one") -> Object {
        let labels: JSON = ["app": .string(name)]
        return Object(
            .deployments, namespace: "default", name: name,
            [
                "spec": [
                    "replicas": JSON(replicas), "selector": ["matchLabels": labels],
                    "template": ["metadata": ["labels": labels], "spec": ["containers": [["name": "main", "image": .string(image)]]]],
                ]
            ])
    }

    /// Its clock stands still: however busy the machine is, no forecast runs out of time.
    private static var unhurried: Forecaster { Forecaster(certificateAuthority: "PEM", clock: VirtualClock(now: Timestamp(seconds: 0))) }

    private static let asker = UserInfo(name: "tester", groups: ["system:masters"])

    private static func ask(_ registry: Registry, _ steps: [ForecastSpec.Step], budget: Duration = .seconds(10)) async throws -> ForecastStatus {
        let client = LocalClient(registry: registry, user: asker)
        return ForecastStatus(try await client.create(.forecasts, ForecastSpec(steps: steps, fieldManager: "gitctl", budget: budget).object).status)
    }

    private static func watchers(_ store: Store) -> Int { store.state.withLock { $0.hubs.values.reduce(0) { $0 + $1.followerCount } } }

    @Test("Before the node of this machine has joined, nothing is said of where pods run", arguments: [true, false])
    func firstNode(hasJoined: Bool) async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Forecaster(certificateAuthority: "PEM", awaitsNode: true, clock: VirtualClock(now: Timestamp(seconds: 0)))
        // It has no room for pods.
        if hasJoined { _ = try await fixture.client.create(.nodes, Object(.nodes, name: "one")) }
        let status = try await Self.ask(fixture.registry, [.apply(Self.deployment("fresh", replicas: 3))])
        #expect(status.isSettled)
        #expect(status.consequences.map(\.kind) == (hasJoined ? [.podsUnschedulable] : []))
    }

    @Test("Store, watchers and disk are as they were, and so is the time")
    func untouched() async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let fixture = try await RegistryFixture(store: store)
        let registry = fixture.registry
        registry.forecasts = Self.unhurried
        try await fixture.service("web")
        _ = try await fixture.client.create(.deployments, Self.deployment("web", replicas: 2))
        func files() throws -> [String: Data] {
            var files: [String: Data] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
                files[name] = try Data(contentsOf: URL(filePath: "\(directory.path)/\(name)"))
            }
            return files
        }
        let (revision, objects, watchers, disk, now) = (store.revision, store.state.withLock { $0.visible.objects }, Self.watchers(store), try files(), fixture.clock.now)
        let status = try await Self.ask(
            registry, [.apply(Self.deployment("fresh", replicas: 3)), ForecastSpec.deletion(ObjectKey(.services, namespace: "default", name: "web"))])
        #expect(status.isSettled)
        // There is no node: the progress deadline of ten minutes passed in the fork.
        #expect(status.consequences.map(\.message).contains("3 pods of Deployment default/fresh cannot be scheduled: no nodes available to schedule pods"))
        #expect(status.duration >= .seconds(600))
        #expect(store.revision == revision)
        #expect(Self.watchers(store) == watchers)
        #expect(fixture.clock.now == now)
        #expect(try files() == disk)
        for (resource, versions) in store.state.withLock({ $0.visible.objects }) {
            let before = Array(objects[resource]?.objects(in: nil) ?? SortedVersions().objects(in: nil))
            #expect(Array(versions.objects(in: nil)).elementsEqual(before) { $0 === $1 }, "\(resource)")
        }
        // Addresses that the fork gave out or took back are its own.
        #expect(try await fixture.service("other", ["clusterIP": "10.43.0.99"])["spec", "clusterIP"] == "10.43.0.99")
        await store.close()
    }

    @Test("The same question to the same state has the same answer, and many at once have it too")
    func repeatable() async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Self.unhurried
        let steps: [ForecastSpec.Step] = [.apply(Self.deployment("web", replicas: 3))]
        let first = try await Self.ask(fixture.registry, steps)
        #expect(!first.consequences.isEmpty)
        try await withThrowingTaskGroup(of: ForecastStatus.self) { group in
            for _ in 0..<8 { group.addTask { try await Self.ask(fixture.registry, steps) } }
            for try await answer in group { #expect(answer == first) }
        }
    }

    @Test("When the time is over, the answer says that there may be more")
    func budget() async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Forecaster(certificateAuthority: "PEM")
        let status = try await Self.ask(fixture.registry, [.apply(Self.deployment("web", replicas: 3))], budget: .milliseconds(1))
        #expect(status == ForecastStatus(isSettled: false, notTried: ["what is not reached within 1 ms: only what cannot be taken back is told"]))
    }

    @Test("A commit that would make more than a fork holds ends the forecast, not the server")
    func full() async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Self.unhurried
        // What waits for the end of it is not refused: nobody knows what the server would say.
        let held = try await Self.held("held", fixture)
        var web = Self.deployment("web", replicas: 1_000_000)
        web["spec", "template", "metadata", "annotations"] = ["text": .string(String(repeating: "x", count: 200_000))]
        let status = try await Self.ask(fixture.registry, [.apply(web), .replace(held)])
        #expect(
            status.consequences == [] && status.notTried == [
                "what is not reached within 20000 writes of together 64 MiB: only what cannot be taken back is told"
            ])
        #expect(!status.isSettled)
    }

    @Test("A fork takes so many writes, and so many bytes, and remembers all of them")
    func bounds() async throws {
        let live = Store.inMemory(clock: VirtualClock(now: Timestamp(seconds: 0)))
        let many = live.fork()
        for number in 0..<Store.forkChangesMax { try await many.put("c\(number)") }
        #expect(many.isFull)
        await #expect(throws: CommitError.self) { try await many.put("one more") }
        #expect(many.changes()?.count == Int(Store.forkChangesMax))
        let large = live.fork()
        let data: JSON = ["text": .string(String(repeating: "x", count: 8 << 20))]
        for number in 0..<8 {
            #expect(!large.isFull)
            try await large.put("c\(number)", data: data)
        }
        #expect(large.isFull)
        await #expect(throws: CommitError.self) { try await large.put("one more") }
        #expect(large.changes()?.count == 8)
        #expect(!live.isFull)
    }

    /// A ConfigMap that something holds, as it is to be applied anew.
    private static func held(_ name: String, _ fixture: RegistryFixture) async throws -> Object {
        var object = Object(.configMaps, namespace: "default", name: name)
        object.finalizers = ["example.com/hold"]
        _ = try await fixture.client.create(.configMaps, object)
        return Object(.configMaps, namespace: "default", name: name)
    }

    @Test("A step that waits when the time ahead is over is not refused")
    func horizon() async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Self.unhurried
        var steps: [ForecastSpec.Step] = []
        for number in 0..<40 { steps.append(.replace(try await Self.held("held-\(number)", fixture))) }
        let status = try await Self.ask(fixture.registry, steps)
        // Each waits thirty seconds of fifteen minutes.
        #expect(status.consequences.count == 30)
        #expect(status.consequences.allSatisfy { $0.kind == .refused && $0.message.contains("is still being deleted") })
        #expect(!status.isSettled)
    }

    @Test("A fork that is over leaves nothing in memory")
    func freed() async throws {
        let fixture = try await RegistryFixture()
        /// Ends with the registry that holds it.
        final class Tenant: TokenIssuer {
            let end: Signal
            init(_ end: Signal) { self.end = end }
            deinit { end.fire() }
            func issue(serviceAccount: Object, spec: JSON) async throws(APIStatus) -> (token: String, expiration: Timestamp) {
                throw APIStatus(.methodNotAllowed, "there are no tokens here")
            }
        }
        let end = Signal()
        func tryOut() async {
            let spec = ForecastSpec(steps: [.apply(Self.deployment("web", replicas: 2))], fieldManager: "gitctl")
            let fork = ClusterFork(of: fixture.registry, trying: spec, user: Self.asker, certificateAuthority: "PEM")
            fork.registry.tokenIssuer = Tenant(end)
            let outcome = await fork.run(until: Timestamp(seconds: 1), clock: VirtualClock(now: Timestamp(seconds: 0)))
            #expect(outcome.isSettled)
        }
        await tryOut()
        // The thread that ran it may still be letting go of its last task: what is never freed runs into the time limit.
        await end.wait()
    }

    @Test("Whoever waits too long for a place goes without, whoever leaves makes way for the next, and none takes two")
    func turnstile() async throws {
        let clock = VirtualClock(now: Timestamp(seconds: 0))
        let turnstile = Turnstile(places: 2, waitingMax: 1)
        #expect(await turnstile.enter("ann", until: Timestamp(seconds: 1), clock: clock) == .entered)
        async let second = turnstile.enter("ann", until: Timestamp(seconds: 1), clock: clock)
        while clock.nextDeadline == nil { await Task.yield() }
        #expect(await turnstile.enter("ann", until: Timestamp(seconds: 1), clock: clock) == .crowded)
        #expect(await turnstile.enter("bob", until: Timestamp(seconds: 1), clock: clock) == .entered)
        clock.advance(to: Timestamp(seconds: 1))
        #expect(await second == .late)
        async let third = turnstile.enter("ann", until: Timestamp(seconds: 2), clock: clock)
        while clock.nextDeadline == nil { await Task.yield() }
        // The place that is free now is none for one who has one.
        turnstile.leave("bob")
        #expect(await turnstile.enter("eve", until: Timestamp(seconds: 2), clock: clock) == .entered)
        turnstile.leave("ann")
        #expect(await third == .entered)
    }

    @Test("Of too many questions at once the last are turned away")
    func crowd() async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Self.unhurried
        let steps: [ForecastSpec.Step] = [.apply(Self.deployment("web", replicas: 3))]
        let refusals = try await withThrowingTaskGroup(of: APIStatus?.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    do {
                        _ = try await Self.ask(fixture.registry, steps)
                        return nil
                    } catch let error as APIStatus { return error }
                }
            }
            return try await group.reduce(into: [APIStatus]()) { if let refusal = $1 { $0.append(refusal) } }
        }
        #expect(!refusals.isEmpty)
        #expect(refusals.allSatisfy { $0.reason == .tooManyRequests && $0.message == "8 forecasts wait for others to end; try again" })
    }

    @Test("Webhooks are not called, and the answer says so")
    func webhooks() async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Self.unhurried
        let hook: JSON = [
            "name": "all.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": ["url": "https://127.0.0.1:1/"],
            "rules": [["apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]]],
        ]
        _ = try await fixture.client.create(
            .validatingWebhookConfigurations, Object(.validatingWebhookConfigurations, name: "all", ["webhooks": [hook]]))
        let status = try await Self.ask(fixture.registry, [.apply(Self.deployment("web"))])
        #expect(status == ForecastStatus(isSettled: true, notTried: ["admission webhooks (1 configured): they are not called"]))
    }

    @Test("Among ten thousand objects a forecast looks at those that belong together, and copies none of the others")
    func scale() async throws {
        let fixture = try await RegistryFixture()
        fixture.registry.forecasts = Self.unhurried
        let client = fixture.client
        for number in 0..<2_500 {
            let name = "app-\(number)"
            let owner = try await client.create(.deployments, Self.deployment(name))
            var set = Object(.replicaSets, namespace: "default", name: name, ["spec": owner.spec])
            set["spec", "strategy"] = nil
            for key in ["progressDeadlineSeconds", "revisionHistoryLimit"] { set["spec", key] = nil }
            set.ownerReferences = [OwnerReference(controller: owner)]
            _ = try await client.create(.replicaSets, set)
            _ = try await client.create(.services, Object(.services, namespace: "default", name: name, ["spec": ["selector": ["app": .string(name)], "ports": [["port": 80]]]]))
            _ = try await client.create(.configMaps, Object(.configMaps, namespace: "default", name: name, ["data": ["text": "one"]]))
        }
        let steps: [ForecastSpec.Step] = [.apply(Self.deployment("app-17", replicas: 2))]
        let fork = fixture.registry.fork()
        let scope = ForkScope(of: fork, trying: steps)
        let names = scope.objects.flatMap { resource, objects in objects.map { "\(resource)/\($0.name)" } }.sorted()
        #expect(
            names == [
                "deployments.apps/app-17", "namespaces/default", "replicasets.apps/app-17", "serviceaccounts/default", "services/app-17",
            ])
        let shared = zip(
            fork.store.latest(ResourceType.configMaps.groupResource).objects(in: nil),
            fixture.registry.store.latest(ResourceType.configMaps.groupResource).objects(in: nil))
        #expect(shared.allSatisfy { $0 === $1 })
        let clock = ContinuousClock()
        let forked = clock.measure { _ = fixture.registry.store.fork() }
        #expect(forked < .milliseconds(10))
        var answer = ForecastStatus(isSettled: false)
        let taken = try await clock.measure { answer = try await Self.ask(fixture.registry, steps) }
        #expect(answer.isSettled)
        #expect(answer.consequences.map(\.kind) == [.podsUnschedulable])
        // Hundreds of times what it takes when nothing else runs, and not what it would take to decode the others.
        #expect(taken < .seconds(30))
    }
}
