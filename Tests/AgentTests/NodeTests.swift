import APIMachinery
import Agent
import TestSupport
import Testing

/// Pods as real containers on a node of the suite's own.
@Suite(.inNetworkNamespace(limit: .seconds(400)), .serialized)
struct NodeTests {
    private static let sleeper = "trap 'echo bye; exit 0' TERM; while true; do sleep 1 & wait; done"

    private func key(_ name: String) -> ObjectKey { ObjectKey(.pods, namespace: "default", name: name) }

    @Test("A pod runs, is ready, writes its log, and is gone after its deletion", .timeLimit(.minutes(1)))
    func life() async throws {
        try await NodeHarness.with { node in
            try await node.create("web", script: "echo hello; echo $HOSTNAME; \(Self.sleeper)")
            let pod = try await node.wait(for: "web", until: \.isReady)
            #expect(pod.phase == "Running")
            #expect(pod.status["podIP"]?.string?.hasPrefix("10.42.") == true)
            #expect(pod.status["qosClass"] == "BestEffort")
            #expect(pod.containerStatus()["restartCount"]?.int == 0)
            #expect(pod.containerStatus()["containerID"]?.string?.hasPrefix("containerd://") == true)
            #expect(try await node.follow("web", until: "web\n") == "hello\nweb\n")
            #expect(try await node.log("web") == "hello\nweb\n")

            var options = LogOptions()
            options.follow = true
            var pieces = try await node.agent.logs(namespace: "default", pod: "web", container: "main", options: options).makeAsyncIterator()
            // The reader opens the file, which goes with the pod, when it is first asked.
            var log = try await pieces.next() ?? []
            try await node.client.delete(key("web"))
            while let some = try await pieces.next() { log += some }
            #expect(String(decoding: log, as: UTF8.self) == "hello\nweb\nbye\n")
            try await node.waitUntilGone("web")
            let events = try await node.events(of: "web")
            #expect(events.contains("Started: Started container main"))
            #expect(events.contains("Killing: Stopping container main"))

            let object = try await node.client.get(ObjectKey(.nodes, name: "node"))
            #expect(object.condition("Ready") == "True")
            #expect(object.status["capacity"]?["pods"] == "110")
            let lease = try await node.client.get(ObjectKey(.leases, namespace: "kube-node-lease", name: "node"))
            #expect(lease.spec["holderIdentity"] == "node")
        }
    }

    @Test("What a container and the machine use is read from their control groups", .timeLimit(.minutes(1)))
    func usage() async throws {
        try await NodeHarness.with { node in
            let limits: JSON = ["limits": ["cpu": "100m", "memory": "64Mi"]]
            try await node.create("busy", script: "while :; do :; done", container: ["resources": limits])
            try await node.create("idle", script: Self.sleeper)
            let pods = [try await node.wait(for: "busy", until: \.isReady), try await node.wait(for: "idle", until: \.isReady)]
            // Asked again until the containers are old enough to say.
            var usages: [PodUsage] = []
            while usages.count < 2 { usages = await node.agent.usage(ofPods: Set(pods.map(\.uid))) }
            let since = usages.map(\.time).min() ?? Timestamp(seconds: 0)
            var later: [PodUsage] = []
            while later.isEmpty || later.contains(where: { $0.time < since + .seconds(1) }) { later = await node.agent.usage(ofPods: Set(pods.map(\.uid))) }
            let busy = try #require(later.first { $0.uid == pods[0].uid })
            let idle = try #require(later.first { $0.uid == pods[1].uid })
            #expect(busy.containers.map(\.name) == ["main"] && busy.window >= .milliseconds(250))
            // Held by its limit: 100 ms of each second, and what it overruns that by now and then.
            #expect((30_000_000...250_000_000).contains(busy.containers[0].usage.cpuNanocores))
            #expect(idle.containers[0].usage.cpuNanocores < busy.containers[0].usage.cpuNanocores)
            #expect((1...64 << 20).contains(busy.containers[0].usage.memoryBytes))
            let machine = try #require(await node.agent.nodeUsage())
            #expect(machine.node == "node" && machine.usage.cpuNanocores > 0 && machine.usage.memoryBytes > busy.containers[0].usage.memoryBytes)
            #expect(await node.agent.usage(ofPods: ["another"]).isEmpty)
        }
    }

