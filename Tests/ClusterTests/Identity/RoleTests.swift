import APIMachinery
import Testing

@testable import Cluster

/// RBAC, impersonation and tokens on the real server, over HTTPS.
@Suite(.timeLimit(.minutes(2))) struct RoleTests {
    private static let rbac = "/apis/rbac.authorization.k8s.io/v1"

    private func asUser(_ name: String, groups: [String] = []) -> [String: String] {
        var headers = ["impersonate-user": name, "content-type": "application/json"]
        if let group = groups.first { headers["impersonate-group"] = group }
        return headers
    }

    private func role(_ server: ServerUnderTest, _ name: String, _ rules: JSON) async throws {
        _ = try await server.client.create(.roles, Object(.roles, namespace: "default", name: name, ["rules": rules]))
    }

    private func bind(_ server: ServerUnderTest, _ name: String, _ kind: String, _ role: String, to user: String) async throws {
        _ = try await server.client.create(
            .roleBindings,
            Object(
                .roleBindings, namespace: "default", name: name,
                [
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(role)],
                    "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": .string(user)]],
                ]))
    }

    @Test("a role counts from the answer to its binding on, in its namespace alone") func binding() async throws {
        try await ServerUnderTest.with { server in
            func get(_ path: String) async throws -> ServerUnderTest.Answer { try await server.send(.GET, path, headers: asUser("alice")) }
            #expect(try await get("/api/v1/namespaces/default/configmaps").status == 403)
            try await role(server, "reader", [["verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"]]])
            try await bind(server, "alice", "Role", "reader", to: "alice")
            #expect(try await get("/api/v1/namespaces/default/configmaps").status == 200)
            #expect(try await get("/api/v1/namespaces/default/configmaps?watch=true").status == 403)
            #expect(try await get("/api/v1/configmaps").status == 403)
            #expect(try await get("/api/v1/namespaces/kube-system/configmaps").status == 403)
            try await server.client.delete(ObjectKey(.roleBindings, namespace: "default", name: "alice"))
            #expect(try await get("/api/v1/namespaces/default/configmaps").status == 403)
        }
    }

    @Test("resourceNames open one object, also to a list that can name only it") func resourceNames() async throws {
        try await ServerUnderTest.with { server in
            try await role(server, "one", [["verbs": ["get", "list", "watch", "delete"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"]]])
            try await bind(server, "alice", "Role", "one", to: "alice")
            for name in ["mine", "other"] { _ = try await server.client.create(.secrets, Object(.secrets, namespace: "default", name: name)) }
            func status(_ path: String) async throws -> Int { try await server.send(.GET, "/api/v1/namespaces/default/secrets" + path, headers: asUser("alice")).status }
            #expect(try await status("/mine") == 200)
            #expect(try await status("/other") == 403)
            #expect(try await status("") == 403)
            #expect(try await status("?fieldSelector=metadata.name%3Dmine") == 200)
            #expect(try await status("?fieldSelector=metadata.name%3Dother") == 403)
        }
    }

    @Test("admin, edit and view hold what they should, and nobody hands out more than he has") func escalation() async throws {
        try await ServerUnderTest.with { server in
            try await bind(server, "admin", "ClusterRole", "admin", to: "ada")
            let headers = asUser("ada")
            func make(_ body: JSON, _ resource: String) async throws -> ServerUnderTest.Answer {
                try await server.send(.POST, "\(Self.rbac)/namespaces/default/\(resource)", headers: headers, body: body.text)
            }
            let own: JSON = ["metadata": ["name": "own"], "rules": [["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]]]
            #expect(try await make(own, "roles").status == 201)
            let more: JSON = ["metadata": ["name": "more"], "rules": [["verbs": ["get", "delete"], "apiGroups": [""], "resources": ["nodes"]]]]
            let refused = try await make(more, "roles")
            #expect(refused.status == 403)
            #expect(
                refused.message
                    == #"roles.rbac.authorization.k8s.io "more" is forbidden: user "ada" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:"#
                    + "\n" + #"{APIGroups:[""], Resources:["nodes"], Verbs:["get" "delete"]}"#)
            func reference(_ role: String) -> JSON {
                [
                    "metadata": ["name": .string("to-\(role)")],
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role)],
                    "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "bob"]],
                ]
            }
            #expect(try await make(reference("view"), "rolebindings").status == 201)
            #expect(try await make(reference("cluster-admin"), "rolebindings").status == 403)
            #expect(try await make(reference("missing"), "rolebindings").status == 404)
            // An update may not add either.
            var grown = own
            grown.set(more["rules"], at: ["rules"])
            let update = try await server.send(.PUT, "\(Self.rbac)/namespaces/default/roles/own", headers: headers, body: grown.text)
            #expect(update.status == 403)
            // Bob views, and sees no Secrets.
            #expect(try await server.send(.GET, "/api/v1/namespaces/default/pods", headers: asUser("bob")).status == 200)
            #expect(try await server.send(.GET, "/api/v1/namespaces/default/secrets", headers: asUser("bob")).status == 403)
        }
    }

    @Test("the verbs bind and escalate allow what the rules do not") func explicitGrants() async throws {
        try await ServerUnderTest.with { server in
            try await role(
                server, "granter",
                [
                    ["verbs": ["create"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"]],
                    ["verbs": ["escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"]],
                    ["verbs": ["bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "resourceNames": ["edit"]],
                ])
            try await bind(server, "granter", "Role", "granter", to: "gus")
            func make(_ body: JSON, _ resource: String) async throws -> Int {
                try await server.send(.POST, "\(Self.rbac)/namespaces/default/\(resource)", headers: asUser("gus"), body: body.text).status
            }
            #expect(try await make(["metadata": ["name": "r"], "rules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]]], "roles") == 201)
            func reference(_ role: String) -> JSON {
                ["metadata": ["name": .string(role)], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role)], "subjects": []]
            }
            #expect(try await make(reference("edit"), "rolebindings") == 201)
            #expect(try await make(reference("admin"), "rolebindings") == 403)
        }
    }

    @Test("an apply that creates needs the right to create") func applyCreates() async throws {
        try await ServerUnderTest.with { server in
            try await role(server, "patcher", [["verbs": ["get", "patch"], "apiGroups": [""], "resources": ["configmaps"]]])
            try await bind(server, "patcher", "Role", "patcher", to: "pat")
            var headers = asUser("pat")
            headers["content-type"] = "application/apply-patch+yaml"
            let body = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"b"}}"#
            let path = "/api/v1/namespaces/default/configmaps/x?fieldManager=t"
            let refused = try await server.send(.PATCH, path, headers: headers, body: body)
            #expect(refused.status == 403 && refused.message.contains("cannot create resource \"configmaps\""), "\(refused.body)")
            try await server.makeConfigMap("x")
            #expect(try await server.send(.PATCH, path, headers: headers, body: body).status == 200)
        }
    }

    @Test("groups, uids and extras are impersonated by those who may, each") func impersonation() async throws {
        try await ServerUnderTest.with { server in
            let cluster: JSON = [
                ["verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["eve"]],
                ["verbs": ["impersonate"], "apiGroups": [""], "resources": ["groups"], "resourceNames": ["dev"]],
                ["verbs": ["impersonate"], "apiGroups": ["authentication.k8s.io"], "resources": ["userextras/scope"], "resourceNames": ["read"]],
            ]
            _ = try await server.client.create(.clusterRoles, Object(.clusterRoles, name: "proxy", ["rules": cluster]))
            _ = try await server.client.create(
                .clusterRoleBindings,
                Object(
                    .clusterRoleBindings, name: "proxy",
                    [
                        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "proxy"],
                        "subjects": [["kind": "ServiceAccount", "namespace": "default", "name": "robot"]],
                    ]))
            _ = try await server.client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "robot"))
            let token = try await server.post("/api/v1/namespaces/default/serviceaccounts/robot/token", "{}")
            let login = ServerUnderTest.Login.token(try #require(token.json["status"]?["token"]?.string))
            func whoami(_ headers: [String: String]) async throws -> ServerUnderTest.Answer {
                var headers = headers
                headers["content-type"] = "application/json"
                return try await server.send(.POST, "/apis/authentication.k8s.io/v1/selfsubjectreviews", headers: headers, body: "{}", login: login)
            }
            let eve = try await whoami(["impersonate-user": "eve", "impersonate-group": "dev", "impersonate-extra-scope": "read"])
            let info = eve.json["status"]?["userInfo"]
            #expect(info?["username"] == "eve" && info?["groups"] == ["dev", "system:authenticated"] && info?["extra"]?["scope"] == ["read"], "\(eve.body)")
            #expect(try await whoami(["impersonate-user": "bob"]).status == 403)
            #expect(try await whoami(["impersonate-user": "eve", "impersonate-group": "system:masters"]).status == 403)
            #expect(try await whoami(["impersonate-user": "eve", "impersonate-uid": "1"]).status == 403)
            let extra = try await whoami(["impersonate-user": "eve", "impersonate-extra-scope": "write"])
            #expect(extra.message.contains(#"cannot impersonate resource "userextras/scope" in API group "authentication.k8s.io""#), "\(extra.body)")
        }
    }

    @Test("a token bound to a pod, a secret or a node ends with it", arguments: ["Pod", "Secret", "Node"]) func boundTokens(kind: String) async throws {
        try await ServerUnderTest.with { server in
            let client = server.client
            for name in ["default", "robot"] { _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: name)) }
            let key: ObjectKey
            switch kind {
            case "Pod":
                key = ObjectKey(.pods, namespace: "default", name: "bound")
                _ = try await client.create(.pods, Object(.pods, namespace: "default", name: "bound", ["spec": ["containers": [["name": "c", "image": "i"]]]]))
            case "Secret":
                key = ObjectKey(.secrets, namespace: "default", name: "bound")
                _ = try await client.create(.secrets, Object(.secrets, namespace: "default", name: "bound"))
            default:
                key = ObjectKey(.nodes, name: "bound")
                _ = try await client.create(.nodes, Object(.nodes, name: "bound"))
            }
            let spec: JSON = ["spec": ["boundObjectRef": ["apiVersion": "v1", "kind": .string(kind), "name": "bound"]]]
            let answer = try await server.post("/api/v1/namespaces/default/serviceaccounts/robot/token", spec.text)
            let login = ServerUnderTest.Login.token(try #require(answer.json["status"]?["token"]?.string, "\(answer.body)"))
            #expect(try await server.get("/api", login: login).status == 200)
            try await client.delete(key)
            #expect(try await server.get("/api", login: login).status == 401)
        }
    }

    @Test("others find the keys of tokens where OpenID says, if they are service accounts") func discovery() async throws {
        try await ServerUnderTest.with { server in
            let document = try await server.get("/.well-known/openid-configuration")
            #expect(document.json["issuer"]?.string == ServiceAccountTokens.issuer)
            let keys = try await server.get("/openid/v1/jwks")
            #expect(keys.headers.first(name: "content-type") == "application/jwk-set+json" && keys.json["keys"]?.array?.count == 1)
            #expect(try await server.send(.GET, "/openid/v1/jwks", headers: asUser("alice")).status == 403)
            let account = asUser("system:serviceaccount:default:x")
            #expect(try await server.send(.GET, "/openid/v1/jwks", headers: account).status == 200)
        }
    }

    @Test("reviews answer by the roles there are") func reviews() async throws {
        try await ServerUnderTest.with { server in
            try await bind(server, "view", "ClusterRole", "view", to: "vera")
            let path = "/apis/authorization.k8s.io/v1"
            let attributes: JSON = ["verb": "list", "resource": "pods", "namespace": "default"]
            let spec: JSON = ["spec": ["user": "vera", "resourceAttributes": attributes]]
            let review = try await server.post(path + "/subjectaccessreviews", spec.text)
            #expect(review.json["status"]?["allowed"] == true)
            #expect(review.json["status"]?["reason"] == #"RBAC: allowed by RoleBinding "view/default" of ClusterRole "view" to User "vera""#)
            let local = try await server.post(path + "/namespaces/default/localsubjectaccessreviews", spec.text)
            #expect(local.json["status"]?["allowed"] == true, "\(local.body)")
            #expect(try await server.post(path + "/namespaces/kube-system/localsubjectaccessreviews", spec.text).status == 422)
            let rules = try await server.send(.POST, path + "/selfsubjectrulesreviews", headers: asUser("vera"), body: #"{"spec":{"namespace":"default"}}"#)
            let listed = rules.json["status"]?["resourceRules"]?.array ?? []
            #expect(listed.contains { $0["resources"]?.array?.contains("pods") == true && $0["verbs"] == ["get", "list", "watch"] })
            let refused = try await server.send(.POST, path + "/subjectaccessreviews", headers: asUser("vera"), body: spec.text)
            #expect(refused.status == 403)
        }
    }

    @Test("a node reaches what its own pods name, and no other's") func nodes() async throws {
        try await ServerUnderTest.with { server in
            let client = server.client
            for name in ["default"] { _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: name)) }
            for name in ["used", "unused"] { _ = try await client.create(.secrets, Object(.secrets, namespace: "default", name: name)) }
            for name in ["a", "b"] { _ = try await client.create(.nodes, Object(.nodes, name: name)) }
            let pod = Object(
                .pods, namespace: "default", name: "p",
                ["spec": ["nodeName": "a", "containers": [["name": "c", "image": "i"]], "volumes": [["name": "v", "secret": ["secretName": "used"]]]]])
            _ = try await client.create(.pods, pod)
            let (a, b) = (server.cluster.client(as: .node("a")), server.cluster.client(as: .node("b")))
            _ = try await a.get(ObjectKey(.secrets, namespace: "default", name: "used"))
            for (node, key) in [
                (a, ObjectKey(.secrets, namespace: "default", name: "unused")), (b, ObjectKey(.secrets, namespace: "default", name: "used")),
            ] {
                let error = await #expect(throws: APIStatus.self) { _ = try await node.get(key) }
                #expect(error?.reason == .forbidden)
            }
            let label: Patch = .merge(["metadata": ["labels": ["x": "y"]]])
            try await a.patch(ObjectKey(.nodes, name: "a"), label)
            let error = await #expect(throws: APIStatus.self) { try await b.patch(ObjectKey(.nodes, name: "a"), label) }
            #expect(error?.reason == .forbidden)
        }
    }
}
