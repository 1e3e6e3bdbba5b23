import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct QuotaTests {
    private static func pod(_ requests: JSON, limits: JSON = [:], _ more: JSONObject = [:]) -> Object {
        var pod = Object(.pods, namespace: "default", name: "p", ["spec": ["containers": [["name": "c", "resources": ["requests": requests, "limits": limits]]]]])
        for member in more { pod["spec", member.key] = member.value }
        return pod
    }

    private static func quota(_ hard: JSON, _ more: JSONObject = [:]) -> Quota {
        var object = Object(.resourceQuotas, namespace: "default", name: "q", ["spec": ["hard": hard]])
        for member in more { object["spec", member.key] = member.value }
        return Quota(object)
    }

    private static func charge(_ object: Object, _ type: ResourceType = .pods) -> QuotaCharge {
        QuotaCharge(object, type, now: Timestamp(seconds: 1_700_000_000))
    }

    @Test("a pod is charged for the containers together, or one init container beside its sidecars") func pods() {
        var pod = Self.pod(["cpu": "1", "example.com/gpu": "2"], limits: ["memory": "1Gi"])
        pod["spec", "initContainers"] = [
            ["name": "side", "restartPolicy": "Always", "resources": ["requests": ["cpu": "500m"]]], ["name": "init", "resources": ["requests": ["cpu": "2"]]],
        ]
        let amounts = Self.charge(pod).amounts
        #expect(amounts["requests.cpu"] == Quantity("2500m") && amounts["cpu"] == Quantity("2500m"))
        #expect(amounts["requests.example.com/gpu"] == Quantity(units: 2) && amounts["limits.memory"] == Quantity("1Gi"))
        #expect(amounts["pods"] == Quantity(units: 1) && amounts["count/pods"] == Quantity(units: 1))
        pod["status", "phase"] = "Succeeded"
        #expect(Self.charge(pod).amounts == ["count/pods": Quantity(units: 1)])
    }

    @Test(
        "scopes choose",
        arguments: [
            ("Terminating", ["activeDeadlineSeconds": 5], true), ("Terminating", [:], false), ("NotTerminating", [:], true),
            ("BestEffort", [:], false), ("NotBestEffort", [:], true), ("PriorityClass", ["priorityClassName": "high"], true),
            ("PriorityClass", [:], false), ("Unheard", [:], false),
        ] as [(String, JSONObject, Bool)])
    func scopes(scope: String, spec: JSONObject, isSelected: Bool) {
        let traits = Self.charge(Self.pod(["cpu": "1"], spec)).traits
        #expect(Self.quota(["pods": "1"], ["scopes": [.string(scope)]]).selects(traits) == isSelected)
    }

    @Test("other kinds are charged") func others() {
        let service = Object(.services, namespace: "d", name: "s", ["spec": ["type": "NodePort", "ports": [["port": 1], ["port": 2]]]])
        #expect(Self.charge(service, .services).amounts["services.nodeports"] == Quantity(units: 2))
        let claim = Object(.persistentVolumeClaims, namespace: "d", name: "c", ["spec": ["storageClassName": "fast", "resources": ["requests": ["storage": "3Gi"]]]])
        let amounts = Self.charge(claim, .persistentVolumeClaims).amounts
        #expect(amounts["requests.storage"] == Quantity("3Gi") && amounts["fast.storageclass.storage.k8s.io/requests.storage"] == Quantity("3Gi"))
        #expect(Self.charge(Object(.deployments, namespace: "d", name: "x"), .deployments).amounts == ["count/deployments.apps": Quantity(units: 1)])
        #expect(Self.charge(Object(.secrets, namespace: "d", name: "x"), .secrets).amounts["secrets"] == Quantity(units: 1))
    }

    private func makeQuota(_ fixture: RegistryFixture, _ hard: JSON) async throws {
        try await fixture.create(.resourceQuotas, "q", ["spec": ["hard": hard]])
    }

    @Test("what exceeds a quota is refused in Kubernetes' words; what goes makes room") func refusals() async throws {
        let fixture = try await RegistryFixture()
        try await makeQuota(fixture, ["pods": "1", "requests.cpu": "1", "count/configmaps": "1"])
        let silent = try await fixture.failure { try await fixture.pod("a") }
        #expect(silent.message == #"pods "a" is forbidden: failed quota: q: must specify requests.cpu for: main"#)
        let containers: JSON = [["name": "main", "image": "i", "resources": ["requests": ["cpu": "600m"]]]]
        try await fixture.pod("a", ["containers": containers])
        let second = try await fixture.failure { try await fixture.pod("b", ["containers": containers]) }
        #expect(
            second.message
                == #"pods "b" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=600m, used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1"#)
        try await fixture.client.delete(fixture.key(.pods, "a"))
        try await fixture.pod("b", ["containers": containers])
        try await fixture.create(.configMaps, "one")
        let third = try await fixture.failure { try await fixture.create(.configMaps, "two") }
        #expect(third.message.contains("exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1"))
    }

    @Test("creates side by side never exceed a quota together") func race() async throws {
        let fixture = try await RegistryFixture()
        try await makeQuota(fixture, ["pods": "5", "configmaps": "5"])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask { _ = try? await fixture.pod("p\(number)") }
                group.addTask { _ = try? await fixture.create(.configMaps, "c\(number)") }
            }
        }
        for type in [ResourceType.pods, .configMaps] {
            #expect(try await fixture.client.list(type, namespace: "default").items.count == 5)
        }
        // A dry run takes nothing.
        try await fixture.client.delete(fixture.key(.pods, try await fixture.client.list(.pods, namespace: "default").items[0].name))
        let pod = Object(.pods, namespace: "default", name: "dry", ["spec": ["containers": [["name": "c", "image": "i"]]]])
        for _ in 0..<2 { _ = try await fixture.client.create(.pods, pod, options: WriteOptions(isDryRun: true)) }
        _ = try await fixture.client.create(.pods, pod)
    }

    @Test("the controller writes what is used") func status() {
        let object = Object(.resourceQuotas, namespace: "default", name: "q", ["spec": ["hard": ["pods": "4", "count/secrets": "9"]]])
        let snapshot = ResourceQuotaController.Snapshot(
            quota: object, pods: [Self.pod([:]), Self.pod([:])], services: [], claims: [], counts: [ResourceType.secrets.groupResource: 3])
        let controller = ResourceQuotaController.plan(snapshot, now: Timestamp(seconds: 1_700_000_000))
        guard case .update(_, let updated, "status")? = controller.changes.first?.operation else {
            Issue.record("no update of the status")
            return
        }
        #expect(updated.status["used"] == ["pods": "2", "count/secrets": "3"] && updated.status["hard"] == ["pods": "4", "count/secrets": "9"])
    }
}

