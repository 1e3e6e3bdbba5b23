import APIMachinery
import Testing

@testable import Cluster

private let now = Timestamp("2026-01-01T12:00:00Z")!

struct DeploymentControllerTests {
    static func deployment(replicas: Int, strategy: JSON = ["type": "RollingUpdate"], image: String = "two") -> Object {
        var object = Object(
            .deployments, namespace: "default", name: "web",
            [
                "spec": [
                    "replicas": JSON(replicas), "selector": ["matchLabels": ["app": "web"]], "strategy": strategy,
                    "progressDeadlineSeconds": 600,
                    "template": [
                        "metadata": ["labels": ["app": "web"]],
                        "spec": ["containers": [["name": "main", "image": .string(image)]]],
                    ],
                ]
            ])
        object.uid = "deployment"
        object.generation = 1
        return object
    }

    /// A ReplicaSet of the Deployment: the image decides whether it is the new one.
    static func set(_ image: String, spec: Int, available: Int? = nil, desired: Int, max: Int? = nil, created: Int64 = 0) -> Object
    {
        let owner = deployment(replicas: desired, image: image)
        var set = Object(.replicaSets, namespace: "default", name: "web-\(image)", ["spec": owner.spec])
        set["spec", "replicas"] = JSON(spec)
        set["spec", "strategy"] = nil
        set.uid = "set-\(image)"
        set.labels = ["app": "web"]
        set.ownerReferences = [OwnerReference(controller: owner)]
        set["metadata", "creationTimestamp"] = .string((now + .seconds(created - 3600)).description)
        set.annotations = [
            "deployment.kubernetes.io/desired-replicas": String(desired),
            "deployment.kubernetes.io/max-replicas": String(max ?? desired),
            "deployment.kubernetes.io/revision": image == "one" ? "1" : "2",
        ]
        set["status"] = [
            "replicas": JSON(spec), "availableReplicas": JSON(available ?? spec), "readyReplicas": JSON(available ?? spec),
        ]
        return set
    }

    static func plan(_ deployment: Object, _ sets: [Object]) -> ControllerPlan {
        var rollout = Rollout(deployment, sets, now: now)
        rollout.advance(squatter: nil, pods: [])
        return rollout.plan()
    }

