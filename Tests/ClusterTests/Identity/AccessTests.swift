import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct AccessTests {
    @Test(
        "without credentials there is health and version, and nothing else",
        arguments: [
            ("/healthz", 200), ("/livez", 200), ("/readyz?verbose", 200), ("/version", 200), ("/api", 403), ("/apis", 403), ("/metrics", 403),
            ("/api/v1/secrets", 403), ("/openapi/v2", 403), ("/nowhere", 403),
        ])
    func anonymous(path: String, code: Int) async throws {
        try await ServerUnderTest.with { server in
            let answer = try await server.get(path, login: .anonymous)
            #expect(answer.status == code, "\(answer.body)")
            if code == 403 { #expect(answer.reason == "Forbidden" && answer.message.contains("User \"system:anonymous\" cannot")) }
        }
    }

    /// Makes a ServiceAccount and a token of it.
    private func token(_ server: ServerUnderTest, _ spec: JSON = [:]) async throws -> String {
        _ = try await server.client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "robot"))
        let answer = try await server.post("/api/v1/namespaces/default/serviceaccounts/robot/token", JSON.object(["spec": spec]).text)
        #expect(answer.status == 201, "\(answer.body)")
        return try #require(answer.json["status"]?["token"]?.string)
    }

    @Test("a service account's token says who it is, opens discovery, and is refused the rest in Kubernetes' words")
    func serviceAccount() async throws {
        try await ServerUnderTest.with { server in
            let login = ServerUnderTest.Login.token(try await token(server))
            let review = try await server.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}", login: login)
            let user = review.json["status"]?["userInfo"]
            #expect(user?["username"]?.string == "system:serviceaccount:default:robot")
            #expect(user?["groups"] == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
            #expect(try await server.get("/api", login: login).status == 200)
            let list = try await server.get("/api/v1/namespaces/default/pods", login: login)
            #expect(list.status == 403)
            #expect(
                list.message
                    == #"pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods" in API group "" in the namespace "default""#)
            let get = try await server.get("/apis/apps/v1/namespaces/default/deployments/web/scale", login: login)
            #expect(
                get.message
                    == #"deployments.apps "web" is forbidden: User "system:serviceaccount:default:robot" cannot get resource "deployments/scale" in API group "apps" in the namespace "default""#)
            let nodes = try await server.get("/api/v1/nodes", login: login)
            #expect(nodes.message.hasSuffix("at the cluster scope"))
            let metrics = try await server.get("/metrics", login: login)
            #expect(metrics.message == #"forbidden: User "system:serviceaccount:default:robot" cannot get path "/metrics""#)
        }
    }

    @Test("a token ends with its service account") func revoked() async throws {
        try await ServerUnderTest.with { server in
            let login = ServerUnderTest.Login.token(try await token(server))
            #expect(try await server.get("/api", login: login).status == 200)
            try await server.client.delete(ObjectKey(.serviceAccounts, namespace: "default", name: "robot"))
            #expect(try await server.get("/api", login: login).status == 401)
        }
    }

    @Test("a token for another audience is none for this server, and TokenReview says for which it is") func audiences() async throws {
        try await ServerUnderTest.with { server in
            let text = try await token(server, ["audiences": ["vault"], "expirationSeconds": 700])
            #expect(try await server.get("/api", login: .token(text)).status == 401)
            func review(_ audiences: JSON) async throws -> JSON? {
                let spec = JSON.object(["spec": ["token": .string(text), "audiences": audiences]])
                return try await server.post("/apis/authentication.k8s.io/v1/tokenreviews", spec.text).json["status"]
            }
            let known = try await review(["vault", "other"])
            #expect(known?["authenticated"] == true && known?["audiences"] == ["vault"])
            #expect(try await review([])?["authenticated"] == false)
        }
    }

    @Test("lifetimes outside Kubernetes' bounds are refused", arguments: [599, 1 << 33]) func lifetimes(seconds: Int64) async throws {
        try await ServerUnderTest.with { server in
            _ = try await server.client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "robot"))
            let answer = try await server.post(
                "/api/v1/namespaces/default/serviceaccounts/robot/token", JSON.object(["spec": ["expirationSeconds": .int(seconds)]]).text)
            #expect(answer.status == 422, "\(answer.body)")
        }
    }

    @Test("reviews of access answer for oneself and for others") func reviews() async throws {
        try await ServerUnderTest.with { server in
            let path = "/apis/authorization.k8s.io/v1/"
            let attributes = #""resourceAttributes":{"verb":"list","resource":"pods","namespace":"default"}"#
            let own = try await server.post(path + "selfsubjectaccessreviews", #"{"spec":{\#(attributes)}}"#)
            #expect(own.status == 201 && own.json["status"]?["allowed"] == true)
            let other = try await server.post(path + "subjectaccessreviews", #"{"spec":{"user":"eve",\#(attributes)}}"#)
            #expect(other.json["status"]?["allowed"] == false)
            let nobody = try await server.post(path + "subjectaccessreviews", #"{"spec":{\#(attributes)}}"#)
            #expect(nobody.status == 422)
            let rules = try await server.post(path + "selfsubjectrulesreviews", #"{"spec":{"namespace":"default"}}"#)
            #expect(rules.json["status"]?["resourceRules"]?.array?.first?["verbs"] == ["*"])
            #expect(try await server.get(path + "selfsubjectaccessreviews").status == 405)
        }
    }

    @Test("masters may act as others; others may not") func impersonation() async throws {
        try await ServerUnderTest.with { server in
            let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
            let json = ["content-type": "application/json", "impersonate-user": "eve"]
            let answer = try await server.send(.POST, path, headers: json, body: "{}")
            #expect(answer.json["status"]?["userInfo"]?["username"] == "eve")
            #expect(answer.json["status"]?["userInfo"]?["groups"] == ["system:authenticated"])
            #expect(try await server.send(.GET, "/api/v1/pods", headers: ["impersonate-user": "eve"]).status == 403)
            #expect(try await server.send(.GET, "/api/v1/pods", headers: ["impersonate-group": "g"]).status == 400)
            let login = ServerUnderTest.Login.token(try await token(server))
            let refused = try await server.send(.POST, path, headers: json, body: "{}", login: login)
            #expect(refused.status == 403 && refused.message.contains("cannot impersonate"))
        }
    }
}
