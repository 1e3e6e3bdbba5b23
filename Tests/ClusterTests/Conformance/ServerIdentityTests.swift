import APIMachinery
import Testing

@testable import Cluster

/// What a client finds of the server itself: its Service, version, discovery, and what it says of who asks.
/// Source: Kubernetes' e2e tests discovery.go, aggregated_discovery.go, service.go, endpointslice.go, subjectreviews.go, service_accounts.go.
@Suite(.timeLimit(.minutes(2))) struct ServerIdentityTests {
    @Test("the Service kubernetes leads over HTTPS to the server, by Endpoints and EndpointSlice") func service() async throws {
        try await ServerUnderTest.with { server in
            let service = try await server.get(ResourceType.services.path("kubernetes")).json
            #expect(service["spec"]?["ports"]?.array?.first?["name"] == "https" && service["spec"]?["ports"]?.array?.first?["port"] == 443)
            let endpoints = try await server.get(ResourceType.endpoints.path("kubernetes")).json
            let subset = endpoints["subsets"]?.array?.first
            #expect(subset?["ports"]?.array?.first?["port"] == .int(Int64(server.port)))
            let slices = try await server.get(ResourceType.endpointSlices.path() + "?labelSelector=kubernetes.io/service-name%3Dkubernetes").json
            let slice = slices["items"]?.array?.first
            #expect(slices["items"]?.array?.count == 1 && slice?["addressType"] == "IPv4")
            #expect(slice?["endpoints"]?.array?.first?["addresses"]?.array?.first == subset?["addresses"]?.array?.first?["ip"])
            #expect(slice?["ports"]?.array?.first?["port"] == .int(Int64(server.port)))
        }
    }

    @Test("the version has a major and a minor number") func version() async throws {
        try await ServerUnderTest.with { server in
            let version = try await server.get("/version").json
            #expect(version["major"] == "1" && version["minor"] == "36" && version["gitVersion"]?.string?.hasPrefix("v1.36.") == true)
        }
    }

    @Test("each group prefers a version that it has, and each version of it names its resources") func groups() async throws {
        try await ServerUnderTest.with { server in
            let groups = try await server.get("/apis").json["groups"]?.array ?? []
            #expect(groups.count >= 20)
            for group in groups {
                let name = group["name"]?.string ?? ""
                let versions = group["versions"]?.array ?? []
                #expect(versions.contains { $0 == group["preferredVersion"] }, "\(name)")
                for version in versions {
                    let path = version["groupVersion"]?.string ?? ""
                    let list = try await server.get("/apis/\(path)").json
                    #expect(list["groupVersion"]?.string == path && list["resources"]?.array?.isEmpty == false, "\(path)")
                }
            }
            #expect(groups.first { $0["name"] == "apiextensions.k8s.io" }?["preferredVersion"]?["version"] == "v1")
            let definitions = try await server.get("/apis/apiextensions.k8s.io/v1").json["resources"]?.array ?? []
            #expect(definitions.contains { $0["name"] == "customresourcedefinitions" && $0["kind"] == "CustomResourceDefinition" })
        }
    }

    @Test("a review is no stored object: asked for it as a table, the server answers 406", arguments: [ServerUnderTest.tableType, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"])
    func notATable(accept: String) async throws {
        try await ServerUnderTest.with { server in
            func post(_ path: String, _ accept: String, _ body: String) async throws -> ServerUnderTest.Answer {
                try await server.send(.POST, path, headers: ["accept": accept, "content-type": "application/json"], body: body)
            }
            let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
            let body = #"{"spec":{"resourceAttributes":{"verb":"get","resource":"pods","namespace":"default"}}}"#
            let refused = try await post(path, accept, body)
            #expect(refused.status == 406 && refused.reason == "NotAcceptable")
            #expect(refused.message == "only the following media types are accepted: application/json, application/yaml")
            #expect(try await post(path, accept + ",application/json", body).json["kind"] == "SelfSubjectAccessReview")
            _ = try await server.client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "robot"))
            #expect(try await post(ResourceType.serviceAccounts.path("robot", "token"), accept, "{}").status == 406)
            #expect(try await post(ResourceType.configMaps.path(), accept, #"{"metadata":{"name":"a"}}"#).status == 201)
        }
    }

    @Test("a service account's token is requested, and reviewed with its user and audiences") func tokens() async throws {
        try await ServerUnderTest.with { server in
            _ = try await server.client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "robot"))
            let request = try await server.post(ResourceType.serviceAccounts.path("robot", "token"), #"{"spec":{"audiences":["a","b"],"expirationSeconds":900}}"#)
            #expect(request.json["kind"] == "TokenRequest" && request.json["spec"]?["expirationSeconds"] == 900)
            let token = try #require(request.json["status"]?["token"])
            let review = try await server.post(
                "/apis/authentication.k8s.io/v1/tokenreviews", JSON.object(["spec": ["token": token, "audiences": ["b", "c"]]]).text)
            #expect(review.json["status"]?["authenticated"] == true && review.json["status"]?["audiences"] == ["b"])
            #expect(review.json["status"]?["user"]?["username"] == "system:serviceaccount:default:robot")
            #expect(review.json["status"]?["error"] == nil)
        }
    }

    @Test("what somebody may do is asked of himself, of others, and of others in a namespace") func subjects() async throws {
        try await ServerUnderTest.with { server in
            _ = try await server.client.create(
                .roles, Object(.roles, namespace: "default", name: "reader", ["rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]]]]))
            _ = try await server.client.create(
                .roleBindings,
                Object(
                    .roleBindings, namespace: "default", name: "reads",
                    ["roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"], "subjects": [["kind": "User", "name": "eve"]]]))
            let attributes: JSON = ["namespace": "default", "verb": "list", "resource": "configmaps", "version": "v1"]
            let others = try await server.post(
                "/apis/authorization.k8s.io/v1/subjectaccessreviews", JSON.object(["spec": ["user": "eve", "resourceAttributes": attributes]]).text)
            #expect(others.status == 201 && others.json["status"]?["allowed"] == true)
            let local = try await server.post(
                "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews",
                JSON.object(["metadata": ["namespace": "default"], "spec": ["user": "eve", "resourceAttributes": attributes]]).text)
            #expect(local.status == 201 && local.json["status"]?["allowed"] == true, "\(local.body)")
            let own = try await server.send(
                .POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", headers: ["content-type": "application/json", "impersonate-user": "eve"],
                body: JSON.object(["spec": ["resourceAttributes": attributes]]).text)
            // Whoever is impersonated without groups is at least authenticated, and may ask about himself.
            #expect(own.status == 201 && own.json["status"]?["allowed"] == true, "\(own.body)")
        }
    }
}