    @Test("Containers that end are restarted or left, as the policy says, and leave logs and messages", .timeLimit(.minutes(1)))
    func ends() async throws {
        try await NodeHarness.with { node in
            try await node.create("job", script: "echo done > /dev/termination-log", spec: ["restartPolicy": "Never"])
            try await node.create("bad", script: "echo why; exit 3", spec: ["restartPolicy": "Never"], container: ["terminationMessagePolicy": "FallbackToLogsOnError"])
            try await node.create("crash", script: "echo life; exit 1")
            try await node.create("missing", script: "true", container: ["command": ["/no/such/file"]])

            let job = try await node.wait(for: "job") { $0.phase == "Succeeded" }
            #expect(job.containerStatus()["state"]?["terminated"]?["message"] == "done\n")
            #expect(job.condition("Ready") == "False")
            let bad = try await node.wait(for: "bad") { $0.phase == "Failed" }
            #expect(bad.containerStatus()["state"]?["terminated"]?["exitCode"] == 3)
            #expect(bad.containerStatus()["state"]?["terminated"]?["message"] == "why\n")
            #expect(try await node.log("bad") == "why\n")

            let crash = try await node.wait(for: "crash") { $0.containerStatus()["state"]?["waiting"]?["reason"] == "CrashLoopBackOff" }
            #expect(crash.phase == "Running")
            #expect(crash.containerStatus()["lastState"]?["terminated"]?["exitCode"] == 1)
            var previous = LogOptions()
            previous.previous = true
            #expect(try await node.log("crash", options: previous) == "life\n")

            let missing = try await node.wait(for: "missing") { $0.containerStatus()["lastState"]?["terminated"] != nil }
            #expect(missing.containerStatus()["lastState"]?["terminated"]?["reason"] == "StartError")

            for name in ["job", "bad", "crash", "missing"] { try await node.client.delete(key(name)) }
            for name in ["job", "bad", "crash", "missing"] { try await node.waitUntilGone(name) }
        }
    }

