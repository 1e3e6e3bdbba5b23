import APIMachinery
import NIOCore
import NIOPosix
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(3))) struct WebhookTests {
    private static func base64(_ json: JSON) -> JSON { .string(Base64.encode(json.encoded())) }

    private static func configMap(_ name: String, _ labels: JSON = [:]) -> String {
        JSON.object(["metadata": ["name": .string(name), "labels": labels], "data": ["a": "b"]]).text
    }

    private static let path = "/api/v1/namespaces/default/configmaps"

    private func install(_ server: ServerUnderTest, _ configuration: Object) async throws {
        _ = try await server.client.create(configuration.kind.hasPrefix("Mutating") ? .mutatingWebhookConfigurations : .validatingWebhookConfigurations, configuration)
    }

    @Test("a mutating webhook sees the request and changes the object; its warnings reach the client") func mutates() async throws {
        let patch: JSON = [["op": "add", "path": "/data/added", "value": "yes"]]
        try await WebhookUnderTest.with(.answer { _ in ["allowed": true, "patchType": "JSONPatch", "patch": Self.base64(patch), "warnings": ["careful"]] }) { webhook in
            try await ServerUnderTest.with { server in
                try await install(server, webhook.configuration("Mutating"))
                let answer = try await server.post(Self.path, Self.configMap("x"))
                #expect(answer.status == 201 && answer.json["data"]?["added"] == "yes", "\(answer.body)")
                #expect(answer.headers.first(name: "warning") == "299 - \"careful\"")
                let request = try #require(webhook.requests.first)
                #expect(request["operation"] == "CREATE" && request["name"] == "x" && request["namespace"] == "default" && request["dryRun"] == false)
                #expect(request["kind"] == ["group": "", "version": "v1", "kind": "ConfigMap"] && request["object"]?["data"]?["a"] == "b")
                #expect(request["userInfo"]?["username"] == "kubernetes-admin" && request["oldObject"] == .null)
                #expect(request["options"]?["kind"] == "CreateOptions")
                // Namespaces that the selector leaves out, and other kinds, are none of its business.
                _ = try await server.post("/api/v1/namespaces/kube-system/configmaps", Self.configMap("x"))
                _ = try await server.post("/api/v1/namespaces/default/secrets", #"{"metadata":{"name":"s"}}"#)
                #expect(webhook.requests.count == 1)
                let dry = try await server.post(Self.path + "?dryRun=All", Self.configMap("y"))
                #expect(dry.status == 201 && webhook.requests.last?["dryRun"] == true)
            }
        }
    }

    @Test("a validating webhook refuses with its own words and code; deletions too") func refuses() async throws {
        try await WebhookUnderTest.with(
            .answer { request in
                if request["operation"] == "DELETE" { return ["allowed": false] }
                return request["object"]?["metadata"]?["labels"]?["bad"] == nil
                    ? ["allowed": true] : ["allowed": false, "status": ["message": "no bad labels", "code": 403, "reason": "Forbidden"]]
            }
        ) { webhook in
            try await ServerUnderTest.with { server in
                try await install(server, webhook.configuration("Validating"))
                #expect(try await server.post(Self.path, Self.configMap("good")).status == 201)
                let refused = try await server.post(Self.path, Self.configMap("x", ["bad": "1"]))
                #expect(refused.status == 403 && refused.message == #"admission webhook "check.example.com" denied the request: no bad labels"#)
                let deletion = try await server.send(.DELETE, Self.path + "/good")
                #expect(deletion.status == 400 && deletion.message == #"admission webhook "check.example.com" denied the request without explanation"#)
                #expect(webhook.requests.last?["oldObject"]?["metadata"]?["name"] == "good" && webhook.requests.last?["object"] == .null)
            }
        }
    }

    @Test(
        "webhooks that hang, lie or break are bounded, and fail as their policy says",
        arguments: [
            ("never", "context deadline exceeded"), ("garbage", "the answer is not JSON"), ("uid", "expected response.uid="),
            ("kind", "expected response with apiVersion=admission.k8s.io/v1"), ("500", "status code 500"), ("patch", "response.patchType"),
            ("rename", "must not change the object's kind, name or namespace"), ("huge", "larger than"), ("redirect", "status code 302"),
            ("kind-patch", "must not change the object's kind, name or namespace"), ("drip", "context deadline exceeded"), ("nothing, again and again", "context deadline exceeded"), ("deep", "the answer is not JSON"),
        ])
    func failures(kind: String, text: String) async throws {
        let rename: JSON = [["op": "replace", "path": "/metadata/name", "value": "other"]]
        let behavior: WebhookUnderTest.Behavior =
            switch kind {
            case "never": .never
            case "garbage": .bytes(Array("not json".utf8))
            case "uid": .answer { _ in ["uid": "another", "allowed": true] }
            case "kind": .bytes(Array(#"{"apiVersion":"v1","kind":"Pod"}"#.utf8))
            case "500": .status(500)
            case "patch": .answer { _ in ["allowed": true, "patch": Self.base64([])] }
            case "redirect": .status(302, headers: ["location": "https://localhost:1/elsewhere"])
            case "kind-patch": .answer { _ in ["allowed": true, "patchType": "JSONPatch", "patch": Self.base64([["op": "replace", "path": "/kind", "value": "Secret"]])] }
            case "drip": .drip(bytes: 16)
            // No write of it ever has to wait for the client: it once outlived it.
            case "nothing, again and again": .drip(bytes: 0)
            case "deep": .bytes([UInt8](repeating: UInt8(ascii: "["), count: 1 << 20))
            case "rename": .answer { _ in ["allowed": true, "patchType": "JSONPatch", "patch": Self.base64(rename)] }
            default: .bytes([UInt8](repeating: 32, count: WebhookCaller.answerBytesMax + 1))
            }
        try await WebhookUnderTest.with(behavior) { webhook in
            try await ServerUnderTest.with { server in
                // Only those that hang are to run into their timeout.
                let timeout: JSONObject = ["timeoutSeconds": text == "context deadline exceeded" ? 1 : 20]
                try await install(server, webhook.configuration("Mutating", timeout))
                let failed = try await server.post(Self.path, Self.configMap("x"))
                #expect(failed.status == 500 && failed.message.hasPrefix(#"Internal error occurred: failed calling webhook "check.example.com": "#), "\(failed.body)")
                #expect(failed.message.contains(text), "\(failed.message)")
                // Its configuration can always be repaired.
                try await server.client.delete(ObjectKey(.mutatingWebhookConfigurations, name: "hooks"))
                try await install(server, webhook.configuration("Mutating", ["failurePolicy": "Ignore", "timeoutSeconds": text == "context deadline exceeded" ? 1 : 20]))
                #expect(try await server.post(Self.path, Self.configMap("x")).status == 201)
            }
        }
    }

    @Test("a webhook whose authority did not sign is not believed") func trust() async throws {
        try await WebhookUnderTest.with(.answer { _ in ["allowed": true] }) { webhook in
            try await ServerUnderTest.with { server in
                let client: JSON = ["url": .string("https://localhost:\(webhook.port)/admit"), "caBundle": .string(Base64.encode(server.authorityPEM.utf8))]
                try await install(server, webhook.configuration("Validating", ["clientConfig": client]))
                let failed = try await server.post(Self.path, Self.configMap("z"))
                #expect(failed.status == 500 && failed.message.contains("failed to call webhook"), "\(failed.body)")
                #expect(webhook.requests.isEmpty)
            }
        }
    }

    @Test("a webhook is found by its Service, at a ready endpoint") func service() async throws {
        try await WebhookUnderTest.with(.answer { _ in ["allowed": false, "status": ["message": "found"]] }) { webhook in
            try await ServerUnderTest.with { server in
                let client = server.client
                _ = try await client.create(
                    .services, Object(.services, namespace: "default", name: "hook", ["spec": ["ports": [["port": 443, "targetPort": JSON(webhook.port)]]]]))
                let config: JSON = ["service": ["namespace": "default", "name": "hook", "path": "/admit"], "caBundle": .string(Base64.encode(webhook.authorityPEM.utf8))]
                try await install(server, webhook.configuration("Validating", ["clientConfig": config]))
                let none = try await server.post(Self.path, Self.configMap("x"))
                #expect(none.message.contains(#"no endpoints available for service "hook""#), "\(none.message)")
                var slice = Object(
                    .endpointSlices, namespace: "default", name: "hook-1",
                    [
                        "addressType": "IPv4", "endpoints": [["addresses": ["127.0.0.1"], "conditions": ["ready": true]]],
                        "ports": [["name": "", "port": JSON(webhook.port), "protocol": "TCP"]],
                    ])
                slice.labels = ["kubernetes.io/service-name": "hook"]
                // Loopback is no address of an endpoint in the API's eyes: it goes into the store past validation.
                _ = try await server.cluster.registry.store.commit(
                    Write(resource: ResourceType.endpointSlices.groupResource, expected: nil, object: slice, author: "test"))
                let found = try await server.post(Self.path, Self.configMap("x"))
                #expect(found.message == #"admission webhook "check.example.com" denied the request: found"#, "\(found.message)")
            }
        }
    }

    @Test("a webhook that asks to is called again when a later one changed the object") func reinvocation() async throws {
        let patch: JSON = [["op": "add", "path": "/data/late", "value": "1"]]
        try await WebhookUnderTest.with(.answer { _ in ["allowed": true] }) { first in
            try await WebhookUnderTest.with(.answer { _ in ["allowed": true, "patchType": "JSONPatch", "patch": Self.base64(patch)] }) { second in
                try await ServerUnderTest.with { server in
                    try await install(server, first.configuration("Mutating", name: "a", ["reinvocationPolicy": "IfNeeded"]))
                    try await install(server, second.configuration("Mutating", name: "b"))
                    #expect(try await server.post(Self.path, Self.configMap("x")).status == 201)
                    #expect(first.requests.count == 2 && first.requests.last?["object"]?["data"]?["late"] == "1" && second.requests.count == 1)
                }
            }
        }
    }

    @Test("what the server alone sets, no webhook can: identity, times, generation") func serverFields() async throws {
        let patch: JSON = [
            ["op": "replace", "path": "/metadata/uid", "value": "mine"], ["op": "replace", "path": "/metadata/creationTimestamp", "value": "2000-01-01T00:00:00Z"],
            ["op": "add", "path": "/metadata/deletionTimestamp", "value": "2000-01-01T00:00:00Z"], ["op": "add", "path": "/metadata/resourceVersion", "value": "1"],
            ["op": "add", "path": "/metadata/generation", "value": 77], ["op": "add", "path": "/metadata/deletionGracePeriodSeconds", "value": 5],
            ["op": "add", "path": "/metadata/selfLink", "value": "x"],
        ]
        try await WebhookUnderTest.with(.answer { _ in ["allowed": true, "patchType": "JSONPatch", "patch": Self.base64(patch)] }) { webhook in
            try await ServerUnderTest.with { server in
                try await install(server, webhook.configuration("Mutating"))
                for attempt in 0..<2 {
                    let made = attempt == 0
                        ? try await server.post(Self.path, Self.configMap("x"))
                        : try await server.send(.PUT, Self.path + "/x", headers: ["content-type": "application/json"], body: Self.configMap("x", ["a": "b"]))
                    #expect(made.status == (attempt == 0 ? 201 : 200), "\(made.body)")
                    let metadata = made.json["metadata"] ?? .null
                    #expect(metadata["uid"] != "mine" && metadata["creationTimestamp"]?.string?.hasPrefix("2000") == false, "\(made.body)")
                    #expect(metadata["resourceVersion"] != "1" && metadata["generation"] == nil && metadata["selfLink"] == nil)
                    #expect(metadata["deletionTimestamp"] == nil && metadata["deletionGracePeriodSeconds"] == nil)
                }
                #expect(webhook.requests.count == 2)
            }
        }
    }

    @Test("a webhook that takes the connection and closes it has failed at once") func closing() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.close() }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await WebhookUnderTest.with(.never) { webhook in
            try await ServerUnderTest.with { server in
                let client: JSON = ["url": .string("https://localhost:\(port)/admit"), "caBundle": .string(Base64.encode(webhook.authorityPEM.utf8))]
                try await install(server, webhook.configuration("Mutating", ["clientConfig": client]))
                let start = ContinuousClock.now
                let failed = try await server.post(Self.path, Self.configMap("x"))
                #expect(failed.status == 500 && failed.message.hasPrefix(#"Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: "#), "\(failed.body)")
                #expect(start.duration(to: .now) < .seconds(20))
            }
        }
        try await listener.close()
    }
}