    /// `name from→to` of each change of size.
    static func sizes(_ plan: ControllerPlan, _ sets: [Object]) -> [String] {
        plan.changes.compactMap { change in
            switch change.operation {
            case .create(_, let set): return "create \(set.spec["replicas"]?.int ?? -1)"
            case .patch(let key, let patch, nil) where patch["spec"]?["replicas"] != nil:
                return "\(key.name) \(patch["spec"]?["replicas"]?.int ?? -1)"
            default: return nil
            }
        }
    }

    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var deployment: Object
        var sets: [Object]
        var sizes: [String]
    }

    static let rolling: JSON = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"]]
    static func exact(_ surge: Int, _ unavailable: Int) -> JSON {
        ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": JSON(surge), "maxUnavailable": JSON(unavailable)]]
    }

    static let cases: [Case] = [
        Case(description: "first rollout", deployment: deployment(replicas: 20), sets: [], sizes: ["create 20"]),
        Case(
            description: "a new template starts with the surge, rounded up",
            deployment: deployment(replicas: 10, strategy: rolling),
            sets: [set("one", spec: 10, desired: 10)], sizes: ["create 3"]),
        Case(
            description: "old pods go as far as availability allows, rounded down",
            deployment: deployment(replicas: 10, strategy: rolling),
            sets: [set("one", spec: 10, desired: 10), set("two", spec: 3, available: 0, desired: 10, created: 1)],
            sizes: ["web-one 8"]),
        Case(
            description: "no surge: room is made first", deployment: deployment(replicas: 4, strategy: exact(0, 1)),
            sets: [set("one", spec: 4, desired: 4), set("two", spec: 0, desired: 4, created: 1)], sizes: ["web-one 3"]),
        Case(
            description: "pods that never were available go first", deployment: deployment(replicas: 3, strategy: exact(1, 0)),
            sets: [set("one", spec: 2, available: 0, desired: 3), set("two", spec: 3, available: 3, desired: 3, created: 1)],
            sizes: ["web-one 0"]),
        Case(
            description: "both limits rounding to nothing still move", deployment: deployment(replicas: 1, strategy: exact(0, 0)),
            sets: [set("one", spec: 1, desired: 1), set("two", spec: 0, desired: 1, created: 1)], sizes: ["web-one 0"]),
        Case(
            description: "scaling in the middle of a rollout is shared out",
            deployment: deployment(replicas: 20, strategy: exact(5, 0)),
            sets: [
                set("one", spec: 5, desired: 10, max: 15), set("two", spec: 10, available: 5, desired: 10, max: 15, created: 1),
            ],
            sizes: ["web-one 8", "web-two 17"]),
        Case(
            description: "scaling the only ReplicaSet", deployment: deployment(replicas: 7),
            sets: [set("two", spec: 3, desired: 3)],
            sizes: ["web-two 7"]),
        Case(
            description: "Recreate takes the old away first", deployment: deployment(replicas: 3, strategy: ["type": "Recreate"]),
            sets: [set("one", spec: 3, desired: 3)], sizes: ["web-one 0"]),
        Case(
            description: "Recreate waits for the old pods", deployment: deployment(replicas: 3, strategy: ["type": "Recreate"]),
            sets: [
                {
                    var set = Self.set("one", spec: 0, desired: 3)
                    set["status", "replicas"] = 1
                    return set
                }()
            ], sizes: []),
        Case(
            description: "Recreate then makes the new", deployment: deployment(replicas: 3, strategy: ["type": "Recreate"]),
            sets: [set("one", spec: 0, desired: 3)], sizes: ["create 3"]),
        Case(
            description: "paused: no new ReplicaSet",
            deployment: {
                var object = deployment(replicas: 3)
                object["spec", "paused"] = true
                return object
            }(), sets: [set("one", spec: 3, desired: 3)], sizes: []),
    ]

    @Test("What a look at a Deployment wants", .timeLimit(.minutes(1)), arguments: cases)
    func sizes(_ test: Case) { #expect(Self.sizes(Self.plan(test.deployment, test.sets), test.sets) == test.sizes) }

    @Test("Percentages of replicas", .timeLimit(.minutes(1)))
    func percentages() {
        #expect(RolloutParameters.resolve("25%", of: 10, roundingUp: true) == 3)
        #expect(RolloutParameters.resolve("25%", of: 10, roundingUp: false) == 2)
        #expect(RolloutParameters.resolve(4, of: 10, roundingUp: false) == 4)
        #expect(RolloutParameters(Self.deployment(replicas: 1)).maxUnavailable == 0)
        #expect(RolloutParameters(Self.deployment(replicas: 1)).maxSurge == 1)
    }

    @Test("Numbers beyond all measure in strategies and annotations are survived", .timeLimit(.minutes(1)))
    func immense() {
        #expect(RolloutParameters.resolve("9223372036854775807%", of: 1000, roundingUp: true) > 1000)
        #expect(RolloutParameters.resolve(.int(Int64(Int32.max)), of: Int(Int32.max), roundingUp: true) == Int(Int32.max))
        var old = Self.set("one", spec: 3, desired: 3)
        old.annotations["deployment.kubernetes.io/revision"] = String(Int64.max)
        let plan = Self.plan(Self.deployment(replicas: 3), [old, Self.set("two", spec: 0, desired: 3, created: 1)])
        #expect(!plan.changes.isEmpty)
    }

    @Test("The hash depends on the template alone", .timeLimit(.minutes(1)))
    func hash() {
        var one = Self.deployment(replicas: 1)
        let hash = PodTemplate(one).hash(collisions: 0)
        #expect(hash.utf8.count <= 10 && hash.utf8.allSatisfy { "bcdfghjklmnpqrstvwxz2456789".utf8.contains($0) })
        one["spec", "replicas"] = 9
        one["spec", "template", "metadata", "creationTimestamp"] = .null
        #expect(PodTemplate(one).hash(collisions: 0) == hash)
        #expect(PodTemplate(one).hash(collisions: 1) != hash)
        one["spec", "template", "spec", "nodeName"] = "x"
        #expect(PodTemplate(one).hash(collisions: 0) != hash)
    }

    @Test("A rollback gives the old ReplicaSet the next revision and remembers the last", .timeLimit(.minutes(1)))
    func rollback() throws {
        let plan = Self.plan(
            Self.deployment(replicas: 3, image: "one"),
            [Self.set("one", spec: 0, desired: 3), Self.set("two", spec: 3, desired: 3, created: 1)])
        guard
            case .patch(let key, let patch, _) = try #require(
                plan.changes.first { change in
                    if case .patch(let key, _, _) = change.operation { key.type == .replicaSets } else { false }
                }
            ).operation
        else { return #expect(Bool(false)) }
        #expect(key.name == "web-one")
        #expect(patch["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"] == "3")
        #expect(patch["metadata"]?["annotations"]?["deployment.kubernetes.io/revision-history"] == "1")
    }

    @Test("A ReplicaSet of somebody else under the name makes another name", .timeLimit(.minutes(1)))
    func collision() throws {
        let deployment = Self.deployment(replicas: 3)
        var rollout = Rollout(deployment, [], now: now)
        rollout.advance(squatter: Object(.replicaSets, namespace: "default", name: "web-x"), pods: [])
        let plan = rollout.plan()
        #expect(plan.changes.isEmpty)
        guard case .patch(_, let patch, "status") = try #require(plan.status(nil).first).operation else {
            return #expect(Bool(false))
        }
        #expect(patch["status"]?["collisionCount"] == 1)
    }

    @Test("A rollout past its deadline says so, and wakes for it before", .timeLimit(.minutes(1)))
    func deadline() throws {
        var deployment = Self.deployment(replicas: 1, strategy: Self.exact(1, 0))
        let sets = [Self.set("one", spec: 1, desired: 1), Self.set("two", spec: 1, available: 0, desired: 1, created: 1)]
        func progressing(since seconds: Int64) -> Object {
            deployment["status"] = [
                "observedGeneration": 1, "replicas": 2, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
                "conditions": [
                    [
                        "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated",
                        "message": "ReplicaSet \"web-two\" is progressing.",
                        "lastUpdateTime": .string((now + .seconds(-seconds)).description),
                    ]
                ],
            ]
            return deployment
        }
        #expect(Self.plan(progressing(since: 100), sets).deadline == now + .seconds(501))
        let late = Self.plan(progressing(since: 601), sets)
        guard case .patch(_, let patch, _) = try #require(late.status(nil).first).operation else { return #expect(Bool(false)) }
        let condition = patch["status"]?["conditions"]?.array?.first { $0["type"] == "Progressing" }
        #expect(condition?["reason"] == "ProgressDeadlineExceeded" && condition?["status"] == "False")
        #expect(condition?["message"] == "ReplicaSet \"web-two\" has timed out progressing.")
    }
}