@Suite(.timeLimit(.minutes(1))) struct LimitRangeTests {
    private func range(_ fixture: RegistryFixture, _ item: JSON) async throws {
        try await fixture.create(.limitRanges, "limits", ["spec": ["limits": [item]]])
    }

    @Test("containers that say nothing get the defaults, and those that set a limit request as much") func defaults() async throws {
        let fixture = try await RegistryFixture()
        try await range(fixture, ["type": "Container", "default": ["cpu": "500m", "memory": "1Gi"], "defaultRequest": ["cpu": "100m"]])
        let plain = try await fixture.pod("a")
        let resources = plain["spec", "containers"]?.array?[0]["resources"]
        #expect(resources?["limits"] == ["cpu": "500m", "memory": "1Gi"] && resources?["requests"] == ["cpu": "100m", "memory": "1Gi"])
        #expect(plain.annotations["kubernetes.io/limit-ranger"] == "LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main")
        let own = try await fixture.pod("b", ["containers": [["name": "main", "image": "i", "resources": ["limits": ["cpu": "2"]]]]])
        #expect(own["spec", "containers"]?.array?[0]["resources"]?["requests"]?["cpu"] == "2")
    }

    @Test(
        "bounds are kept",
        arguments: [
            (["type": "Container", "max": ["cpu": "1"]], ["limits": ["cpu": "2"]], "maximum cpu usage per Container is 1, but limit is 2, maximum cpu usage per Container is 1, but request is 2"),
            (["type": "Container", "min": ["memory": "1Gi"]], ["requests": ["memory": "1Mi"]], "minimum memory usage per Container is 1Gi, but request is 1Mi"),
            (["type": "Pod", "max": ["memory": "1Gi"]], [:], "maximum memory usage per Pod is 1Gi. No limit is specified"),
            (
                ["type": "Container", "maxLimitRequestRatio": ["cpu": "2"]], ["requests": ["cpu": "100m"], "limits": ["cpu": "400m"]],
                "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000"
            ),
        ] as [(JSON, JSON, String)])
    func bounds(item: JSON, resources: JSON, text: String) async throws {
        let fixture = try await RegistryFixture()
        try await range(fixture, item)
        let status = try await fixture.failure {
            try await fixture.pod("a", ["containers": [["name": "main", "image": "i", "resources": resources]]])
        }
        #expect(status.code == 403 && status.message.contains(text), "\(status.message)")
    }
}

@Suite(.timeLimit(.minutes(1))) struct PriorityTests {
    @Test("a pod takes its class's value, or the default class's, and may not contradict it") func classes() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.create(.priorityClasses, "high", ["value": 1000, "preemptionPolicy": "Never"])
        let named = try await fixture.pod("a", ["priorityClassName": "high"])
        #expect(named["spec", "priority"] == 1000 && named["spec", "preemptionPolicy"] == "Never")
        try await fixture.create(.priorityClasses, "usual", ["value": 10, "globalDefault": true])
        let plain = try await fixture.pod("b")
        #expect(plain["spec", "priority"] == 10 && plain["spec", "priorityClassName"] == "usual")
        let other = try await fixture.failure { try await fixture.create(.priorityClasses, "second", ["value": 1, "globalDefault": true]) }
        #expect(other.message.contains("PriorityClass usual is already marked as default"))
        let wrong = try await fixture.failure { try await fixture.pod("c", ["priorityClassName": "high", "priority": 5]) }
        #expect(wrong.message.contains("the integer value of priority (5) must not be provided in pod spec"))
        let missing = try await fixture.failure { try await fixture.pod("d", ["priorityClassName": "none"]) }
        #expect(missing.message == #"pods "d" is forbidden: no PriorityClass with name none was found"#)
    }

    @Test("a claim without a class gets the default one") func storageClass() async throws {
        let fixture = try await RegistryFixture()
        func claim(_ name: String, _ more: JSONObject = [:]) async throws -> Object {
            var spec: JSONObject = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
            for member in more { spec[member.key] = member.value }
            return try await fixture.create(.persistentVolumeClaims, name, ["spec": .object(spec)])
        }
        #expect(try await claim("none")["spec", "storageClassName"] == nil)
        var object = Object(.storageClasses, name: "fast", ["provisioner": "example.com/p"])
        object.annotations["storageclass.kubernetes.io/is-default-class"] = "true"
        _ = try await fixture.client.create(.storageClasses, object)
        #expect(try await claim("a")["spec", "storageClassName"] == "fast")
        #expect(try await claim("b", ["storageClassName": ""])["spec", "storageClassName"] == "")
    }
}
