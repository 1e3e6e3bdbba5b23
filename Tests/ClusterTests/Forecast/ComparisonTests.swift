import APIMachinery
import Testing

@testable import Cluster

/// The comparison alone, on records made by hand.
@Suite("Forecasts: reading consequences out of what happened", .timeLimit(.minutes(1)))
struct ComparisonTests {
    /// Collects what was there and what happened.
    private struct Story {
        var record = ForecastRecord(before: [:], changes: [], begun: 0, marks: [], steps: [], refusals: [])
        private var revision: UInt64 = 0

        mutating func had(_ type: ResourceType, _ objects: Object...) { record.before[type.groupResource, default: []] += objects }

        mutating func wrote(_ type: ResourceType, _ object: Object, over previous: Object? = nil) {
            revision += 1
            record.changes.append(.init(resource: type.groupResource, object: object, previous: previous, revision: revision))
        }

        mutating func deleted(_ type: ResourceType, _ object: Object) {
            revision += 1
            record.changes.append(.init(resource: type.groupResource, object: object, previous: object, isDeletion: true, revision: revision))
        }

        mutating func timePasses() { record.marks.append(revision) }

        var messages: [String] { Comparison(record).consequences.map(\.message) }
    }

    private static func object(_ type: ResourceType, _ name: String, owner: Object? = nil, _ fields: JSONObject = [:]) -> Object {
        var object = Object(type, namespace: type.isNamespaced ? "default" : nil, name: name, fields)
        object.uid = "uid-\(type.plural)-\(name)"
        if let owner { object.ownerReferences = [OwnerReference(controller: owner)] }
        return object
    }

    private static func slice(_ name: String, ready: Int) -> Object {
        var slice = object(.endpointSlices, name, ["endpoints": .array(Array(repeating: ["conditions": ["ready": true]], count: ready))])
        slice.labels = ["kubernetes.io/service-name": "web"]
        return slice
    }

    @Test("Of what came to no end only what nothing takes back is told", arguments: [true, false])
    func irrevocable(forGood: Bool) {
        var story = Story()
        let web = Self.object(.deployments, "web")
        let set = Self.object(.replicaSets, "web-1", owner: web, ["spec": ["replicas": 1]])
        let pod = Self.object(.pods, "web-1-a", owner: set)
        story.record.steps = [forGood ? .delete(web) : .replace(web)]
        story.record.refusals = [.init(subject: .init(web), status: APIStatus(.forbidden, "no"))]
        story.had(.deployments, web)
        story.had(.replicaSets, set)
        story.had(.pods, pod)
        story.had(.services, Self.object(.services, "web"))
        story.had(.endpointSlices, Self.slice("a", ready: 1))
        story.deleted(.deployments, web)
        story.deleted(.replicaSets, set)
        story.deleted(.endpointSlices, Self.slice("a", ready: 1))
        var deleting = pod
        deleting["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        story.wrote(.pods, deleting, over: pod)
        #expect(story.messages.contains("Service default/web loses all ready endpoints (1 before)"))
        #expect(story.messages.contains("Deployment default/web takes along 1 Pod, 1 ReplicaSet"))
        #expect(
            Comparison(story.record).irrevocable.map(\.message)
                == ["Deployment default/web is refused: no"] + (forGood ? ["Deployment default/web takes along 1 ReplicaSet"] : []))
    }

    @Test("Endpoints that move from one slice to another at once were never gone")
    func slices() {
        var story = Story()
        story.had(.services, Self.object(.services, "web"))
        story.had(.endpointSlices, Self.slice("a", ready: 2))
        story.timePasses()
        story.deleted(.endpointSlices, Self.slice("a", ready: 2))
        story.wrote(.endpointSlices, Self.slice("b", ready: 2))
        #expect(story.messages == [])
        // With time in between they were.
        story = Story()
        story.had(.services, Self.object(.services, "web"))
        story.had(.endpointSlices, Self.slice("a", ready: 2))
        story.deleted(.endpointSlices, Self.slice("a", ready: 2))
        story.timePasses()
        story.wrote(.endpointSlices, Self.slice("b", ready: 2))
        #expect(story.messages == ["Service default/web has no ready endpoint for a while (2 before)"])
    }

