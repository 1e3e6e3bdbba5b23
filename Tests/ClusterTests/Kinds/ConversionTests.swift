import APIMachinery
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct ConversionTests {
    @Test("an autoscaler is one object in both versions, and v1 loses nothing of v2") func autoscaler() async throws {
        let fixture = try await RegistryFixture()
        var v1 = MinimalObjects.of(.horizontalPodAutoscalersV1, name: "web")
        v1["spec", "targetCPUUtilizationPercentage"] = 60
        let created = try await fixture.client.create(.horizontalPodAutoscalersV1, v1)
        #expect(created["spec", "targetCPUUtilizationPercentage"] == 60 && created["spec", "minReplicas"] == 1)
        var v2 = try fixture.get(.horizontalPodAutoscalers, "web")
        #expect(v2["spec", "metrics"] == [["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 60]]]])
        #expect(v2.uid == created.uid)
        let pods: JSON = ["type": "Pods", "pods": ["metric": ["name": "rps"], "target": ["type": "AverageValue", "averageValue": "10"]]]
        v2["spec", "metrics"] = .array((v2["spec", "metrics"]?.array ?? []) + [pods])
        v2["spec", "behavior"] = ["scaleDown": ["stabilizationWindowSeconds": 5]]
        let stored = try await fixture.client.update(.horizontalPodAutoscalers, v2)
        let key = fixture.key(.horizontalPodAutoscalersV1, "web")
        _ = try await fixture.client.patch(key, .merge(["spec": ["maxReplicas": 9, "targetCPUUtilizationPercentage": 70]]))
        let after = try fixture.get(.horizontalPodAutoscalers, "web")
        #expect(after["spec", "maxReplicas"] == 9 && after["spec", "behavior"] == stored["spec", "behavior"])
        #expect(after["spec", "metrics"]?.array?.last == pods && after["spec", "metrics"]?.array?.count == 2)
        #expect(after["spec", "metrics"]?.array?.first?["resource"]?["target"]?["averageUtilization"] == 70)
        #expect(after.annotations.isEmpty)
    }

    @Test("an autoscaler without metrics aims at 80 % of the CPU") func processorTarget() async throws {
        let fixture = try await RegistryFixture()
        _ = try await fixture.client.create(.horizontalPodAutoscalers, MinimalObjects.of(.horizontalPodAutoscalers, name: "web"))
        #expect(try fixture.get(.horizontalPodAutoscalersV1, "web")["spec", "targetCPUUtilizationPercentage"] == 80)
    }

    @Test("a new event of events.k8s.io says who reports what he did, and nothing of the old form") func newEvents() async throws {
        let fixture = try await RegistryFixture()
        let faults: [(String, JSON?, String)] = [
            ("reportingController", nil, "reportingController: Required value"), ("reportingInstance", nil, "reportingInstance: Required value"),
            ("action", nil, "action: Required value"), ("reason", nil, "reason: Required value"), ("eventTime", nil, "eventTime: Required value"),
            ("type", "Odd", "type: Invalid value: \"\": has invalid value: Odd"),
            ("note", .string(String(repeating: "n", count: 1025)), "note: Invalid value: \"\": can have at most 1024 characters"),
            ("deprecatedCount", 2, "deprecatedCount: Invalid value: \"\": needs to be unset"),
        ]
        for (key, value, expected) in faults {
            var event = MinimalObjects.of(.eventsV1, name: "e")
            event[key] = value
            let wrong = event
            let status = try await fixture.failure { _ = try await fixture.client.create(.eventsV1, wrong) }
            #expect(status.code == 422 && status.message == "Event.events.k8s.io \"e\" is invalid: \(expected)")
        }
    }

    @Test("an event is one object in both groups, and is selected by either's field names") func events() async throws {
        let fixture = try await RegistryFixture()
        _ = try await fixture.client.create(.eventsV1, MinimalObjects.of(.eventsV1, name: "e"))
        let core = try fixture.get(.events, "e")
        #expect(core["involvedObject", "name"] == "web" && core["message"] == "all is well" && core["reportingComponent"] == "example.com/test")
        for (type, field) in [(ResourceType.eventsV1, "regarding.name"), (.events, "involvedObject.name")] {
            var options = ListOptions()
            options.fieldSelector = FieldSelector(field, equals: "web")
            #expect(try await fixture.client.list(type, namespace: "default", options: options).items.map(\.name) == ["e"])
            options.fieldSelector = FieldSelector(field, equals: "other")
            #expect(try await fixture.client.list(type, namespace: "default", options: options).items.isEmpty)
        }
    }
}
