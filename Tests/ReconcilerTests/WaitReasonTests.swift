import APIMachinery
import Cluster
import Logging
import Testing

@testable import Reconciler

@Suite("Health: what is waited for, and its root cause", .timeLimit(.minutes(1)))
struct WaitReasonTests {
    private func object(_ yaml: String) throws -> Object {
        Object(try #require(try YAML.documents(parsing: Array(yaml.utf8)).first?.value.object))
    }

    private func view(_ objects: [Object]) -> ClusterView {
        ClusterView(
            dependents: { type, uid in objects.filter { $0.kind == type.kind && $0.ownerReferences.contains { $0.uid == uid } } },
            object: { key in objects.first { $0.kind == key.type.kind && $0.name == key.name } },
            events: { key in
                objects.filter {
                    $0.kind == "Event" && $0.fields["involvedObject"]?["name"]?.string == key.name
                        && $0.fields["involvedObject"]?["kind"]?.string == key.type.kind
                }
            })
    }

    private static let quota = "pods \"web-\" is forbidden: exceeded quota: small, requested: pods=1,requests.cpu=100m, used: pods=2,requests.cpu=950m, limited: pods=2,requests.cpu=1"
    private static let quotaReason =
        "cannot create pods: ResourceQuota small is used up: pods 2 of 2 in use, 1 more requested; requests.cpu 950m of 1 in use, 100m more requested; raise its spec.hard, or free some"

    private static func meta(_ kind: String, _ name: String, more: String = "") -> String {
        "kind: \(kind), metadata: {name: \(name), namespace: default, uid: u\(more)}"
    }

    private static func event(_ kind: String, _ name: String, _ reason: String, _ message: String, type: String = "Warning") -> String {
        "{apiVersion: v1, kind: Event, metadata: {name: e-\(reason), namespace: default}, involvedObject: {kind: \(kind), name: \(name)}, type: \(type), reason: \(reason), message: '\(message)', lastTimestamp: '2026-01-01T00:00:00Z'}"
    }

    private static func pod(_ status: String, kind: String = "Pod") -> String {
        "{apiVersion: v1, kind: Pod, metadata: {name: web-0, namespace: default, uid: p, ownerReferences: [{uid: u}]}, spec: {nodeName: node, containers: [{name: main, image: 'nginx:9'}]}, status: \(status)}"
    }

    private static let starting = pod("{phase: Pending, containerStatuses: [{name: main, state: {waiting: {reason: ContainerCreating}}}]}")
    private static let statefulSet = "{apiVersion: apps/v1, \(meta("StatefulSet", "db")), spec: {replicas: 3}, status: {observedGeneration: 1, replicas: 1, readyReplicas: 0}}"

    struct Case: Sendable {
        var type: ResourceType
        var object: String
        var others: [String] = []
        var state: Health.State
        var reason: String
    }

    static let cases: [Case] = [
        // Quota, told by a condition or by an event.
        Case(
            type: .deployments,
            object: "{apiVersion: apps/v1, \(meta("Deployment", "web")), spec: {replicas: 3}, status: {conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: '\(quota)'}]}}",
            state: .degraded, reason: "0/3 ready — \(quotaReason)"),
        Case(type: .statefulSets, object: statefulSet, others: [event("StatefulSet", "db", "FailedCreate", "create Pod db-1 in StatefulSet db failed error: \(quota)")], state: .degraded, reason: "0/3 ready — \(quotaReason)"),
        Case(
            type: .jobs, object: "{apiVersion: batch/v1, \(meta("Job", "once")), spec: {}, status: {}}",
            others: [event("Job", "once", "FailedCreate", "Error creating: pods \"once-\" is forbidden: failed quota: small: must specify limits.cpu for: main")],
            state: .degraded, reason: "0/1 completed — cannot create pods: ResourceQuota small demands limits.cpu for: main; set the containers' resources"),
        // Once all pods are there, an event of before tells nothing.
        Case(
            type: .statefulSets, object: statefulSet.replacing("replicas: 1,", with: "replicas: 3,"), others: [event("StatefulSet", "db", "FailedCreate", quota)],
            state: .progressing, reason: "0/3 ready"),
        // Configuration that is not there.
        Case(
            type: .statefulSets, object: statefulSet,
            others: [pod("{phase: Pending, containerStatuses: [{name: main, state: {waiting: {reason: CreateContainerConfigError, message: 'secret \"login\" not found'}}}]}")],
            state: .degraded, reason: "0/3 ready — pod web-0 — container main: Secret login is missing; add it to the repository, or create it"),
        Case(
            type: .pods,
            object: pod("{phase: Pending, containerStatuses: [{name: main, state: {waiting: {reason: CreateContainerConfigError, message: 'couldn''t find key user in Secret default/login'}}}]}"),
            state: .degraded, reason: "container main: Secret default/login has no key user"),
        Case(
            type: .pods, object: starting, others: [event("Pod", "web-0", "FailedMount", "MountVolume.SetUp failed for volume \"v\" : configmaps \"site\" not found")],
            state: .progressing, reason: "ConfigMap site is missing; add it to the repository, or create it"),
        Case(
            type: .pods, object: starting, others: [event("Pod", "web-0", "FailedMount", "MountVolume.SetUp failed for volume \"v\" : references non-existent key \"a\" of ConfigMap site")],
            state: .progressing, reason: "ConfigMap site has no key a"),
        // Claims.
        Case(
            type: .persistentVolumeClaims,
            object: "{\(meta("PersistentVolumeClaim", "data")), spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}, status: {phase: Pending}}",
            others: [event("PersistentVolumeClaim", "data", "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found")], state: .degraded,
            reason: "not bound: no free PersistentVolume of class fast offers 5Gi, ReadWriteOnce: storageclass.storage.k8s.io \"fast\" not found"),
        Case(
            type: .persistentVolumeClaims, object: "{\(meta("PersistentVolumeClaim", "data")), spec: {storageClassName: fast}, status: {phase: Pending}}",
            others: [event("PersistentVolumeClaim", "data", "WaitForFirstConsumer", "waiting for first consumer to be created before binding", type: "Normal")],
            state: .progressing, reason: "not bound: waits for the first pod that uses it"),
        // Deletions.
        Case(
            type: .configMaps,
            object: "{metadata: {name: a, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [example.com/hold, kubernetes.io/pvc-protection], managedFields: [{manager: operator, fieldsV1: {'f:metadata': {'f:finalizers': {'.': {}, 'v:\"example.com/hold\"': {}}}}}]}}",
            state: .progressing, reason: "being deleted; waits for finalizers example.com/hold (set by operator), kubernetes.io/pvc-protection (a pod still uses it)"),
        Case(
            type: .pods, object: "{metadata: {name: a, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30}}", state: .progressing,
            reason: "being deleted; its containers have 30 s to stop"),
        Case(
            type: .namespaces,
            object: "{metadata: {name: a, deletionTimestamp: '2026-01-01T00:00:00Z'}, status: {phase: Terminating, conditions: [{type: NamespaceDeletionContentFailure, status: 'False', message: fine}, {type: NamespaceContentRemaining, status: 'True', message: 'Some resources are remaining: pods. has 1 resource instances'}, {type: NamespaceFinalizersRemaining, status: 'True', message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances'}]}}",
            state: .progressing,
            reason: "being deleted; some resources are remaining: pods. has 1 resource instances; some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"),
        // Sets.
        Case(type: .statefulSets, object: "{metadata: {generation: 2}, spec: {}, status: {observedGeneration: 1}}", state: .progressing, reason: "rollout not begun"),
        Case(type: .statefulSets, object: "{spec: {replicas: 2}, status: {replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: a, updateRevision: b}}", state: .progressing, reason: "2/2 ready — 1 of 2 replicas updated"),
        Case(type: .statefulSets, object: "{spec: {replicas: 2, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}}, status: {replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: a, updateRevision: b}}", state: .healthy, reason: ""),
        Case(type: .statefulSets, object: "{spec: {replicas: 2, updateStrategy: {type: OnDelete}}, status: {replicas: 2, readyReplicas: 2, updatedReplicas: 0, currentRevision: a, updateRevision: b}}", state: .healthy, reason: ""),
        Case(type: .statefulSets, object: "{spec: {replicas: 1}, status: {replicas: 3, readyReplicas: 3}}", state: .progressing, reason: "3/1 ready — 2 old replicas to go"),
        Case(type: .daemonSets, object: "{apiVersion: apps/v1, \(meta("DaemonSet", "log")), spec: {}, status: {desiredNumberScheduled: 2, currentNumberScheduled: 2, numberAvailable: 1}}", state: .progressing, reason: "1/2 nodes ready"),
        Case(type: .daemonSets, object: "{spec: {}, status: {desiredNumberScheduled: 2, numberAvailable: 2, updatedNumberScheduled: 1}}", state: .progressing, reason: "2/2 nodes ready — 1 of 2 pods updated"),
        Case(type: .daemonSets, object: "{spec: {}, status: {desiredNumberScheduled: 0}}", state: .healthy, reason: ""),
        Case(type: .replicationControllers, object: "{spec: {replicas: 2}, status: {replicas: 2, readyReplicas: 1, availableReplicas: 1}}", state: .progressing, reason: "1/2 ready"),
        Case(type: .cronJobs, object: "{spec: {suspend: true}}", state: .suspended, reason: "suspended (spec.suspend)"),
        Case(type: .cronJobs, object: "{spec: {}}", state: .healthy, reason: ""),
        Case(type: .ingresses, object: "{spec: {}, status: {loadBalancer: {}}}", state: .healthy, reason: ""),
        Case(type: .horizontalPodAutoscalers, object: "{status: {conditions: [{type: AbleToScale, status: 'False', reason: FailedGetScale, message: no such deployment}]}}", state: .degraded, reason: "FailedGetScale: no such deployment"),
        Case(type: .horizontalPodAutoscalers, object: "{status: {conditions: [{type: AbleToScale, status: 'True'}, {type: ScalingActive, status: 'False', reason: FailedGetResourceMetric, message: no metrics}]}}", state: .progressing, reason: "FailedGetResourceMetric: no metrics"),
        Case(type: .horizontalPodAutoscalers, object: "{status: {conditions: [{type: ScalingActive, status: 'False', reason: ScalingDisabled, message: zero replicas}]}}", state: .healthy, reason: ""),
        Case(type: .podDisruptionBudgets, object: "{status: {conditions: [{type: DisruptionAllowed, status: 'False', reason: InsufficientPods}]}}", state: .healthy, reason: ""),
        Case(type: .podDisruptionBudgets, object: "{status: {conditions: [{type: DisruptionAllowed, status: 'False', reason: SyncFailed, message: no scale}]}}", state: .degraded, reason: "SyncFailed: no scale"),
        Case(type: .customResourceDefinitions, object: "{status: {conditions: [{type: NamesAccepted, status: 'False', reason: KindConflict, message: taken}]}}", state: .degraded, reason: "KindConflict: taken"),
        Case(type: .customResourceDefinitions, object: "{}", state: .progressing, reason: "not established yet"),
        Case(type: .customResourceDefinitions, object: "{status: {conditions: [{type: Established, status: 'True'}]}}", state: .healthy, reason: ""),
        // Any other kind, by its conditions.
        Case(type: .leases, object: "{status: {conditions: [{type: Stalled, status: 'True', reason: BadSpec, message: no such host}, {type: Reconciling, status: 'True'}]}}", state: .degraded, reason: "BadSpec: no such host"),
        Case(type: .leases, object: "{status: {conditions: [{type: Reconciling, status: 'True', reason: Progressing, message: fetching}, {type: Ready, status: 'True'}]}}", state: .progressing, reason: "Progressing: fetching"),
        Case(type: .leases, object: "{metadata: {generation: 3}, status: {conditions: [{type: Ready, status: 'True', observedGeneration: 2}]}}", state: .progressing, reason: "its controller has not seen the latest change yet"),
        Case(type: .leases, object: "{status: {conditions: [{type: Available, status: 'False', reason: MissingEndpoints, message: nothing answers}]}}", state: .progressing, reason: "MissingEndpoints: nothing answers"),
    ]

    @Test("every wait tells its root cause", arguments: cases.indices)
    func reason(index: Int) throws {
        let item = Self.cases[index]
        let health = HealthRules.health(of: try object(item.object), type: item.type, view: view(try item.others.map(object)))
        #expect(health.state == item.state)
        #expect(health.reason == item.reason)
    }

    /// Waits for nothing.
    private struct HastyClock: WallClock {
        var now: Timestamp { SystemClock().now }
        func sleep(until deadline: Timestamp) async throws {}
    }

    @Test("a replacement that a finalizer holds up says which one, and who set it")
    func heldReplacement() async throws {
        let cluster = try await TestCluster()
        let key = ObjectKey(.configMaps, namespace: "default", name: "held")
        _ = try await cluster.client.create(.configMaps, Object(.configMaps, namespace: "default", name: "held"))
        let live = try await cluster.client(as: "operator").patch(
            key, .merge(["metadata": ["finalizers": ["example.com/hold"]]]), subresource: nil, options: WriteOptions(fieldManager: "operator"))
        var change = PlannedChange(key: key, action: .replaced)
        change.live = live
        change.rendered = RenderedObject(
            key: key, object: Object(.configMaps, namespace: "default", name: "held"),
            origin: ManifestOrigin(path: "a.yaml", blob: .zero, document: 0, place: FieldPath(), line: 1, column: 1))
        let application = Application(namespace: "gitctl-system", name: "shop", origin: .repository("shop"))
        let applier = Applier(client: cluster.client, clock: HastyClock(), logger: Logger(label: "test"))
        let failures = try await applier.apply([change], application: application) { _, _ in }
        #expect(
            failures.map(\.status.message) == [
                "ConfigMap default/held is still being deleted; waits for finalizer example.com/hold (set by operator); waited 30 s"
            ])
    }
}
