import APIMachinery
import TestSupport
import Testing

@testable import Cluster

/// The subresources that change a part of an object, and what is computed.
@Suite(.timeLimit(.minutes(1))) struct PartTests {
    private static func evict(_ fixture: RegistryFixture, _ name: String) async throws(APIStatus) {
        let eviction = Object(["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(name), "namespace": "default"]])
        _ = try await fixture.client.createSubresource(fixture.key(.pods, name), "eviction", eviction, options: WriteOptions())
    }

    private static func run(_ fixture: RegistryFixture, _ name: String, isReady: Bool = true) async throws {
        var pod = Object(.pods, namespace: "default", name: name, ["spec": ["nodeName": "n", "containers": [["name": "main", "image": "busybox"]]]])
        pod.labels = ["app": "web"]
        _ = try await fixture.client.create(.pods, pod)
        _ = try await fixture.client.patch(
            fixture.key(.pods, name),
            .merge(["status": ["phase": "Running", "conditions": [["type": "Ready", "status": isReady ? "True" : "False"]]]]), subresource: "status")
    }

    @Test("an eviction spends what the budget allows, and waits when nothing is left") func budget() async throws {
        let fixture = try await RegistryFixture()
        for name in ["a", "b", "c"] { try await Self.run(fixture, name) }
        _ = try await fixture.client.create(.podDisruptionBudgets, MinimalObjects.of(.podDisruptionBudgets, name: "web"))
        let status = try await fixture.failure { try await Self.evict(fixture, "a") }
        #expect(status.code == 429 && status.retryAfterSeconds == 10)
        #expect(status.message == "Cannot evict pod as it would violate the pod's disruption budget.")
        #expect(status.causes.first?.message == "The disruption budget web is still being processed by the server.")
        let key = fixture.key(.podDisruptionBudgets, "web")
        _ = try await fixture.client.patch(
            key, .merge(["status": ["observedGeneration": 1, "disruptionsAllowed": 1, "desiredHealthy": 2, "currentHealthy": 3, "expectedPods": 3]]),
            subresource: "status")
        try await Self.evict(fixture, "a")
        let evicted = try fixture.get(.pods, "a")
        #expect(evicted.isDeleting)
        let target = evicted.condition("DisruptionTarget")
        #expect(target?["status"] == "True" && target?["reason"] == "EvictionByEvictionAPI" && target?["message"] == "Eviction API: evicting")
        #expect(evicted.condition("Ready") != nil)
        let spent = try fixture.get(.podDisruptionBudgets, "web")
        #expect(spent["status", "disruptionsAllowed"] == 0 && spent["status", "disruptedPods", "a"] != nil)
        #expect(spent.condition("DisruptionAllowed")?["status"] == "False" && spent.condition("DisruptionAllowed")?["reason"] == "InsufficientPods")
        let refused = try await fixture.failure { try await Self.evict(fixture, "b") }
        #expect(refused.causes.first?.message == "The disruption budget web needs 2 healthy pods and has 3 currently")
        #expect(try !fixture.get(.pods, "b").isDeleting)
    }

    @Test("a pod that is not ready may go, if its budget says so") func unhealthy() async throws {
        let fixture = try await RegistryFixture()
        try await Self.run(fixture, "sick", isReady: false)
        var budget = MinimalObjects.of(.podDisruptionBudgets, name: "web")
        budget["spec", "unhealthyPodEvictionPolicy"] = "AlwaysAllow"
        _ = try await fixture.client.create(.podDisruptionBudgets, budget)
        try await Self.evict(fixture, "sick")
        #expect(try fixture.get(.pods, "sick").isDeleting)
    }

    @Test("a pod that changes while it is evicted is looked at again, or its client is told to") func racing() async throws {
        let fixture = try await RegistryFixture()
        var budget = MinimalObjects.of(.podDisruptionBudgets, name: "web")
        budget["spec", "unhealthyPodEvictionPolicy"] = "AlwaysAllow"
        _ = try await fixture.client.create(.podDisruptionBudgets, budget)
        for index in 0..<20 {
            // Not ready, or not even running: neither needs the budget as long as that is so.
            let name = "pod-\(index)"
            if index.isMultiple(of: 2) { try await Self.run(fixture, name, isReady: false) } else { try await fixture.pod(name, ["nodeName": "n"]) }
            let key = fixture.key(.pods, name)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for value in 0..<8 {
                    group.addTask {
                        do throws(APIStatus) {
                            try await fixture.client.patch(key, .merge(["metadata": ["annotations": ["count": .string("\(value)")]]]))
                        } catch { if error.reason != .notFound { throw error } }
                    }
                }
                group.addTask {
                    while true {
                        do throws(APIStatus) { return try await Self.evict(fixture, name) } catch {
                            #expect(error.reason == .tooManyRequests && error.retryAfterSeconds == 10, "\(error)")
                            #expect(error.causes.first?.message == "The disruption budget web is still being processed by the server.")
                            if error.reason != .tooManyRequests { return }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let pod = try fixture.get(.pods, name)
            #expect(pod.isDeleting && pod.condition("DisruptionTarget")?["status"] == "True")
        }
    }

    @Test("ephemeral containers are added by their subresource alone, and stay") func ephemeral() async throws {
        let fixture = try await RegistryFixture()
        let pod = try await fixture.pod("a")
        let key = fixture.key(.pods, "a")
        let debugger: JSON = ["name": "debugger", "image": "busybox", "targetContainerName": "main"]
        let direct = try await fixture.failure { try await fixture.client.patch(key, .strategicMerge(["spec": ["ephemeralContainers": [debugger]]])) }
        #expect(direct.message.contains("spec: Forbidden: pod updates may not change fields other than"))
        let patched = try await fixture.client.patch(key, .strategicMerge(["spec": ["ephemeralContainers": [debugger]]]), subresource: "ephemeralcontainers")
        #expect(patched["spec", "ephemeralContainers"]?.array?.first?["terminationMessagePolicy"] == "File" && patched.generation == pod.generation + 1)
        let removed = try await fixture.failure {
            try await fixture.client.patch(key, .merge(["spec": ["ephemeralContainers": []]]), subresource: "ephemeralcontainers")
        }
        #expect(removed.message.contains("spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debugger\" may not be removed"))
        let unknown = try await fixture.failure {
            try await fixture.client.patch(
                key, .strategicMerge(["spec": ["ephemeralContainers": [["name": "b", "image": "i", "targetContainerName": "none"]]]]),
                subresource: "ephemeralcontainers")
        }
        #expect(unknown.message.contains("targetContainerName: Not found: \"none\""))
        #expect(try fixture.registry.get(key, subresource: "ephemeralcontainers", context: fixture.context).name == "a")
    }

    @Test("resize changes resources of containers and nothing else, within the pod's class") func resize() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("a", ["containers": [["name": "main", "image": "busybox", "resources": ["requests": ["cpu": "1"]]]]])
        let key = fixture.key(.pods, "a")
        func container(_ resources: JSON) -> Patch { .strategicMerge(["spec": ["containers": [["name": "main", "image": "other", "resources": resources]]]]) }
        let resized = try await fixture.client.patch(key, container(["requests": ["cpu": "2"]]), subresource: "resize")
        let main = resized["spec", "containers"]?.array?.first
        #expect(main?["resources"]?["requests"]?["cpu"] == "2" && main?["image"] == "busybox")
        let status = try await fixture.failure { try await fixture.client.patch(key, container(["requests": ["ephemeral-storage": "1Gi"]]), subresource: "resize") }
        #expect(status.message.contains("only cpu and memory resources are mutable"))
        let other = try await fixture.failure {
            try await fixture.client.patch(
                key, .json([["op": "replace", "path": "/spec/containers/0/resources", "value": [:]]]), subresource: "resize")
        }
        #expect(other.message.contains("Pod QOS Class may not change as a result of resizing"))
    }

    @Test("a signing request says who asks, and is decided by its approval alone") func approval() async throws {
        let fixture = try await RegistryFixture()
        var request = MinimalObjects.of(.certificateSigningRequests, name: "csr")
        request["spec", "username"] = "somebody-else"
        request["status"] = ["conditions": [["type": "Approved", "status": "True"]]]
        let created = try await fixture.registry.create(.certificateSigningRequests, request, options: WriteOptions(), context: fixture.context).object
        #expect(created["spec", "username"] == "alice" && created["status", "conditions"] == nil)
        let key = fixture.key(.certificateSigningRequests, "csr")
        var approved = created
        approved["status"] = ["conditions": [["type": "Approved", "status": "True", "reason": "Test"]]]
        _ = try await fixture.client.update(.certificateSigningRequests, approved)
        #expect(try fixture.get(.certificateSigningRequests, "csr")["status", "conditions"] == nil)
        approved.resourceVersion = ""
        let result = try await fixture.client.update(.certificateSigningRequests, approved, subresource: "approval")
        #expect(result["status", "conditions"]?.array?.first?["lastUpdateTime"] == "2023-11-14T22:13:20Z")
        let status = try await fixture.failure {
            try await fixture.client.patch(key, .merge(["status": ["conditions": []]]), subresource: "approval")
        }
        #expect(status.message.contains("updates may not remove a condition of type \"Approved\""))
    }

    @Test("a load balancer of local endpoints gets a port for its health checks, and keeps it") func healthCheckPort() async throws {
        let fixture = try await RegistryFixture()
        let service = try await fixture.service("lb", ["type": "LoadBalancer", "externalTrafficPolicy": "Local"])
        let port = try #require(service["spec", "healthCheckNodePort"]?.int)
        #expect((30_000...32_767).contains(port) && service["spec", "ports"]?.array?.first?["nodePort"] != .int(port))
        let key = fixture.key(.services, "lb")
        let kept = try await fixture.client.patch(key, .merge(["spec": ["healthCheckNodePort": .null]]))
        #expect(kept["spec", "healthCheckNodePort"] == .int(port))
        let status = try await fixture.failure { try await fixture.client.patch(key, .merge(["spec": ["healthCheckNodePort": 30_999]])) }
        #expect(status.message.contains("spec.healthCheckNodePort: Invalid value: 30999: field is immutable"))
        let cluster = try await fixture.client.patch(key, .merge(["spec": ["externalTrafficPolicy": "Cluster"]]))
        #expect(cluster["spec", "healthCheckNodePort"] == nil)
    }

    @Test("the old way to bind and the components' health are served") func computed() async throws {
        try await ServerUnderTest.with { server in
            let answer = try await server.get("/api/v1/componentstatuses")
            #expect(answer.headers.first(name: "warning") == "299 - \"v1 ComponentStatus is deprecated in v1.19+\"")
            let list = answer.json
            #expect(list["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string } == ["controller-manager", "etcd-0", "scheduler"])
            #expect(try await server.get("/api/v1/componentstatuses/scheduler").status == 200)
            #expect(try await server.get("/api/v1/componentstatuses/none").status == 404)
            #expect(try await server.get("/api/v1/namespaces/default/bindings").status == 405)
            #expect(try await server.send(.POST, "/api/v1/componentstatuses").status == 405)
        }
    }
}
