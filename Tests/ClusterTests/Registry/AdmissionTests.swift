import APIMachinery
import Testing

@testable import Cluster

struct AdmissionTests {
    @Test("A pod gets its account, token, tolerations and priority", .timeLimit(.minutes(1)))
    func pods() async throws {
        let fixture = try await RegistryFixture()
        let pod = try await fixture.pod("a")
        #expect(pod["spec", "serviceAccountName"] == "default" && pod["spec", "priority"] == 0)
        let volume = try #require(pod["spec", "volumes"]?.array?.first)
        let name = try #require(volume["name"]?.string)
        #expect(name.hasPrefix("kube-api-access-") && name.count == 21)
        #expect(volume["projected"]?["sources"]?.array?.count == 3)
        let mount = pod["spec", "containers"]?.array?.first?["volumeMounts"]?.array?.first
        #expect(mount?["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount" && mount?["name"]?.string == name && mount?["readOnly"] == true)
        #expect(pod["spec", "tolerations"]?.array?.count == 2)
        #expect(pod["status"] == ["phase": "Pending", "qosClass": "BestEffort"])
    }

    @Test("A pod that declines the token gets none; a missing account is named", .timeLimit(.minutes(1)))
    func tokens() async throws {
        let fixture = try await RegistryFixture()
        let pod = try await fixture.pod("a", ["automountServiceAccountToken": false, "tolerations": [["operator": "Exists"]]])
        #expect(pod["spec", "volumes"] == nil && pod["spec", "tolerations"]?.array?.count == 1)
        let status = try await fixture.failure { try await fixture.pod("b", ["serviceAccountName": "robot"]) }
        #expect(status.message == "pods \"b\" is forbidden: error looking up service account default/robot: serviceaccount \"robot\" not found")
    }

