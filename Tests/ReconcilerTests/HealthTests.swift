import APIMachinery
import Testing

@testable import Reconciler

@Suite("Health: rules and root causes", .timeLimit(.minutes(1)))
struct HealthTests {
    private func object(_ yaml: String) throws -> Object {
        let value = try #require(try YAML.documents(parsing: Array(yaml.utf8)).first?.value.object)
        return Object(value)
    }

    private static let deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default, uid: d, generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1}}"
    private static let replicaSet = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web-1, namespace: default, uid: r, annotations: {deployment.kubernetes.io/revision: '2'}, ownerReferences: [{uid: d}]}, spec: {replicas: 2}}"

    private func pod(_ status: String) -> String {
        "{apiVersion: v1, kind: Pod, metadata: {name: web-1-x, namespace: default, uid: p, ownerReferences: [{uid: r}]}, spec: {nodeName: node, containers: [{name: web, image: 'nginx:9'}], volumes: [{persistentVolumeClaim: {claimName: data}}]}, status: \(status)}"
    }

    private func view(_ objects: [Object]) -> ClusterView {
        ClusterView(
            dependents: { type, uid in objects.filter { $0.kind == type.kind && $0.ownerReferences.contains { $0.uid == uid } } },
            object: { key in objects.first { $0.kind == key.type.kind && $0.name == key.name } },
            events: { key in objects.filter { $0.kind == "Event" && $0.fields["involvedObject"]?["name"]?.string == key.name } })
    }

    private static let pullError = "failed to pull and unpack image \"docker.io/library/nginx:9\": failed to resolve reference \"docker.io/library/nginx:9\": failed to do request: Head \"https://registry-1.docker.io/v2/library/nginx/manifests/9\": dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: dial udp 192.0.2.53:53: connect: network is unreachable"
    private static let startError = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \\\"serve\\\": executable file not found in $PATH: unknown"

    /// Failures of the runtime, and what is left of them.
    static let causes: [(text: String, cause: String)] = [
        (pullError, "registry-1.docker.io does not answer: network is unreachable"),
        ("rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/library/nginx:9\": failed to resolve reference \"docker.io/library/nginx:9\": docker.io/library/nginx:9: not found", "docker.io/library/nginx:9: not found"),
        ("failed to pull and unpack image \"r.io/a:1\": failed to resolve reference \"r.io/a:1\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"),
        ("failed to pull image: ", ""), ("no such host", "no such host"), ("", ""), ("unknown", "unknown"),
    ]

    @Test("a failed pull is told by its root cause", arguments: causes.indices)
    func rootCause(index: Int) { #expect(RootCause.ofPull(Self.causes[index].text) == Self.causes[index].cause) }

    /// A pod's status, and what is said of its Deployment.
    static let chains: [(pod: String, state: Health.State, reason: String)] = [
        (
            "{phase: Pending, containerStatuses: [{name: web, state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image \"nginx:9\": ErrImagePull: \(pullError)'}}}]}",
            .degraded, "1/2 ready — pod web-1-x — container web: cannot pull the image nginx:9: registry-1.docker.io does not answer: network is unreachable"
        ),
        (
            "{phase: Pending, containerStatuses: [{name: web, state: {waiting: {reason: ErrImagePull, message: '\(pullError)'}}}]}",
            .degraded, "1/2 ready — pod web-1-x — container web: cannot pull the image nginx:9: registry-1.docker.io does not answer: network is unreachable"
        ),
        (
            "{phase: Pending, containerStatuses: [{name: web, state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image \"nginx:9\"'}}}]}",
            .degraded, "1/2 ready — pod web-1-x — container web: cannot pull the image nginx:9"
        ),
        (
            "{phase: Running, containerStatuses: [{name: web, state: {waiting: {reason: RunContainerError, message: \"\(startError)\"}}}]}",
            .degraded, "1/2 ready — pod web-1-x — container web: cannot start: exec: \"serve\": executable file not found in $PATH"
        ),
        (
            "{phase: Running, containerStatuses: [{name: web, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error, message: \"a\\nno config\\n\"}}}]}",
            .degraded,
            "1/2 ready — pod web-1-x — container web exited with code 1 (no config), 3 restarts; see kubectl logs -n default web-1-x -c web --previous"
        ),
        (
            "{phase: Running, containerStatuses: [{name: web, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}",
            .degraded,
            "1/2 ready — pod web-1-x — container web was killed: out of memory (raise resources.limits.memory), 1 restart; see kubectl logs -n default web-1-x -c web --previous"
        ),
        (
            "{phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: '0/1 nodes are available: 1 Insufficient cpu.'}]}",
            .degraded, "1/2 ready — pod web-1-x — PersistentVolumeClaim data — not bound: no free PersistentVolume of class fast"
        ),
        (
            "{phase: Running, conditions: [{type: Ready, status: 'False'}], containerStatuses: [{name: web, ready: false, state: {running: {}}}]}",
            .progressing, "1/2 ready — pod web-1-x — container web runs but is not ready: Readiness probe failed: HTTP probe failed with statuscode: 404"
        ),
        (
            "{phase: Pending, containerStatuses: [{name: web, state: {waiting: {reason: ContainerCreating}}}]}", .progressing,
            "1/2 ready — pod web-1-x — pulling image \"nginx\""
        ),
    ]

    @Test("a Deployment names the root cause through ReplicaSet, pod and container", arguments: chains.indices)
    func chain(index: Int) throws {
        let (status, state, reason) = Self.chains[index]
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: default}, spec: {storageClassName: fast}, status: {phase: Pending}}"
        let event = "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: default}, involvedObject: {kind: Pod, name: web-1-x}, type: Normal, reason: Pulling, message: 'Pulling image \"nginx\"', lastTimestamp: '2026-01-01T00:00:00Z'}"
        let probe = "{apiVersion: v1, kind: Event, metadata: {name: f, namespace: default}, involvedObject: {kind: Pod, name: web-1-x, fieldPath: 'spec.containers{web}'}, type: Warning, reason: Unhealthy, message: 'Readiness probe failed: HTTP probe failed with statuscode: 404', lastTimestamp: '2025-01-01T00:00:00Z'}"
        let objects = try [Self.deployment, Self.replicaSet, pod(status), claim, event, probe].map(object)
        let health = HealthRules.health(of: objects[0], type: .deployments, view: view(objects))
        #expect(health.reason == reason)
        // A claim that is not bound yet is on its way even where the scheduler says no.
        #expect(health.state == (reason.contains("PersistentVolumeClaim") ? .progressing : state))
    }

    /// Kind, object and verdict.
    static let table: [(type: ResourceType, yaml: String, state: Health.State, reason: String)] = [
        (.deployments, deployment.replacing("readyReplicas: 1, availableReplicas: 1", with: "readyReplicas: 2, availableReplicas: 2"), .healthy, ""),
        (.deployments, deployment.replacing("observedGeneration: 2", with: "observedGeneration: 1"), .progressing, "rollout not begun"),
        (.deployments, deployment.replacing("replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1", with: "replicas: 3, updatedReplicas: 2, readyReplicas: 3, availableReplicas: 3"), .progressing, "3/2 ready — 1 old replica to go"),
        (.deployments, deployment.replacing("observedGeneration: 2", with: "observedGeneration: 2, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, message: timed out}]"), .degraded, "1/2 ready — ProgressDeadlineExceeded: timed out"),
        (.jobs, "{metadata: {uid: j}, spec: {completions: 3}, status: {succeeded: 1}}", .progressing, "1/3 completed"),
        (.jobs, "{metadata: {uid: j}, status: {conditions: [{type: Complete, status: 'True'}]}}", .healthy, ""),
        (.jobs, "{metadata: {uid: j}, status: {conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, message: too often}]}}", .degraded, "BackoffLimitExceeded: too often"),
        // A resumed Job keeps the condition with status False: it runs.
        (.jobs, "{metadata: {uid: j}, spec: {}, status: {conditions: [{type: Suspended, status: 'False'}]}}", .progressing, "0/1 completed"),
        (.pods, "{status: {phase: Succeeded}}", .healthy, ""),
        (.pods, "{spec: {}, status: {conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.'}]}}", .degraded, "cannot be scheduled: 0/1 nodes are available: 1 Insufficient cpu."),
        (.pods, "{status: {phase: Failed, reason: Evicted, message: low on memory}}", .degraded, "Evicted: low on memory"),
        (.persistentVolumeClaims, "{status: {phase: Bound}}", .healthy, ""),
        (.persistentVolumeClaims, "{spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}, status: {phase: Pending}}", .degraded, "not bound: no free PersistentVolume without a class offers 1Gi, ReadWriteOnce; add one"),
        (.persistentVolumeClaims, "{spec: {volumeName: v}, status: {phase: Lost}}", .degraded, "its volume v is gone"),
        (.services, "{spec: {type: ClusterIP}}", .healthy, ""),
        (.services, "{spec: {type: LoadBalancer}}", .progressing, "waits for a load balancer's address"),
        (.configMaps, "{data: {}}", .healthy, ""),
        (.configMaps, "{metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [a/b]}}", .progressing, "being deleted; waits for finalizer a/b"),
        (.leases, "{metadata: {generation: 2}, status: {observedGeneration: 1}}", .progressing, "its controller has not seen the latest change yet"),
        (.leases, "{status: {conditions: [{type: Ready, status: 'False', reason: Later, message: not now}]}}", .progressing, "Later: not now"),
    ]

    @Test("each kind by its rule", arguments: table.indices)
    func rule(index: Int) throws {
        let (type, yaml, state, reason) = Self.table[index]
        let health = HealthRules.health(of: try object(yaml), type: type, view: view([]))
        #expect(health.state == state)
        #expect(health.reason == reason)
    }

    @Test("what a container says cannot drive a terminal")
    func printable() throws {
        let pod = try object(
            pod("{phase: Failed, containerStatuses: [{name: web, state: {terminated: {exitCode: 1, message: \"\\e[2Jgone\"}}}]}"))
        let health = HealthRules.health(of: pod, type: .pods, view: view([]))
        #expect(health.reason.hasPrefix("container web exited with code 1 (\u{FFFD}[2Jgone)"), "\(health.reason)")
    }
}