    @Test("An image that the machine lacks is pulled from its registry, once, and events tell", .timeLimit(.minutes(2)))
    func pulls() async throws {
        try await TemporaryDirectory.with { directory in
            let registry = try await ImageRegistry(namespace: try #require(InNetworkNamespace.current), directory: directory.path)
            do {
                try await NodeHarness.with(mirror: "http://\(registry.address)") { node in
                    let nginx: JSONObject = ["image": "nginx:1.27", "command": ["nginx", "-g", "daemon off;"]]
                    try await node.create("web", script: "", container: nginx)
                    try await node.wait(for: "web", until: \.isReady)
                    var events = try await node.events(of: "web")
                    #expect(events.contains("Pulling: Pulling image \"nginx:1.27\""))
                    #expect(events.contains { $0.hasPrefix("Pulled: Successfully pulled image \"nginx:1.27\" in ") }, "\(events)")
                    try await node.create("again", script: "", container: nginx)
                    try await node.wait(for: "again", until: \.isReady)
                    events = try await node.events(of: "again")
                    #expect(events.contains("Pulled: Container image \"nginx:1.27\" already present on machine"), "\(events)")
                }
            } catch {
                try await registry.stop()
                throw error
            }
            try await registry.stop()
        }
    }

    @Test("Environment and volumes come from objects, and follow them", .timeLimit(.minutes(1)))
    func objects() async throws {
        try await NodeHarness.with { node in
            let client = node.client
            let script = """
                echo "$GREETING $KEY $POD $LIMIT"; cat /config/page /secret/key /projected/labels; \
                ls -l /secret/..data/key | cut -c1-10; echo data > /shared/file; cat /claim/kept 2>/dev/null; echo kept > /claim/kept; \
                while ! grep -q new /config/page; do sleep 0.05; done; cat /config/page; echo refreshed; sleep 1000
                """
            try await node.create(
                "reader", script: script,
                spec: [
                    "volumes": [
                        ["name": "config", "configMap": ["name": "config"]],
                        ["name": "secret", "secret": ["secretName": "secret", "defaultMode": 0o400]],
                        [
                            "name": "projected",
                            "projected": [
                                "sources": [["downwardAPI": ["items": [["path": "labels", "fieldRef": ["fieldPath": "metadata.labels"]]]]]]
                            ],
                        ], ["name": "shared", "emptyDir": ["medium": "Memory", "sizeLimit": "1Mi"]],
                        ["name": "claim", "persistentVolumeClaim": ["claimName": "claim"]],
                    ]
                ],
                container: [
                    "env": [
                        ["name": "GREETING", "valueFrom": ["configMapKeyRef": ["name": "config", "key": "greeting"]]],
                        ["name": "KEY", "valueFrom": ["secretKeyRef": ["name": "secret", "key": "key"]]],
                        ["name": "POD", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
                        ["name": "LIMIT", "valueFrom": ["resourceFieldRef": ["resource": "limits.memory", "divisor": "1Mi"]]],
                    ],
                    "resources": ["limits": ["memory": "32Mi", "cpu": "500m"]],
                    "volumeMounts": [
                        ["name": "config", "mountPath": "/config"], ["name": "secret", "mountPath": "/secret"],
                        ["name": "projected", "mountPath": "/projected"], ["name": "shared", "mountPath": "/shared"],
                        ["name": "claim", "mountPath": "/claim", "subPath": "inner"],
                    ],
                ])
            // What is missing is said, and its appearance is acted on at once.
            try await node.waitForEvent(of: "reader") { $0.hasPrefix("FailedMount: MountVolume.SetUp failed") }
            _ = try await client.create(.secrets, Object(.secrets, namespace: "default", name: "secret", ["data": ["key": "czNjcmV0"]]))
            _ = try await client.create(
                .configMaps,
                Object(.configMaps, namespace: "default", name: "config", ["data": ["page": "old\n", "greeting": "hi"]]))
            try await node.createVolume("claim", path: "\(node.directory)/claim")

            try await node.wait(for: "reader", until: \.isReady)
            try await client.patch(ObjectKey(.configMaps, namespace: "default", name: "config"), .merge(["data": ["page": "new\n"]]))
            let log = try await node.follow("reader", until: "refreshed\n")
            #expect(log == "hi s3cret reader 32\nold\ns3cret-r--------\nnew\nrefreshed\n")
            #expect(try await CommandRunner().output("cat", "\(node.directory)/claim/inner/kept") == "kept\n")
            try await client.delete(key("reader"))
            try await node.waitUntilGone("reader")
            // The claim's file outlives the pod.
            #expect(try await CommandRunner().output("cat", "\(node.directory)/claim/inner/kept") == "kept\n")
        }
    }

    @Test("Init containers run first; probes decide readiness and restarts; hooks run", .timeLimit(.minutes(1)))
    func order() async throws {
        try await NodeHarness.with { node in
            func container(_ name: String, _ script: String, _ more: JSONObject = [:]) -> JSON {
                var json: JSONObject = [
                    "name": .string(name), "image": .string(NodeHarness.image), "command": ["/bin/sh", "-c", .string(script)],
                    "volumeMounts": [["name": "shared", "mountPath": "/shared"]],
                ]
                for member in more { json[member.key] = member.value }
                return .object(json)
            }
            let log = "/shared/log"
            try await node.create(
                "ordered", script: "",
                spec: [
                    "volumes": [["name": "shared", "hostPath": ["path": .string("\(node.directory)/shared"), "type": "DirectoryOrCreate"]]],
                    "initContainers": [
                        container("first", "echo first >> \(log)"),
                        container("side", "trap 'echo side-stopped >> \(log); sleep 0.1; exit 0' TERM; echo side >> \(log); while true; do sleep 1 & wait; done", ["restartPolicy": "Always"]),
                        container("second", "echo second >> \(log)"),
                    ],
                    "containers": [
                        container(
                            "main", "echo main >> \(log); cat \(log); trap 'echo main-stopped >> \(log); exit 0' TERM; while true; do sleep 1 & wait; done",
                            [
                                "readinessProbe": ["exec": ["command": ["test", "-e", "/shared/ready"]], "periodSeconds": 1],
                                "lifecycle": [
                                    "postStart": ["exec": ["command": ["/bin/sh", "-c", "echo started >> \(log); touch /shared/ready"]]],
                                    "preStop": ["exec": ["command": ["/bin/sh", "-c", "echo pre-stop >> \(log)"]]],
                                ],
                            ])
                    ],
                ])
            let pod = try await node.wait(for: "ordered", until: \.isReady)
            #expect(pod.condition("Initialized") == "True")
            #expect(pod.containerStatus("first")["state"]?["terminated"]?["exitCode"] == 0)
            #expect(try await node.follow("ordered", until: "main\n").hasPrefix("first\nside\nsecond\nmain\n"))
            try await node.client.delete(key("ordered"))
            try await node.waitUntilGone("ordered")
            let order = try await CommandRunner().output("cat", "\(node.directory)/shared/log")
            #expect(order == "first\nside\nsecond\nmain\nstarted\npre-stop\nmain-stopped\nside-stopped\n")

            try await node.create(
                "sick", script: "touch /tmp/well; sleep 0.3; rm /tmp/well; sleep 1000",
                container: ["livenessProbe": ["exec": ["command": ["test", "-e", "/tmp/well"]], "periodSeconds": 1, "failureThreshold": 1]])
            let sick = try await node.wait(for: "sick") { $0.containerStatus()["restartCount"]?.int == 1 }
            #expect(sick.containerStatus()["lastState"]?["terminated"]?["exitCode"]?.int ?? 0 > 128)
            #expect(try await node.events(of: "sick").contains("Killing: Container main failed liveness probe, will be restarted"))
        }
    }

    @Test("An agent that was killed finds its containers again and restarts nothing", .timeLimit(.minutes(1)))
    func adoption() async throws {
        try await NodeHarness.with { node in
            try await node.create("kept", script: Self.sleeper, container: ["readinessProbe": ["exec": ["command": ["true"]]]])
            let before = try await node.wait(for: "kept", until: \.isReady)
            try await node.create("orphan", script: Self.sleeper)
            try await node.wait(for: "orphan", until: \.isReady)
            try await node.restartAgent {
                // While no agent runs, a pod vanishes and another is asked for.
                var options = DeleteOptions()
                options.gracePeriodSeconds = 0
                try await node.client.delete(key("orphan"), options: options)
                try await node.create("new", script: Self.sleeper)
            }
            try await node.wait(for: "new", until: \.isReady)
            let after = try await node.pod("kept")
            #expect(after.containerStatus()["containerID"] == before.containerStatus()["containerID"])
            #expect(after.containerStatus()["restartCount"]?.int == 0)
            #expect(after.status["conditions"] == before.status["conditions"])
            #expect(after.resourceVersion == before.resourceVersion)
            // Its exits are heard of again.
            try await node.killContainer(of: "kept")
            let restarted = try await node.wait(for: "kept") { $0.containerStatus()["restartCount"]?.int == 1 && $0.isReady }
            #expect(restarted.containerStatus()["lastState"]?["terminated"]?["exitCode"] == 137)
        }
    }

    @Test("Security context and resources reach the process", .timeLimit(.minutes(1)))
    func security() async throws {
        try await NodeHarness.with { node in
            try await node.create(
                "confined",
                script: "id -u; id -g; id -G; touch /x 2>/dev/null || echo read-only; grep NoNewPrivs /proc/self/status; grep CapEff /proc/self/status; ls -ld /data | cut -c1-10",
                spec: [
                    "restartPolicy": "Never", "securityContext": ["runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000, "sysctls": [["name": "net.ipv4.ip_unprivileged_port_start", "value": "0"]]],
                    "volumes": [["name": "data", "emptyDir": [:]]],
                ],
                container: [
                    "securityContext": [
                        "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]],
                        "seccompProfile": ["type": "RuntimeDefault"],
                    ], "volumeMounts": [["name": "data", "mountPath": "/data"]],
                    "resources": ["requests": ["cpu": "250m", "memory": "16Mi"], "limits": ["cpu": "500m", "memory": "32Mi"]],
                ])
            let pod = try await node.wait(for: "confined") { $0.phase == "Succeeded" || $0.phase == "Failed" }
            #expect(pod.status["qosClass"] == "Burstable")
            #expect(
                try await node.log("confined")
                    == "1000\n3000\n3000 2000\nread-only\nNoNewPrivs:\t1\nCapEff:\t0000000000000000\ndrwxrwsrwx\n")
            try await node.create("root", script: "true", container: ["securityContext": ["runAsNonRoot": true]])
            let root = try await node.wait(for: "root") { $0.containerStatus()["state"]?["waiting"]?["reason"] == "CreateContainerConfigError" }
            #expect(root.containerStatus()["state"]?["waiting"]?["message"]?.string?.contains("image will run as root") == true)
        }
    }
}