    @Test("A pod waits for the default account of a new namespace", .timeLimit(.minutes(1)))
    func defaultAccount() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.create(.namespaces, "team")
        let client = fixture.client
        let pod = Object(.pods, namespace: "team", name: "a", ["spec": ["containers": [["name": "c", "image": "i"]]]])
        async let created = client.create(.pods, pod)
        while fixture.clock.nextDeadline == nil { await Task.yield() }
        _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "team", name: "default"))
        #expect(try await created.name == "a")
        try await fixture.create(.namespaces, "empty")
        let request = Object(.pods, namespace: "empty", name: "a", ["spec": pod.spec])
        async let refused = fixture.failure { _ = try await client.create(.pods, request) }
        while fixture.clock.nextDeadline == nil { await Task.yield() }
        fixture.clock.advance(by: .seconds(2))
        #expect(try await refused.message.contains("serviceaccount \"default\" not found"))
    }

    private static let resources: [(JSON, String)] = [
        ([:], "BestEffort"),
        (["requests": ["cpu": "1"]], "Burstable"),
        (["limits": ["cpu": "1", "memory": "1Gi"]], "Guaranteed"),
        (["requests": ["cpu": "1000m", "memory": "1Gi"], "limits": ["cpu": "1", "memory": "1024Mi"]], "Guaranteed"),
        (["requests": ["cpu": "0.5", "memory": "1Gi"], "limits": ["cpu": "1", "memory": "1Gi"]], "Burstable"),
    ]

    @Test("Requests and limits give the quality of service", .timeLimit(.minutes(1)), arguments: resources)
    func qualityOfService(resources: JSON, expected: String) async throws {
        let fixture = try await RegistryFixture()
        let pod = try await fixture.pod("a", ["containers": [["name": "c", "image": "i", "resources": resources]]])
        #expect(pod["status", "qosClass"]?.string == expected)
    }

    @Test("A job selects its own pods", .timeLimit(.minutes(1)))
    func jobs() async throws {
        let fixture = try await RegistryFixture()
        let job = try await fixture.create(
            .jobs, "j", ["spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]]]]])
        let uid = JSON.string(job.uid)
        #expect(job["spec", "selector", "matchLabels"] == ["batch.kubernetes.io/controller-uid": uid])
        #expect(
            job["spec", "template", "metadata", "labels"] == [
                "batch.kubernetes.io/controller-uid": uid, "controller-uid": uid, "batch.kubernetes.io/job-name": "j", "job-name": "j",
            ])
    }

    @Test("Claims and volumes are protected from the first", .timeLimit(.minutes(1)))
    func storage() async throws {
        let fixture = try await RegistryFixture()
        let claim = try await fixture.create(
            .persistentVolumeClaims, "c", ["spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]])
        #expect(claim.finalizers == ["kubernetes.io/pvc-protection"] && claim["status", "phase"] == "Pending")
        let volume = try await fixture.create(
            .persistentVolumes, "v", ["spec": ["accessModes": ["ReadWriteOnce"], "capacity": ["storage": "1Gi"], "hostPath": ["path": "/x"]]])
        #expect(volume.finalizers == ["kubernetes.io/pv-protection"])
    }

    @Test("Services get addresses and node ports, each once", .timeLimit(.minutes(1)))
    func services() async throws {
        let fixture = try await RegistryFixture()
        let first = try await fixture.service("a")
        #expect(first["spec", "clusterIP"] == "10.43.1.0" && first["spec", "clusterIPs"] == ["10.43.1.0"])
        #expect(first["spec", "ipFamilies"] == ["IPv4"] && first["spec", "ipFamilyPolicy"] == "SingleStack")
        #expect(try await fixture.service("b")["spec", "clusterIP"] == "10.43.1.1")
        #expect(try await fixture.service("dns", ["clusterIP": "10.43.0.10"])["spec", "clusterIPs"] == ["10.43.0.10"])
        #expect(try await fixture.service("headless", ["clusterIP": "None"])["spec", "clusterIPs"] == ["None"])
        var status = try await fixture.failure { try await fixture.service("c", ["clusterIP": "10.43.0.10"]) }
        #expect(
            status.message
                == "Service \"c\" is invalid: spec.clusterIPs: Invalid value: [\"10.43.0.10\"]: failed to allocate IP 10.43.0.10: provided IP is already allocated")
        status = try await fixture.failure { try await fixture.service("c", ["clusterIP": "10.9.0.1"]) }
        #expect(status.message.contains("the provided IP (10.9.0.1) is not in the valid range. The range of valid IPs is 10.43.0.0/16"))
        let nodePort = try await fixture.service("np", ["type": "NodePort", "ports": [["port": 80, "nodePort": 30080]]])
        #expect(nodePort["spec", "ports"]?.array?.first?["nodePort"] == 30080)
        status = try await fixture.failure { try await fixture.service("np2", ["type": "NodePort", "ports": [["port": 80, "nodePort": 30080]]]) }
        #expect(status.message == "Service \"np2\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated")
        // The refused one left nothing taken.
        try await fixture.client.delete(fixture.key(.services, "np"))
        _ = try await fixture.service("np2", ["type": "NodePort", "ports": [["port": 80, "nodePort": 30080]]])
    }

    @Test("An update keeps what was allocated, and a change of type gives it back", .timeLimit(.minutes(1)))
    func serviceUpdates() async throws {
        let fixture = try await RegistryFixture()
        var service = try await fixture.service("a", ["type": "NodePort"])
        let ip = service["spec", "clusterIP"]
        let port = try #require(service["spec", "ports"]?.array?.first?["nodePort"]?.int)
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] { service["spec", key] = nil }
        service["spec", "ports"] = [["port": 80]]
        service["metadata", "labels"] = ["x": "y"]
        service = try await fixture.client.update(.services, service)
        #expect(service["spec", "clusterIP"] == ip && service["spec", "ports"]?.array?.first?["nodePort"]?.int == port)
        service["spec", "type"] = "ClusterIP"
        service = try await fixture.client.update(.services, service)
        #expect(service["spec", "ports"]?.array?.first?["nodePort"] == nil && service["spec", "clusterIP"] == ip)
        let other = try await fixture.service("b", ["type": "NodePort", "ports": [["port": 80, "nodePort": .int(port)]]])
        #expect(other["spec", "ports"]?.array?.first?["nodePort"]?.int == port)
    }

    @Test("Dry runs and restarts do not lose or leak addresses", .timeLimit(.minutes(1)))
    func addresses() async throws {
        let directory = try StoreDirectory()
        var store = try openStore(directory)
        var fixture = try await RegistryFixture(store: store)
        let spec: JSONObject = ["type": "NodePort", "clusterIP": "10.43.0.77", "ports": [["port": 80, "nodePort": 31000]]]
        var object = Object(.services, namespace: "default", name: "a", ["spec": .object(spec)])
        object["spec", "selector"] = ["a": "b"]
        _ = try await fixture.client.create(.services, object, options: WriteOptions(isDryRun: true))
        _ = try await fixture.client.create(.services, object)
        let fork = LocalClient(registry: fixture.registry.fork(), user: .component("fork"))
        try await fork.delete(fixture.key(.services, "a"))
        await store.close()
        store = try openStore(directory)
        fixture = try RegistryFixture(reopening: store, fixture)
        object.name = "b"
        let status = try await fixture.failure { _ = try await fixture.client.create(.services, object) }
        #expect(status.message.contains("already allocated"))
        await store.close()
    }
}
