import APIMachinery
import TestSupport
import Testing

@testable import Cluster

/// The walk that Kubernetes' conformance tests take through the operations of a kind, over HTTP, for every kind.
@Suite(.timeLimit(.minutes(4))) struct OperationsTests {
    private static let served = ResourceType.builtin + [.horizontalPodAutoscalersV1, .eventsV1]

    @Test("every kind: discovery, create, get, list, watch, patch, update, delete and the deletion of a collection")
    func operations() async throws {
        try await ServerUnderTest.with { server in
            try await Self.prepare(server)
            for type in Self.served { try await Self.walk(type, server) }
        }
    }

    /// What controllers make in a cluster: the account of pods that name none.
    private static func prepare(_ server: ServerUnderTest) async throws {
        _ = try await server.client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "default"))
    }

    private static func walk(_ type: ResourceType, _ server: ServerUnderTest) async throws {
        let comment = Comment(rawValue: "\(type.gvk)")
        let discovery = try await server.get(type.group.isEmpty ? "/api/v1" : "/apis/\(type.group)/\(type.version)").json
        let found = discovery["resources"]?.array?.first { $0["name"]?.string == type.plural }
        #expect(found?["kind"]?.string == type.kind && found?["namespaced"] == .bool(type.isNamespaced), comment)

        var object = MinimalObjects.of(type)
        object.labels["walk"] = "one"
        // Custom definitions go when their objects are gone, which takes a controller; namespaces too.
        let isKept = type == .namespaces || type == .customResourceDefinitions
        let name = object.name
        let created = try await server.post(type.path(), object.json.text)
        #expect(created.status == 201, "\(type.gvk): \(created.body)")
        #expect(created.json["kind"]?.string == type.kind && created.json["metadata"]?["uid"]?.string?.isEmpty == false, comment)
        #expect(try await server.post(type.path(), object.json.text).reason == "AlreadyExists", comment)
        #expect(try await server.get(type.path(name)).json["metadata"]?["uid"] == created.json["metadata"]?["uid"], comment)
        let selector = "?labelSelector=walk%3Done"
        #expect(try await server.names(type.path() + selector) == [name], comment)
        #expect(try await server.names(type.path(in: nil) + selector) == [name], comment)
        let table = try await server.get(type.path() + selector, accept: ServerUnderTest.tableType)
        #expect(table.json["kind"] == "Table" && table.json["rows"]?.array?.count == 1, comment)

        let version = try await server.get(type.path() + selector).json["metadata"]?["resourceVersion"]?.string ?? ""
        let events = try await server.watch(
            "\(type.path())\(selector)&watch=1&resourceVersion=\(version)", until: { $0["object"]?["metadata"]?["annotations"]?["updated"] != nil }
        ) {
            let patched = try await server.patch(type.path(name), ["metadata": ["annotations": ["patched": "true"]]])
            #expect(patched.status == 200 && patched.json["metadata"]?["annotations"]?["patched"] == "true", "\(type.gvk): \(patched.body)")
            var update = patched.json
            update.set("true", at: ["metadata", "annotations", "updated"])
            let updated = try await server.put(type.path(name), update)
            #expect(updated.status == 200 && updated.json["metadata"]?["annotations"]?["updated"] == "true", "\(type.gvk): \(updated.body)")
            let stale = try await server.put(type.path(name), update)
            #expect(stale.reason == "Conflict", "\(type.gvk): \(stale.body)")
        }
        #expect(events.allSatisfy { $0["type"] == "MODIFIED" } && events.count >= 2, comment)

        if isKept {
            #expect(try await server.delete(type.path(name)).status == 200, comment)
            return
        }
        _ = try await server.patch(type.path(name), ["metadata": ["finalizers": .null]])
        #expect(try await server.delete(type.path(name)).status == 200, comment)
        _ = try await server.patch(type.path(name), ["metadata": ["finalizers": .null]])
        #expect(try await server.get(type.path(name)).reason == "NotFound", comment)

        #expect(try await server.post(type.path(), object.json.text).status == 201, comment)
        _ = try await server.patch(type.path(name), ["metadata": ["finalizers": .null]])
        #expect(try await server.delete(type.path() + "?labelSelector=walk%3Dother").status == 200, comment)
        #expect(try await server.names(type.path() + selector) == [name], comment)
        #expect(try await server.delete(type.path() + selector, ["propagationPolicy": "Background"]).status == 200, comment)
        #expect(try await server.names(type.path() + selector).isEmpty, comment)
    }

    private static let condition: JSON = [
        "type": "Seen", "status": "True", "reason": "Test", "message": "by a test", "lastTransitionTime": "2026-01-01T00:00:00Z",
    ]

    /// A status that each kind may have; what is not here has conditions.
    private static let statuses: [ResourceType: JSON] = [
        .ingresses: ["loadBalancer": ["ingress": [["ip": "169.1.1.1"]]]], .cronJobs: ["lastScheduleTime": "2026-01-01T00:00:00Z"],
        .horizontalPodAutoscalersV1: ["currentReplicas": 3], .resourceQuotas: ["hard": ["pods": "39"]],
        .persistentVolumes: ["phase": "Available", "message": "seen"], .volumeAttachments: ["attached": true],
        .validatingAdmissionPolicies: ["observedGeneration": 1], .resourceClaims: ["devices": [["driver": "gpu.example.com", "pool": "p", "device": "d"]]],
        .applications: ["health": "Progressing"],
    ]

    @Test("every status is read, patched and replaced by itself, and a write to it changes nothing else")
    func statuses() async throws {
        try await ServerUnderTest.with { server in
            try await Self.prepare(server)
            for type in Self.served where type.subresources.contains("status") {
                let object = MinimalObjects.of(type)
                let name = object.name
                let created = try await server.post(type.path(), object.json.text)
                #expect(created.status == 201, "\(type.gvk): \(created.body)")
                let status = Self.statuses[type] ?? ["conditions": [Self.condition]]
                let patched = try await server.patch(type.path(name, "status"), ["status": status])
                #expect(patched.status == 200, "\(type.gvk): \(patched.body)")
                #expect(patched.json["spec"] == created.json["spec"], "\(type.gvk)")
                let read = try await server.get(type.path(name, "status"))
                for (key, value) in (status.object ?? [:]).map({ ($0.key, $0.value) }) where key != "conditions" {
                    #expect(read.json["status"]?[key] == value, "\(type.gvk): \(read.body)")
                }
                if status["conditions"] != nil {
                    #expect(read.json["status"]?["conditions"]?.array?.contains { $0["type"] == "Seen" && $0["message"] == "by a test" } == true, "\(type.gvk)")
                }
                let replaced = try await server.put(type.path(name, "status"), read.json)
                #expect(replaced.status == 200, "\(type.gvk): \(replaced.body)")
                // A write to the object leaves the status alone.
                let written = try await server.patch(type.path(name), ["status": .null, "metadata": ["labels": ["a": "b"]]])
                #expect(written.json["status"] == replaced.json["status"], "\(type.gvk): \(written.body)")
                _ = try await server.delete(type.path(name), ["propagationPolicy": "Background"])
                _ = try await server.patch(type.path(name), ["metadata": ["finalizers": .null]])
            }
        }
    }
}