    @Test("Pods are counted by what a person has in git, the worst news come first, and order is by name")
    func order() {
        var story = Story()
        for name in ["b", "a"] {
            let deployment = Self.object(.deployments, name)
            let set = Self.object(.replicaSets, "\(name)-1", owner: deployment)
            let pod = Self.object(.pods, "\(name)-1-x", owner: set)
            story.had(.deployments, deployment)
            story.had(.replicaSets, set)
            story.had(.pods, pod)
            story.deleted(.pods, pod)
            story.wrote(.pods, Self.object(.pods, "\(name)-1-y", owner: set))
        }
        let alone = Self.object(.pods, "alone")
        story.had(.pods, alone)
        story.deleted(.pods, alone)
        var stuck = Self.object(.pods, "stuck")
        stuck["status", "conditions"] = [["type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no nodes available to schedule pods"]]
        story.wrote(.pods, stuck)
        #expect(
            story.messages == [
                "Pod default/stuck cannot be scheduled: no nodes available to schedule pods", "restarts 1 pod of Deployment default/a",
                "restarts 1 pod of Deployment default/b", "stops Pod default/alone",
            ])
    }

    @Test("The pods of a Job that nobody touched, and what would have happened anyway, are no news")
    func unrelated() {
        var story = Story()
        let job = Self.object(.jobs, "nightly")
        let pod = Self.object(.pods, "nightly-x", owner: job)
        let other = Self.object(.pods, "other")
        story.had(.jobs, job)
        story.had(.pods, pod, other)
        story.deleted(.pods, other)
        story.record.begun = 1
        story.deleted(.pods, pod)
        #expect(story.messages == [])
        // What is done to the Job itself is.
        story.record.steps = [.apply(job)]
        #expect(story.messages == ["stops 1 pod of Job default/nightly"])
    }

    @Test("What goes along is counted by kind, without what controllers make for every namespace")
    func cascade() {
        var story = Story()
        let namespace = Self.object(.namespaces, "default")
        let settings = [Self.object(.configMaps, "a"), Self.object(.configMaps, "kube-root-ca.crt"), Self.object(.serviceAccounts, "default")]
        let policies = [Self.object(.networkPolicies, "p"), Self.object(.networkPolicies, "q")]
        story.had(.namespaces, namespace)
        for (type, object) in zip([ResourceType.configMaps, .configMaps, .serviceAccounts], settings) {
            story.had(type, object)
            story.deleted(type, object)
        }
        for policy in policies {
            story.had(.networkPolicies, policy)
            story.deleted(.networkPolicies, policy)
        }
        story.deleted(.namespaces, namespace)
        story.record.steps = [ForecastSpec.deletion(ObjectKey(.namespaces, name: "default"))]
        let consequences = Comparison(story.record).consequences
        #expect(consequences.map(\.message) == ["Namespace default takes along 1 ConfigMap, 2 NetworkPolicies"])
        #expect(consequences.first?.names == ["ConfigMap a", "NetworkPolicy p", "NetworkPolicy q"])
    }

    @Test("A claim that loses its volume, and one whose data is kept")
    func claims() {
        var story = Story()
        let lost = Self.object(.persistentVolumeClaims, "lost", ["spec": ["volumeName": "v1"], "status": ["phase": "Bound"]])
        let kept = Self.object(.persistentVolumeClaims, "kept", ["spec": ["volumeName": "v2"], "status": ["phase": "Bound"]])
        story.had(.persistentVolumeClaims, lost, kept)
        story.had(.persistentVolumes, Self.object(.persistentVolumes, "v2", ["spec": ["persistentVolumeReclaimPolicy": "Retain"]]))
        var after = lost
        after["status", "phase"] = "Lost"
        story.wrote(.persistentVolumeClaims, after, over: lost)
        story.deleted(.persistentVolumeClaims, kept)
        #expect(
            story.messages == [
                "PersistentVolumeClaim default/kept is deleted: its volume v2 keeps the data, but no claim gets it again by itself (reclaim policy Retain)",
                "PersistentVolumeClaim default/lost loses its volume v1 with the data on it",
            ])
    }

    @Test("An answer is read as it was written")
    func roundTrip() {
        let status = ForecastStatus(
            consequences: [
                Consequence(
                    .podsRestarted, ObjectIdentity(group: "apps", kind: "Deployment", namespace: "default", name: "web"),
                    "restarts 1 pod of Deployment default/web", names: ["Pod web-1"]),
                Consequence(.cascade, ObjectIdentity(group: "", kind: "Namespace", namespace: "", name: "team"), "Namespace team takes along 1 Pod"),
            ], isSettled: true, duration: .seconds(12), notTried: ["admission webhooks (1 configured): they are not called"])
        #expect(ForecastStatus(status.json) == status)
        #expect(ForecastStatus(["consequences": [["type": "OfTheFuture", "message": "x"]]]) == ForecastStatus(isSettled: false))
    }
}
