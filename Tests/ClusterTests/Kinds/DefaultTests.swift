import APIMachinery
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct DefaultTests {
    /// What the server adds to the least of each kind: path, value.
    static let added: [(ResourceType, [String: JSON])] = [
        (.cronJobs, ["spec.concurrencyPolicy": "Allow", "spec.suspend": false, "spec.successfulJobsHistoryLimit": 3, "spec.failedJobsHistoryLimit": 1]),
        (.csiDrivers, ["spec.attachRequired": true, "spec.fsGroupPolicy": "ReadWriteOnceWithFSType", "spec.volumeLifecycleModes": ["Persistent"]]),
        (
            .daemonSets,
            [
                "spec.updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0]],
                "spec.revisionHistoryLimit": 10,
                "status": ["currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0],
            ]
        ),
        (.flowSchemas, ["spec.matchingPrecedence": 1000]),
        (.horizontalPodAutoscalers, ["spec.minReplicas": 1, "status": ["desiredReplicas": 0]]),
        (.limitRanges, ["spec.limits": [["type": "Container", "max": ["cpu": "1"], "default": ["cpu": "1"], "defaultRequest": ["cpu": "1"]]]]),
        (.networkPolicies, ["spec.policyTypes": ["Ingress"]]),
        (.priorityClasses, ["preemptionPolicy": "PreemptLowerPriority", "metadata.generation": 1]),
        (.priorityLevelConfigurations, ["spec.limited.nominalConcurrencyShares": 30, "spec.limited.lendablePercent": 0]),
        (.replicationControllers, ["spec.selector": ["app": "web"], "metadata.labels": ["app": "web"], "status": ["replicas": 0]]),
        (.roleBindings, ["subjects": [["kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"]]]),
        (
            .statefulSets,
            [
                "spec.podManagementPolicy": "OrderedReady", "spec.replicas": 1,
                "spec.updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
                "spec.persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Retain", "whenScaled": "Retain"],
            ]
        ),
        (.storageClasses, ["reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"]),
        (
            .validatingAdmissionPolicies,
            ["spec.failurePolicy": "Fail", "spec.matchConstraints.matchPolicy": "Equivalent", "spec.matchConstraints.namespaceSelector": [:]]
        ),
    ]

    @Test("the server fills in what Kubernetes fills in", arguments: added) func defaults(type: ResourceType, expected: [String: JSON]) async throws {
        let fixture = try await RegistryFixture()
        let created = try await fixture.client.create(type, MinimalObjects.of(type))
        for (path, value) in expected {
            #expect(created.json[path: path.split(separator: ".").map(String.init)] == value, "\(type) \(path)")
        }
    }

    @Test("rules of an autoscaler's behavior are completed") func behavior() {
        var autoscaler = MinimalObjects.of(.horizontalPodAutoscalers)
        autoscaler["spec", "behavior"] = ["scaleUp": ["selectPolicy": "Min"]]
        let behavior = Schema.builtin.defaulted(autoscaler)["spec", "behavior"]
        #expect(
            behavior?["scaleUp"] == [
                "selectPolicy": "Min", "stabilizationWindowSeconds": 0,
                "policies": [["type": "Pods", "value": 4, "periodSeconds": 15], ["type": "Percent", "value": 100, "periodSeconds": 15]],
            ])
        #expect(behavior?["scaleDown"] == ["selectPolicy": "Max", "policies": [["type": "Percent", "value": 100, "periodSeconds": 15]]])
    }
}
